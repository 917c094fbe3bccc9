"""Path elements of FieldsV1: how list items are named and how paths are printed in conflicts."""

from __future__ import annotations

import json
from typing import Any

import orjson

from devcluster.structural import Node
from devcluster.structural.nodes import MISSING


class ItemNotNamed(ValueError):
    """An item of an associative list lacks a key, or is not an object."""


def item_element(item: Any, node: Node) -> str:
    """Return the path element of an item of a list that is a set or a map.

    Raises:
        ItemNotNamed: the item has no key.

    """
    if node.list_type == "set":
        return f"v:{_json(item)}"
    if not isinstance(item, dict):
        raise ItemNotNamed("associative list with keys may not have non-map elements")
    keys: dict[str, Any] = {}
    for key in node.map_keys:
        value = item.get(key)
        if value is None:
            value = _default_of_key(node, key)
        if value is not None:
            keys[key] = value
    if not keys:
        missing = node.map_keys[0] if node.map_keys else ""
        raise ItemNotNamed(
            f'associative list with keys has an element that omits key field "{missing}" '
            "(and doesn't have default value)"
        )
    return f"k:{_json(keys)}"


def _default_of_key(node: Node, key: str) -> Any:
    child = node.items_or_deduced.properties.get(key)
    return None if child is None or child.default is MISSING else child.default


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def printed_path(elements: tuple[str, ...]) -> str:
    """Print a path as Kubernetes does: ``.spec.ports[port=80,protocol="TCP"].name``."""
    return "".join(printed_element(element) for element in elements)


def printed_element(element: str) -> str:
    """Print one path element."""
    kind, text = element[:2], element[2:]
    if kind == "f:":
        return f".{text}"
    if kind == "v:":
        return f"[={text}]"
    if kind == "k:":
        keys = json.loads(text)
        return "[" + ",".join(f"{name}={_json(keys[name])}" for name in sorted(keys)) + "]"
    return f"[{text}]"
