"""What a plain YAML scalar means to go-yaml v2.

In: the text of a scalar. Out: ``Resolved``: the short tag and the value. YAML 1.1 without sexagesimal numbers; dates
stay text but count as such when writing. Neighbours: ``yaml_decoding``, ``yaml_writing``.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from secrets_operator.rendering.gotemplate import layout_parsing
from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.formatting.floats import float_text

Scalar = bytes | int | float | bool | None


class Resolved(NamedTuple):
    """A scalar's short tag (``!!int``) and its value."""

    tag: str
    value: Scalar


_TRUE: Final = ("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON")
_FALSE: Final = ("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF")
_WORDS: Final[Mapping[str, Resolved]] = MappingProxyType(
    {
        **dict.fromkeys(_TRUE, Resolved("!!bool", value=True)),
        **dict.fromkeys(_FALSE, Resolved("!!bool", value=False)),
        **dict.fromkeys(["", "~", "null", "Null", "NULL"], Resolved("!!null", None)),
        **dict.fromkeys([".nan", ".NaN", ".NAN"], Resolved("!!float", math.nan)),
        **dict.fromkeys([".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"], Resolved("!!float", math.inf)),
        **dict.fromkeys(["-.inf", "-.Inf", "-.INF"], Resolved("!!float", -math.inf)),
    }
)
_BASES: Final[Mapping[str, int]] = MappingProxyType({"0x": 16, "0b": 2, "0o": 8})
_INTEGER = re.compile(r"([-+]?)(?:(0[xX])([0-9a-fA-F]+)|(0[bB])([01]+)|(0[oO]?)([0-7]+)|()(0|[1-9][0-9]{0,19}))")
_FRACTION = re.compile(r"\.[0-9](?:_?[0-9])*(?:[eE][-+]?[0-9](?:_?[0-9])*)?")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_DATE = re.compile(r"[0-9]{4}-")
_DATE_LAYOUTS: Final = (
    b"2006-1-2T15:4:5.999999999Z07:00",
    b"2006-1-2t15:4:5.999999999Z07:00",
    b"2006-1-2 15:4:5.999999999",
    b"2006-1-2",
)
_LONGEST_DATE = 200


def resolve(text: str, *, dates: bool = True) -> Resolved:
    """Return what a plain scalar means; text when it means nothing else. ``dates`` says whether a date is one."""
    word = _WORDS.get(text)
    if word is not None:
        return word
    if text[0] in "+-.0123456789":
        return _resolve_number(text, dates=dates)
    return Resolved("!!str", text.encode())


def _resolve_number(text: str, *, dates: bool) -> Resolved:
    if text.startswith(".") and not _FRACTION.fullmatch(text):
        return Resolved("!!str", text.encode())
    if dates and is_timestamp(text):
        return Resolved("!!timestamp", text.encode())
    digits = text.replace("_", "")
    integer = _integer(digits)
    if integer is not None:
        return Resolved("!!int", integer)
    if _FLOAT.fullmatch(digits):
        number = float(digits)
        if math.isfinite(number):
            return Resolved("!!float", number)
    return Resolved("!!str", text.encode())


def _integer(text: str) -> int | None:
    """Return an integer of Go's base prefixes that fits 64 bits; only one without a sign may need all of them."""
    found = _INTEGER.fullmatch(text)
    if found is None:
        return None
    sign, *parts = found.groups()
    prefix, digits = next(
        (prefix, digits) for prefix, digits in zip(parts[::2], parts[1::2], strict=True) if digits is not None
    )
    base = 10 if prefix == "" else _BASES.get(prefix.lower(), 8)
    if len(digits.lstrip("0")) > 64:
        return None
    value = int(digits, base)
    if sign == "-":
        return -value if value <= 2**63 else None
    return value if value < (2**63 if sign else 2**64) else None


def is_timestamp(text: str) -> bool:
    """Say whether a plain scalar would be read as a date or a time."""
    if not _DATE.match(text) or len(text) > _LONGEST_DATE:
        return False
    for layout in _DATE_LAYOUTS:
        try:
            layout_parsing.parse(layout, text.encode())
        except FunctionError:
            continue
        return True
    return False


def needs_quotes(text: str) -> bool:
    """Say whether a string would be read as something else were it written plain."""
    if text[:1] in {"+", "-", *"0123456789"} and ":" in text and _SEXAGESIMAL.fullmatch(text):
        return True
    return resolve(text).tag != "!!str"


def single_float_text(number: float) -> str:
    """Return a float in the fewest digits that tell it from others of 32 bits, as sigs.k8s.io/yaml writes keys."""
    try:
        single = struct.pack("f", number)
    except OverflowError:
        return float_text(math.copysign(math.inf, number))
    exact = struct.unpack("f", single)[0]
    shorter = (float(f"{exact:.{digits}e}") for digits in range(9))
    return float_text(next((value for value in shorter if struct.pack("f", value) == single), exact))
