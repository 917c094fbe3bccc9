"""Sync windows: may a periodic refresh happen now, and if not, when? Pure; the time is an argument.

A window is open from a firing of its schedule until its duration has passed, both ends included, in whole seconds of
UTC. ``allow`` refreshes while one is open, ``deny`` while none is. A schedule that cannot be read opens no window, as
in External Secrets Operator.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from secrets_operator.planning.schedules import SECOND, Every, Schedule, parse_schedule, whole_second
from secrets_operator.resources.durations import parse_timedelta
from secrets_operator.resources.sync_windows import SyncWindows

# How many windows are looked at for one answer: it must come at once. What is left open is asked again.
_MOST_LOOKS: Final = 1000
_MOST_STEPS: Final = 50
FOREVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Window:
    """Opens at every firing of ``schedule``."""

    schedule: Schedule
    duration: timedelta

    def closes(self, moment: datetime) -> datetime | None:
        """Return the last second of the window that is open at ``moment``, or FOREVER; None when none is open."""
        if isinstance(self.schedule, Every):
            # Its firings have no anchor: it is always open, or never.
            return FOREVER if self.duration >= self.schedule.interval - SECOND else None
        opened = self.schedule.latest(moment)
        end = None if opened is None else opened + (self.duration - self.duration % SECOND)
        return end if end is not None and end >= moment else None

    def opens(self, moment: datetime) -> datetime | None:
        """Return when it opens after ``moment``; None when it never does."""
        if isinstance(self.schedule, Every) or self.duration < timedelta(0):
            return None
        return self.schedule.following(moment)


@dataclass(frozen=True, slots=True)
class Windows:
    """All windows of one resource."""

    allow: bool
    windows: tuple[Window, ...]

    def permit(self, now: datetime) -> bool:
        """Tell whether a periodic refresh may happen at ``now``."""
        moment = whole_second(now)
        return any(window.closes(moment) is not None for window in self.windows) is self.allow

    def next_permitted(self, now: datetime) -> datetime | None:
        """Return ``now`` when a refresh may happen, else when to look again; None when it never may.

        That is the first moment at which it may, unless windows follow on each other for too long to look ahead.
        """
        if self.permit(now):
            return now
        moment = whole_second(now)
        return self._next_opening(moment) if self.allow else self._after_all(moment)

    def _next_opening(self, moment: datetime) -> datetime | None:
        openings = (window.opens(moment) for window in self.windows)
        return min((opening for opening in openings if opening is not None), default=None)

    def _after_all(self, moment: datetime) -> datetime | None:
        for _ in range(max(1, min(_MOST_STEPS, _MOST_LOOKS // len(self.windows)))):
            ends = [end for window in self.windows if (end := window.closes(moment)) is not None]
            if not ends:
                break
            if max(ends) == FOREVER:
                return None
            moment = max(ends) + SECOND
        return moment


def read_windows(spec: SyncWindows | None) -> Windows | None:
    """Read ``spec.syncWindows``; None when there are none."""
    if spec is None:
        return None
    schedules = ((parse_schedule(window.schedule), window.duration) for window in spec.windows)
    windows = (Window(schedule, parse_timedelta(duration)) for schedule, duration in schedules if schedule is not None)
    return Windows(spec.kind == "allow", tuple(windows))
