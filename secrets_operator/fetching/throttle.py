"""How fast somebody is called who asked to slow down: half as fast as before, and faster again as time goes by.

Nothing is held back until then. What is halved is what was called in the last second, or what was left of it by an
answer of that kind before; answers to calls of one moment count once. The pace doubles every ten seconds, so that a
limit that was lifted, or a neighbour in the account that went away, is found out by trying.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable

from secrets_operator.errors import Retryable

# Calls a second: not less, whatever is answered, and with more than that there is no limit any more.
_LEAST, _MOST = 1.0, 256.0
_DOUBLES_IN_SECONDS = 10.0
_ONE_MOMENT_SECONDS = 1.0
# Who would have to wait for longer is told so, while there is time to say it.
_LONGEST_WAIT_SECONDS = 15.0


class Throttle:
    """See the module's docstring."""

    def __init__(self, *, now: Callable[[], float]) -> None:
        """Read monotonic seconds from ``now``."""
        self._now = now
        self._slowed_to = math.inf
        self._slowed_at = -math.inf
        self._taken_until = 0.0
        self._taken: deque[float] = deque(maxlen=int(_MOST))
        """When the last calls were let through."""

    @property
    def per_second(self) -> float:
        """The calls let through a second; infinite while there is no limit."""
        doublings = (self._now() - self._slowed_at) / _DOUBLES_IN_SECONDS
        # The exponent is bounded: 2 to the power of days is no number any more.
        grown = self._slowed_to * 2 ** min(doublings, math.log2(_MOST))
        return grown if grown < _MOST else math.inf

    async def turn(self) -> None:
        """Wait until the next call may be made. Raises Retryable when that would take too long."""
        delay = self.take()
        if delay > 0:
            await asyncio.sleep(delay)

    def take(self) -> float:
        """Take the next turn and return in how many seconds it is; raises as :meth:`turn`, and takes none then."""
        now, per_second = self._now(), self.per_second
        turn = now
        if per_second < math.inf:
            turn = max(self._taken_until, now)
            if turn - now > _LONGEST_WAIT_SECONDS:
                raise Retryable("it asks to slow down, and other calls wait already", after=turn - now)
            self._taken_until = turn + 1 / per_second
        self._taken.append(turn)
        return turn - now

    def slow_down(self) -> None:
        """The other side asked for it."""
        now = self._now()
        if now - self._slowed_at < _ONE_MOMENT_SECONDS:
            return
        lately = sum(now - _ONE_MOMENT_SECONDS <= taken <= now for taken in self._taken)
        self._slowed_to = max(min(self.per_second, lately) / 2, _LEAST)
        self._slowed_at = now
