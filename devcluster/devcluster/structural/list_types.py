"""Duplicates in lists that are sets or maps (``x-kubernetes-list-type``)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from devcluster.structural.field_errors import FieldError, duplicate, invalid
from devcluster.structural.nodes import Node


def list_type_errors(value: Any, node: Node, path: str, errors: list[FieldError]) -> None:
    """Append an error for each item that repeats an earlier one, everywhere below ``value``."""
    if isinstance(value, dict):
        if not node.list_types_below:
            return
        for name, member in value.items():
            child = node.properties.get(name)
            if child is not None:
                list_type_errors(member, child, f"{path}.{name}" if path else name, errors)
            elif node.additional is not None:
                list_type_errors(member, node.additional, f"{path}[{name}]", errors)
    elif isinstance(value, list):
        errors.extend(_duplicates(value, node, path))
        if node.items is not None:
            for index, item in enumerate(value):
                list_type_errors(item, node.items, f"{path}[{index}]", errors)


def _duplicates(items: list[Any], node: Node, path: str) -> Iterable[FieldError]:
    if node.list_type == "set":
        return _repeated(items, path)
    if node.list_type == "map":
        for index, item in enumerate(items):
            if item is not None and not isinstance(item, dict):
                return [invalid(f"{path}[{index}]", item, "must be an object for an array of list-type map")]
        return _repeated([{key: item[key] for key in node.map_keys if key in (item or ())} for item in items], path)
    return ()


def _repeated(keys: list[Any], path: str) -> list[FieldError]:
    """Report the second appearance of each key once, as Kubernetes does."""
    seen: dict[str, int] = {}
    errors = []
    for index, key in enumerate(keys):
        text = json.dumps(key, sort_keys=True)
        seen[text] = seen.get(text, 0) + 1
        if seen[text] == 2:
            errors.append(duplicate(f"{path}[{index}]", key))
    return errors
