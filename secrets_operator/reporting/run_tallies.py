"""What is remembered of the runs of each resource, for metrics that name resources. Of those that are there only.

Written on the event loop and read from the thread that answers a scrape: every step is one operation on a dict.
"""

from __future__ import annotations

from datetime import datetime

from secrets_operator.flow import Again, Done, Key, Outcome


class Tally:
    """The runs of one resource."""

    __slots__ = ("errors", "runs", "seconds", "succeeded_at")

    def __init__(self) -> None:
        self.runs = 0
        self.errors = 0
        self.seconds = 0.0
        """How long the last one took."""
        self.succeeded_at: datetime | None = None
        """When the last one ended that went through."""


class RunTallies:
    """One tally for each resource that ran and was not deleted since."""

    def __init__(self) -> None:
        self._tallies: dict[Key, Tally] = {}

    def add(self, key: Key, outcome: Outcome, seconds: float, now: datetime) -> None:
        """Record one run of a resource that exists."""
        tally = self._tallies.get(key)
        if tally is None:
            tally = self._tallies[key] = Tally()
        tally.runs += 1
        tally.seconds = seconds
        if isinstance(outcome, Done | Again):
            tally.succeeded_at = now
        else:
            tally.errors += 1

    def drop(self, key: Key) -> None:
        """Forget a resource that is gone."""
        self._tallies.pop(key, None)

    def get(self, key: Key) -> Tally | None:
        """Return the tally of a resource, or None when it did not run yet."""
        return self._tallies.get(key)
