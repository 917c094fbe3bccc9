"""Sprig's merge and mergeOverwrite and their must* twins: maps merged into the first one, as mergo 1.0 does.

In: maps. Out: the first map, changed. What is empty in the first map gives way (merge), or what is in a later map wins
(mergeOverwrite); maps within maps merge too. Sources stay as they are, but share their values with the result.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.functions.defaults import is_empty
from secrets_operator.rendering.gotemplate.functions.dicts import ENTRY
from secrets_operator.rendering.gotemplate.gotypes import ANY, ANY_MAP
from secrets_operator.rendering.gotemplate.limits import Context
from secrets_operator.rendering.gotemplate.values import GoMap, any_map, kind_of


class _DifferentKindsError(Exception):
    """Two values that cannot merge: mergo's one error, which Sprig swallows."""


def _merge_into(ctx: Context, target: GoMap, source: GoMap, *, overwrite: bool, depth: int = 0) -> None:
    ctx.check_depth(depth)
    ctx.step(1 + len(source.entries))
    # A list, since a map may be merged into itself.
    for key, value in list(source.entries.items()):
        if value is None:
            if overwrite:
                _assign(ctx, target, source, key)
            continue
        current = target.entries.get(key)
        _merge_nested(ctx, current, value, overwrite=overwrite, depth=depth)
        if _stays(current, value):
            if kind_of(value) == "slice" and overwrite:
                _assign(ctx, target, source, key)
        elif overwrite or is_empty(current):
            _assign(ctx, target, source, key)


def _merge_nested(ctx: Context, current: Any, value: Any, *, overwrite: bool, depth: int) -> None:
    if kind_of(value) == "map" and isinstance(current, GoMap):
        _merge_into(ctx, current, value, overwrite=overwrite, depth=depth + 1)
    elif kind_of(current) == "ptr" and kind_of(value) in {"map", "struct"} and not overwrite:
        raise _DifferentKindsError


def _stays(current: Any, value: Any) -> bool:
    """Return whether a present value is not replaced as a whole: nothing replaces it but a list, or it has merged."""
    if is_empty(current):
        return False
    kind = kind_of(value)
    return kind == "slice" or (kind == "map" and kind_of(current) == "map")


def _assign(ctx: Context, target: GoMap, source: GoMap, key: Any) -> None:
    if target.elem not in {ANY, source.elem}:
        raise FunctionError(f"a value of type {source.elem} is not assignable to type {target.elem}")
    ctx.charge(ENTRY)
    target.entries[key] = source.entries[key]


def _merged(ctx: Context, target: GoMap, sources: tuple[GoMap, ...], *, overwrite: bool) -> GoMap:
    for source in sources:
        if target.is_nil and not source.is_nil:
            target = any_map({})
        _merge_into(ctx, target, source, overwrite=overwrite)
    return target


def _function(name: str, *, overwrite: bool, must: bool) -> Function:
    return Function(name, (ANY_MAP, ANY_MAP), _merging(overwrite=overwrite, must=must), variadic=True)


def _merging(*, overwrite: bool, must: bool) -> Callable[..., Any]:
    def call(ctx: Context, target: GoMap, *sources: GoMap) -> Any:
        try:
            return _merged(ctx, target, sources, overwrite=overwrite)
        except _DifferentKindsError:
            if must:
                raise FunctionError("dictionary merge failed") from None
            return b""

    return call


FUNCTIONS: tuple[Function, ...] = (
    _function("merge", overwrite=False, must=False),
    _function("mustMerge", overwrite=False, must=True),
    _function("mergeOverwrite", overwrite=True, must=False),
    _function("mustMergeOverwrite", overwrite=True, must=True),
)
