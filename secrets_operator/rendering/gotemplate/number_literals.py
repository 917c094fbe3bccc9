"""Number literals of templates, read as Go reads them: decimal, hex, octal, binary, underscores, floats, imaginary.

In: the literal's text. Out: every kind of number the literal can stand for; ValueError where it is none.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from secrets_operator.rendering.gotemplate.formatting.quoting import unquote_rune

_LONGEST: Final = 1000
_INT64: Final = 1 << 63
_UINT64: Final = 1 << 64
_BASES: Final = {"x": 16, "o": 8, "b": 2}
_INTEGER: Final = re.compile(
    r"(0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|0(?:_?[0-7])*|[1-9](?:_?\d)*)"
)
_DECIMAL: Final = re.compile(r"(?:\d(?:_?\d)*\.?(?:\d(?:_?\d)*)?|\.\d(?:_?\d)*)(?:[eE][+-]?\d(?:_?\d)*)?", re.ASCII)
_HEX_FLOAT: Final = re.compile(
    r"0[xX](?:(?:_?[0-9a-fA-F])+\.?(?:[0-9a-fA-F](?:_?[0-9a-fA-F])*)?|\.[0-9a-fA-F](?:_?[0-9a-fA-F])*)[pP][+-]?\d(?:_?\d)*"
)


class NumberValues(NamedTuple):
    """A constant as int, uint, float and complex, where it can be that."""

    integer: int | None = None
    unsigned: int | None = None
    floating: float | None = None
    imaginary: complex | None = None


def read_number(text: str) -> NumberValues:
    """Return what a number literal can stand for; raise ValueError for one that Go refuses."""
    if len(text) > _LONGEST:
        raise ValueError("number literal is too long")
    if text.endswith("i"):
        return _from_complex(complex(0, read_float(text[:-1])))
    sign, digits = (text[0], text[1:]) if text[:1] in {"+", "-"} else ("", text)
    magnitude = _read_integer(digits)
    if magnitude is None:
        return _from_float(text)
    integer = -magnitude if sign == "-" else magnitude
    is_int = -_INT64 <= integer < _INT64
    # A literal with a sign is no unsigned one, except for zero.
    is_unsigned = (not sign and magnitude < _UINT64) or magnitude == 0
    if not is_int and not is_unsigned:
        raise ValueError("integer overflow")
    return NumberValues(integer if is_int else None, magnitude if is_unsigned else None, float(integer))


def read_complex(text: str) -> NumberValues:
    """Return what a literal like ``1+2i`` can stand for."""
    if len(text) > _LONGEST:
        raise ValueError("number literal is too long")
    split = next(i for i in range(len(text) - 1, -1, -1) if text[i] in "+-" and text[i - 1] not in "eEpP")
    return _from_complex(complex(read_float(text[:split]), read_float(text[split:-1])))


def read_character(text: str) -> NumberValues:
    """Return what a character literal can stand for."""
    code = unquote_rune(text)
    return NumberValues(code, code, float(code))


def read_float(text: str) -> float:
    """Return what ``strconv.ParseFloat`` makes of a literal; raise ValueError for one that it refuses."""
    digits = text[1:] if text[:1] in {"+", "-"} else text
    if _HEX_FLOAT.fullmatch(digits):
        value = _hexadecimal_float(digits.replace("_", ""))
    elif _DECIMAL.fullmatch(digits):
        value = float(digits.replace("_", ""))
    else:
        raise ValueError("illegal number syntax")
    if value == float("inf"):
        raise ValueError("number out of range")
    return -value if text.startswith("-") else value


def _hexadecimal_float(digits: str) -> float:
    try:
        return float.fromhex(digits)
    except OverflowError as error:
        raise ValueError("number out of range") from error


def _read_integer(digits: str) -> int | None:
    if _INTEGER.fullmatch(digits) is None or len(digits) > 100:
        return None
    digits = digits.replace("_", "").lower()
    if digits[:1] != "0" or digits == "0":
        return int(digits)
    return int(digits[2:], _BASES[digits[1]]) if digits[1] in _BASES else int(digits, 8)


def _from_float(text: str) -> NumberValues:
    value = read_float(text)
    if not any(letter in text for letter in ".eEpP"):
        raise ValueError("integer overflow")
    return _narrowed(value, None)


def _from_complex(value: complex) -> NumberValues:
    return NumberValues(imaginary=value) if value.imag else _narrowed(value.real, value)


def _narrowed(value: float, imaginary: complex | None) -> NumberValues:
    whole = value.is_integer()
    return NumberValues(
        int(value) if whole and -_INT64 <= value < _INT64 else None,
        int(value) if whole and 0 <= value < _UINT64 else None,
        value,
        imaginary,
    )
