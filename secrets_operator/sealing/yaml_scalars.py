"""What a plain YAML scalar means, and how numbers and booleans read where a Secret wants a string.

Follows the YAML 1.1 subset of the Go tools that people write their manifests for: ``yes`` is true, ``010`` is eight,
dates stay as written, sexagesimal numbers do not exist. Neighbour: ``documents``.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal

Scalar = str | int | float | bool | None

_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_INTEGER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)")
_OLD_OCTAL = re.compile(r"([-+]?)0([0-7]+)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1
# Go writes the shortest form of a float with an exponent outside this range of decimal exponents.
_PLAIN_EXPONENTS = range(-4, 6)


def resolve(text: str) -> Scalar:
    """Return the value of a plain scalar."""
    if text in _WORDS:
        return _WORDS[text]
    plain = text.replace("_", "") if text[0] != "." else text
    if text[0] in "+-0123456789" and _INTEGER.fullmatch(plain):
        integer = int(_OLD_OCTAL.sub(r"\g<1>0o\g<2>", plain) if _OLD_OCTAL.fullmatch(plain) else plain, 0)
        if _SMALLEST <= integer <= _LARGEST:
            return integer
    if text[0] in "+-.0123456789" and _FLOAT.fullmatch(plain):
        number = float(plain)
        return number if math.isfinite(number) else text
    return text


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A plain scalar of a document whose text reads otherwise where a string is wanted (``010``, ``yes``).

    ``path`` leads to it through mappings; of a key it ends with what the key became. The text itself is left out: it
    may be secret.
    """

    path: tuple[str, ...]
    line: int
    is_key: bool = False


def as_string(value: Scalar) -> str | None:
    """Return a scalar as it reads where a string is wanted; null stays null."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return _float_as_string(value)
        case _:
            return value


def _float_as_string(value: float) -> str:
    """Return the shortest text that reads back as the same number, as Go writes it."""
    if not math.isfinite(value):
        return {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}[str(value)]
    sign, digits, _ = Decimal(repr(value)).normalize().as_tuple()
    exponent = Decimal(repr(value)).adjusted() if value else 0
    text = "".join(map(str, digits))
    prefix = "-" if sign else ""
    if exponent not in _PLAIN_EXPONENTS:
        fraction = "." + text[1:] if len(text) > 1 else ""
        return f"{prefix}{text[0]}{fraction}e{exponent:+03d}"
    return prefix + _positional(text, exponent)


def _positional(digits: str, exponent: int) -> str:
    """Return digits with the decimal point after the place that ``exponent`` names."""
    if exponent < 0:
        return "0." + "0" * (-exponent - 1) + digits
    whole, fraction = digits[: exponent + 1].ljust(exponent + 1, "0"), digits[exponent + 1 :]
    return f"{whole}.{fraction}" if fraction else whole
