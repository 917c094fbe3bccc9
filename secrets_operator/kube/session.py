"""The HTTP session below :mod:`.client`: sends a :class:`Request`, returns bytes, or raises the mapped error.

Here are the token, the second attempt after a 401, timeouts, the accounting of every request and nothing about objects.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Protocol

import aiohttp

from secrets_operator.clock import Clock
from secrets_operator.flow import SecretBytes
from secrets_operator.kube import mapping
from secrets_operator.kube.connection import Connection
from secrets_operator.kube.errors import ApiError
from secrets_operator.kube.requests import Request

USER_AGENT = f"secrets-operator/{version('secrets-operator')}"

# Seconds an idle connection is kept; the API server closes it after 90 or more.
_KEEP_ALIVE = 60.0

# Of aiohttp's own limits none applies: a call as a whole has its time.
_UNLIMITED = aiohttp.ClientTimeout()


class Account(Protocol):
    """Is told of every request: what it was, how it ended (0: no answer) and how long the answer took."""

    def __call__(self, *, verb: str, kind: str, code: int, seconds: float) -> None:
        """Count one request."""
        ...


def ignore(*, verb: str, kind: str, code: int, seconds: float) -> None:
    """Count nothing."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds: for a whole ``call`` and until a stream begins; of ``silence`` within a stream."""

    call: float
    silence: float


class Session:
    """One HTTP session to one API server; :meth:`open` and :meth:`close` belong to a running loop."""

    def __init__(self, connection: Connection, *, clock: Clock, account: Account, limits: Limits) -> None:
        """Prepare a session; nothing is opened yet."""
        self._connection = connection
        self._clock = clock
        self._account = account
        self._limits = limits
        self._http: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make the session; connections are made when they are needed."""
        # No limit here: a watch holds its connection for minutes, and calls are limited by the client.
        connector = aiohttp.TCPConnector(limit=0, ssl=self._connection.tls, keepalive_timeout=_KEEP_ALIVE)
        self._http = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            proxy=self._connection.proxy or None,
            # Uncompressed: next to the API server the bytes are cheap, and unpacking them costs both sides.
            headers={"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "identity"},
        )

    async def close(self) -> None:
        """Close every connection; calls under way fail."""
        if self._http is not None:
            await self._http.close()

    async def call(self, request: Request) -> bytes:
        """Return the body of a successful answer."""
        try:
            async with (
                asyncio.timeout(self._limits.call),
                await self._answer(request, _UNLIMITED) as answer,
            ):
                return await answer.read()
        except mapping.TRANSPORT_FAILURES as failure:
            raise mapping.from_transport(request, failure) from mapping.shown(failure)

    async def stream(self, request: Request) -> AsyncGenerator[bytes, None]:
        """Yield the body of a successful answer as it comes; silence ends it with an error."""
        reading = aiohttp.ClientTimeout(sock_read=self._limits.silence)
        try:
            async with asyncio.timeout(self._limits.call):
                answer = await self._answer(request, reading)
            async with answer:
                async for chunk in answer.content.iter_any():
                    yield chunk
        except mapping.TRANSPORT_FAILURES as failure:
            raise mapping.from_transport(request, failure) from mapping.shown(failure)

    async def _answer(self, request: Request, reading: aiohttp.ClientTimeout) -> aiohttp.ClientResponse:
        token = await self._connection.credential.token()
        answer = await self._attempt(request, token, reading)
        if answer.status == 401:
            refusal = await _refusal(request, answer)
            if not await self._connection.credential.replaced(token):
                raise refusal
            answer = await self._attempt(request, await self._connection.credential.token(), reading)
        if 200 <= answer.status < 300:
            return answer
        raise await _refusal(request, answer)

    async def _attempt(
        self, request: Request, token: SecretBytes, reading: aiohttp.ClientTimeout
    ) -> aiohttp.ClientResponse:
        assert self._http is not None, "the client is used outside of `async with`"
        began = self._clock.monotonic()
        code = 0
        try:
            answer = await self._http.request(
                request.method,
                self._connection.server + request.path,
                data=request.body,
                headers=[*self._connection.headers, *_headers(request, token).items()],
                timeout=reading,
                allow_redirects=False,
                server_hostname=self._connection.server_name or None,
            )
            code = answer.status
            return answer
        finally:
            self._account(verb=request.verb, kind=request.kind, code=code, seconds=self._clock.monotonic() - began)


async def _refusal(request: Request, answer: aiohttp.ClientResponse) -> ApiError:
    async with answer:
        return mapping.from_answer(request, answer.status, await answer.read(), answer.headers.get("Retry-After", ""))


def _headers(request: Request, token: SecretBytes) -> dict[str, str]:
    headers = {"Authorization": f"Bearer {token.reveal().decode()}"} if token else {}
    if request.body is not None:
        headers["Content-Type"] = request.content_type
    return headers | dict(request.headers)
