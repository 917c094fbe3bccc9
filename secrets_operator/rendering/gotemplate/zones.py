"""Go's time.Location: names and offsets of time zones at any instant.

In: zone names and Unix seconds. Out: ``Location``. The local zone is UTC, as in the controllers' images. Zone data is
that of the ``tzdata`` distribution, read when a zone is first named: the one file access of this package.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC as PYTHON_UTC
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

from secrets_operator.rendering.gotemplate.civil_dates import DAYS_PER_CYCLE
from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.gotypes import GoType, pointer_to
from secrets_operator.rendering.gotemplate.limits import Context
from secrets_operator.rendering.gotemplate.values import Stringer, Typed

LOCATION: Final = pointer_to(GoType("time.Location", "struct"))

_ZONE_NAME = re.compile(rb"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9][A-Za-z0-9_+-]*){0,2}")
_SECONDS_PER_CYCLE = DAYS_PER_CYCLE * 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=PYTHON_UTC)
_EARLIEST, _LATEST = -62_135_510_400, 253_402_214_400


class Location(Typed, Stringer):
    """A time zone; two are equal when they are the same object, as pointers in Go."""

    __slots__ = ("_rules", "name")
    go_type = LOCATION
    methods: ClassVar[Mapping[str, Function]]

    def __init__(self, name: bytes, rules: tzinfo | tuple[bytes, int]) -> None:
        self.name = name
        self._rules = rules

    def go_string(self) -> bytes:
        """Return the name of the location."""
        return self.name

    def lookup(self, unix_seconds: int) -> tuple[bytes, int]:
        """Return the abbreviation and the offset in seconds east of Greenwich at an instant."""
        if isinstance(self._rules, tuple):
            return self._rules
        local = self._local(unix_seconds)
        offset = local.utcoffset() or timedelta()
        return (local.tzname() or "").encode(), int(offset.total_seconds())

    def is_dst(self, unix_seconds: int) -> bool:
        """Say whether daylight saving time holds at an instant."""
        return not isinstance(self._rules, tuple) and bool(self._local(unix_seconds).dst())

    def _local(self, unix_seconds: int) -> datetime:
        # Rules repeat every 400 years, so years beyond 9999 can be looked up in an earlier cycle.
        if unix_seconds > _LATEST:
            unix_seconds = _LATEST - _SECONDS_PER_CYCLE + (unix_seconds - _LATEST) % _SECONDS_PER_CYCLE
        rules = self._rules
        assert isinstance(rules, tzinfo)
        return (_EPOCH + timedelta(seconds=max(unix_seconds, _EARLIEST))).astimezone(rules)


UTC: Final = Location(b"UTC", (b"UTC", 0))
LOCAL: Final = Location(b"Local", (b"UTC", 0))


def fixed(name: bytes, offset: int) -> Location:
    """Return a location that is always ``offset`` seconds east of Greenwich."""
    return Location(name, (name, offset))


def find(name: bytes) -> Location | None:
    """Return the location of a name of the IANA database, ``UTC`` (also for no name) or ``Local``; None if unknown."""
    if name in {b"", b"UTC"}:
        return UTC
    if name == b"Local":
        return LOCAL
    return _load(name) if len(name) <= 64 and _ZONE_NAME.fullmatch(name) else None


@lru_cache(maxsize=32)
def _load(name: bytes) -> Location | None:
    """Read one zone; the name holds no dots and no empty parts, so it cannot leave the database."""
    data = resources.files("tzdata").joinpath("zoneinfo", *name.decode().split("/"))
    if not data.is_file():
        return None
    with data.open("rb") as file:
        try:
            return Location(name, ZoneInfo.from_file(file, key=name.decode()))
        except ValueError:
            return None


def _string(_ctx: Context, location: Location) -> bytes:
    return location.name


Location.methods = MappingProxyType({"String": Function("String", (), _string)})
