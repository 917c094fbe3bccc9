"""A clock whose time passes only when a test says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class HandClock:
    """Both readings of a :class:`secrets_operator.clock.Clock`, moved together by :meth:`pass_by`."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
        self.seconds = 1000.0

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.seconds

    def pass_by(self, seconds: float) -> None:
        self.seconds += seconds
        self.time += timedelta(seconds=seconds)
