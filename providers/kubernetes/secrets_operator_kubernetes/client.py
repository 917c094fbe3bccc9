"""Requests to one API server with one identity: nothing of the environment, no redirects, bounds of time and size."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson

from secrets_operator.errors import Retryable
from secrets_operator.provider.http_failures import NETWORK_ERRORS, body_of, failure_of, wait_of
from secrets_operator_kubernetes.access import Access
from secrets_operator_kubernetes.errors import NETWORK, TRUNCATED
from secrets_operator_kubernetes.tokens import Tokens

Called = Callable[[str, bool, bool], None]

_SECONDS = 20.0
_AT_ONCE = 16
# A page of a list; an object has at most some 1.5 MB.
_LARGEST_ANSWER = 128 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server said; ``wait`` is in seconds."""

    status: int
    body: bytes = field(repr=False)
    wait: float | None = None

    def document(self) -> Mapping[str, Any]:
        """Return the JSON object of the body; raises Retryable when it is none: the answer was cut off."""
        try:
            found = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict):
            raise Retryable(TRUNCATED)
        return found

    def is_status_about(self, plural: str, name: str) -> bool:
        """Tell whether this is the server's own word that the object does not exist, not the page of a proxy."""
        try:
            found = orjson.loads(self.body)
            details = found["details"]
            return bool(
                (found["kind"], found["reason"], details["kind"], details["name"])
                == ("Status", "NotFound", plural, name)
            )
        except (orjson.JSONDecodeError, LookupError, TypeError):
            return False


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    query: Mapping[str, str] | None = None
    body: bytes | None = field(default=None, repr=False)


class Client:
    """Sends requests as the store's identity and nobody else's."""

    def __init__(
        self, access: Access, tls: ssl.SSLContext, tokens: Tokens, called: Called, *, seconds: float = _SECONDS
    ) -> None:
        """Open no connection yet; needs a running loop.

        ``called`` is told of each call, whether it went well and whether it was throttled; a request gets ``seconds``
        with its body.
        """
        self._access = access
        self._tokens = tokens
        self._called = called
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=tls, limit=_AT_ONCE),
            timeout=aiohttp.ClientTimeout(total=seconds),
            cookie_jar=aiohttp.DummyCookieJar(),
            # Neither proxies nor logins of the operator's own environment.
            trust_env=False,
        )

    async def get(self, call: str, path: str, query: Mapping[str, str] | None = None) -> Reply:
        """Read a path; ``call`` is its name in the metrics.

        Raises Retryable when there is no answer, Terminal for one too large, and what tokens raise.
        """
        return await self._send(call, _Request("GET", path, query))

    async def post(self, call: str, path: str, document: Mapping[str, Any]) -> Reply:
        """Send a review; raises as :meth:`get`."""
        return await self._send(call, _Request("POST", path, body=orjson.dumps(document)))

    async def write(
        self, call: str, method: str, path: str, document: Mapping[str, Any], query: Mapping[str, str] | None = None
    ) -> Reply:
        """Create, replace or delete an object; raises as :meth:`get`."""
        return await self._send(call, _Request(method, path, query, orjson.dumps(document)))

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def _send(self, call: str, request: _Request) -> Reply:
        """Send with the current token and, when that is turned down, once more with another one."""
        token = await self._tokens.current()
        reply = await self._try(call, request, token)
        if reply.status == 401 and (other := await self._tokens.other_than(token)):
            reply = await self._try(call, request, other)
        return reply

    async def _try(self, call: str, request: _Request, token: str) -> Reply:
        url = self._access.server.joinpath(request.path, encoded=True).with_query(request.query)
        headers = {"Accept": "application/json", "User-Agent": "secrets-operator"}
        headers |= {"Content-Type": "application/json"} if request.body is not None else {}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        ok, status = False, 0
        try:
            async with self._http.request(
                request.method,
                url,
                data=request.body,
                headers=headers,
                allow_redirects=False,
                server_hostname=self._access.server_name or None,
            ) as response:
                ok, status = response.ok, response.status
                return Reply(response.status, await body_of(response, most=_LARGEST_ANSWER), wait_of(response))
        except NETWORK_ERRORS as error:
            ok = False
            raise Retryable(NETWORK[failure_of(error)]) from error
        finally:
            self._called(call, ok, status == 429)
