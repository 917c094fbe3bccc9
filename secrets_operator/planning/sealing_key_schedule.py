"""When the next sealing key is to be made. Pure.

The newest key alone decides, by the time that orders it; so a key that was added by hand counts as a renewal, and
nothing is lost with a process.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_LATEST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class KeySchedule:
    """A key is followed by another after ``period`` (zero: never), or when ``cutoff`` has passed and it is older."""

    period: timedelta
    cutoff: datetime | None = None

    def due(self, newest: datetime | None, *, now: datetime) -> datetime | None:
        """Return when a key is to be made, which may have passed; ``newest`` is the time of the newest key.

        Without any key that is ``now``; None means never. A cutoff in the future waits until it has passed: a key made
        before it would be older than the cutoff too, and be followed by one after the other.
        """
        if newest is None:
            return now
        times = [newest + self.period] if timedelta(0) < self.period < _LATEST - newest else []
        if self.cutoff is not None and newest < self.cutoff:
            times.append(self.cutoff)
        return min(times, default=None)
