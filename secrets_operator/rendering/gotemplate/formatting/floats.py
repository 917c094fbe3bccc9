"""Floating-point numbers as Go's strconv and fmt print them: ``%e %E %f %F %g %G %x %X %b``, and complex numbers.

In: the number, the verb and its flags. Out: padded text, or ``None`` for a verb that does not apply to floats.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from secrets_operator.rendering.gotemplate.formatting.flags import Flags, pad, pad_with_spaces, padding
from secrets_operator.rendering.gotemplate.limits import Context

_VERBS: Final[Mapping[str, tuple[str, int]]] = MappingProxyType(
    {
        "v": ("g", -1),
        "b": ("b", -1),
        "g": ("g", -1),
        "G": ("G", -1),
        "x": ("x", -1),
        "X": ("X", -1),
        "f": ("f", 6),
        "F": ("f", 6),
        "e": ("e", 6),
        "E": ("E", 6),
    }
)
_FRACTION_BITS: Final = 52
_SMALLEST_EXPONENT: Final = -1074


def float_text(value: float, form: str = "g", precision: int = -1) -> str:
    """Return a number as ``strconv.FormatFloat(value, form, precision, 64)`` does; -1 asks for the fewest digits."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if form in "xX":
        text = _hexadecimal(value, precision)
        return text.upper() if form == "X" else text
    if form == "b":
        return _binary(value)
    return _shortest(value, form) if precision < 0 else f"{value:.{precision}{form}}"


def format_float(ctx: Context, flags: Flags, value: float, verb: str) -> bytes | None:
    """Return a float under a verb."""
    if verb not in _VERBS:
        return None
    form, precision = _VERBS[verb]
    if flags.precision is not None:
        precision = flags.precision
    ctx.charge(max(precision, 0) + 340)
    text = float_text(value, form, precision)
    text = text if text[0] in "+-" else "+" + text
    if flags.space and text[0] == "+" and not flags.plus:
        text = " " + text[1:]
    if text[1] in "IN":
        return pad_with_spaces(ctx, flags, _not_a_number(flags, text).encode())
    if flags.sharp and form != "b":
        text = _with_point(text, form, precision)
    return _padded(ctx, flags, text)


def format_complex(ctx: Context, flags: Flags, value: complex, verb: str) -> bytes | None:
    """Return a complex number under a verb, as ``(real+imaginaryi)``."""
    if verb not in _VERBS:
        return None
    real = format_float(ctx, flags, value.real, verb)
    kept, flags.plus = flags.plus, True
    imaginary = format_float(ctx, flags, value.imag, verb)
    flags.plus = kept
    return b"(" + (real or b"") + (imaginary or b"") + b"i)"


def _shortest(value: float, form: str) -> str:
    sign, digits, point = _shortest_digits(value)
    exponent = point - 1
    # With the fewest digits, %g decides as if the precision were six.
    if form in "eE" or (form in "gG" and not -4 <= exponent < 6):
        return sign + _exponential(digits, exponent, "E" if form in "EG" else "e")
    return sign + _positional(digits, point)


def _shortest_digits(value: float) -> tuple[str, str, int]:
    mantissa, _, exponent = f"{value!r}".lower().partition("e")
    sign, mantissa = ("-", mantissa[1:]) if mantissa.startswith("-") else ("", mantissa)
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    return (sign, digits, point) if digits else (sign, "0", 1)


def _exponential(digits: str, exponent: int, letter: str) -> str:
    mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    return f"{mantissa}{letter}{exponent:+03d}"


def _positional(digits: str, point: int) -> str:
    if point <= 0:
        return "0." + "0" * -point + digits
    if point >= len(digits):
        return digits + "0" * (point - len(digits))
    return digits[:point] + "." + digits[point:]


def _hexadecimal(value: float, precision: int) -> str:
    sign = "-" if math.copysign(1.0, value) < 0 else ""
    fraction, exponent = math.frexp(abs(value))
    mantissa = int(math.ldexp(fraction, 61))
    exponent = exponent - 1 if mantissa else 0
    if 0 <= precision < 15:
        mantissa, exponent = _rounded_to_nibbles(mantissa, exponent, precision)
    digits = f"{mantissa & ((1 << 60) - 1):015x}"
    digits = digits.rstrip("0") if precision < 0 else digits[:precision].ljust(precision, "0")
    return f"{sign}0x{mantissa >> 60}{'.' if digits else ''}{digits}p{exponent:+03d}"


def _rounded_to_nibbles(mantissa: int, exponent: int, precision: int) -> tuple[int, int]:
    cut = 60 - 4 * precision
    extra = mantissa & ((1 << cut) - 1)
    mantissa >>= cut
    # Round half to even, as Go does.
    if extra > 1 << (cut - 1) or (extra == 1 << (cut - 1) and mantissa & 1):
        mantissa += 1
    mantissa <<= cut
    return (mantissa >> 1, exponent + 1) if mantissa >> 61 else (mantissa, exponent)


def _binary(value: float) -> str:
    sign = "-" if math.copysign(1.0, value) < 0 else ""
    fraction, exponent = math.frexp(abs(value))
    scale = max(exponent - _FRACTION_BITS - 1, _SMALLEST_EXPONENT) if fraction else _SMALLEST_EXPONENT
    mantissa = int(math.ldexp(abs(value), -scale)) if scale > -1000 else int(math.ldexp(abs(value), 1000) * 2.0**74)
    return f"{sign}{mantissa}p{scale:+d}"


def _not_a_number(flags: Flags, text: str) -> str:
    return text if text[1] == "I" or flags.plus or flags.space else text[1:]


def _with_point(text: str, form: str, precision: int) -> str:
    """Keep the decimal point and, for ``%g``, the trailing zeros, as the sharp flag asks."""
    digits = (precision if precision >= 0 else 6) if form in "gGx" else 0
    letters = "pP" if form in "xX" else "eEpP"
    cut = next((i for i, char in enumerate(text) if char in letters), len(text))
    number, tail = text[:cut], text[cut:]
    significant = number[1:].replace(".", "").lstrip("0")
    digits -= len(significant)
    if "." not in number:
        digits -= 1 if number[1:] == "0" else 0
        number += "."
    return number + "0" * max(digits, 0) + tail


def _padded(ctx: Context, flags: Flags, text: str) -> bytes:
    if not flags.plus and text[0] == "+":
        return pad(ctx, flags, text[1:].encode())
    if flags.zero and not flags.minus and flags.width is not None and flags.width > len(text):
        return text[:1].encode() + padding(ctx, flags, flags.width - len(text)) + text[1:].encode()
    return pad(ctx, flags, text.encode())
