"""Sprig's list functions and their must* twins, which fail with the same text.

In: values of any type; a list is any Go slice. Out: new ``[]interface {}`` lists whose elements are shared. Neighbours:
``texts`` (what is a list), ``equality``, ``membership`` (uniq, has, without).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.functions.casts import to_int
from secrets_operator.rendering.gotemplate.functions.defaults import is_empty
from secrets_operator.rendering.gotemplate.functions.texts import items_of
from secrets_operator.rendering.gotemplate.gotypes import ANY, ANY_LIST, INT, GoType
from secrets_operator.rendering.gotemplate.limits import Context
from secrets_operator.rendering.gotemplate.values import ByteSlice, GoList, any_list, kind_of

_POINTER = 8


def elements(ctx: Context, value: Any, doing: str) -> list[Any]:
    """Return a list's elements, their copy charged; raise FunctionError for what is no list."""
    items = items_of(value)
    if items is None:
        raise FunctionError(f"Cannot {doing} on type {kind_of(value)}")
    ctx.charge(2 * _POINTER * len(items))
    ctx.step(1 + (len(items) >> 4))
    return items


def _list(ctx: Context, *values: Any) -> GoList:
    ctx.charge(_POINTER * len(values))
    return any_list(values)


def _push(ctx: Context, values: Any, value: Any) -> GoList:
    return any_list([*elements(ctx, values, "push"), value])


def _prepend(ctx: Context, values: Any, value: Any) -> GoList:
    return any_list([value, *elements(ctx, values, "prepend")])


def _first(ctx: Context, values: Any) -> Any:
    items = elements(ctx, values, "find first")
    return items[0] if items else None


def _last(ctx: Context, values: Any) -> Any:
    items = elements(ctx, values, "find last")
    return items[-1] if items else None


def _rest(ctx: Context, values: Any) -> GoList:
    items = elements(ctx, values, "find rest")
    return GoList(items[1:], ANY, is_nil=not items)


def _initial(ctx: Context, values: Any) -> GoList:
    items = elements(ctx, values, "find initial")
    return GoList(items[:-1], ANY, is_nil=not items)


def _reverse(ctx: Context, values: Any) -> GoList:
    return any_list(elements(ctx, values, "find reverse")[::-1])


def _compact(ctx: Context, values: Any) -> GoList:
    return any_list([item for item in elements(ctx, values, "compact") if not is_empty(item)])


def _concat(ctx: Context, *lists: Any) -> GoList:
    joined: list[Any] = []
    for values in lists:
        joined += elements(ctx, values, "concat")
    return GoList(joined, ANY, is_nil=not joined)


def _slice(ctx: Context, values: Any, *bounds: Any) -> Any:
    """Return the part from START up to END; the empty list gives nil."""
    items = elements(ctx, values, "slice")
    if not items:
        return None
    start = to_int(ctx, bounds[0]) if bounds else 0
    end = to_int(ctx, bounds[1]) if len(bounds) > 1 else len(items)
    if not 0 <= start <= end <= len(items):
        raise FunctionError("slice index out of bounds", hint="slice takes LIST START END, with END up to its length")
    if isinstance(values, ByteSlice):
        return ByteSlice(values.data[start:end])
    return GoList(items[start:end], values.elem)


def _chunk(ctx: Context, size: int, values: Any) -> GoList:
    items = elements(ctx, values, "chunk")
    if size <= 0:
        raise FunctionError("the size of a chunk must be positive")
    ctx.charge(200 * (1 + len(items) // size))
    return GoList([any_list(items[at : at + size]) for at in range(0, len(items), size)], ANY_LIST)


def _pair(name: str, params: tuple[GoType, ...], call: Callable[..., Any], *, variadic: bool = False) -> list[Function]:
    """Return the function and its must* twin."""
    must = f"must{name[0].upper()}{name[1:]}"
    return [Function(each, params, call, variadic) for each in (name, must)]


FUNCTIONS: tuple[Function, ...] = (
    Function("list", (ANY,), _list, variadic=True),
    Function("tuple", (ANY,), _list, variadic=True),
    Function("concat", (ANY,), _concat, variadic=True),
    *_pair("append", (ANY, ANY), _push),
    *_pair("push", (ANY, ANY), _push),
    *_pair("prepend", (ANY, ANY), _prepend),
    *_pair("first", (ANY,), _first),
    *_pair("last", (ANY,), _last),
    *_pair("rest", (ANY,), _rest),
    *_pair("initial", (ANY,), _initial),
    *_pair("reverse", (ANY,), _reverse),
    *_pair("compact", (ANY,), _compact),
    *_pair("slice", (ANY, ANY), _slice, variadic=True),
    *_pair("chunk", (INT, ANY), _chunk),
)
