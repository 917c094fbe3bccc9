"""JSON objects read and written as Go's ``encoding/json`` does: merged Secrets are the same byte for byte. Pure.

One difference is meant: a number keeps its text. Whole numbers are printed digit by digit, where Go rounds what a
double cannot hold; others are printed from the nearest double, as in Go.
"""

from __future__ import annotations

import re
from decimal import Decimal
from json import JSONDecoder, dumps
from typing import Final, NoReturn

# Deep enough for any document a person wrote, shallow enough for the interpreter's stack.
MAX_DEPTH: Final = 200

_UNDECODABLE: Final = re.compile("[\ud800-\udfff]")
_HTML: Final = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})
# Line separators of JavaScript, which Go never leaves as they are.
_LINES: Final = str.maketrans({"\u2028": "\\u2028", "\u2029": "\\u2029"})
# Outside of these bounds Go writes a number with an exponent.
_SMALLEST_PLAIN: Final = 1e-6
_LARGEST_PLAIN: Final = 1e21


class Number(str):
    """A JSON number as it was written."""

    __slots__ = ()


Json = str | Number | bool | None | list["Json"] | dict[str, "Json"]


def _refuse(_constant: str) -> NoReturn:
    message = "not a JSON document"
    raise ValueError(message)


_DECODER: Final = JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=_refuse)


def well_formed(text: str) -> str:
    """Replace halves of surrogate pairs, which no UTF-8 text can hold, as Go does."""
    return _UNDECODABLE.sub("\ufffd", text)


def parse_object(payload: bytes) -> dict[str, Json] | None:
    """Return the members of a JSON object, none for null; None when ``payload`` is neither."""
    # Each byte that is no UTF-8 becomes one half of a surrogate pair first, as many as Go replaces.
    text = well_formed(payload.decode(errors="surrogateescape"))
    try:
        document = _checked(_DECODER.decode(text), MAX_DEPTH)
    except (ValueError, RecursionError):
        return None
    if document is None:
        return {}
    return document if isinstance(document, dict) else None


def text_of(value: Json) -> bytes:
    """Return a member as the text of a Secret: strings as they are, null as nothing, the rest as compact JSON."""
    if value is None:
        return b""
    if isinstance(value, Number):
        return _plain(value).encode()
    return (value if isinstance(value, str) else compact(value).translate(_HTML)).encode()


def compact(value: Json) -> str:
    """Return JSON without spaces and with sorted members, HTML left as it is."""
    return _written(value).translate(_LINES)


def _checked(value: Json, depth: int) -> Json:
    """Return a parsed value with well-formed strings; raise ValueError when it is too deep."""
    if not depth:
        _refuse("")
    if isinstance(value, list):
        return [_checked(item, depth - 1) for item in value]
    if isinstance(value, dict):
        return {well_formed(name): _checked(item, depth - 1) for name, item in value.items()}
    return well_formed(value) if isinstance(value, str) and not isinstance(value, Number) else value


def _written(value: Json) -> str:
    if isinstance(value, Number):
        return _number(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{_written(name)}:{_written(value[name])}" for name in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_written, value)) + "]"
    return dumps(value, ensure_ascii=False)


def _is_whole(number: str) -> bool:
    return number.removeprefix("-").isdigit()


def _plain(number: str) -> str:
    """Return a number in decimal without exponent."""
    if _is_whole(number):
        return number
    shortest = Decimal(repr(float(number)))
    return format(shortest.normalize(), "f") if shortest.is_finite() else number


def _number(number: str) -> str:
    """Return a number as Go writes it into JSON."""
    size = abs(float(number))
    if _is_whole(number) or size == 0 or _SMALLEST_PLAIN <= size < _LARGEST_PLAIN:
        return _plain(number)
    mantissa, _, exponent = repr(float(number)).partition("e")
    return f"{mantissa}e{exponent.replace('-0', '-')}" if exponent else number
