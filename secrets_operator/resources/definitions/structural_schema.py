"""Pydantic's JSON schema of a model, turned into what Kubernetes calls a structural schema.

References are written out, titles and defaults are dropped, ``null`` alternatives disappear (the API server prunes
nulls) and lists describe only their field, not their items. No default ever reaches the result: what was applied is
what is read back.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel

Schema = dict[str, Any]

# Defaults would be written into users' objects; titles say nothing that the name does not say.
_DROPPED: Final = frozenset({"$defs", "default", "title"})


def structural_schema(model: type[BaseModel]) -> Schema:
    """Return the structural schema of ``model``: no references, titles, defaults or null alternatives."""
    generated = model.model_json_schema(by_alias=True)
    return _convert(generated, generated.get("$defs", {}))


def _convert(node: Schema, definitions: dict[str, Schema]) -> Schema:
    node = _without_null(_resolved(node, definitions), definitions)
    result: Schema = {}
    for key, value in node.items():
        if key in _DROPPED:
            continue
        if key == "properties":
            result[key] = {name: _convert(part, definitions) for name, part in value.items()}
        elif key == "items":
            result[key] = _undescribed(_convert(value, definitions))
        elif key == "additionalProperties":
            result.update(_map_values(value, definitions))
        elif key == "const":
            result["enum"] = [value]
        elif key == "required":
            result[key] = sorted(value)
        else:
            result[key] = value
    return result


def _resolved(node: Schema, definitions: dict[str, Schema]) -> Schema:
    """Return ``node`` with its reference written out; what stands beside the reference wins."""
    if "$ref" not in node:
        return node
    beside = {key: value for key, value in node.items() if key != "$ref"}
    return definitions[node["$ref"].rpartition("/")[2]] | beside


def _without_null(node: Schema, definitions: dict[str, Schema]) -> Schema:
    """Return ``node`` as its only alternative besides null, when that is what ``anyOf`` says."""
    alternatives = [one for one in node.get("anyOf", ()) if one != {"type": "null"}]
    if len(alternatives) != 1:
        return node
    beside = {key: value for key, value in node.items() if key != "anyOf"}
    return _resolved(alternatives[0], definitions) | beside


def _map_values(value: bool | Schema, definitions: dict[str, Schema]) -> Schema:
    """Return the members for ``additionalProperties``; ``true`` has no structural form other than keeping all."""
    if isinstance(value, bool):
        return {"x-kubernetes-preserve-unknown-fields": True} if value else {}
    return {"additionalProperties": _undescribed(_convert(value, definitions))}


def _undescribed(schema: Schema) -> Schema:
    return {key: value for key, value in schema.items() if key != "description"}
