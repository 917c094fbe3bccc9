"""Go values as JSON, byte for byte as encoding/json writes them: sorted keys, its escapes, its numbers.

In: values. Out: byte strings; raises FunctionError for what JSON cannot hold (NaN, infinities, complex numbers).
"""

from __future__ import annotations

import base64
import math
import re
from typing import Any, Final, Protocol, runtime_checkable

from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.formatting.floats import float_text
from secrets_operator.rendering.gotemplate.functions import runes
from secrets_operator.rendering.gotemplate.limits import Context
from secrets_operator.rendering.gotemplate.values import ByteSlice, GoError, GoList, GoMap, GoStruct, type_of

_SHORT: Final = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_LINE_SEPARATORS: Final = "\u2028\u2029"
_ESCAPED = re.compile('[\x00-\x1f"\\\\\u2028\u2029]')
_ESCAPED_FOR_HTML = re.compile('[\x00-\x1f"\\\\\u2028\u2029<>&]')
_SMALLEST_POSITIONAL = 1e-6
_SMALLEST_EXPONENTIAL = 1e21


@runtime_checkable
class TextMarshaler(Protocol):
    """A value that is a string in JSON: a time, a version."""

    def text(self) -> bytes:
        """Return the string."""


def encode(ctx: Context, value: Any, *, html: bool = True, indent: str = "") -> bytes:
    """Return the value's JSON; `html` escapes <, > and &, `indent` puts each element on a line of its own."""
    encoder = _Encoder(ctx, html=html, indent=indent)
    encoder.write(value, 0)
    return "".join(encoder.parts).encode()


class _Encoder:
    def __init__(self, ctx: Context, *, html: bool, indent: str) -> None:
        self.ctx = ctx
        self.indent = indent
        self.colon = ": " if indent else ":"
        self.escaped = _ESCAPED_FOR_HTML if html else _ESCAPED
        self.parts: list[str] = []

    def write(self, value: Any, depth: int) -> None:
        self.ctx.step()
        self.ctx.check_depth(depth)
        if isinstance(value, GoList):
            self._list(value, depth)
        elif isinstance(value, GoMap):
            self._map(value, depth)
        elif isinstance(value, GoStruct) and not isinstance(value, TextMarshaler):
            self._object([(name.encode(), item) for name, item in value.fields.items()], depth)
        else:
            self._put(self._scalar(value))

    def _scalar(self, value: Any) -> str:
        if isinstance(value, bytes):
            return self._string(value)
        if value is None or isinstance(value, bool):
            return {None: "null", True: "true", False: "false"}[value]
        if isinstance(value, int):
            return str(int(value))
        if isinstance(value, float):
            return _number(value)
        return self._special(value)

    def _special(self, value: Any) -> str:
        if isinstance(value, ByteSlice):
            return f'"{base64.b64encode(value.data).decode()}"'
        if isinstance(value, TextMarshaler):
            return self._string(value.text())
        if isinstance(value, GoError):
            return "{}"
        raise FunctionError(f"json: unsupported type: {type_of(value)}")

    def _list(self, value: GoList, depth: int) -> None:
        if value.is_nil:
            self._put("null")
            return
        self._put("[")
        for index, item in enumerate(value.items):
            self._begin(index, depth + 1)
            self.write(item, depth + 1)
        self._end("]", depth, empty=not value.items)

    def _map(self, value: GoMap, depth: int) -> None:
        if value.is_nil:
            self._put("null")
            return
        self.ctx.charge(150 * len(value.entries))
        entries = [(_key(key), item) for key, item in value.entries.items()]
        self._object(sorted(entries, key=lambda entry: entry[0]), depth)

    def _object(self, entries: list[tuple[bytes, Any]], depth: int) -> None:
        self._put("{")
        for index, (key, item) in enumerate(entries):
            self._begin(index, depth + 1)
            self._put(self._string(key) + self.colon)
            self.write(item, depth + 1)
        self._end("}", depth, empty=not entries)

    def _begin(self, index: int, depth: int) -> None:
        self._put("," if index else "")
        self._new_line(depth)

    def _end(self, mark: str, depth: int, *, empty: bool) -> None:
        if not empty:
            self._new_line(depth)
        self._put(mark)

    def _new_line(self, depth: int) -> None:
        if self.indent:
            self._put("\n" + self.indent * depth)

    def _string(self, text: bytes) -> str:
        # An escape is six characters long.
        self.ctx.charge(6 * len(text))
        return '"' + self.escaped.sub(_escape, runes.replaced(runes.decode(text))) + '"'

    def _put(self, text: str) -> None:
        self.ctx.charge(2 * len(text))
        self.parts.append(text)


def _escape(found: re.Match[str]) -> str:
    return _SHORT.get(found[0]) or f"\\u{ord(found[0]):04x}"


def _key(key: Any) -> bytes:
    if isinstance(key, bytes):
        return key
    if isinstance(key, int) and not isinstance(key, bool):
        return b"%d" % int(key)
    raise FunctionError(f"json: unsupported type of a key: {type_of(key)}")


def _number(number: float) -> str:
    """Return a float as ECMAScript does, but with an exponent from 1e21 on and below 1e-6."""
    if not math.isfinite(number):
        raise FunctionError(f"json: unsupported value: {float_text(number)}")
    if number != 0 and not _SMALLEST_POSITIONAL <= abs(number) < _SMALLEST_EXPONENTIAL:
        return float_text(number, "e").replace("e-0", "e-")
    return float_text(number, "f")
