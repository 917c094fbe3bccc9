"""What differs between two states of an object, as sets of fields: added, removed, modified.

Parts that are the very same Python object are passed over, so states that share structure compare quickly. A member
that the kind always prints (its node has a zero value) counts as present when it is absent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from devcluster.field_management.described_fields import SERVER_FIELDS, TYPE_FIELDS, whole_value
from devcluster.field_management.field_sets import FieldSet, union
from devcluster.field_management.path_elements import ItemNotNamed, item_element
from devcluster.structural import Node
from devcluster.structural.nodes import MISSING


@dataclass(slots=True)
class Changes:
    """Three sets of fields."""

    added: FieldSet = field(default_factory=dict)
    removed: FieldSet = field(default_factory=dict)
    modified: FieldSet = field(default_factory=dict)

    @property
    def written(self) -> FieldSet:
        """The fields that got a value."""
        return union(self.added, self.modified)

    def adopt(self, element: str, below: Changes) -> None:
        """Take over the changes found below a path element."""
        if below.added:
            self.added[element] = below.added
        if below.removed:
            self.removed[element] = below.removed
        if below.modified:
            self.modified[element] = below.modified


def compare(before: dict[str, Any], after: dict[str, Any], root: Node) -> Changes:
    """Compare two states of one object; server-owned fields are left out."""
    changes = Changes()
    for name in before.keys() | after.keys():
        if name in TYPE_FIELDS:
            continue
        if name == "metadata":
            below = Changes()
            _compare_members(
                before.get(name) or {}, after.get(name) or {}, root.child_or_deduced(name), below, skip=SERVER_FIELDS
            )
            changes.adopt("f:metadata", below)
        else:
            _compare_member(before, after, name, root, changes)
    return changes


def _compare_members(
    before: dict[str, Any], after: dict[str, Any], node: Node, into: Changes, *, skip: frozenset[str] = frozenset()
) -> None:
    for name in before:
        if name not in skip:
            _compare_member(before, after, name, node, into)
    for name in after:
        if name not in before and name not in skip:
            _compare_member(before, after, name, node, into)


def _compare_member(before: dict[str, Any], after: dict[str, Any], name: str, node: Node, into: Changes) -> None:
    old, new = before.get(name, MISSING), after.get(name, MISSING)
    if old is new:
        return
    child = node.child_or_deduced(name)
    if child.zero is not MISSING:
        old = child.zero if old is MISSING else old
        new = child.zero if new is MISSING else new
    _compare_values(f"f:{name}", old, new, child, into)


def _compare_values(element: str, old: Any, new: Any, node: Node, into: Changes) -> None:
    if old is MISSING:
        into.added[element] = whole_value(new, node)
    elif new is MISSING:
        into.removed[element] = whole_value(old, node)
    elif old is None and isinstance(new, dict | list) and new:
        _compare_values(element, type(new)(), new, node, into)
    elif isinstance(old, dict) and isinstance(new, dict) and not node.atomic_map and (old or new):
        below = Changes()
        _compare_members(old, new, node, below)
        into.adopt(element, below)
    elif isinstance(old, list) and isinstance(new, list) and node.list_type != "atomic" and (old or new):
        below = Changes()
        _compare_items(old, new, node, below)
        into.adopt(element, below)
    elif old != new or isinstance(old, bool) != isinstance(new, bool):
        into.modified[element] = {}


def _compare_items(old: list[Any], new: list[Any], node: Node, into: Changes) -> None:
    before, after = _by_element(old, node), _by_element(new, node)
    for element in before.keys() | after.keys():
        one, other = before.get(element, MISSING), after.get(element, MISSING)
        if one is not other:
            _compare_values(element, one, other, node.items_or_deduced, into)


def _by_element(items: list[Any], node: Node) -> dict[str, Any]:
    """Index items by path element; items without a key are nobody's and left out."""
    found = {}
    for item in items:
        try:
            found[item_element(item, node)] = item
        except ItemNotNamed:
            continue
    return found
