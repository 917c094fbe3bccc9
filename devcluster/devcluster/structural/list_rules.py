"""Are ``x-kubernetes-list-type``, its keys and ``x-kubernetes-map-type`` used where they make sense?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from devcluster.structural.field_errors import FieldError, forbidden, invalid, not_supported, required

Errors = Iterator[FieldError]
_KEYS = "x-kubernetes-list-map-keys"
_SCALARS = frozenset({"string", "integer", "number", "boolean"})


def list_errors(schema: dict[str, Any], path: str) -> Errors:
    """Yield what is wrong with the list and map types of one place in a schema."""
    list_type = schema.get("x-kubernetes-list-type")
    if list_type is not None:
        yield from _list_type_errors(schema, list_type, path)
    keys = schema.get(_KEYS) or []
    if keys and list_type != "map":
        detail = "must be map if x-kubernetes-list-map-keys is non-empty"
        yield invalid(f"{path}.x-kubernetes-list-type", list_type or "", detail)
    if list_type == "map":
        yield from _key_errors(schema, keys, path)
    map_type = schema.get("x-kubernetes-map-type")
    if map_type is not None and map_type not in ("atomic", "granular"):
        yield not_supported(f"{path}.x-kubernetes-map-type", map_type, ["atomic", "granular"])
    elif map_type is not None and schema.get("type") != "object":
        yield invalid(f"{path}.type", schema.get("type", ""), "must be object if x-kubernetes-map-type is specified")


def _list_type_errors(schema: dict[str, Any], list_type: str, path: str) -> Errors:
    items = schema.get("items") or {}
    if list_type not in ("atomic", "map", "set"):
        yield not_supported(f"{path}.x-kubernetes-list-type", list_type, ["atomic", "map", "set"])
    elif schema.get("type") != "array":
        yield invalid(f"{path}.type", schema.get("type", ""), "must be array if x-kubernetes-list-type is specified")
    elif list_type == "set" and items.get("nullable"):
        yield forbidden(f"{path}.items.nullable", "cannot be nullable when x-kubernetes-list-type is set")
    elif list_type == "set" and items.get("type") == "object" and items.get("x-kubernetes-map-type") != "atomic":
        detail = "must be atomic as item of a list with x-kubernetes-list-type=set"
        yield invalid(f"{path}.items.x-kubernetes-map-type", items.get("x-kubernetes-map-type", ""), detail)


def _key_errors(schema: dict[str, Any], keys: list[str], path: str) -> Errors:
    items = schema.get("items") or {}
    if not keys:
        yield required(f"{path}.{_KEYS}", "must not be empty if x-kubernetes-list-type is map")
    if items.get("type") != "object":
        detail = "must be object if parent array's x-kubernetes-list-type is map"
        yield invalid(f"{path}.items.type", items.get("type", ""), detail)
        return
    known = items.get("properties") or {}
    for index, key in enumerate(keys):
        if key not in known:
            yield invalid(f"{path}.{_KEYS}[{index}]", key, "entries must all be names of item properties")
        elif known[key].get("type") not in _SCALARS:
            detail = "must be a scalar type if parent array's x-kubernetes-list-type is map"
            yield invalid(f"{path}.items.properties[{key}].type", known[key].get("type", ""), detail)
        elif key not in (items.get("required") or ()) and "default" not in known[key]:
            detail = (
                "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"
            )
            yield required(f"{path}.items.properties[{key}].default", detail)
