"""JSON that remembers how it was written.

Property paths and extraction hand out parts of a JSON payload byte for byte: ``1.50`` stays ``1.50`` inside an object
and a nested object keeps its spacing and key order. :func:`parse` therefore returns ordinary Python values (so that any
code for JSON works on them) of types that also carry their ``raw`` source text. Used by ``properties``.
"""

from __future__ import annotations

import re
from json import JSONDecoder
from typing import NoReturn, Self

# Deep enough for any document a person wrote, shallow enough for the interpreter's stack.
MAX_DEPTH = 200

_SPACE = re.compile(r"[ \t\n\r]*")


class RawString(str):
    """A JSON string: equal to its unescaped text."""

    __slots__ = ("raw",)
    raw: str

    def __new__(cls, value: str, raw: str) -> Self:
        """Keep ``raw``, the text with its quotes and escapes."""
        self = super().__new__(cls, value)
        self.raw = raw
        return self


class RawNumber(float):
    """A JSON number: compares as a double, as everywhere in JSON tools; ``raw`` keeps every digit."""

    __slots__ = ("raw",)
    raw: str

    def __new__(cls, raw: str) -> Self:
        """Read the number from its source text."""
        self = super().__new__(cls, raw)
        self.raw = raw
        return self


class RawArray(list["Json"]):
    """A JSON array; ``raw`` is its source text with brackets."""

    __slots__ = ("raw",)
    raw: str


class RawObject(dict[str, "Json"]):
    """A JSON object; ``raw`` is its source text with braces."""

    __slots__ = ("raw",)
    raw: str


Json = RawString | RawNumber | RawArray | RawObject | bool | None


def parse(text: str, *, first_wins: bool = False) -> Json:
    """Parse one JSON document; control characters inside strings are tolerated.

    Of members with the same name the last counts, or the first with ``first_wins``. Raises ValueError when ``text`` is
    not JSON; the error carries nothing of the text.
    """
    value, end = _Parser(text, first_wins=first_wins).value(_SPACE.match(text).end(), MAX_DEPTH)  # type: ignore[union-attr]
    if end != len(text):
        _not_json()
    return value


def _not_json(_constant: str = "") -> NoReturn:
    message = "not a JSON document"
    raise ValueError(message)


# Scalars are the standard library's business; strict=False is what tolerates a line break inside a string.
_SCALARS = JSONDecoder(parse_float=RawNumber, parse_int=RawNumber, parse_constant=_not_json, strict=False)


class _Parser:
    """Walks one text; every method takes a position and returns a value and the position after it and its space."""

    def __init__(self, text: str, *, first_wins: bool) -> None:
        self._text = text
        self._first_wins = first_wins

    def value(self, start: int, depth: int) -> tuple[Json, int]:
        opening = self._text[start : start + 1]
        if opening in ("{", "[") and not depth:
            _not_json()
        if opening == "{":
            return self._object(start, depth)
        if opening == "[":
            return self._array(start, depth)
        return self._scalar(start)

    def _scalar(self, start: int) -> tuple[Json, int]:
        try:
            value, end = _SCALARS.raw_decode(self._text, start)
        except ValueError:
            value, end = None, start
        if end == start:
            _not_json()
        if isinstance(value, str):
            value = RawString(value, self._text[start:end])
        return value, self._space(end)

    def _array(self, start: int, depth: int) -> tuple[Json, int]:
        array = RawArray()
        position = self._space(start + 1)
        more = self._text[position : position + 1] != "]"
        while more:
            item, position = self.value(position, depth - 1)
            array.append(item)
            more, position = self._comma(position, "]")
        array.raw = self._text[start : position + 1]
        return array, self._space(position + 1)

    def _object(self, start: int, depth: int) -> tuple[Json, int]:
        members = RawObject()
        position = self._space(start + 1)
        more = self._text[position : position + 1] != "}"
        while more:
            name, position = self._scalar(position)
            if not isinstance(name, str) or self._text[position : position + 1] != ":":
                _not_json()
            item, position = self.value(self._space(position + 1), depth - 1)
            if not (self._first_wins and name in members):
                members[name] = item
            more, position = self._comma(position, "}")
        members.raw = self._text[start : position + 1]
        return members, self._space(position + 1)

    def _comma(self, position: int, closing: str) -> tuple[bool, int]:
        found = self._text[position : position + 1]
        if found == ",":
            return True, self._space(position + 1)
        if found != closing:
            _not_json()
        return False, position

    def _space(self, position: int) -> int:
        return _SPACE.match(self._text, position).end()  # type: ignore[union-attr]
