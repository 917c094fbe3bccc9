"""Sprig's deepCopy and mustDeepCopy: lists and maps copied through and through, as mitchellh/copystructure does.

In: a value of any type. Out: an equal value that shares no list, map or struct with it.
"""

from __future__ import annotations

from typing import Any

from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.functions.dicts import ENTRY
from secrets_operator.rendering.gotemplate.gotypes import ANY
from secrets_operator.rendering.gotemplate.limits import Context
from secrets_operator.rendering.gotemplate.values import ByteSlice, GoList, GoMap, GoStruct


def _deep_copy(ctx: Context, value: Any, depth: int = 0) -> Any:
    ctx.step()
    ctx.check_depth(depth)
    if isinstance(value, GoList):
        ctx.charge(200 + 8 * len(value.items))
        return GoList([_deep_copy(ctx, item, depth + 1) for item in value.items], value.elem, is_nil=value.is_nil)
    if isinstance(value, GoMap):
        return GoMap(_copied_entries(ctx, value.entries, depth), value.key, value.elem, is_nil=value.is_nil)
    if type(value) is GoStruct:
        return GoStruct(value.go_type, _copied_entries(ctx, value.fields, depth))
    if isinstance(value, ByteSlice):
        ctx.charge(len(value.data))
        return ByteSlice(value.data)
    return value


def _copied_entries(ctx: Context, entries: dict[Any, Any], depth: int) -> dict[Any, Any]:
    ctx.charge(200 + ENTRY * len(entries))
    return {key: _deep_copy(ctx, item, depth + 1) for key, item in entries.items()}


def _copy(ctx: Context, value: Any) -> Any:
    if value is None:
        raise FunctionError("there is nothing to copy: the value is nil")
    return _deep_copy(ctx, value)


FUNCTIONS: tuple[Function, ...] = (
    Function("deepCopy", (ANY,), _copy),
    Function("mustDeepCopy", (ANY,), _copy),
)
