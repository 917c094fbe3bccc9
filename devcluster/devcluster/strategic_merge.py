"""Strategic merge patch: a JSON merge patch that knows which lists are merged, and by which key.

Directives: ``$patch`` (merge, replace, delete), ``$deleteFromPrimitiveList/x``, ``$setElementOrder/x`` and
``$retainKeys``; null deletes. Neither argument is changed, the result shares nothing with them.
"""

from __future__ import annotations

import copy
from typing import Any

from devcluster.structural import Node, StructuralSchema

_DELETE_FROM, _ORDER, _RETAIN, _PATCH = "$deleteFromPrimitiveList/", "$setElementOrder/", "$retainKeys", "$patch"


class StrategicMergeInvalid(ValueError):
    """The patch cannot be understood, for example because an item of a merged list lacks its key."""


def strategic_merge(live: dict[str, Any], patch: dict[str, Any], schema: StructuralSchema) -> dict[str, Any]:
    """Return a new object: the live one with the patch merged in.

    Raises:
        StrategicMergeInvalid: a directive is unknown or an item lacks its merge key.

    """
    result = _merge_object(copy.deepcopy(live), copy.deepcopy(patch), schema.root)
    return result if result is not None else {}


def _merge_object(live: dict[str, Any], patch: dict[str, Any], node: Node) -> dict[str, Any] | None:
    """Merge in place and return the result; None when the patch deletes the object."""
    directive = patch.pop(_PATCH, "merge")
    if directive == "replace":
        return patch
    if directive == "delete":
        return None
    if directive != "merge":
        raise StrategicMergeInvalid(f"unknown $patch directive: {directive}")
    retained = patch.pop(_RETAIN, None)
    orders = _taken(patch, _ORDER)
    for name, doomed in _taken(patch, _DELETE_FROM).items():
        if isinstance(live.get(name), list):
            live[name] = [item for item in live[name] if item not in doomed]
    for name, value in patch.items():
        _merge_member(live, name, value, node.child_or_deduced(name), orders.pop(name, None))
    _order_members(live, orders, node)
    if retained is None:
        return live
    return {name: value for name, value in live.items() if name in retained}


def _order_members(live: dict[str, Any], orders: dict[str, list[Any]], node: Node) -> None:
    """Put lists that the patch orders without changing them into their order."""
    for name, order in orders.items():
        if isinstance(live.get(name), list):
            key = node.child_or_deduced(name).patch_merge_key
            live[name] = _reordered([], live[name], order, live[name], key)


def _taken(patch: dict[str, Any], prefix: str) -> dict[str, list[Any]]:
    return {name.removeprefix(prefix): patch.pop(name) for name in list(patch) if name.startswith(prefix)}


def _merge_member(live: dict[str, Any], name: str, value: Any, node: Node, order: list[Any] | None) -> None:
    before = live.get(name)
    if value is None:
        live.pop(name, None)
    elif isinstance(value, dict):
        merged = _merge_object(before if isinstance(before, dict) else {}, value, node)
        if merged is None:
            live.pop(name, None)
        else:
            live[name] = merged
    elif isinstance(value, list) and "merge" in node.patch_strategy:
        live[name] = _merge_list(before if isinstance(before, list) else [], value, node, order)
    else:
        live[name] = value


def _merge_list(live: list[Any], patch: list[Any], node: Node, order: list[Any] | None) -> list[Any]:
    key = node.patch_merge_key
    if not key:
        fresh = list(dict.fromkeys(patch)) if all(isinstance(item, str | int) for item in patch) else patch
        return _reordered(fresh, [item for item in live if item not in fresh], order, live, "")
    original = list(live)
    replaced = any(item.get(_PATCH) == "replace" for item in patch if isinstance(item, dict))
    items = [] if replaced else list(live)
    touched: list[Any] = []
    for item in patch:
        if isinstance(item, dict) and item.get(_PATCH) == "replace" and key not in item:
            continue
        _merge_item(items, item, node, touched)
    fresh = [item for item in items if item[key] in touched]
    fresh.sort(key=lambda item: touched.index(item[key]))
    rest = [item for item in items if item.get(key) not in touched]
    return _reordered(fresh, rest, order, original, key)


def _merge_item(items: list[Any], item: Any, node: Node, touched: list[Any]) -> None:
    key = node.patch_merge_key
    if not isinstance(item, dict) or key not in item:
        raise StrategicMergeInvalid(f"map: {{}} does not contain declared merge key: {key}")
    places = [index for index, one in enumerate(items) if one.get(key) == item[key]]
    if item.get(_PATCH) == "delete":
        items[:] = [one for index, one in enumerate(items) if index not in places]
        return
    touched.append(item[key])
    merged = _merge_object(items[places[0]] if places else {}, item, node.items_or_deduced)
    if places:
        items[places[0]] = merged
    else:
        items.append(merged)


def _reordered(patched: list[Any], rest: list[Any], order: list[Any] | None, live: list[Any], key: str) -> list[Any]:
    """Order items: patched ones as the patch or ``$setElementOrder`` says, others keep their place among them."""
    if order is not None:
        wanted = [_name(item, key) for item in order]
        everything = patched + rest
        patched = sorted(
            (item for item in everything if _name(item, key) in wanted), key=lambda item: wanted.index(_name(item, key))
        )
        rest = [item for item in everything if _name(item, key) not in wanted]
    places = {repr(_name(item, key)): index for index, item in enumerate(live)}
    result = []
    while patched and rest:
        left, right = places.get(repr(_name(rest[0], key))), places.get(repr(_name(patched[0], key)))
        first = rest if left is not None and right is not None and left < right else patched
        result.append(first.pop(0))
    return result + patched + rest


def _name(item: Any, key: str) -> Any:
    return item.get(key) if key and isinstance(item, dict) else item
