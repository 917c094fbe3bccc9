"""A queue of keys for the server's own controllers: each key is handled once however often it was added.

Handlers are coroutines that may yield but take no locks: every write to the store is synchronous.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

_LOG = logging.getLogger(__name__)


KeyT = TypeVar("KeyT", bound=Hashable)


class WorkQueue(Generic[KeyT]):
    """Keys waiting to be handled."""

    def __init__(self, handle: Callable[[KeyT], Awaitable[None]]) -> None:
        self._handle = handle
        self._waiting: dict[KeyT, None] = {}
        self._arrived = asyncio.Event()
        self._timers: set[asyncio.TimerHandle] = set()

    def add(self, key: KeyT) -> None:
        """Have a key handled soon."""
        self._waiting[key] = None
        self._arrived.set()

    def add_later(self, key: KeyT, delay_seconds: float) -> None:
        """Have a key handled after a delay."""
        self._timers = {timer for timer in self._timers if not timer.cancelled() and timer.when() > _now()}
        self._timers.add(asyncio.get_running_loop().call_later(delay_seconds, self.add, key))

    async def run(self) -> None:
        """Handle keys until cancelled; a handler that fails does not stop the others."""
        try:
            while True:
                await self._arrived.wait()
                self._arrived.clear()
                while self._waiting:
                    key = next(iter(self._waiting))
                    del self._waiting[key]
                    await self._try(key)
                    await asyncio.sleep(0)
        finally:
            for timer in self._timers:
                timer.cancel()

    async def _try(self, key: KeyT) -> None:
        try:
            await self._handle(key)
        except Exception:  # noqa: BLE001 - the boundary: one key's defect must not end the controller
            _LOG.exception("a controller of the dev cluster failed on %s", key)


def _now() -> float:
    return asyncio.get_running_loop().time()
