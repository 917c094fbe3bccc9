"""A client for servers that a user's resource names: no other host, nothing of the environment, bounds of size.

In: a request to a URL that a :class:`~secrets_operator.provider.http_guards.Guard` let pass. Out: a :class:`Reply`, or
an error in the words of the plug-in. Time is bounded by whoever calls; redirects are replies like others.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

import aiohttp
from yarl import URL

from secrets_operator.errors import InvalidSpec, Retryable, Terminal
from secrets_operator.provider.http_failures import NETWORK_ERRORS, HttpFailure, body_of, failure_of, wait_of
from secrets_operator.provider.http_guards import NOT_ALLOWED, Guard, noting_refusals


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server said; ``challenges`` are the values of its WWW-Authenticate headers."""

    status: int
    body: bytes = field(repr=False)
    wait: float | None = None
    location: str = field(default="", repr=False)
    challenges: tuple[str, ...] = field(default=(), repr=False)


class GuardedHttp:
    """A pool of connections with one trust."""

    def __init__(
        self,
        guard: Guard,
        tls: ssl.SSLContext,
        *,
        most_bytes: int,
        connections: int,
        sentences: Mapping[HttpFailure, str],
    ) -> None:
        """Open no connection yet; needs a running loop. ``sentences`` say what each failure means to the user."""
        self._most_bytes = most_bytes
        self._sentences = sentences
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=tls, limit=connections, socket_factory=guard.socket_for),
            timeout=aiohttp.ClientTimeout(total=None),
            cookie_jar=aiohttp.DummyCookieJar(),
            # Neither proxies, past which no address could be checked, nor logins of the operator's environment.
            trust_env=False,
            auto_decompress=False,
        )

    async def send(self, method: str, url: URL, *, headers: Mapping[str, str], body: bytes = b"") -> Reply:
        """Send one request and follow nothing.

        Raises InvalidSpec for an address that may not be asked or a request that cannot be sent, Terminal for an answer
        that is too large, Retryable when there is no answer.
        """
        with noting_refusals() as refused:
            try:
                async with self._http.request(
                    method,
                    url.with_user(None),
                    data=body or None,
                    headers={"Accept-Encoding": "identity", **headers},
                    allow_redirects=False,
                    skip_auto_headers=["Content-Type", "Accept", "User-Agent"],
                ) as response:
                    return await self._reply(response)
            except NETWORK_ERRORS as error:
                if refused:
                    raise InvalidSpec(NOT_ALLOWED, field="url") from error
                raise Retryable(self._sentences[failure_of(error)]) from error
            except ValueError as error:
                raise InvalidSpec("the request cannot be sent: check headers and url", field="url") from error

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def _reply(self, response: aiohttp.ClientResponse) -> Reply:
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise Terminal("the server compresses its answer, though it is asked not to")
        return Reply(
            response.status,
            await body_of(response, most=self._most_bytes),
            wait_of(response),
            response.headers.get("Location", ""),
            tuple(response.headers.getall("WWW-Authenticate", ())),
        )
