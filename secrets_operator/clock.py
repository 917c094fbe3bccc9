"""The time, as a parameter: everything that needs it takes a :class:`Clock`.

This is the only module that reads the time; the linter bans ``datetime.now`` and ``time.time`` everywhere else.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time of day and measures durations."""

    def now(self) -> datetime:
        """Return the time of day, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds since an arbitrary moment; never goes back, so only differences mean something."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """Return the time of day, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return the seconds of the machine's monotonic clock."""
        return time.monotonic()


def thread_cpu_seconds() -> float:
    """Return the CPU seconds that the calling thread has used; what a render may use of them is bounded."""
    return time.thread_time()
