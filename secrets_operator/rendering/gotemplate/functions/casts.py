"""Lenient casts of any value to a number, as spf13/cast 1.10 makes them: what cannot be read is 0.

In: values of any type. Out: Python ints in the range of int64, and floats. Texts are read as Go literals: ``0x1f``,
``0b1``, ``0o7``, ``017`` and ``1_000`` are integers, and so is the part of a decimal number before its point.
"""

from __future__ import annotations

import math
import re
from typing import Any

from secrets_operator.rendering.gotemplate.limits import Context

_MODULUS = 1 << 64
_LARGEST = (1 << 63) - 1
_DECIMAL = re.compile(rb"([-+]?\d*)(?:\.\d*)?")
_LITERAL = re.compile(
    rb"([-+]?)(?:0[xX]((?:_?[\da-fA-F])++)|0[bB]((?:_?[01])++)|0[oO]?((?:_?[0-7])++)|([1-9](?:_?\d)*+)|0)",
)
_NAMED_FLOAT = re.compile(rb"[-+]?(?:inf(?:inity)?|nan)", re.IGNORECASE)
_FLOAT = re.compile(rb"[-+]?(?:\d[\d_]*\.?[\d_]*|\.[\d_]+)(?:e[-+]?[\d_]+)?", re.IGNORECASE)
_HEX_FLOAT = re.compile(rb"[-+]?0x(?:[\da-f_]+\.?[\da-f_]*|\.[\da-f_]+)p[-+]?[\d_]+", re.IGNORECASE)
_MISPLACED = re.compile(rb"(?<!\d)_|_(?!\d)")
_MISPLACED_IN_HEX = re.compile(rb"(?<![\da-fx])_|_(?![\da-f])", re.IGNORECASE)
_BASES = (16, 2, 8, 10)
"""The bases of the groups of digits in ``_LITERAL``."""


def wrapped(number: int) -> int:
    """Return a number as 64 bits of two's complement keep it."""
    return (number + _LARGEST + 1) % _MODULUS - _LARGEST - 1


def to_int(ctx: Context, value: Any) -> int:
    """Return any value as an int64: floats lose their fraction, true is 1, texts are read, anything else is 0."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return wrapped(int(value))
    if isinstance(value, float):
        return _truncated(value)
    if isinstance(value, bytes):
        ctx.step(1 + (len(value) >> 8))
        return _parsed_int(value)
    return 0


def to_float(ctx: Context, value: Any) -> float:
    """Return any value as a float64: true is 1, texts are read, anything else is 0."""
    if isinstance(value, (int, float)):
        return float(value)
    if isinstance(value, bytes):
        ctx.step(1 + (len(value) >> 8))
        return parsed_float(value)
    return 0.0


def decimal_int(text: bytes, base: int = 10) -> tuple[int, bool]:
    """Read a number as strconv.ParseInt does in one base; return the nearest int64 and whether there was one."""
    digits = text[1:] if text[:1] in {b"+", b"-"} else text
    if not digits.isdigit() or (base == 8 and not {0x38, 0x39}.isdisjoint(digits)):
        return 0, False
    # Beyond this length the number is out of range whatever its digits are.
    number = int(digits.lstrip(b"0")[:30] or b"0", base)
    number = -number if text[:1] == b"-" else number
    nearest = max(-_LARGEST - 1, min(number, _LARGEST))
    return nearest, nearest == number


def parsed_float(text: bytes) -> float:
    """Read a float64 as strconv.ParseFloat does; what it refuses, and what is out of range, is 0."""
    digits = text.replace(b"_", b"").decode("latin-1")
    if _NAMED_FLOAT.fullmatch(text):
        return float(digits)
    if _FLOAT.fullmatch(text) and not _MISPLACED.search(text):
        return _finite(float(digits))
    if _HEX_FLOAT.fullmatch(text) and not _MISPLACED_IN_HEX.search(text):
        return _hexadecimal(digits)
    return 0.0


def _finite(number: float) -> float:
    return 0.0 if math.isinf(number) else number


def _hexadecimal(digits: str) -> float:
    try:
        return float.fromhex(digits)
    except OverflowError:
        return 0.0


def _truncated(number: float) -> int:
    # What the processor makes of a float that int64 cannot hold.
    return int(number) if -(2.0**63) <= number < 2.0**63 else -_LARGEST - 1


def _parsed_int(text: bytes) -> int:
    if b"." in text:
        decimal = _DECIMAL.fullmatch(text)
        if decimal is None:
            return 0
        text = decimal[1] if decimal[1] not in {b"", b"+", b"-"} else decimal[1] + b"0"
    literal = _LITERAL.fullmatch(text)
    if literal is None:
        return 0
    sign, *groups = literal.groups()
    for base, digits in zip(_BASES, groups, strict=True):
        if digits:
            return _in_range(sign, digits.replace(b"_", b"").lstrip(b"0"), base)
    return 0


def _in_range(sign: bytes, digits: bytes, base: int) -> int:
    # The longest number of 64 bits has 64 digits.
    number = int(digits[:80] or b"0", base)
    number = -number if sign == b"-" else number
    return number if number == wrapped(number) else 0
