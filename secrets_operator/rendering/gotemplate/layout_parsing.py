"""Reading a time by a reference layout, as Go's ``time.ParseInLocation`` does with the local zone (UTC).

In: a layout and a text. Out: ``Parsed``, from which ``times`` makes the instant. No message holds the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from secrets_operator.rendering.gotemplate import layouts
from secrets_operator.rendering.gotemplate.civil_dates import civil_date, day_number, days_in_month, is_leap
from secrets_operator.rendering.gotemplate.errors import FunctionError

_ZONE = re.compile(rb"ChST|MeST|GMT(?:[+-][0-9]+)?|[+-][0-9]+|[A-Z]{3,6}")
_FOUR_LETTER_ZONES_WITHOUT_T: Final = frozenset({b"WITA"})
_LARGEST_NAMED_OFFSET = 23


@dataclass
class Parsed:
    """What a text said of a time; None where it did not say."""

    year: int = 0
    month: int | None = None
    day: int | None = None
    day_of_year: int | None = None
    hour: int = 0
    minute: int = 0
    second: int = 0
    nanosecond: int = 0
    afternoon: bool | None = None
    is_utc: bool = False
    offset: int | None = None
    zone_name: bytes = b""


def parse(layout: bytes, text: bytes) -> Parsed:
    """Return what a text says when read by a layout; raise FunctionError where it does not fit."""
    parsed, rest = Parsed(), text
    elements = list(layouts.split(layout))
    for (literal, element), (_, following) in zip(elements, [*elements[1:], (b"", b"")], strict=True):
        rest = _skip(rest, literal)
        if element:
            rest = _read_element(parsed, rest, element)
        if element in {b"5", b"05"} and not layouts.is_fraction(following):
            rest = _read_unannounced_fraction(parsed, rest)
    if rest:
        raise _mismatch("there is text after the time")
    _settle(parsed)
    return parsed


def _mismatch(problem: str) -> FunctionError:
    return FunctionError(f"parsing time: {problem}", hint="the text must be written as the layout shows it")


def _skip(rest: bytes, literal: bytes) -> bytes:
    """Return what follows a literal; a run of spaces in the layout stands for any run of spaces."""
    for piece in re.findall(rb" +|[^ ]+", literal):
        if piece.startswith(b" "):
            if rest and not rest.startswith(b" "):
                raise _mismatch("a space is missing")
            rest = rest.lstrip(b" ")
        elif rest.startswith(piece):
            rest = rest[len(piece) :]
        else:
            raise _mismatch("the text between the parts of the time differs from the layout")
    return rest


def _read_element(parsed: Parsed, rest: bytes, element: bytes) -> bytes:
    if layouts.is_fraction(element):
        return _read_fraction(parsed, rest, element)
    if layouts.is_offset(element):
        return _read_offset(parsed, rest, element)
    return _READERS[element](parsed, rest)


def _number(rest: bytes, pattern: re.Pattern[bytes], bounds: range, what: str) -> tuple[int, bytes]:
    found = pattern.match(rest)
    if found is None:
        raise _mismatch(f"the {what} is missing")
    value = int(found[0])
    if value not in bounds:
        raise _mismatch(f"{what} out of range")
    return value, rest[found.end() :]


_TWO_DIGITS, _ONE_OR_TWO = re.compile(rb"[0-9]{2}"), re.compile(rb"[0-9]{1,2}")


def _digits(field: str, pattern: re.Pattern[bytes], bounds: range) -> Callable[[Parsed, bytes], bytes]:
    def read(parsed: Parsed, rest: bytes) -> bytes:
        value, rest = _number(rest, pattern, bounds, field.replace("_", " "))
        setattr(parsed, field, value)
        return rest

    return read


def _padded(field: str, pattern: re.Pattern[bytes], bounds: range, spaces: int) -> Callable[[Parsed, bytes], bytes]:
    read_digits = _digits(field, pattern, bounds)

    def read(parsed: Parsed, rest: bytes) -> bytes:
        pad = len(rest[:spaces]) - len(rest[:spaces].lstrip(b" "))
        return read_digits(parsed, rest[pad:])

    return read


def _read_short_year(parsed: Parsed, rest: bytes) -> bytes:
    year, rest = _number(rest, re.compile(rb"[0-9]{2}|[+-][0-9]"), range(-9, 100), "year")
    parsed.year = year + (1900 if year >= 69 else 2000)
    return rest


def _name(names: tuple[str, ...], field: str | None) -> Callable[[Parsed, bytes], bytes]:
    def read(parsed: Parsed, rest: bytes) -> bytes:
        for number, name in enumerate(names, 1):
            if rest[: len(name)].lower() == name.lower().encode():
                if field:
                    setattr(parsed, field, number)
                return rest[len(name) :]
        raise _mismatch("the name of a month or weekday is missing")

    return read


def _half_of_day(after_noon: bytes, before_noon: bytes) -> Callable[[Parsed, bytes], bytes]:
    def read(parsed: Parsed, rest: bytes) -> bytes:
        if rest[:2] not in {after_noon, before_noon}:
            raise _mismatch("AM or PM is missing")
        # Both may be said; then PM holds.
        parsed.afternoon = rest[:2] == after_noon or parsed.afternoon is True
        return rest[2:]

    return read


def _read_zone_name(parsed: Parsed, rest: bytes) -> bytes:
    if rest.startswith(b"UTC"):
        parsed.is_utc = True
        return rest[3:]
    found = _ZONE.match(rest)
    length = _zone_length(found[0]) if found else 0
    if length == 0:
        raise _mismatch("the time zone is missing")
    parsed.zone_name = rest[:length]
    return rest[length:]


def _zone_length(text: bytes) -> int:
    """Return how much of a text is a zone abbreviation: three letters, or up to five that end in T, or an offset."""
    if text in {b"ChST", b"MeST"}:
        return 4
    if text.startswith((b"GMT", b"+", b"-")):
        prefix = 3 if text.startswith(b"GMT") else 0
        signed = text[prefix:]
        fits = len(signed) <= 20 and signed[1:].isdigit() and int(signed[1:]) <= _LARGEST_NAMED_OFFSET
        return prefix + (len(signed) if fits else 0)
    match len(text):
        case 3:
            return 3
        case 4:
            return 4 if text.endswith(b"T") or text in _FOUR_LETTER_ZONES_WITHOUT_T else 0
        case 5:
            return 5 if text.endswith(b"T") else 0
    return 0


def _read_offset(parsed: Parsed, rest: bytes, element: bytes) -> bytes:
    if element.startswith(b"Z") and rest.startswith(b"Z"):
        parsed.is_utc = True
        return rest[1:]
    pattern = re.sub(rb"0[70]", rb"([0-9]{2})", element[1:])
    found = re.match(rb"([+-])" + pattern, rest)
    if found is None:
        raise _mismatch("the offset of the time zone is missing")
    hours, minutes, seconds = [*map(int, found.groups()[1:]), 0, 0][:3]
    if hours > 24 or minutes > 60 or seconds > 60:
        raise _mismatch("the offset of the time zone is out of range")
    offset = (hours * 60 + minutes) * 60 + seconds
    parsed.offset = -offset if found[1] == b"-" else offset
    return rest[found.end() :]


def _read_fraction(parsed: Parsed, rest: bytes, element: bytes) -> bytes:
    """Read exactly the digits that zeros in the layout announce, or any number where nines do (none is fine)."""
    if element[1:2] == b"9":
        return _read_unannounced_fraction(parsed, rest)
    # Go reads these digits as a number, which may have a sign if it is not negative.
    found = re.fullmatch(rb"[.,](?:\+?([0-9]*)|-(0*))", rest[: len(element)])
    if found is None or found.end() != len(element):
        raise _mismatch("the fraction of a second is missing")
    digits = (found[1] or b"").rjust(len(element) - 1, b"0")
    parsed.nanosecond = int(digits[:9].ljust(9, b"0"))
    return rest[len(element) :]


def _read_unannounced_fraction(parsed: Parsed, rest: bytes) -> bytes:
    found = re.match(rb"[.,]([0-9]+)", rest)
    if found is None:
        return rest
    parsed.nanosecond = int(found[1][:9].ljust(9, b"0"))
    return rest[found.end() :]


def _settle(parsed: Parsed) -> None:
    """Fill in what the layout left out and check the date as a whole."""
    if parsed.afternoon and parsed.hour < 12:
        parsed.hour += 12
    elif parsed.afternoon is False and parsed.hour == 12:
        parsed.hour = 0
    if parsed.day_of_year is not None:
        _settle_day_of_year(parsed, parsed.day_of_year)
    parsed.month = 1 if parsed.month is None else parsed.month
    parsed.day = 1 if parsed.day is None else parsed.day
    if not 1 <= parsed.day <= days_in_month(parsed.year, parsed.month):
        raise _mismatch("day out of range")


def _settle_day_of_year(parsed: Parsed, day_of_year: int) -> None:
    if not 1 <= day_of_year <= 365 + is_leap(parsed.year):
        raise _mismatch("day of year out of range")
    _, month, day = civil_date(day_number(parsed.year, 1, day_of_year))
    if parsed.month not in {None, month} or parsed.day not in {None, day}:
        raise _mismatch("day of year does not match the date")
    parsed.month, parsed.day = month, day


_READERS: Final[Mapping[bytes, Callable[[Parsed, bytes], bytes]]] = MappingProxyType(
    {
        b"2006": _digits("year", re.compile(rb"[0-9]{4}"), range(10_000)),
        b"06": _read_short_year,
        b"January": _name(layouts.MONTHS, "month"),
        b"Jan": _name(tuple(month[:3] for month in layouts.MONTHS), "month"),
        b"01": _digits("month", _TWO_DIGITS, range(1, 13)),
        b"1": _digits("month", _ONE_OR_TWO, range(1, 13)),
        b"Monday": _name(layouts.WEEKDAYS, None),
        b"Mon": _name(tuple(day[:3] for day in layouts.WEEKDAYS), None),
        b"02": _digits("day", _TWO_DIGITS, range(100)),
        b"_2": _padded("day", _ONE_OR_TWO, range(100), 1),
        b"2": _digits("day", _ONE_OR_TWO, range(100)),
        b"002": _digits("day_of_year", re.compile(rb"[0-9]{3}"), range(1000)),
        b"__2": _padded("day_of_year", re.compile(rb"[0-9]{1,3}"), range(1000), 2),
        b"15": _digits("hour", _ONE_OR_TWO, range(24)),
        b"03": _digits("hour", _TWO_DIGITS, range(13)),
        b"3": _digits("hour", _ONE_OR_TWO, range(13)),
        b"04": _digits("minute", _TWO_DIGITS, range(60)),
        b"4": _digits("minute", _ONE_OR_TWO, range(60)),
        b"05": _digits("second", _TWO_DIGITS, range(60)),
        b"5": _digits("second", _ONE_OR_TWO, range(60)),
        b"PM": _half_of_day(b"PM", b"AM"),
        b"pm": _half_of_day(b"pm", b"am"),
        b"MST": _read_zone_name,
    }
)
