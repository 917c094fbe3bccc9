"""Schedules of sync windows: when one fires last and next. Pure; times are in UTC and count in whole seconds.

The grammar is that of the Go library robfig/cron v3, which External Secrets Operator reads them with: five fields,
names of months and weekdays, ``?`` for ``*``, ``@daily`` and the like, ``@every``; Sunday is 0 and never 7. cronsim
finds the times, from fields written out so that both libraries mean the same by them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cronsim import CronSim, CronSimError

from secrets_operator.resources.durations import DurationError, parse_timedelta

SECOND: Final = timedelta(seconds=1)

_MACROS: Final = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_EVERY: Final = "@every "
_STARS: Final = frozenset({"*", "?"})
_INTEGER: Final = re.compile("[+]?[0-9]{1,18}")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_SOME_TIME: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Cron:
    """Fires at the times of a cron expression, all fields written out."""

    expression: str

    def latest(self, moment: datetime) -> datetime | None:
        """Return the last time up to ``moment``, itself included; None when there is none in 50 years."""
        return next(CronSim(self.expression, moment + SECOND, reverse=True), None)

    def following(self, moment: datetime) -> datetime | None:
        """Return the first time after ``moment``; None when there is none in 50 years."""
        return next(CronSim(self.expression, moment), None)


@dataclass(frozen=True, slots=True)
class Every:
    """``@every``: a time between firings that begins nowhere in particular; at least a second, in whole seconds."""

    interval: timedelta


Schedule = Cron | Every


def whole_second(moment: datetime) -> datetime:
    """Return the second in UTC that ``moment`` lies in."""
    return moment.astimezone(UTC).replace(microsecond=0)


def parse_schedule(text: str) -> Schedule | None:
    """Read a schedule; None when it is none, or one that never fires."""
    if text.startswith(_EVERY):
        return _every(text.removeprefix(_EVERY))
    fields = _MACROS.get(text, text).split()
    if len(fields) != 5:
        return None
    try:
        cron = Cron(" ".join(_written_out(field, spec) for field, spec in zip(fields, _FIELDS, strict=True)))
        CronSim(cron.expression, _SOME_TIME)
    except (ValueError, CronSimError):
        return None
    return cron


def _every(text: str) -> Every | None:
    try:
        interval = parse_timedelta(text)
    except DurationError:
        return None
    return Every(max(interval - interval % SECOND, SECOND))


@dataclass(frozen=True, slots=True)
class _Field:
    least: int
    most: int
    names: tuple[str, ...] = ()
    is_day: bool = False

    def number(self, text: str) -> int:
        """Return the number that a text or a name stands for; raise ValueError when it is neither."""
        if text.lower() in self.names:
            return self.least + self.names.index(text.lower())
        if not _INTEGER.fullmatch(text):
            message = "not a number"
            raise ValueError(message)
        return int(text)


_FIELDS: Final = (
    _Field(0, 59),
    _Field(0, 23),
    _Field(1, 31, is_day=True),
    _Field(1, 12, _MONTHS),
    _Field(0, 6, _WEEKDAYS, is_day=True),
)


def _written_out(field: str, spec: _Field) -> str:
    """Return a field as cronsim reads it: a star, or the numbers one by one.

    When both days are restricted, either is enough; a star in one of them means both must match. A step makes a star a
    restriction in Go's library and not in cronsim, so only a star without a step stays one.
    """
    terms = [_term(term, spec) for term in field.split(",") if term]
    numbers = sorted({number for term in terms for number in term})
    if not numbers:
        message = "no numbers"
        raise ValueError(message)
    every = len(numbers) == spec.most - spec.least + 1
    starred = any(_is_star(term) for term in field.split(","))
    return "*" if every and (starred or not spec.is_day) else ",".join(map(str, numbers))


def _is_star(term: str) -> bool:
    numbers, _, step = term.partition("/")
    return numbers.partition("-")[0] in _STARS and (not step or int(step) == 1)


def _term(term: str, spec: _Field) -> range:
    """Return the numbers of ``*``, ``n``, ``n-m`` and each with ``/step``; raise ValueError when it is none of them."""
    numbers, slash, step_text = term.partition("/")
    step = _Field(1, 1).number(step_text) if slash else 1
    first, dash, last = numbers.partition("-")
    if first in _STARS:
        least, most = spec.least, spec.most
    else:
        least = spec.number(first)
        most = spec.number(last) if dash else least
    if slash and not dash:
        most = spec.most
    if not (spec.least <= least <= most <= spec.most and step):
        message = "out of range"
        raise ValueError(message)
    return range(least, most + 1, step)
