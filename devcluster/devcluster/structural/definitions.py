"""Is a CustomResourceDefinition acceptable? Names, versions, columns and selectable fields.

Its schemas are looked at by `structural_rules`. Wording and fields follow apiextensions' validation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from devcluster.json_paths import JsonPath
from devcluster.names import dns_1035_label_error, dns_subdomain_error
from devcluster.structural.field_errors import FieldError, duplicate, invalid, not_supported, required, too_many
from devcluster.structural.field_paths import path_steps
from devcluster.structural.structural_rules import schema_errors

_COLUMN_TYPES = ("boolean", "date", "integer", "number", "string")
_COLUMN_FORMATS = ("byte", "date", "date-time", "double", "float", "int32", "int64", "password")
_SELECTABLE_TYPES = frozenset({"string", "boolean", "integer"})
_MOST_SELECTABLE_FIELDS = 8
Errors = Iterator[FieldError]


def definition_errors(crd: dict[str, Any]) -> list[FieldError]:
    """Return what is wrong with a CustomResourceDefinition, nothing when it can be served."""
    spec = _mapping(crd.get("spec"))
    names = _mapping(spec.get("names"))
    errors = list(_name_errors(crd, spec, names))
    errors += _group_errors(spec.get("group") or "")
    errors += _scope_errors(spec.get("scope"))
    errors += _names_errors(names)
    errors += _versions_errors(spec.get("versions"))
    if spec.get("preserveUnknownFields"):
        errors.append(invalid("spec.preserveUnknownFields", True, "must be false in apiextensions.k8s.io/v1"))
    return errors


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _name_errors(crd: dict[str, Any], spec: dict[str, Any], names: dict[str, Any]) -> Errors:
    name = _mapping(crd.get("metadata")).get("name", "")
    if name != f"{names.get('plural', '')}.{spec.get('group', '')}":
        yield invalid("metadata.name", name, 'must be spec.names.plural+"."+spec.group')


def _group_errors(group: str) -> Errors:
    if not group:
        yield required("spec.group")
    elif problem := dns_subdomain_error(group):
        yield invalid("spec.group", group, problem)
    elif "." not in group:
        yield invalid("spec.group", group, "should be a domain with at least one dot")


def _scope_errors(scope: Any) -> Errors:
    if not scope:
        yield required("spec.scope")
    elif scope not in ("Cluster", "Namespaced"):
        yield not_supported("spec.scope", scope, ["Cluster", "Namespaced"])


def _names_errors(names: dict[str, Any]) -> Errors:
    for field in ("plural", "singular", "kind", "listKind"):
        value = names.get(field) or ""
        if not value:
            if field in ("plural", "kind"):
                yield required(f"spec.names.{field}")
        elif problem := dns_1035_label_error(value if field in ("plural", "singular") else value.lower()):
            yield invalid(f"spec.names.{field}", value, problem)
    for field in ("shortNames", "categories"):
        for index, value in enumerate(names.get(field) or ()):
            if problem := dns_1035_label_error(value):
                yield invalid(f"spec.names.{field}[{index}]", value, problem)
    if names.get("kind") and names.get("kind") == names.get("listKind"):
        yield invalid("spec.names.listKind", names["listKind"], "kind and listKind may not be the same")


def _versions_errors(versions: Any) -> Errors:
    if not isinstance(versions, list) or not versions:
        yield required("spec.versions", "must have at least one version")
        return
    names = [version.get("name", "") for version in versions]
    if len(set(names)) != len(names):
        yield invalid("spec.versions", names, "must contain unique version names")
    if sum(bool(version.get("storage")) for version in versions) != 1:
        yield invalid("spec.versions", names, "must have exactly one version marked as storage version")
    for index, version in enumerate(versions):
        yield from _version_errors(version, f"spec.versions[{index}]")


def _version_errors(version: dict[str, Any], path: str) -> Errors:
    name = version.get("name", "")
    if problem := dns_1035_label_error(name):
        yield invalid(f"{path}.name", name, problem)
    schema = _mapping(version.get("schema")).get("openAPIV3Schema")
    if not isinstance(schema, dict):
        yield required(f"{path}.schema.openAPIV3Schema", "schemas are required")
        return
    yield from schema_errors(schema, f"{path}.schema.openAPIV3Schema")
    for index, column in enumerate(version.get("additionalPrinterColumns") or ()):
        yield from _column_errors(column, f"{path}.additionalPrinterColumns[{index}]")
    yield from _selectable_errors(version.get("selectableFields") or [], schema, f"{path}.selectableFields")


def _column_errors(column: dict[str, Any], path: str) -> Errors:
    if not column.get("name"):
        yield required(f"{path}.name")
    kind, form, json_path = column.get("type"), column.get("format"), column.get("jsonPath")
    if not kind:
        yield required(f"{path}.type", f"must be one of {','.join(_COLUMN_TYPES)}")
    elif kind not in _COLUMN_TYPES:
        yield invalid(f"{path}.type", kind, f"must be one of {','.join(_COLUMN_TYPES)}")
    if form and form not in _COLUMN_FORMATS:
        yield invalid(f"{path}.format", form, f"must be one of {','.join(_COLUMN_FORMATS)}")
    if not json_path:
        yield required(f"{path}.jsonPath")
        return
    try:
        JsonPath(json_path)
    except ValueError as error:
        yield invalid(f"{path}.jsonPath", json_path, str(error))


def _selectable_errors(fields: list[dict[str, Any]], schema: dict[str, Any], path: str) -> Errors:
    if len(fields) > _MOST_SELECTABLE_FIELDS:
        yield too_many(path, len(fields), _MOST_SELECTABLE_FIELDS)
    seen: set[str] = set()
    for index, field in enumerate(fields):
        json_path, here = field.get("jsonPath") or "", f"{path}[{index}].jsonPath"
        if not json_path:
            yield required(here)
        elif json_path in seen:
            yield duplicate(here, json_path)
        elif json_path.startswith(".metadata"):
            yield invalid(here, json_path, "must not point to fields in metadata")
        else:
            yield from _selectable_path_errors(json_path, schema, here)
        seen.add(json_path)


def _selectable_path_errors(json_path: str, schema: dict[str, Any], path: str) -> Errors:
    try:
        steps = path_steps(json_path)
    except ValueError as error:
        yield invalid(path, json_path, f"is an invalid path: {error}")
        return
    if "[" in json_path:
        yield invalid(path, json_path, "is an invalid path: array notation is not allowed")
        return
    found: dict[str, Any] | None = schema
    for step in steps:
        found = _mapping(found.get("properties")).get(step) if found is not None else None
    if found is None:
        yield invalid(path, json_path, "is an invalid path: does not refer to a valid field")
    elif found.get("type") not in _SELECTABLE_TYPES:
        detail = (
            "must point to a field of type string, boolean or integer. "
            "Enum string fields and strings with formats are allowed."
        )
        yield invalid(path, json_path, detail)
