"""Reference layouts of Go's time package (``2006-01-02 15:04:05.000 MST``): splitting and formatting.

In: a layout and the parts of an instant. Out: text. Format: the documentation of Go's ``time.Layout`` constants.
Neighbours: ``layout_parsing`` reads times by the same layouts, ``times`` holds the instants.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Final

from secrets_operator.rendering.gotemplate import civil_dates

MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
WEEKDAYS: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")

# The order within a letter is Go's: the longer form first, and a name only where no longer word begins.
_ELEMENT = re.compile(
    rb"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST"
    rb"|0[1-6]|002|15|1|2006|2|__2|_2(?!006)|3|4|5|PM|pm"
    rb"|[-Z](?:070000|07:00:00|0700|07:00|07)"
    rb"|[.,](?:0+|9+)(?![0-9])"
)


@dataclass(frozen=True)
class Moment:
    """An instant taken apart: the day in its zone, the second of that day, nanoseconds, and the zone."""

    day_number: int
    second_of_day: int
    nanosecond: int
    zone: bytes
    offset: int

    @cached_property
    def date(self) -> tuple[int, int, int]:
        """Year, month and day."""
        return civil_dates.civil_date(self.day_number)

    @property
    def hour(self) -> int:
        """Hour of the day, 0 to 23."""
        return self.second_of_day // 3600

    @property
    def minute(self) -> int:
        """Minute of the hour."""
        return self.second_of_day // 60 % 60

    @property
    def second(self) -> int:
        """Second of the minute."""
        return self.second_of_day % 60


def split(layout: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield pairs of literal text and the element after it; the last pair has an empty element."""
    at = 0
    for found in _ELEMENT.finditer(layout):
        yield layout[at : found.start()], found[0]
        at = found.end()
    yield layout[at:], b""


def is_fraction(element: bytes) -> bool:
    """Say whether an element stands for fractions of a second."""
    return element[:1] in {b".", b","}


def is_offset(element: bytes) -> bool:
    """Say whether an element stands for the offset from Greenwich."""
    return element[:1] in {b"-", b"Z"}


def format_moment(moment: Moment, layout: bytes) -> bytes:
    """Return the moment written as the layout shows the reference time."""
    written = bytearray()
    for literal, element in split(layout):
        written += literal
        if element:
            written += _format_element(moment, element)
    return bytes(written)


def _format_element(moment: Moment, element: bytes) -> bytes:
    if is_fraction(element):
        return _fraction(moment.nanosecond, element)
    if is_offset(element):
        return _offset(moment.offset, element)
    if element == b"MST":
        return moment.zone or _offset(moment.offset, b"-0700")
    return _FORMATTERS[element](moment).encode()


def _number(value: int, width: int) -> str:
    """Return a number padded with zeros; the sign does not count for the width."""
    return f"{'-' if value < 0 else ''}{abs(value):0{width}}"


def _twelve(hour: int) -> int:
    return hour % 12 or 12


_FORMATTERS: Final[Mapping[bytes, Callable[[Moment], str]]] = MappingProxyType(
    {
        b"2006": lambda moment: _number(moment.date[0], 4),
        b"06": lambda moment: f"{abs(moment.date[0]) % 100:02}",
        b"January": lambda moment: MONTHS[moment.date[1] - 1],
        b"Jan": lambda moment: MONTHS[moment.date[1] - 1][:3],
        b"01": lambda moment: f"{moment.date[1]:02}",
        b"1": lambda moment: str(moment.date[1]),
        b"Monday": lambda moment: WEEKDAYS[civil_dates.weekday(moment.day_number)],
        b"Mon": lambda moment: WEEKDAYS[civil_dates.weekday(moment.day_number)][:3],
        b"02": lambda moment: f"{moment.date[2]:02}",
        b"_2": lambda moment: f"{moment.date[2]:2}",
        b"2": lambda moment: str(moment.date[2]),
        b"002": lambda moment: f"{civil_dates.day_of_year(moment.day_number):03}",
        b"__2": lambda moment: f"{civil_dates.day_of_year(moment.day_number):3}",
        b"15": lambda moment: f"{moment.hour:02}",
        b"03": lambda moment: f"{_twelve(moment.hour):02}",
        b"3": lambda moment: str(_twelve(moment.hour)),
        b"04": lambda moment: f"{moment.minute:02}",
        b"4": lambda moment: str(moment.minute),
        b"05": lambda moment: f"{moment.second:02}",
        b"5": lambda moment: str(moment.second),
        b"PM": lambda moment: "PM" if moment.hour >= 12 else "AM",
        b"pm": lambda moment: "pm" if moment.hour >= 12 else "am",
    }
)


def _fraction(nanosecond: int, element: bytes) -> bytes:
    """Return a fraction of as many digits as the element has, nines leaving trailing zeros out."""
    separator, count = element[:1], min(len(element) - 1, 9)
    digits = b"%09d" % nanosecond
    if element[1:2] == b"0":
        return separator + digits[:count]
    trimmed = digits[:count].rstrip(b"0")
    return separator + trimmed if trimmed else b""


def _offset(offset: int, element: bytes) -> bytes:
    """Return an offset from Greenwich as ``-07``, ``-0700``, ``-07:00:00`` and so on show it; ``Z`` forms know zero."""
    if element[:1] == b"Z" and offset == 0:
        return b"Z"
    seconds = abs(offset)
    # Go takes the sign from whole minutes, so less than a minute west of Greenwich prints a plus.
    sign = b"-" if offset <= -60 else b"+"
    parts = [b"%02d" % (seconds // 3600), b"%02d" % (seconds // 60 % 60), b"%02d" % (seconds % 60)]
    colon = b":" if b":" in element else b""
    count = len(element.replace(b":", b"")) // 2
    return sign + colon.join(parts[:count])
