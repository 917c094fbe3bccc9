"""What the operator remembers of an object that is no Secret, in the terms in which it knows Secrets. Pure.

An object is flattened: each leaf of it (a scalar, a list, an empty map) counts as a key, its path as the name. So the
rules for Secrets, who owns which key, what was changed by whom, is there anything to write, hold for it as they are.
Values are kept as digests only. Metadata but labels, annotations and the controller, and the status, are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from secrets_operator.flow import Object, SecretBytes
from secrets_operator.planning.secret_state import (
    LAST_APPLIED_ANNOTATION,
    Digester,
    OwnedFields,
    SecretState,
    controller_of,
    member_names,
)

_NOT_FIELDS = frozenset({"apiVersion", "kind", "metadata", "status"})
# Whether a ConfigMap is frozen is looked at by itself, as with a Secret.
_IMMUTABLE = "immutable"


def leaves(fields: Mapping[str, Any]) -> dict[str, SecretBytes]:
    """Return the leaves of an object's fields by path, as JSON; equal values have equal JSON."""
    return {path: SecretBytes(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)) for path, value in _leaves(fields, "")}


def manifest_state(manifest: Object, digester: Digester) -> SecretState:
    """Project an object as the API server sent it. The object is read, not kept."""
    metadata = manifest["metadata"]
    applied, writers = _owners(metadata.get("managedFields") or ())
    annotations = metadata.get("annotations") or {}
    fields = {name: value for name, value in manifest.items() if name not in _NOT_FIELDS}
    return SecretState(
        name=metadata["name"],
        namespace=metadata["namespace"],
        uid=metadata.get("uid", ""),
        type="",
        immutable=manifest.get("immutable") is True,
        deleting="deletionTimestamp" in metadata,
        labels=metadata.get("labels") or {},
        annotations={name: text for name, text in annotations.items() if name != LAST_APPLIED_ANNOTATION},
        finalizers=frozenset(metadata.get("finalizers") or ()),
        controller=controller_of(metadata.get("ownerReferences") or ()),
        # What nobody wrote is a default of the schema: neither ours nor anybody else's.
        digests={path: digester.digest(json.reveal()) for path, json in leaves(fields).items() if path in writers},
        applied=applied,
        writers=writers,
    )


def applied_fields(manifest: Object, manager: str) -> dict[str, Any]:
    """Return of an object's fields, as the API server sent them, what ``manager`` applied: with their present values.

    A list whose items have owners of their own is cut down to those of ``manager``; any other counts whole.
    """
    entries = manifest["metadata"].get("managedFields") or ()
    applied = [one for one in entries if _is_of(one, manager) and one.get("operation") == "Apply"]
    fields: dict[str, Any] = {}
    for entry in applied:
        fields |= _part({name: value for name, value in manifest.items() if name not in _NOT_FIELDS}, entry["fieldsV1"])
    return {name: value for name, value in fields.items() if name != _IMMUTABLE}


def _is_of(entry: Mapping[str, Any], manager: str) -> bool:
    return entry.get("manager") == manager and not entry.get("subresource")


def _part(value: Any, owned: Mapping[str, Any]) -> Any:
    """Return the part of ``value`` that a ``fieldsV1`` names."""
    inside = {name: below for name, below in owned.items() if name != "."}
    if inside and isinstance(value, Mapping):
        return {name: _part(child, inside[f"f:{name}"]) for name, child in value.items() if f"f:{name}" in inside}
    if inside and isinstance(value, list):
        found = ((item, _owned_item(item, inside)) for item in value)
        return [_part(item, below) for item, below in found if below is not None]
    return value


def _owned_item(item: Any, owned: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return what is owned of one item of a list, ``k:`` being its keys and ``v:`` its value; None when nothing is."""
    for name, below in owned.items():
        kind, _, text = name.partition(":")
        if kind == "k" and isinstance(item, Mapping) and orjson.loads(text).items() <= item.items():
            return dict(below)
        if kind == "v" and orjson.loads(text) == item:
            return dict(below)
    return None


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and (value or not path):
        for name, child in value.items():
            yield from _leaves(child, f"{path}.{name}" if path else name)
    else:
        yield path, value


def _owners(
    managed_fields: Iterable[Mapping[str, Any]],
) -> tuple[dict[str, OwnedFields], dict[str, tuple[str, ...]]]:
    """Return what each field manager applied, and which field managers hold each leaf."""
    applied: dict[str, OwnedFields] = {}
    writers: dict[str, tuple[str, ...]] = {}
    for entry in managed_fields:
        if entry.get("subresource"):
            continue
        manager, fields = entry.get("manager", ""), entry.get("fieldsV1") or {}
        owned = frozenset(_paths({name: below for name, below in fields.items() if name[2:] not in _NOT_FIELDS}, ""))
        for path in owned:
            writers[path] = (*writers.get(path, ()), manager)
        if entry.get("operation") == "Apply":
            metadata = fields.get("f:metadata") or {}
            applied[manager] = OwnedFields(
                owned - {_IMMUTABLE}, member_names(metadata, "f:labels"), member_names(metadata, "f:annotations")
            )
    return applied, writers


def _paths(fields: Mapping[str, Any], path: str) -> Iterator[str]:
    """Yield the leaves that a ``fieldsV1`` names; a list counts as one, whoever has which of its items."""
    for name, below in fields.items():
        if not name.startswith("f:"):
            continue
        here = f"{path}.{name[2:]}" if path else name[2:]
        inside = [child for child in below if child != "."]
        if inside and all(child.startswith("f:") for child in inside):
            yield from _paths(below, here)
        else:
            yield here
