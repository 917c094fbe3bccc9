"""Is a schema structural? Every field has a type outside of logical junctors, and nothing forbidden is used.

Also finds patterns and validation rules that do not compile and defaults that their schema refuses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from devcluster.structural.cel_errors import CelError
from devcluster.structural.field_errors import FieldError, forbidden, invalid, not_supported, required
from devcluster.structural.field_paths import parse_field_path
from devcluster.structural.list_rules import list_errors
from devcluster.structural.scalar_checks import is_go_pattern
from devcluster.structural.value_checks import compile_checks

Errors = Iterator[FieldError]
_JUNCTORS = ("allOf", "anyOf", "oneOf")
_FORBIDDEN_KEYWORDS = {
    "$ref": "$ref is not supported",
    "definitions": "definitions is not supported",
    "dependencies": "dependencies is not supported",
    "patternProperties": "patternProperties is not supported",
    "id": "id is not supported",
    "additionalItems": "additionalItems is not supported",
}
_NOT_IN_JUNCTORS = (
    "type", "default", "title", "description", "nullable", "additionalProperties", "x-kubernetes-embedded-resource",
    "x-kubernetes-int-or-string", "x-kubernetes-list-map-keys", "x-kubernetes-list-type", "x-kubernetes-map-type",
    "x-kubernetes-preserve-unknown-fields",
)  # fmt: skip
_TYPES = ("array", "boolean", "integer", "number", "object", "string")
_RULE_REASONS = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"]


def schema_errors(schema: dict[str, Any], path: str) -> list[FieldError]:
    """Return what is wrong with the schema of one version; ``path`` is where it stands in the definition."""
    errors = list(_root_errors(schema, path))
    errors += _node_errors(schema, path, "at the root")
    if not errors:
        errors += _default_errors(schema, path)
    return errors


def _root_errors(schema: dict[str, Any], path: str) -> Errors:
    if schema.get("type") and schema["type"] != "object":
        yield invalid(f"{path}.type", schema["type"], "must be object at the root")
    if schema.get("additionalProperties"):
        yield forbidden(f"{path}.additionalProperties", "must not be used at the root")
    if schema.get("nullable"):
        yield forbidden(f"{path}.nullable", "nullable cannot be true at the root")
    metadata = (schema.get("properties") or {}).get("metadata") or {}
    allowed = {"type", "properties", "description", "x-kubernetes-validations"}
    named = {"name", "generateName"}
    if set(metadata) - allowed or set(metadata.get("properties", {})) - named:
        detail = "must not specify anything other than name and generateName, but metadata is implicitly specified"
        yield forbidden(f"{path}.properties[metadata]", detail)


def _node_errors(schema: dict[str, Any], path: str, place: str) -> Errors:
    """Check one place that must have a type; ``place`` names it in the error."""
    yield from _type_errors(schema, path, place)
    yield from _keyword_errors(schema, path)
    yield from list_errors(schema, path)
    yield from _rule_errors(schema, path)
    for keyword in _JUNCTORS:
        for index, part in enumerate(schema.get(keyword) or ()):
            yield from _junctor_errors(part, schema, f"{path}.{keyword}[{index}]", schema)
    if isinstance(schema.get("not"), dict):
        yield from _junctor_errors(schema["not"], schema, f"{path}.not", schema)
    for name, child in sorted((schema.get("properties") or {}).items()):
        yield from _node_errors(child, f"{path}.properties[{name}]", "for specified object fields")
    if isinstance(schema.get("additionalProperties"), dict):
        below = schema["additionalProperties"]
        yield from _node_errors(below, f"{path}.additionalProperties", "for specified object fields")
    if isinstance(schema.get("items"), dict):
        yield from _node_errors(schema["items"], f"{path}.items", "for specified array items")


def _type_errors(schema: dict[str, Any], path: str, place: str) -> Errors:
    kind = schema.get("type")
    flexible = schema.get("x-kubernetes-int-or-string") or schema.get("x-kubernetes-preserve-unknown-fields")
    if not kind and (not flexible or place == "at the root"):
        yield required(f"{path}.type", f"must not be empty {place}")
    elif kind and schema.get("x-kubernetes-int-or-string"):
        yield invalid(f"{path}.type", kind, "must be empty if x-kubernetes-int-or-string is true")
    elif kind and kind not in _TYPES:
        yield not_supported(f"{path}.type", kind, list(_TYPES))
    if schema.get("x-kubernetes-embedded-resource") and kind != "object":
        yield invalid(f"{path}.type", kind or "", "must be object if x-kubernetes-embedded-resource is true")


def _keyword_errors(schema: dict[str, Any], path: str) -> Errors:
    for keyword, detail in _FORBIDDEN_KEYWORDS.items():
        if keyword in schema:
            yield forbidden(f"{path}.{keyword}", detail)
    if schema.get("properties") and schema.get("additionalProperties"):
        yield forbidden(f"{path}.additionalProperties", "additionalProperties and properties are mutual exclusive")
    if schema.get("additionalProperties") is False:
        yield forbidden(f"{path}.additionalProperties", "additionalProperties cannot be set to false")
    if schema.get("uniqueItems"):
        detail = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        yield forbidden(f"{path}.uniqueItems", detail)
    if schema.get("type") == "array" and "items" not in schema:
        yield required(f"{path}.items", "must be specified")
    if isinstance(schema.get("items"), list):
        yield forbidden(f"{path}.items", "items must be a schema object and not an array")
    pattern = schema.get("pattern")
    if pattern and not is_go_pattern(pattern):
        yield invalid(f"{path}.pattern", pattern, "must be a valid regular expression, but isn't")
    if schema.get("x-kubernetes-preserve-unknown-fields") is False:
        yield invalid(f"{path}.x-kubernetes-preserve-unknown-fields", False, "must be true or undefined")


def _junctor_errors(part: dict[str, Any], spine: dict[str, Any] | None, path: str, holder: dict[str, Any]) -> Errors:
    """Check a part of allOf, anyOf, oneOf or not: values only, of fields that the ``spine`` gives a type."""
    flexible = bool(holder.get("x-kubernetes-int-or-string"))
    for keyword in _NOT_IN_JUNCTORS:
        if part.get(keyword) and not (keyword == "type" and flexible):
            yield forbidden(f"{path}.{keyword}", "must be empty to be structural")
    yield from _keyword_errors({key: value for key, value in part.items() if key in ("pattern", "$ref")}, path)
    yield from _rule_errors(part, path)
    for keyword in _JUNCTORS:
        for index, below in enumerate(part.get(keyword) or ()):
            yield from _junctor_errors(below, spine, f"{path}.{keyword}[{index}]", holder)
    if isinstance(part.get("not"), dict):
        yield from _junctor_errors(part["not"], spine, f"{path}.not", holder)
    known = (spine or {}).get("properties") or {}
    for name, below in sorted((part.get("properties") or {}).items()):
        if name not in known:
            yield required(f"{path}.properties[{name}]", "must be defined outside of logical junctors to be structural")
        else:
            yield from _junctor_errors(below, known[name], f"{path}.properties[{name}]", known[name])
    items = part.get("items")
    if isinstance(items, dict):
        spine_items = (spine or {}).get("items")
        yield from _junctor_errors(items, spine_items, f"{path}.items", spine_items or {})


def _rule_errors(schema: dict[str, Any], path: str) -> Errors:
    for index, rule in enumerate(schema.get("x-kubernetes-validations") or ()):
        here = f"{path}.x-kubernetes-validations[{index}]"
        text, message = rule.get("rule") or "", rule.get("message") or ""
        if not text.strip():
            yield required(f"{here}.rule", "rule is not specified")
            continue
        yield from _compilation_errors(text, f"{here}.rule")
        if rule.get("messageExpression"):
            yield from _compilation_errors(rule["messageExpression"], f"{here}.messageExpression")
        if "\n" in message.strip():
            yield invalid(f"{here}.message", message, "message must not contain line breaks")
        elif "\n" in text.strip() and not message.strip() and not rule.get("messageExpression"):
            yield required(f"{here}.message", "message must be specified if rule contains line breaks")
        if rule.get("reason") and rule["reason"] not in _RULE_REASONS:
            yield not_supported(f"{here}.reason", rule["reason"], _RULE_REASONS)
        try:
            parse_field_path(rule.get("fieldPath") or "")
        except ValueError as error:
            yield invalid(f"{here}.fieldPath", rule["fieldPath"], f"fieldPath must be a valid path: {error}")


def _compilation_errors(source: str, path: str) -> Errors:
    from devcluster.structural.cel_programs import compile_cel

    try:
        compile_cel(source)
    except CelError as error:
        yield invalid(path, source, f"compilation failed: {error}")


def _default_errors(schema: dict[str, Any], path: str) -> Errors:
    """Check that defaults obey their own schema; only for schemas that are structural otherwise."""
    if schema.get("default") is not None:
        check = compile_checks(schema)
        found: list[FieldError] = []
        if check is not None:
            check(schema["default"], "", found)
        yield from (FieldError(error.reason, error.message, f"{path}.default{error.field}") for error in found)
    for name, child in sorted((schema.get("properties") or {}).items()):
        yield from _default_errors(child, f"{path}.properties[{name}]")
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), dict):
            yield from _default_errors(schema[keyword], f"{path}.{keyword}")
