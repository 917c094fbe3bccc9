"""Lets a throttled client rest: no call for some seconds, for longer each time it is throttled again.

Each store has a client of its own, so a throttled account slows down only the stores that read from it. Resting takes
neither a thread nor a worker: what is asked meanwhile fails at once and is tried again after the rest.
"""

from __future__ import annotations

from secrets_operator.errors import Retryable

_LONGEST_SECONDS = 60.0


class Rest:
    """The rest of one client; times are those of one monotonic clock, in seconds."""

    def __init__(self) -> None:
        self._until = 0.0
        self._in_a_row = 0
        self._reason = ""

    def check(self, now: float) -> None:
        """Raise Retryable while the client rests, with the reason and the seconds that are left."""
        if now < self._until:
            raise Retryable(self._reason, after=self._until - now)

    def throttled(self, reason: str, seconds: float, now: float) -> None:
        """Begin a rest of ``seconds``, doubled for each rest without a success since; one under way stands."""
        if now >= self._until:
            self._until = now + min(seconds * 2**self._in_a_row, _LONGEST_SECONDS)
            self._in_a_row += 1
            self._reason = reason

    def succeeded(self) -> None:
        """Note that a call went through: the next rest is a short one again."""
        self._in_a_row = 0
