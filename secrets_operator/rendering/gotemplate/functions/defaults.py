"""Sprig's defaults and conditions: default, empty, coalesce, all, any, ternary, fail.

In: values of any type. Out: one of them, or a boolean. Empty are nil, false, zero, and texts, lists and maps without
content.
"""

from __future__ import annotations

from typing import Any

from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.gotypes import ANY, BOOL, STRING
from secrets_operator.rendering.gotemplate.limits import Context
from secrets_operator.rendering.gotemplate.values import ByteSlice, GoList, GoMap


def is_empty(value: Any) -> bool:
    """Return whether Sprig takes a value for empty; structs never are."""
    if isinstance(value, GoList):
        return not value.items
    if isinstance(value, GoMap):
        return not value.entries
    if isinstance(value, ByteSlice):
        return not value.data
    return value is None or (isinstance(value, (bytes, bool, int, float, complex)) and not value)


def _default(_ctx: Context, default: Any, *given: Any) -> Any:
    return default if not given or is_empty(given[0]) else given[0]


def _empty(_ctx: Context, value: Any) -> bool:
    return is_empty(value)


def _coalesce(_ctx: Context, *values: Any) -> Any:
    return next((value for value in values if not is_empty(value)), None)


def _all(_ctx: Context, *values: Any) -> bool:
    return not any(map(is_empty, values))


def _any(_ctx: Context, *values: Any) -> bool:
    return not all(map(is_empty, values))


def _ternary(_ctx: Context, if_true: Any, if_false: Any, condition: bool) -> Any:
    return if_true if condition else if_false


def _fail(_ctx: Context, _message: bytes) -> bytes:
    """Fail; the message stays out of the error, since a template may have built it from data."""
    raise FunctionError("the template says that it cannot be rendered", hint="see the message in the template")


FUNCTIONS: tuple[Function, ...] = (
    Function("default", (ANY, ANY), _default, variadic=True),
    Function("empty", (ANY,), _empty),
    Function("coalesce", (ANY,), _coalesce, variadic=True),
    Function("all", (ANY,), _all, variadic=True),
    Function("any", (ANY,), _any, variadic=True),
    Function("ternary", (ANY, ANY, BOOL), _ternary),
    Function("fail", (STRING,), _fail),
)
