"""The functions that text/template itself defines (``slice`` is not here: Sprig's takes its place).

In: values. Out: ``FUNCTIONS``. Comparisons are in ``comparisons.py``, escapes in ``text_escapes.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from secrets_operator.rendering.gotemplate import comparisons, text_escapes
from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.formatting.printf import sprint, sprintf, sprintln
from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.gotypes import ANY, INTEGER_KINDS, REFLECT_VALUE, STRING, UNSIGNED_KINDS
from secrets_operator.rendering.gotemplate.limits import Context
from secrets_operator.rendering.gotemplate.output import printable
from secrets_operator.rendering.gotemplate.truth import is_true
from secrets_operator.rendering.gotemplate.values import (
    ByteSlice,
    GoList,
    GoMap,
    Uint8,
    is_integer,
    kind_of,
    type_of,
    zero_of,
)


def _length(_ctx: Context, value: Any) -> int:
    if isinstance(value, bytes):
        return len(value)
    if isinstance(value, GoMap):
        return len(value.entries)
    if isinstance(value, GoList):
        return len(value.items)
    if isinstance(value, ByteSlice):
        return len(value.data)
    if value is None:
        raise FunctionError("len of nil pointer", hint="the value is nil")
    raise FunctionError(f"len of type {type_of(value)}", hint="len takes strings, lists and maps")


def _index(ctx: Context, item: Any, *indexes: Any) -> Any:
    if item is None:
        raise FunctionError("index of untyped nil", hint="the value to index is nil")
    ctx.step(len(indexes))
    for index in indexes:
        item = _element(item, index)
    return item


def _element(item: Any, index: Any) -> Any:
    if isinstance(item, GoMap):
        return item.entries.get(_key(index, item), zero_of(item.elem))
    if isinstance(item, GoList):
        return item.items[_position(index, len(item.items))]
    if isinstance(item, bytes):
        return Uint8(item[_position(index, len(item))])
    if isinstance(item, ByteSlice):
        return Uint8(item.data[_position(index, len(item.data))])
    if item is None:
        raise FunctionError("index of nil pointer", hint="a value on the way is nil")
    raise FunctionError(f"can't index item of type {type_of(item)}", hint="index takes maps, lists and strings")


def _position(index: Any, length: int) -> int:
    if index is None:
        raise FunctionError("cannot index slice/array with nil")
    if not is_integer(index):
        raise FunctionError(f"cannot index slice/array with type {type_of(index)}", hint="the index must be an integer")
    if not 0 <= index < length:
        raise FunctionError("index out of range", hint=f"there are {length} elements, the first has index 0")
    return int(index)


def _key(index: Any, target: GoMap) -> Any:
    want = target.key
    if index is None:
        if want.kind == "interface":
            return None
        raise FunctionError(f"value is nil; should be of type {want}")
    have = type_of(index)
    integers = INTEGER_KINDS | UNSIGNED_KINDS
    if want.kind == "interface" or have == want or (kind_of(index) in integers and want.kind in integers):
        return index
    raise FunctionError(f"value has type {have}; should be {want}", hint=f"the keys of this map are of type {want}")


def _print(ctx: Context, *values: Any) -> bytes:
    return sprint(ctx, values)


def _println(ctx: Context, *values: Any) -> bytes:
    return sprintln(ctx, values)


def _printf(ctx: Context, form: bytes, *values: Any) -> bytes:
    return sprintf(ctx, form, values)


def _not(_ctx: Context, value: Any) -> bool:
    return not is_true(value)


def _deciding(deciding: bool) -> Callable[..., Any]:
    def decide(_ctx: Context, *values: Any) -> Any:
        return next((value for value in values if is_true(value) is deciding), values[-1])

    return decide


def _call(_ctx: Context, function: Any, *_values: Any) -> Any:
    if function is None:
        raise FunctionError("call of nil")
    hint = "values that are functions do not exist here; a function is called by its name"
    raise FunctionError(f"non-function of type {type_of(function)}", hint=hint)


def _escaper(escape: Callable[[bytes], bytes]) -> Callable[..., bytes]:
    def escaped(ctx: Context, *values: Any) -> bytes:
        text = sprint(ctx, [printable(value) for value in values])
        ctx.charge(6 * len(text))
        return escape(text)

    return escaped


FUNCTIONS: Final = (
    Function("and", (REFLECT_VALUE, REFLECT_VALUE), _deciding(False), variadic=True, short_circuits=False),
    Function("or", (REFLECT_VALUE, REFLECT_VALUE), _deciding(True), variadic=True, short_circuits=True),
    Function("not", (REFLECT_VALUE,), _not),
    Function("eq", (REFLECT_VALUE, REFLECT_VALUE), comparisons.equal, variadic=True),
    Function("ne", (REFLECT_VALUE, REFLECT_VALUE), comparisons.not_equal),
    Function("lt", (REFLECT_VALUE, REFLECT_VALUE), comparisons.less),
    Function("le", (REFLECT_VALUE, REFLECT_VALUE), comparisons.less_or_equal),
    Function("gt", (REFLECT_VALUE, REFLECT_VALUE), comparisons.greater),
    Function("ge", (REFLECT_VALUE, REFLECT_VALUE), comparisons.greater_or_equal),
    Function("len", (REFLECT_VALUE,), _length),
    Function("index", (REFLECT_VALUE, REFLECT_VALUE), _index, variadic=True),
    Function("call", (REFLECT_VALUE, REFLECT_VALUE), _call, variadic=True),
    Function("print", (ANY,), _print, variadic=True),
    Function("println", (ANY,), _println, variadic=True),
    Function("printf", (STRING, ANY), _printf, variadic=True),
    Function("html", (ANY,), _escaper(text_escapes.html_escape), variadic=True),
    Function("js", (ANY,), _escaper(text_escapes.js_escape), variadic=True),
    Function("urlquery", (ANY,), _escaper(text_escapes.url_query_escape), variadic=True),
)
"""Every function of text/template but slice."""
