"""How many calls a second somebody may get: a generic cell rate algorithm, exact and without a timer of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class CallRate:
    """Spaces calls out to ``per_second`` on average; 0 sets no limit."""

    def __init__(self, per_second: float, *, now: Callable[[], float], burst: int | None = None) -> None:
        """Let ``burst`` calls go at once, a second's worth by default; read monotonic seconds from ``now``."""
        self._spacing = 1.0 / per_second if per_second else 0.0
        self._burst = 1.0 if burst is None else burst * self._spacing
        self._now = now
        self._taken_until = 0.0

    async def turn(self) -> None:
        """Wait until the next call may be made."""
        delay = self.take()
        if delay > 0:
            await asyncio.sleep(delay)

    def take(self) -> float:
        """Take the next turn and return in how many seconds it is; 0 or less means now."""
        now = self._now()
        turn = max(self._taken_until, now)
        self._taken_until = turn + self._spacing
        return turn + self._spacing - self._burst - now if self._spacing else 0.0
