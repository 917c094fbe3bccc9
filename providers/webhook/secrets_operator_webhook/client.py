"""Sends requests within the guards: no other host, nothing of the environment, bounds of time and size."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from urllib.parse import unquote

from yarl import URL

from secrets_operator.errors import Retryable, Terminal
from secrets_operator.provider.guarded_http import GuardedHttp, Reply
from secrets_operator.provider.http_failures import HttpFailure
from secrets_operator.provider.http_guards import Guard
from secrets_operator_webhook.errors import NETWORK, Meaning
from secrets_operator_webhook.requests import Request

_AT_ONCE = 16
_MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BECOME_GET = frozenset({301, 302, 303})


class Client:
    """A pool of connections with one trust; ``connections`` is 1 where requests must share one."""

    def __init__(self, guard: Guard, tls: ssl.SSLContext, *, seconds: float, most_bytes: int, connections: int) -> None:
        """Open no connection yet; needs a running loop."""
        self._guard = guard
        self._seconds = seconds
        self._http = GuardedHttp(guard, tls, most_bytes=most_bytes, connections=connections, sentences=NETWORK)

    async def send(self, request: Request) -> Reply:
        """Send and follow redirects on the same host.

        Raises InvalidSpec for a URL that may not be asked, Terminal for an answer that is too large or a redirect
        elsewhere, Retryable when there is no answer.
        """
        return await self.bounded(partial(self._following, self._guard.url(request.url), request))

    async def bounded(self, exchange: Callable[[], Awaitable[Reply]]) -> Reply:
        """Give an exchange of one or more requests its time; raises Retryable when it is over."""
        try:
            async with asyncio.timeout(self._seconds):
                return await exchange()
        except TimeoutError as error:
            raise Retryable(NETWORK[HttpFailure.TIMED_OUT]) from error

    async def once(self, url: URL, request: Request) -> Reply:
        """Send one request and follow nothing; ``url`` is one that the guard let pass. Raises as :meth:`send`."""
        headers = dict(request.headers)
        if url.user is not None and not any(name.lower() == "authorization" for name in headers):
            headers["Authorization"] = _basic(url)
        return await self._http.send(request.method, url, headers=headers, body=request.body)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def _following(self, url: URL, request: Request) -> Reply:
        reply = await self.once(url, request)
        for _ in range(_MOST_REDIRECTS):
            if reply.status not in _REDIRECTS or not reply.location or (request.writes and reply.status in _BECOME_GET):
                break
            url, request = self._next(url, reply), _redirected(request, reply.status)
            reply = await self.once(url, request)
        return reply

    def _next(self, url: URL, reply: Reply) -> URL:
        try:
            following = url.with_user(None).join(URL(reply.location, encoded=True))
        except ValueError:
            following = None
        if following is None or following.user is not None or not _is_same_place(url, following):
            raise Terminal(f"{Meaning.REDIRECT.value} (status {reply.status})")
        following = self._guard.url(str(following))
        return following.with_user(url.user).with_password(url.password) if url.user is not None else following


def _is_same_place(url: URL, following: URL) -> bool:
    """Tell whether a redirect stays on the host; what it asks may get more private on the way, never less."""
    if following.host != url.host:
        return False
    upgraded = (url.scheme, url.port, following.scheme, following.port) == ("http", 80, "https", 443)
    return upgraded or (following.scheme, following.port) == (url.scheme, url.port)


def _redirected(request: Request, status: int) -> Request:
    if status not in _BECOME_GET or request.method in ("GET", "HEAD"):
        return request
    headers: Mapping[str, str] = {
        name: value for name, value in request.headers.items() if not name.lower().startswith("content-")
    }
    return replace(request, method="GET", body=b"", headers=headers)


def _basic(url: URL) -> str:
    login = f"{unquote(url.raw_user or '')}:{unquote(url.raw_password or '')}"
    return f"Basic {base64.b64encode(login.encode()).decode()}"
