"""Sprig's functions on types: typeOf, typeIs, typeIsLike, kindOf, kindIs, deepEqual.

In: values of any type. Out: type names as ``%T`` and kinds as ``reflect.Kind`` print them, booleans.
"""

from __future__ import annotations

from typing import Any

from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.functions.equality import deep_equal
from secrets_operator.rendering.gotemplate.gotypes import ANY, STRING
from secrets_operator.rendering.gotemplate.limits import Context
from secrets_operator.rendering.gotemplate.values import kind_of, type_of


def _type_of(_ctx: Context, value: Any) -> bytes:
    go_type = type_of(value)
    return go_type.name.encode() if go_type else b"<nil>"


def _type_is(ctx: Context, name: bytes, value: Any) -> bool:
    return name == _type_of(ctx, value)


def _type_is_like(ctx: Context, name: bytes, value: Any) -> bool:
    return _type_of(ctx, value) in {name, b"*" + name}


def _kind_of(_ctx: Context, value: Any) -> bytes:
    return kind_of(value).encode()


def _kind_is(ctx: Context, name: bytes, value: Any) -> bool:
    return name == _kind_of(ctx, value)


FUNCTIONS: tuple[Function, ...] = (
    Function("typeOf", (ANY,), _type_of),
    Function("typeIs", (STRING, ANY), _type_is),
    Function("typeIsLike", (STRING, ANY), _type_is_like),
    Function("kindOf", (ANY,), _kind_of),
    Function("kindIs", (STRING, ANY), _kind_is),
    Function("deepEqual", (ANY, ANY), deep_equal),
)
