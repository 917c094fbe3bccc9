"""Go's time.Duration: a number of nanoseconds that prints as ``1h2m3.5s``.

In: texts and numbers. Out: ``GoDuration``. Format: Go's ``time.ParseDuration`` and ``Duration.String``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Final

from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.gotypes import GoType
from secrets_operator.rendering.gotemplate.limits import Context
from secrets_operator.rendering.gotemplate.values import Int64, SizedInt, Stringer

DURATION: Final = GoType("time.Duration", "int64")
SECOND: Final = 1_000_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
LARGEST: Final = 2**63 - 1
SMALLEST: Final = -(2**63)

_UNITS: Final[Mapping[bytes, int]] = MappingProxyType(
    {
        b"ns": 1,
        b"us": 1000,
        "\N{MICRO SIGN}s".encode(): 1000,
        "\N{GREEK SMALL LETTER MU}s".encode(): 1000,
        b"ms": 1_000_000,
        b"s": SECOND,
        b"m": MINUTE,
        b"h": HOUR,
    }
)
_PART = re.compile(rb"(?=\.?[0-9])([0-9]*)(?:\.([0-9]*))?([^.0-9]+)")


class GoDuration(SizedInt, Stringer):
    """A Go time.Duration."""

    __slots__ = ()
    go_type = DURATION
    methods: ClassVar[Mapping[str, Function]]

    def go_string(self) -> bytes:
        """Return hours, minutes and seconds without needless zeros, or a fraction of a second in its own unit."""
        return duration_text(int(self)).encode()


def duration_text(nanoseconds: int) -> str:
    """Return what Duration.String gives."""
    sign, rest = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    if rest == 0:
        return "0s"
    for unit, size in (("ns", 1000), ("µs", 1_000_000), ("ms", SECOND)):
        if rest < size:
            return sign + _decimal(rest, size // 1000) + unit
    minutes, rest = divmod(rest, MINUTE)
    hours, minutes = divmod(minutes, 60)
    head = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{sign}{head}{_decimal(rest, SECOND)}s"


def _decimal(amount: int, unit: int) -> str:
    """Return ``amount / unit`` as a decimal number, exactly (``unit`` is a power of ten)."""
    whole, fraction = divmod(amount, unit)
    if not fraction:
        return str(whole)
    return f"{whole}.{str(fraction).rjust(len(str(unit)) - 1, '0').rstrip('0')}"


def parse_duration(text: bytes) -> GoDuration:
    """Return the duration that a text such as ``-1.5h`` names; raise FunctionError when it names none."""
    body = text[1:] if text[:1] in {b"+", b"-"} else text
    if body == b"0":
        return GoDuration(0)
    total, at = 0, 0
    while at < len(body):
        part = _PART.match(body, at)
        if part is None:
            raise _invalid()
        total += _part_nanoseconds(part)
        if total > LARGEST + 1:
            raise _invalid()
        at = part.end()
    negative = text[:1] == b"-"
    if not body or (total > LARGEST and not negative):
        raise _invalid()
    return GoDuration(-total if negative else total)


def _part_nanoseconds(part: re.Match[bytes]) -> int:
    whole, fraction, unit_name = part.groups()
    unit = _UNITS.get(unit_name)
    # Nobody needs more digits, and converting very many of them is slow.
    digits = whole.lstrip(b"0")
    if unit is None or len(digits) > 19 or not (whole or fraction):
        raise _invalid()
    nanoseconds = int(digits or b"0") * unit
    if fraction:
        # Go stops reading a fraction where it no longer fits 63 bits, and scales the rest in floating point.
        kept = fraction[:18]
        nanoseconds += int(float(int(kept)) * (float(unit) / 10.0 ** len(kept)))
    return nanoseconds


def _invalid() -> FunctionError:
    return FunctionError("time: invalid duration", hint='write it like "300ms", "-1.5h" or "2h45m"')


def rounded(nanoseconds: int, multiple: int) -> int:
    """Return the nearest multiple, halves away from zero, kept within 64 bits (Duration.Round)."""
    if multiple <= 0:
        return nanoseconds
    size, remainder = abs(nanoseconds), abs(nanoseconds) % multiple
    size += -remainder if remainder * 2 < multiple else multiple - remainder
    return clamp(-size if nanoseconds < 0 else size)


def truncated(nanoseconds: int, multiple: int) -> int:
    """Return the multiple next to it towards zero (Duration.Truncate)."""
    if multiple <= 0:
        return nanoseconds
    size = abs(nanoseconds) - abs(nanoseconds) % multiple
    return -size if nanoseconds < 0 else size


def clamp(nanoseconds: int) -> int:
    """Return the number within the bounds of a Go int64 that is nearest to a number."""
    return max(SMALLEST, min(LARGEST, nanoseconds))


def _towards_zero(amount: int, unit: int) -> Int64:
    return Int64(-(-amount // unit) if amount < 0 else amount // unit)


def _as_float(amount: int, unit: int) -> float:
    """Return a duration in a larger unit as Go adds it up: the whole part and the fraction apart."""
    whole = int(_towards_zero(amount, unit))
    return float(whole) + float(amount - whole * unit) / float(unit)


def _in_nanoseconds(_ctx: Context, duration: GoDuration) -> Int64:
    return Int64(duration)


def _in_microseconds(_ctx: Context, duration: GoDuration) -> Int64:
    return _towards_zero(int(duration), 1000)


def _in_milliseconds(_ctx: Context, duration: GoDuration) -> Int64:
    return _towards_zero(int(duration), 1_000_000)


def _in_seconds(_ctx: Context, duration: GoDuration) -> float:
    return _as_float(int(duration), SECOND)


def _in_minutes(_ctx: Context, duration: GoDuration) -> float:
    return _as_float(int(duration), MINUTE)


def _in_hours(_ctx: Context, duration: GoDuration) -> float:
    return _as_float(int(duration), HOUR)


def _absolute(_ctx: Context, duration: GoDuration) -> GoDuration:
    return GoDuration(clamp(abs(int(duration))))


def _round(_ctx: Context, duration: GoDuration, multiple: int) -> GoDuration:
    return GoDuration(rounded(int(duration), int(multiple)))


def _truncate(_ctx: Context, duration: GoDuration, multiple: int) -> GoDuration:
    return GoDuration(truncated(int(duration), int(multiple)))


def _string(_ctx: Context, duration: GoDuration) -> bytes:
    return duration.go_string()


GoDuration.methods = MappingProxyType(
    {
        "Abs": Function("Abs", (), _absolute),
        "Hours": Function("Hours", (), _in_hours),
        "Microseconds": Function("Microseconds", (), _in_microseconds),
        "Milliseconds": Function("Milliseconds", (), _in_milliseconds),
        "Minutes": Function("Minutes", (), _in_minutes),
        "Nanoseconds": Function("Nanoseconds", (), _in_nanoseconds),
        "Round": Function("Round", (DURATION,), _round),
        "Seconds": Function("Seconds", (), _in_seconds),
        "String": Function("String", (), _string),
        "Truncate": Function("Truncate", (DURATION,), _truncate),
    }
)
