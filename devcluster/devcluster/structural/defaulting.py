"""Default values and the clean-up that goes before them, in place.

For custom resources: a null where the schema allows none is dropped, or replaced by the default. For built-in kinds
also what a round trip through the Go types does: empty maps and lists that are ``omitempty`` are dropped, and zero
values that are always printed appear.
"""

from __future__ import annotations

import copy
from typing import Any

from devcluster.structural.nodes import MISSING, Node


def apply_defaults(value: Any, node: Node, *, drop_empty: bool) -> None:
    """Drop what counts as unset and fill in defaults, in place, everywhere below ``value``."""
    if isinstance(value, dict):
        _drop_unset(value, node, drop_empty=drop_empty)
        for name, child in node.properties.items():
            if child.default is not MISSING and value.get(name) is None and not (child.nullable and name in value):
                value[name] = copy.deepcopy(child.default)
        for name, member in value.items():
            if isinstance(member, dict | list):
                below = node.properties.get(name) or node.additional
                if below is not None:
                    apply_defaults(member, below, drop_empty=drop_empty)
    elif isinstance(value, list) and node.items is not None:
        _default_items(value, node.items, drop_empty=drop_empty)


def _default_items(items: list[Any], node: Node, *, drop_empty: bool) -> None:
    for index, item in enumerate(items):
        if item is None and not node.nullable and node.default is not MISSING:
            items[index] = copy.deepcopy(node.default)
        elif isinstance(item, dict | list):
            apply_defaults(item, node, drop_empty=drop_empty)


def _drop_unset(value: dict[str, Any], node: Node, *, drop_empty: bool) -> None:
    unset = [name for name, member in value.items() if not member and _is_unset(member, name, node, drop_empty)]
    for name in unset:
        del value[name]


def _is_unset(member: Any, name: str, node: Node, drop_empty: bool) -> bool:
    child = node.properties.get(name)
    if member is None:
        child = child or node.additional
        return child is not None and not child.nullable and child.default is MISSING
    if not drop_empty or child is None or child.zero is not MISSING:
        return False
    return isinstance(member, list) or (isinstance(member, dict) and child.is_free_map)
