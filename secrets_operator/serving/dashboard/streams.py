"""Tells open pages that something they show has changed, by server-sent events.

What is sent is a number, not what changed: the page then asks for itself again, through the same checks as before.
So a slow reader costs one flag, and a storm of changes at most two lines a second for a reader, ten for all. A stream
ends after some minutes; the browser opens it again, and who may look is asked again.

Format: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable

from aiohttp import web

from secrets_operator.flow import Key

MOST_READERS = 100
_PAUSE_SECONDS = 0.5
# Each line brings a request for the page: of ten thousand resources some 20 ms of work. So all readers together are
# told ten times a second at most, and a storm of changes leaves the operator its time.
_PAUSE_SECONDS_EACH = 0.1
_SILENCE_SECONDS = 20.0
# Longer than what was looked up is kept.
_ECHO_SECONDS = 4.0
_SEND_SECONDS = 5.0
_LIFE_SECONDS = 300.0
_HEADERS = {"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}


class _Reader:
    def __init__(self, concerns: Callable[[Key], bool], *, wants_echo: bool) -> None:
        self.concerns = concerns
        self.wants_echo = wants_echo
        self.is_owed = False
        self.news = asyncio.Event()

    @property
    def patience(self) -> float:
        """Seconds to wait for news before something is sent without any."""
        return _ECHO_SECONDS if self.is_owed else _SILENCE_SECONDS


class Streams:
    """The open streams of one server."""

    def __init__(self, now: Callable[[], float], *, most: int = MOST_READERS) -> None:
        """Read monotonic seconds from ``now``; serve ``most`` readers at once."""
        self._now = now
        self._most = most
        self._readers: set[_Reader] = set()
        self._is_closed = False
        self._run = secrets.token_hex(4)
        self._count = 0

    @property
    def revision(self) -> str:
        """Stands for all that has been told so far, for as long as this process lives."""
        return f"{self._run}-{self._count}"

    def changed(self, key: Key) -> None:
        """Tell the readers whom a change of this resource concerns."""
        self._count += 1
        for reader in self._readers:
            if reader.concerns(key):
                reader.news.set()

    async def serve(
        self, request: web.Request, concerns: Callable[[Key], bool], *, echo: bool = False
    ) -> web.StreamResponse:
        """Send to one reader until it leaves, is too slow, or its time is over.

        With ``echo`` a change is told once more after some seconds, for what comes after it: its Event.
        """
        if len(self._readers) >= self._most:
            raise web.HTTPServiceUnavailable(text="too many pages are open\n", headers={"Retry-After": "30"})
        reader = _Reader(concerns, wants_echo=echo)
        self._readers.add(reader)
        try:
            response = web.StreamResponse(headers=_HEADERS)
            await response.prepare(request)
            await self._send(response, reader)
        except (TimeoutError, ConnectionError):
            if request.transport is not None:
                request.transport.abort()
        finally:
            self._readers.discard(reader)
        return response

    async def close(self, _app: web.Application) -> None:
        """End all streams."""
        self._is_closed = True
        for reader in self._readers:
            reader.news.set()

    async def _send(self, response: web.StreamResponse, reader: _Reader) -> None:
        ends = self._now() + _LIFE_SECONDS
        await self._write(response, f"retry: 2000\n{_change(self.revision)}")
        while self._now() < ends:
            try:
                async with asyncio.timeout(reader.patience):
                    await reader.news.wait()
            except TimeoutError:
                # Proxies end connections that are silent, and a reader that is gone shows only when it is written to.
                await self._write(response, _change(f"{self.revision}+") if reader.is_owed else ": still here\n\n")
                reader.is_owed = False
                continue
            if self._is_closed:
                return
            reader.news.clear()
            reader.is_owed = reader.wants_echo
            await self._write(response, _change(self.revision))
            await asyncio.sleep(max(_PAUSE_SECONDS, len(self._readers) * _PAUSE_SECONDS_EACH))

    async def _write(self, response: web.StreamResponse, text: str) -> None:
        async with asyncio.timeout(_SEND_SECONDS):
            await response.write(text.encode())


def _change(revision: str) -> str:
    return f"event: change\ndata: {revision}\n\n"
