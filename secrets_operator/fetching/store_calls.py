"""The calls one session makes: in turn with all calls to its store, and the blocking ones in threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from secrets_operator.call_rate import CallRate
from secrets_operator.fetching.blocking import Blocking
from secrets_operator.fetching.throttle import Throttle

T = TypeVar("T")


class StoreCalls:
    """Lets at most ``limit`` blocking calls be under way, so that a store cannot take every thread."""

    def __init__(self, blocking: Blocking, rate: CallRate, throttle: Callable[[], Throttle], *, limit: int) -> None:
        """Keep to the ``rate`` of the store and to the ``throttle`` of whoever answers, asked for at each call."""
        self._blocking = blocking
        self._rate = rate
        self.throttle = throttle
        self._places = asyncio.Semaphore(limit)
        self._hurried = False

    def hurry(self) -> None:
        """Wait for no turn any more: what is left is to say goodbye, for which there is little time."""
        self._hurried = True

    async def turn(self) -> None:
        """Wait until the store may be called. Raises Retryable where it asked to slow down and too many wait."""
        if self._hurried:
            return
        await self._rate.turn()
        await self.throttle().turn()

    def slow_down(self) -> None:
        """Call more slowly: the other side asks for it."""
        self.throttle().slow_down()

    async def run(self, call: Callable[[], T]) -> T:
        """Run a blocking call in its turn; its exceptions arrive unchanged. Raises as :meth:`turn`."""
        await self._places.acquire()
        try:
            await self.turn()
        except BaseException:
            self._places.release()
            raise
        running = asyncio.ensure_future(self._blocking.run(call))
        # A thread cannot be interrupted: one whose caller gave up counts until it ends, or a store that hangs would
        # take one thread after the other from all others.
        running.add_done_callback(lambda _: self._places.release())
        return await asyncio.shield(running)
