"""Removal of what an applier owned, applies no longer, and nobody else owns."""

from __future__ import annotations

from typing import Any

from devcluster.field_management.field_sets import SELF, FieldSet, is_member
from devcluster.field_management.path_elements import ItemNotNamed, item_element
from devcluster.structural import Node
from devcluster.structural.nodes import MISSING


def remove_dropped(value: Any, node: Node, dropped: FieldSet, owned: FieldSet) -> Any:
    """Return a value without the fields of ``dropped`` that are not in ``owned``; MISSING when nothing is left.

    ``dropped`` is what the applier owned before, ``owned`` what all managers own now. What is not touched is shared.
    """
    if isinstance(value, dict) and not node.atomic_map:
        return _without_members(value, node, dropped, owned)
    if isinstance(value, list) and node.list_type != "atomic":
        return _without_items(value, node, dropped, owned)
    return value


def _goes(element: str, node: Node, dropped: FieldSet, owned: FieldSet | None) -> bool:
    """Decide about one element. A declared field counts as a member as soon as something below it is one."""
    declared = element.startswith("f:") and element[2:] in node.properties
    if not (declared or is_member(dropped)):
        return False
    return owned is None or not (declared or is_member(owned))


def _remaining(element: str, value: Any, parent: Node, node: Node, sets: tuple[FieldSet, FieldSet]) -> Any:
    dropped, owned = sets
    below, still_owned = dropped[element], owned.get(element)
    if _goes(element, parent, below, still_owned):
        return MISSING
    return remove_dropped(value, node, below, still_owned or {}) if below else value


def _without_members(value: dict[str, Any], node: Node, dropped: FieldSet, owned: FieldSet) -> Any:
    result = value
    for element in dropped:
        name = element[2:]
        before = value.get(name, MISSING)
        if element == SELF or before is MISSING:
            continue
        after = _remaining(element, before, node, node.child_or_deduced(name), (dropped, owned))
        if after is before:
            continue
        if result is value:
            result = dict(value)
        if after is MISSING:
            del result[name]
        else:
            result[name] = after
    return result if result or result is value else MISSING


def _without_items(items: list[Any], node: Node, dropped: FieldSet, owned: FieldSet) -> Any:
    result = []
    for item in items:
        try:
            element = item_element(item, node)
        except ItemNotNamed:
            element = SELF
        after = item
        if element in dropped and element != SELF:
            after = _remaining(element, item, node, node.items_or_deduced, (dropped, owned))
        if after is not MISSING:
            result.append(after)
    same = len(result) == len(items) and all(one is other for one, other in zip(result, items, strict=True))
    if same:
        return items
    return result or MISSING
