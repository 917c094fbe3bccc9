"""Sprig's date functions; the local zone is UTC.

In: layouts, durations as texts, and dates: a time, or Unix seconds as an integer; anything else means now. Out: texts
and ``GoTime``. Neighbour: ``times``.
"""

from __future__ import annotations

from typing import Any, Final

from secrets_operator.rendering.gotemplate import zones
from secrets_operator.rendering.gotemplate.durations import HOUR, MINUTE, SECOND, duration_text, parse_duration, rounded
from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.gotypes import ANY, STRING
from secrets_operator.rendering.gotemplate.limits import Context
from secrets_operator.rendering.gotemplate.times import TIME, ZERO_TIME, GoTime, formatted, parse_time
from secrets_operator.rendering.gotemplate.values import Int32, Int64

_HTML: Final = b"2006-01-02"
_DAY = 24 * HOUR
_LARGE_UNITS: Final = (
    (365 * _DAY, "y"),
    (30 * _DAY, "mo"),
    (_DAY, "d"),
    (HOUR, "h"),
    (MINUTE, "m"),
    (SECOND, "s"),
)


def _moment_of(ctx: Context, date: Any, integers: tuple[type, ...]) -> GoTime:
    """Return what Sprig takes for a date: ``type`` is exact, since named integer types mean now as well."""
    if isinstance(date, GoTime):
        return date
    if type(date) in integers:
        return GoTime(int(date) * SECOND, zones.LOCAL)
    return _now(ctx)


def _now(ctx: Context) -> GoTime:
    return GoTime(ctx.now(), zones.LOCAL)


def _date_in_zone(ctx: Context, layout: bytes, date: Any, zone: bytes) -> bytes:
    location = zones.find(zone) or zones.UTC
    return formatted(ctx, _moment_of(ctx, date, (int, Int64, Int32)).within(location), layout)


def _date(ctx: Context, layout: bytes, date: Any) -> bytes:
    return _date_in_zone(ctx, layout, date, b"Local")


def _html_date(ctx: Context, date: Any) -> bytes:
    return _date_in_zone(ctx, _HTML, date, b"Local")


def _html_date_in_zone(ctx: Context, date: Any, zone: bytes) -> bytes:
    return _date_in_zone(ctx, _HTML, date, zone)


def _ago(ctx: Context, date: Any) -> bytes:
    since = ctx.now() - _moment_of(ctx, date, (int, Int64)).nanoseconds
    return duration_text(rounded(since, SECOND)).encode()


def _modify(ctx: Context, change: bytes, date: GoTime) -> GoTime:
    try:
        return _must_modify(ctx, change, date)
    except FunctionError:
        return date


def _must_modify(ctx: Context, change: bytes, date: GoTime) -> GoTime:
    ctx.step(len(change))
    return GoTime(date.nanoseconds + parse_duration(change), date.location)


def _duration(ctx: Context, seconds: Any) -> bytes:
    """Return seconds as a duration: a decimal text or an int64; anything else, also an int, counts as none."""
    number = 0
    if type(seconds) is Int64:
        number = int(seconds)
    elif isinstance(seconds, bytes):
        ctx.step(len(seconds))
        number = _parse_int(seconds)
    # Go multiplies in 64 bits.
    return duration_text((number * SECOND + 2**63) % 2**64 - 2**63).encode()


def _parse_int(text: bytes) -> int:
    """Return what strconv.ParseInt gives, its error ignored: the nearest bound out of range, 0 for a non-number."""
    digits = text[1:] if text[:1] in {b"+", b"-"} else text
    if not digits.isdigit():
        return 0
    # Beyond twenty digits the number is out of range whatever they are.
    number = int(digits.lstrip(b"0")[:20] or b"0")
    return max(-number, -(2**63)) if text[:1] == b"-" else min(number, 2**63 - 1)


def _duration_round(ctx: Context, duration: Any) -> bytes:
    """Return a duration in the largest unit it exceeds; a time means the time since then."""
    size = abs(_nanoseconds_of(ctx, duration))
    for unit, suffix in _LARGE_UNITS:
        if size > unit:
            return f"{size // unit}{suffix}".encode()
    return b"0s"


def _nanoseconds_of(ctx: Context, duration: Any) -> int:
    if isinstance(duration, GoTime):
        return ctx.now() - duration.nanoseconds
    if type(duration) is Int64:
        return int(duration)
    if not isinstance(duration, bytes):
        return 0
    ctx.step(len(duration))
    try:
        return int(parse_duration(duration))
    except FunctionError:
        return 0


def _to_date(ctx: Context, layout: bytes, text: bytes) -> GoTime:
    try:
        return _must_to_date(ctx, layout, text)
    except FunctionError:
        return ZERO_TIME


def _must_to_date(ctx: Context, layout: bytes, text: bytes) -> GoTime:
    ctx.charge(64 * len(layout) + len(text))
    ctx.step(len(layout) + len(text))
    return parse_time(layout, text)


def _unix_epoch(_ctx: Context, date: GoTime) -> bytes:
    return b"%d" % date.unix_seconds


FUNCTIONS: Final[tuple[Function, ...]] = (
    Function("ago", (ANY,), _ago),
    Function("date", (STRING, ANY), _date),
    Function("dateInZone", (STRING, ANY, STRING), _date_in_zone),
    Function("dateModify", (STRING, TIME), _modify),
    Function("date_in_zone", (STRING, ANY, STRING), _date_in_zone),
    Function("date_modify", (STRING, TIME), _modify),
    Function("duration", (ANY,), _duration),
    Function("durationRound", (ANY,), _duration_round),
    Function("htmlDate", (ANY,), _html_date),
    Function("htmlDateInZone", (ANY, STRING), _html_date_in_zone),
    Function("mustDateModify", (STRING, TIME), _must_modify),
    Function("mustToDate", (STRING, STRING), _must_to_date),
    Function("must_date_modify", (STRING, TIME), _must_modify),
    Function("now", (), _now),
    Function("toDate", (STRING, STRING), _to_date),
    Function("unixEpoch", (TIME,), _unix_epoch),
)
