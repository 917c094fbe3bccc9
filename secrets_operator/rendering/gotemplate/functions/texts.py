"""Any value as a text, as Sprig's strval gives it; lists as texts, and the functions that show values as texts.

In: values of any type. Out: byte strings. Neighbours: ``formatting`` prints; ``splitting``, ``dicts`` use ``strval``.
"""

from __future__ import annotations

from typing import Any

from secrets_operator.rendering.gotemplate.formatting.printf import sprint
from secrets_operator.rendering.gotemplate.formatting.quoting import quote
from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.gotypes import ANY, STRING_LIST
from secrets_operator.rendering.gotemplate.limits import Context
from secrets_operator.rendering.gotemplate.values import ByteSlice, GoList, Uint8, string_list


def strval(ctx: Context, value: Any) -> bytes:
    """Return a string as it is, bytes as a string, and anything else as ``%v`` prints it."""
    if isinstance(value, bytes):
        return value
    return value.data if isinstance(value, ByteSlice) else sprint(ctx, (value,))


def items_of(value: Any) -> list[Any] | None:
    """Return the elements of a slice, ``None`` for anything else."""
    if isinstance(value, GoList):
        return value.items
    return [Uint8(byte) for byte in value.data] if isinstance(value, ByteSlice) else None


def strings_of(ctx: Context, value: Any) -> GoList:
    """Return a list as texts without its nils, a list of strings itself, any other value as a list of one."""
    if isinstance(value, GoList) and value.go_type == STRING_LIST:
        return value
    items = items_of(value)
    if items is None:
        items = [value]
    ctx.step(len(items))
    ctx.charge(8 * len(items))
    return string_list([strval(ctx, item) for item in items if item is not None])


def _quote(ctx: Context, *values: Any) -> bytes:
    return _joined(ctx, [_quoted(ctx, value) for value in values if value is not None])


def _quoted(ctx: Context, value: Any) -> bytes:
    text = strval(ctx, value)
    # A byte that is not valid UTF-8 takes four: \xff.
    ctx.charge(4 * len(text))
    ctx.step(len(text) >> 2)
    return quote(text)


def _squote(ctx: Context, *values: Any) -> bytes:
    return _joined(ctx, [b"'%b'" % sprint(ctx, (value,)) for value in values if value is not None])


def _cat(ctx: Context, *values: Any) -> bytes:
    return _joined(ctx, [sprint(ctx, (value,)) for value in values if value is not None])


def _joined(ctx: Context, texts: list[bytes]) -> bytes:
    ctx.charge(sum(map(len, texts)) + len(texts))
    return b" ".join(texts)


FUNCTIONS: tuple[Function, ...] = (
    Function("toString", (ANY,), strval),
    Function("toStrings", (ANY,), strings_of),
    Function("quote", (ANY,), _quote, variadic=True),
    Function("squote", (ANY,), _squote, variadic=True),
    Function("cat", (ANY,), _cat, variadic=True),
)
