"""Which fields a value consists of: the set that an applied object claims, and the set of an added value.

Both walk a value along its schema. Fields that the server keeps (`SERVER_FIELDS` of metadata, apiVersion, kind) are
nobody's and left out.
"""

from __future__ import annotations

from typing import Any

from devcluster.field_management.field_sets import SELF, FieldSet
from devcluster.field_management.path_elements import ItemNotNamed, item_element, printed_element
from devcluster.structural import Node

TYPE_FIELDS = frozenset({"apiVersion", "kind"})
SERVER_FIELDS = frozenset(
    {
        "name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation", "managedFields",
        "resourceVersion",
    }
)  # fmt: skip


class ApplyInvalid(ValueError):
    """The applied object cannot be merged; ``message`` says why, as Kubernetes words it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def applied_fields(obj: dict[str, Any], root: Node) -> FieldSet:
    """Return the fields that an applied object claims.

    Raises:
        ApplyInvalid: an item of an associative list has no key, or occurs twice.

    """
    fields: FieldSet = {}
    for name, member in obj.items():
        if name in TYPE_FIELDS:
            continue
        if name == "metadata":
            owned = {key: value for key, value in member.items() if key not in SERVER_FIELDS}
            below = _claimed_members(owned, root.child_or_deduced(name), ".metadata")
            if below:
                fields["f:metadata"] = below
        else:
            fields[f"f:{name}"] = _claimed(member, root, name, f".{name}")
    return fields


def _claimed_members(value: dict[str, Any], node: Node, path: str) -> FieldSet:
    return {f"f:{name}": _claimed(member, node, name, f"{path}.{name}") for name, member in value.items()}


def _claimed(member: Any, parent: Node, name: str, path: str) -> FieldSet:
    """Describe a named member; keys of free maps are members of the set even when they have members below."""
    if not member or not isinstance(member, dict | list):
        return {}
    node = parent.child_or_deduced(name)
    below = _claimed_below(member, node, path)
    if below and name not in parent.properties:
        below[SELF] = {}
    return below


def _claimed_below(value: Any, node: Node, path: str) -> FieldSet:
    if isinstance(value, dict):
        return {} if node.atomic_map else _claimed_members(value, node, path)
    if isinstance(value, list) and node.list_type != "atomic":
        return _claimed_items(value, node, path)
    return {}


def _claimed_items(items: list[Any], node: Node, path: str) -> FieldSet:
    fields: FieldSet = {}
    for index, item in enumerate(items):
        try:
            element = item_element(item, node)
        except ItemNotNamed as error:
            raise ApplyInvalid(f"{path}: element {index}: {error}") from error
        if element in fields:
            raise ApplyInvalid(f"{path}: duplicate entries for key {printed_element(element)}")
        below = _claimed_below(item, node.items_or_deduced, path + printed_element(element))
        if below:
            below[SELF] = {}
        fields[element] = below
    return fields


def whole_value(value: Any, node: Node) -> FieldSet:
    """Return the part of a set that says: this value and everything in it."""
    below: FieldSet = {}
    if isinstance(value, dict) and not node.atomic_map:
        for name, member in value.items():
            below[f"f:{name}"] = whole_value(member, node.child_or_deduced(name)) if member else {}
    elif isinstance(value, list) and node.list_type != "atomic":
        for item in value:
            try:
                below[item_element(item, node)] = whole_value(item, node.items_or_deduced)
            except ItemNotNamed:
                return {}
    if below:
        below[SELF] = {}
    return below
