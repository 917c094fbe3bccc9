"""Go's durations: text to nanoseconds or ``timedelta`` and back, by the rules of Go's ``time`` package.

A duration is a signed sequence of decimal numbers with a unit (``1h30m``, ``-1.5s``), or a bare ``0``. Days do not
exist. Source of the rules: ``time.ParseDuration`` and ``Duration.String`` of Go 1.26.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

NANOSECOND: Final = 1
MICROSECOND: Final = 1_000
MILLISECOND: Final = 1_000_000
SECOND: Final = 1_000_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE

# The micro sign (U+00B5) and the Greek letter mu (U+03BC) look alike and both occur.
UNITS: Final = {
    "ns": NANOSECOND,
    "us": MICROSECOND,
    "µs": MICROSECOND,
    "μs": MICROSECOND,
    "ms": MILLISECOND,
    "s": SECOND,
    "m": MINUTE,
    "h": HOUR,
}
# No backslashes: the same text stands in CEL string literals of the CRDs.
PATTERN: Final = "^[-+]?((([0-9]+[.]?[0-9]*|[.][0-9]+)([nuµμm]?s|m|h))+|0)$"
MESSAGE: Final = (
    'must be a Go duration such as "30s", "5m" or "1h30m" (units ns, us, ms, s, m, h); write a day as "24h" '
    'and a bare number with its unit: "5s", not "5"'
)

_LARGEST: Final = 2**63
_MOST_DIGITS: Final = 20
_SYNTAX: Final = re.compile(PATTERN.replace("$", r"\Z"))
_TERM: Final = re.compile("([0-9]*)(?:[.]([0-9]*))?([nuµμm]?s|m|h)")


class DurationError(ValueError):
    """The text is not a Go duration; the message says what to write and does not repeat the text."""


def parse_duration(text: str) -> int:
    """Return the nanoseconds that ``text`` says; raise DurationError when Go would refuse it."""
    if not _SYNTAX.match(text):
        raise DurationError(MESSAGE)
    digits = text.lstrip("+-")
    if digits == "0":
        return 0
    total = sum(_term(whole, fraction, UNITS[unit]) for whole, fraction, unit in _TERM.findall(digits))
    negative = text.startswith("-")
    if total > _LARGEST or (total == _LARGEST and not negative):
        message = "must be at most 2562047h47m16s (about 292 years): give a shorter duration"
        raise DurationError(message)
    return -total if negative else total


def _term(whole: str, fraction: str, unit: int) -> int:
    """Return the nanoseconds of one number with its unit, the fraction rounded as Go's float64 arithmetic does."""
    digits = whole.lstrip("0") or "0"
    # More digits than the largest number has are not worth converting: the sum is refused anyway.
    nanoseconds = (int(digits) if len(digits) < _MOST_DIGITS else _LARGEST + 1) * unit
    value, scale = _fraction(fraction)
    return nanoseconds + int(float(value) * (float(unit) / scale)) if value else nanoseconds


def _fraction(digits: str) -> tuple[int, float]:
    """Return fraction digits as (value, scale); digits beyond 63 bits are dropped, as Go drops them."""
    value, scale = 0, 1.0
    for digit in digits:
        if value > (_LARGEST - 1) // 10 or value * 10 + int(digit) > _LARGEST:
            break
        value, scale = value * 10 + int(digit), scale * 10
    return value, scale


def parse_timedelta(text: str) -> timedelta:
    """Return ``text`` as a timedelta; raise DurationError when Go would refuse it.

    A timedelta counts microseconds. What is smaller is rounded away from zero, so that the sign always survives.
    """
    nanoseconds = parse_duration(text)
    microseconds = -(-abs(nanoseconds) // MICROSECOND)
    return timedelta(microseconds=microseconds if nanoseconds >= 0 else -microseconds)


def format_duration(duration: timedelta | int) -> str:
    """Return ``duration`` (a timedelta, or nanoseconds) as Go prints it: ``1h0m0s``, ``1.5s``, ``2ms``, ``0s``."""
    nanoseconds = duration if isinstance(duration, int) else duration // timedelta(microseconds=1) * MICROSECOND
    sign, size = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    return sign + (_below_a_second(size) if size < SECOND else _from_a_second(size))


def _below_a_second(size: int) -> str:
    if size == 0:
        return "0s"
    for unit, name in ((MILLISECOND, "ms"), (MICROSECOND, "µs")):
        if size >= unit:
            return _decimal(size, unit) + name
    return f"{size}ns"


def _from_a_second(size: int) -> str:
    minutes, rest = divmod(size, MINUTE)
    hours, minutes = divmod(minutes, 60)
    text = _decimal(rest, SECOND) + "s"
    if hours:
        return f"{hours}h{minutes}m{text}"
    return f"{minutes}m{text}" if minutes else text


def _decimal(size: int, unit: int) -> str:
    """Return ``size / unit`` in decimal without trailing zeros; ``unit`` is a power of ten."""
    whole, rest = divmod(size, unit)
    fraction = str(rest).zfill(len(str(unit)) - 1).rstrip("0")
    return f"{whole}.{fraction}" if fraction else str(whole)
