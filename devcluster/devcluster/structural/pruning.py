"""Removal of fields that the schema does not know, in place, and their paths as field validation prints them."""

from __future__ import annotations

from typing import Any

from devcluster.structural.nodes import Node

_TYPE_FIELDS = frozenset({"apiVersion", "kind"})


def prune(obj: dict[str, Any], root: Node, metadata: Node) -> list[str]:
    """Drop unknown fields from a whole object and return their paths, sorted; type and metadata stay."""
    dropped: list[str] = []
    _Pruner(metadata, dropped).members(obj, root, "", keep_type=True)
    dropped.sort()
    return dropped


class _Pruner:
    """Walks an object along its schema; ``dropped`` collects the paths."""

    def __init__(self, metadata: Node, dropped: list[str]) -> None:
        self._metadata = metadata
        self._dropped = dropped

    def value(self, value: Any, node: Node | None, path: str) -> None:
        """Prune below a value; without a node nothing below it is known."""
        if isinstance(value, dict):
            self.members(value, node, path, keep_type=node is not None and node.embedded_resource)
        elif isinstance(value, list):
            items = None if node is None else (node.items_or_deduced if node.preserve_unknown else node.items)
            for index, item in enumerate(value):
                if isinstance(item, dict | list):
                    self.value(item, items, f"{path}[{index}]")

    def members(self, obj: dict[str, Any], node: Node | None, path: str, *, keep_type: bool) -> None:
        """Prune the members of an object."""
        unknown = []
        for name, member in obj.items():
            if keep_type and name in _TYPE_FIELDS:
                continue
            child = self._metadata if keep_type and name == "metadata" else None if node is None else node.child(name)
            if child is None:
                unknown.append(name)
            elif isinstance(member, dict | list):
                self.value(member, child, f"{path}.{name}" if path else name)
        for name in unknown:
            del obj[name]
            self._dropped.append(f"{path}.{name}" if path else name)
