"""Lets requests to the sealing API in: not too often, not too many at once, not too large, not too slow.

Whoever has to wait gets 429 with ``Retry-After``, which kubeseal's client honours. Neighbour: ``rate_limits``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from aiohttp import web

from secrets_operator.fetching.blocking import Blocking
from secrets_operator.serving.rate_limits import RateLimit
from secrets_operator.settings import Settings

T = TypeVar("T")
Handler = Callable[[web.Request], Awaitable[web.Response]]

# All clients together may ask this many times as often as one: the header that tells them apart can be made up.
_ALL_CLIENTS = 10
_MOST_WAITING = 16
_BODY_SECONDS = 10.0


class AdmissionControl:
    """The limits of one operator; each path has accounts of its own."""

    def __init__(self, settings: Settings, now: Callable[[], float]) -> None:
        """Read monotonic seconds from ``now``."""
        self._settings = settings
        self._now = now

    def limited(self, handler: Handler, *, generosity: int = 1) -> Handler:
        """Return the handler behind limits ``generosity`` times those of the settings."""
        one, everybody = self._limit(generosity), self._limit(generosity * _ALL_CLIENTS)

        async def answer(request: web.Request) -> web.Response:
            allowance = one.take((request.remote, request.headers.get("X-Forwarded-For", "")))
            if not allowance.wait:
                together = everybody.take("")
                allowance = together if together.wait else allowance
            if allowance.wait:
                return web.Response(status=429, text="limit exceeded\n", headers=allowance.headers)
            answered = await handler(request)
            answered.headers.update(allowance.headers)
            return answered

        return answer

    def _limit(self, times: int) -> RateLimit:
        return RateLimit(
            per_second=self._settings.sealing_requests_per_second * times,
            burst=(self._settings.sealing_requests_burst + 1) * times - 1,
            now=self._now,
        )


class Answering:
    """The thread in which requests are answered; turns requests away when too many wait for it."""

    def __init__(self, blocking: Blocking) -> None:
        self._blocking = blocking
        self._waiting = 0

    async def run(self, call: Callable[[], T]) -> T:
        """Run ``call`` in the thread; raises the answer to send instead when the thread has too much to do."""
        if self._waiting >= _MOST_WAITING:
            raise web.HTTPTooManyRequests(text="limit exceeded\n", headers={"Retry-After": "1"})
        self._waiting += 1
        try:
            return await self._blocking.run(call)
        finally:
            self._waiting -= 1


async def body_of(request: web.Request) -> bytes | None:
    """Return the body; None when it does not come whole in time. One that is too large is answered with 413."""
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            return await request.read()
    except (TimeoutError, OSError, web.HTTPBadRequest):
        return None
