"""How often one client may ask: the generic cell rate algorithm, as Sealed Secrets has it. Pure, but for the clock.

A client may ask ``burst`` times more than once at the first moment and ``per_second`` times a second from then on.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

_CLIENTS = 65_536


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a client was granted: seconds to wait (0: go on), and what is left for the headers."""

    wait: float
    limit: int
    remaining: int
    reset: float

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers that tell the client; ``Retry-After`` only when it has to wait."""
        told = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(math.ceil(self.reset)),
        }
        return {**told, "Retry-After": str(math.ceil(self.wait))} if self.wait > 0 else told


class RateLimit:
    """One limit with an account for each client; of more than 65,536 clients the longest silent are forgotten."""

    def __init__(self, *, per_second: float, burst: int, now: Callable[[], float]) -> None:
        """Read monotonic seconds from ``now``."""
        self._interval = 1.0 / per_second
        self._limit = burst + 1
        self._now = now
        self._arrivals: OrderedDict[Hashable, float] = OrderedDict()

    def take(self, client: Hashable) -> Allowance:
        """Count a request; one that has to wait does not count."""
        now = self._now()
        known = max(self._arrivals.get(client, now), now)
        tolerance = self._interval * self._limit
        arrival = known + self._interval
        wait = arrival - tolerance - now
        # Times are floats: what is a rounding error away from being allowed is allowed.
        if wait > self._interval / 1000:
            return Allowance(wait, self._limit, 0, known - now)
        self._arrivals[client] = arrival
        self._arrivals.move_to_end(client)
        while len(self._arrivals) > _CLIENTS:
            self._arrivals.popitem(last=False)
        left = tolerance - (arrival - now)
        return Allowance(0.0, self._limit, math.floor(left / self._interval + 0.001), arrival - now)
