"""The attempts at one call, for providers that act on the ``retrySettings`` of a store.

    attempts = policy.start()
    while True:
        try:
            return await call()
        except Trouble:
            if not await attempts.another():
                raise

Waiting takes no thread, and all attempts together stay within the deadline of a read, so that the user hears what the
last one said and not that time ran out. The operator's queue tries again later in any case.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

BUDGET_SECONDS = 20.0
# A wait of nothing, as many times as there is time for, would be an attack on the remote side.
_SHORTEST_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """``most`` attempts at a call, 0 for as many as there is time for, ``interval`` seconds apart."""

    most: int = 1
    interval: float = 1.0
    budget: float = BUDGET_SECONDS

    def start(self) -> Attempts:
        """Begin with the first attempt at a call."""
        return Attempts(self)


class Attempts:
    """See the module's docstring."""

    def __init__(self, policy: RetryPolicy) -> None:
        self._policy = policy
        self._made = 1
        self._started = asyncio.get_running_loop().time()

    async def another(self) -> bool:
        """Wait until the next attempt is due; tell at once when there is none left."""
        policy = self._policy
        if policy.most and self._made >= policy.most:
            return False
        wait = max(policy.interval, _SHORTEST_SECONDS)
        elapsed = asyncio.get_running_loop().time() - self._started
        if elapsed + wait > policy.budget:
            return False
        self._made += 1
        await asyncio.sleep(wait)
        return True
