"""Algebra on sets of fields in their FieldsV1 form.

A set is the nested dict that ``managedFields[].fieldsV1`` holds: a key is a path element (``f:name``, ``k:{...}``,
``v:...``), ``{}`` is a member, ``"."`` marks a member that has members below it. Sets are values: no function here
changes one, results may share parts with their arguments. The empty set is ``{}`` at the top.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

FieldSet = dict[str, Any]
SELF = "."


def is_member(below: FieldSet) -> bool:
    """Tell whether the path that leads to this part of a set is a member itself."""
    return not below or SELF in below


def union(left: FieldSet, right: FieldSet) -> FieldSet:
    """Return the members of either set."""
    if not left or not right:
        return left or right
    return _joined(left, right)


def _joined(left: FieldSet, right: FieldSet) -> FieldSet:
    result = dict(left)
    for element, below in right.items():
        before = result.get(element)
        if before is None:
            result[element] = below
        elif element != SELF and before is not below:
            result[element] = _union_below(before, below)
    return result


def _union_below(left: FieldSet, right: FieldSet) -> FieldSet:
    if left and right:
        return _joined(left, right)
    rest = left or right
    return {SELF: {}, **rest} if rest and SELF not in rest else rest


def difference(left: FieldSet, right: FieldSet) -> FieldSet:
    """Return the members of the left set that are not members of the right one."""
    if not left or not right:
        return left
    return _difference_members(left, right)


def _difference_members(left: FieldSet, right: FieldSet) -> FieldSet:
    result = {}
    for element, below in left.items():
        other = right.get(element)
        if other is None:
            result[element] = below
        elif element != SELF:
            rest = _difference_below(below, other)
            if rest is not None:
                result[element] = rest
    return result


def _difference_below(left: FieldSet, right: FieldSet) -> FieldSet | None:
    """Return what remains, None for nothing; ``{}`` is a bare member."""
    if not left:
        return None if is_member(right) else left
    rest = _difference_members(left, right or {SELF: {}})
    if len(rest) == 1 and SELF in rest:
        return {}
    return rest or None


def intersection(left: FieldSet, right: FieldSet) -> FieldSet:
    """Return the members of both sets."""
    result = {}
    for element, below in left.items():
        other = right.get(element)
        if other is not None and element != SELF:
            common = _intersection_below(below, other)
            if common is not None:
                result[element] = common
    return result


def _intersection_below(left: FieldSet, right: FieldSet) -> FieldSet | None:
    below = intersection(left, right)
    if is_member(left) and is_member(right):
        return {SELF: {}, **below} if below else {}
    return below or None


def paths(fields: FieldSet) -> Iterator[tuple[str, ...]]:
    """Yield the members as tuples of path elements, sorted."""
    for element in sorted(fields):
        if element == SELF:
            continue
        below = fields[element]
        if is_member(below):
            yield (element,)
        for rest in paths(below):
            yield (element, *rest)


def canonical(fields: FieldSet) -> FieldSet:
    """Return the same set with its elements sorted, as Kubernetes writes it."""
    if len(fields) > 1:
        return {element: canonical(fields[element]) for element in sorted(fields)}
    return {element: canonical(below) for element, below in fields.items()} if fields else fields
