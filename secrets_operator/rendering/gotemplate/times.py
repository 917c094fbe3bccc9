"""Go's time.Time, time.Month and time.Weekday: instants that print, compare and calculate as Go's do.

In: nanoseconds since 1970 and a ``Location``, or a text with its layout. Out: ``GoTime``, whose methods templates call.
Neighbours: ``layouts`` formats, ``layout_parsing`` reads, ``durations`` and ``zones`` hold the other types.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Final

from secrets_operator.rendering.gotemplate import layout_parsing, layouts, zones
from secrets_operator.rendering.gotemplate.civil_dates import day_number, day_of_year, weekday
from secrets_operator.rendering.gotemplate.durations import DURATION, GoDuration, clamp
from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.gotypes import BYTES, INT, STRING, GoType
from secrets_operator.rendering.gotemplate.limits import Context
from secrets_operator.rendering.gotemplate.values import ByteSlice, Int64, SizedInt, Stringer, Typed
from secrets_operator.rendering.gotemplate.zones import LOCATION, Location

TIME: Final = GoType("time.Time", "struct")
MONTH: Final = GoType("time.Month", "int")
WEEKDAY: Final = GoType("time.Weekday", "int")

_PER_SECOND = 1_000_000_000
_SECONDS_PER_DAY = 86_400
_RFC3339: Final = b"2006-01-02T15:04:05.999999999Z07:00"
_STRING: Final = b"2006-01-02 15:04:05.999999999 -0700 MST"


class GoMonth(SizedInt, Stringer):
    """A Go time.Month: a number from 1 that prints as an English name."""

    __slots__ = ()
    go_type = MONTH
    methods: ClassVar[Mapping[str, Function]]

    def go_string(self) -> bytes:
        """Return the month's name."""
        return layouts.MONTHS[self - 1].encode()


class GoWeekday(SizedInt, Stringer):
    """A Go time.Weekday: a number from 0 (Sunday) that prints as an English name."""

    __slots__ = ()
    go_type = WEEKDAY
    methods: ClassVar[Mapping[str, Function]]

    def go_string(self) -> bytes:
        """Return the day's name."""
        return layouts.WEEKDAYS[self].encode()


class GoTime(Typed, Stringer):
    """A Go time.Time without its reading of a monotonic clock: nanoseconds since 1970 and a location."""

    __slots__ = ("location", "nanoseconds")
    go_type = TIME
    methods: ClassVar[Mapping[str, Function]]

    def __init__(self, nanoseconds: int, location: Location = zones.UTC) -> None:
        self.nanoseconds = nanoseconds
        self.location = location

    def __eq__(self, other: object) -> bool:
        """Compare as Go's ``==`` does: instant and location."""
        if not isinstance(other, GoTime):
            return NotImplemented
        return self.nanoseconds == other.nanoseconds and self.location is other.location

    def __hash__(self) -> int:
        """Hash what ``==`` compares."""
        return hash((self.nanoseconds, id(self.location)))

    def go_string(self) -> bytes:
        """Return what Time.String gives."""
        return layouts.format_moment(self.moment(), _STRING)

    @property
    def unix_seconds(self) -> int:
        """Whole seconds since 1970, rounded down."""
        return self.nanoseconds // _PER_SECOND

    def moment(self) -> layouts.Moment:
        """Return the instant taken apart in its own zone."""
        zone, offset = self.location.lookup(self.unix_seconds)
        days, second_of_day = divmod(self.unix_seconds + offset, _SECONDS_PER_DAY)
        return layouts.Moment(days, second_of_day, self.nanoseconds % _PER_SECOND, zone, offset)

    def within(self, location: Location) -> GoTime:
        """Return the same instant in another zone."""
        return GoTime(self.nanoseconds, location)

    def text(self) -> bytes:
        """Return the instant as Go writes it into JSON, without quotes; raise FunctionError where RFC 3339 ends."""
        moment = self.moment()
        if not 0 <= moment.date[0] <= 9999:
            raise FunctionError("time: year outside of range [0,9999]")
        if abs(moment.offset) >= _SECONDS_PER_DAY:
            raise FunctionError("time: timezone hour outside of range [0,23]")
        return layouts.format_moment(moment, _RFC3339)


ZERO_TIME: Final = GoTime(day_number(1, 1, 1) * _SECONDS_PER_DAY * _PER_SECOND)


def at_local(local_seconds: int, nanosecond: int, location: Location) -> GoTime:
    """Return the instant at which a zone's clocks show a time, given as if it were UTC (Go's time.Date)."""
    _, offset = location.lookup(local_seconds)
    # Near a change of the zone's offset the first guess may be that of the other side.
    _, offset = location.lookup(local_seconds - offset)
    return GoTime((local_seconds - offset) * _PER_SECOND + nanosecond, location)


def parse_time(layout: bytes, text: bytes) -> GoTime:
    """Return the time that a text says by a layout, in the local zone unless it names one; raise FunctionError."""
    parsed = layout_parsing.parse(layout, text)
    assert parsed.month is not None
    assert parsed.day is not None
    days = day_number(parsed.year, parsed.month, parsed.day)
    seconds = days * _SECONDS_PER_DAY + (parsed.hour * 60 + parsed.minute) * 60 + parsed.second
    if parsed.is_utc:
        return at_local(seconds, parsed.nanosecond, zones.UTC)
    return at_local(seconds, parsed.nanosecond, _zone_of(parsed))


def _zone_of(parsed: layout_parsing.Parsed) -> Location:
    name = parsed.zone_name
    if parsed.offset is not None:
        is_local = parsed.offset == 0 and name in {b"", b"UTC"}
        return zones.LOCAL if is_local else zones.fixed(name, parsed.offset)
    if name:
        # An abbreviation alone names no offset; only GMT+3 and its like tell theirs.
        has_hours = name.startswith(b"GMT") and len(name) > 3
        return zones.fixed(name, int(name[3:]) * 3600 if has_hours else 0)
    return zones.LOCAL


def _add_date(_ctx: Context, time: GoTime, years: int, months: int, days: int) -> GoTime:
    moment = time.moment()
    year, month, day = moment.date
    shifted = day_number(year + years, month + months, 1) + day - 1 + days
    return at_local(shifted * _SECONDS_PER_DAY + moment.second_of_day, moment.nanosecond, time.location)


def _format(ctx: Context, time: GoTime, layout: bytes) -> bytes:
    return formatted(ctx, time, layout)


def formatted(ctx: Context, time: GoTime, layout: bytes) -> bytes:
    """Return a time written by a layout, charged to the account."""
    # The longest element for its length is a digit that becomes a number of 20 digits.
    ctx.charge(20 * len(layout) + 64)
    ctx.step(len(layout))
    return layouts.format_moment(time.moment(), layout)


def _append_format(ctx: Context, time: GoTime, prefix: ByteSlice, layout: bytes) -> ByteSlice:
    ctx.charge(len(prefix.data))
    return ByteSlice(prefix.data + formatted(ctx, time, layout))


def _modulo(time: GoTime, multiple: int) -> int:
    return (time.nanoseconds - ZERO_TIME.nanoseconds) % multiple


def _truncate(_ctx: Context, time: GoTime, multiple: int) -> GoTime:
    return time if multiple <= 0 else GoTime(time.nanoseconds - _modulo(time, multiple), time.location)


def _round(_ctx: Context, time: GoTime, multiple: int) -> GoTime:
    if multiple <= 0:
        return time
    over = _modulo(time, multiple)
    return GoTime(time.nanoseconds + (-over if over * 2 < multiple else multiple - over), time.location)


def _wrapped(number: int) -> Int64:
    """Return a number as 64 bits hold it; Go documents that dates far away give meaningless ones."""
    return Int64((number + 2**63) % 2**64 - 2**63)


def _compare(time: GoTime, other: GoTime) -> int:
    return (time.nanoseconds > other.nanoseconds) - (time.nanoseconds < other.nanoseconds)


def _plain(call: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that has no need of the render's account."""

    def method(_ctx: Context, *args: Any) -> Any:
        return call(*args)

    return method


def _method(name: str, call: Callable[..., Any], *params: GoType) -> tuple[str, Function]:
    return name, Function(name, params, call)


GoMonth.methods = MappingProxyType(dict([_method("String", _plain(GoMonth.go_string))]))
GoWeekday.methods = MappingProxyType(dict([_method("String", _plain(GoWeekday.go_string))]))
GoTime.methods = MappingProxyType(
    dict(
        [
            _method("Add", _plain(lambda time, by: GoTime(time.nanoseconds + by, time.location)), DURATION),
            _method("AddDate", _add_date, INT, INT, INT),
            _method("After", _plain(lambda time, other: _compare(time, other) > 0), TIME),
            _method("AppendFormat", _append_format, BYTES, STRING),
            _method("Before", _plain(lambda time, other: _compare(time, other) < 0), TIME),
            _method("Compare", _plain(_compare), TIME),
            _method("Day", _plain(lambda time: time.moment().date[2])),
            _method("Equal", _plain(lambda time, other: _compare(time, other) == 0), TIME),
            _method("Format", _format, STRING),
            _method("Hour", _plain(lambda time: time.moment().hour)),
            _method("In", _plain(GoTime.within), LOCATION),
            _method("IsDST", _plain(lambda time: time.location.is_dst(time.unix_seconds))),
            _method("IsZero", _plain(lambda time: time.nanoseconds == ZERO_TIME.nanoseconds)),
            _method("Local", _plain(lambda time: time.within(zones.LOCAL))),
            _method("Location", _plain(lambda time: time.location)),
            _method("MarshalJSON", _plain(lambda time: ByteSlice(b'"' + time.text() + b'"'))),
            _method("MarshalText", _plain(lambda time: ByteSlice(time.text()))),
            _method("Minute", _plain(lambda time: time.moment().minute)),
            _method("Month", _plain(lambda time: GoMonth(time.moment().date[1]))),
            _method("Nanosecond", _plain(lambda time: time.nanoseconds % _PER_SECOND)),
            _method("Round", _round, DURATION),
            _method("Second", _plain(lambda time: time.moment().second)),
            _method("String", _plain(GoTime.go_string)),
            _method("Sub", _plain(lambda time, other: GoDuration(clamp(time.nanoseconds - other.nanoseconds))), TIME),
            _method("Truncate", _truncate, DURATION),
            _method("UTC", _plain(lambda time: time.within(zones.UTC))),
            _method("Unix", _plain(lambda time: _wrapped(time.unix_seconds))),
            _method("UnixMicro", _plain(lambda time: _wrapped(time.nanoseconds // 1000))),
            _method("UnixMilli", _plain(lambda time: _wrapped(time.nanoseconds // 1_000_000))),
            _method("UnixNano", _plain(lambda time: _wrapped(time.nanoseconds))),
            _method("Weekday", _plain(lambda time: GoWeekday(weekday(time.moment().day_number)))),
            _method("Year", _plain(lambda time: time.moment().date[0])),
            _method("YearDay", _plain(lambda time: day_of_year(time.moment().day_number))),
        ]
    )
)
