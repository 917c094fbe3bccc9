"""The merge of server-side apply: what is applied goes over what is there, field by field.

The result shares structure with both arguments; where nothing changes it is the live value itself, which is how
callers tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from devcluster.field_management.described_fields import SERVER_FIELDS
from devcluster.field_management.path_elements import ItemNotNamed, item_element
from devcluster.structural import Node
from devcluster.structural.nodes import MISSING


def merge(live: dict[str, Any], applied: dict[str, Any], root: Node) -> dict[str, Any]:
    """Merge a whole object; fields that the server keeps stay as they are."""
    result = dict(live)
    for name, value in applied.items():
        if name == "metadata":
            owned = {key: member for key, member in value.items() if key not in SERVER_FIELDS}
            result[name] = merge_values(live.get(name) or {}, owned, root.child_or_deduced(name))
        elif name not in ("apiVersion", "kind"):
            result[name] = merge_values(live.get(name, MISSING), value, root.child_or_deduced(name))
    return live if all(result[name] is live.get(name, MISSING) for name in result) else result


def merge_values(live: Any, applied: Any, node: Node) -> Any:
    """Merge one value along its schema."""
    if live is MISSING or live is None:
        return live if live is applied else applied
    if isinstance(live, dict) and isinstance(applied, dict) and not node.atomic_map:
        return _merge_members(live, applied, node)
    if isinstance(live, list) and isinstance(applied, list) and node.list_type != "atomic":
        return _merge_items(live, applied, node)
    same = live == applied and isinstance(live, bool) == isinstance(applied, bool)
    return live if same else applied


def _merge_members(live: dict[str, Any], applied: dict[str, Any], node: Node) -> dict[str, Any]:
    result = live
    for name, value in applied.items():
        before = live.get(name, MISSING)
        after = merge_values(before, value, node.child_or_deduced(name))
        if after is not before:
            if result is live:
                result = dict(live)
            result[name] = after
    return result


def _merge_items(live: list[Any], applied: list[Any], node: Node) -> list[Any]:
    old, new = _by_element(live, node), _by_element(applied, node)
    items = {element: item for element, item in old.items() if element not in new}
    for element, item in new.items():
        items[element] = merge_values(old.get(element, MISSING), item, node.items_or_deduced)
    result = [items[element] for element in _joint_order(list(old), list(new))]
    same = len(result) == len(live) and all(one is other for one, other in zip(result, live, strict=True))
    return live if same else result


def _by_element(items: list[Any], node: Node) -> dict[str, Any]:
    """Index items by path element; an item of the live list that has no key keeps its place under its position."""
    found = {}
    for index, item in enumerate(items):
        try:
            found[item_element(item, node)] = item
        except ItemNotNamed:
            found[f"i:{index}"] = item
    return found


def _joint_order(live: list[str], applied: list[str]) -> Iterator[str]:
    """Order items as structured-merge-diff does: shared ones as applied, live ones keep their neighbourhood."""
    known_live, known_applied = set(live), set(applied)
    shared = iter([element for element in applied if element in known_live])
    wanted = next(shared, None)
    left, right = 0, 0
    while left < len(live) or right < len(applied):
        if left < len(live):
            element = live[left]
            if element not in known_applied:
                left += 1
                yield element
                continue
            if right < len(applied) and element != applied[right] and element != wanted:
                # A shared item whose turn has not come, or has passed: it is taken where it was applied.
                left += 1
                continue
        if right >= len(applied):
            left += 1
            continue
        element = applied[right]
        right += 1
        if left < len(live) and live[left] == element:
            left += 1
        if element == wanted:
            wanted = next(shared, None)
        yield element
