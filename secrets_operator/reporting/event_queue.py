"""Emits Events behind everybody's back: whoever has synced a Secret does not wait until the world was told.

One sender, one Event at a time, so that in a storm Events take what the API server has left. At the end of the process
what waits is sent for a short while. When too many wait, the newest are dropped: an Event is a line for people.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

import structlog

from secrets_operator.flow import Object
from secrets_operator.reporting.events import Event

log = structlog.get_logger(__name__)


class Emitter(Protocol):
    """Emits Events; never raises for what the API server says or fails to say."""

    async def emit(self, target: Object, event: Event) -> None:
        """Emit ``event`` about ``target``."""
        ...


class EventQueue:
    """An :class:`Emitter` that only notes, and a sender that emits."""

    def __init__(self, emitter: Emitter, *, most: int = 10_000) -> None:
        """Let at most ``most`` Events wait."""
        self._emitter = emitter
        self._waiting: asyncio.Queue[tuple[Object, Event]] = asyncio.Queue(most)

    async def emit(self, target: Object, event: Event) -> None:
        """Note an Event; it is emitted soon."""
        try:
            self._waiting.put_nowait((target, event))
        except asyncio.QueueFull:
            log.warning("an event was lost", reason=event.reason, error="too many wait to be sent")

    async def run(self) -> None:
        """Emit what is noted, until cancelled."""
        while True:
            target, event = await self._waiting.get()
            await self._emitter.emit(target, event)

    async def drain(self, seconds: float) -> None:
        """Emit what waits, for ``seconds`` at most; call it after :meth:`run` has ended."""
        try:
            async with asyncio.timeout(seconds):
                while not self._waiting.empty():
                    await self._emitter.emit(*self._waiting.get_nowait())
        except TimeoutError:
            log.warning("events were lost", count=self._waiting.qsize(), error="the process ends")
