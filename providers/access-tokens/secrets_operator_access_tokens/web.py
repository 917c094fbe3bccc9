"""Asks one service, one request after the other, within the guards of the operator's administrator.

A URL that the user names passes the guard of webhooks (``provider.http_guards``) with its list of hosts; the fixed
address of a public service passes all of it but that list. Redirects are not followed: a credential goes where it was
meant to go, or nowhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from urllib.parse import urlencode

import orjson

from secrets_operator.errors import InvalidSpec, Retryable
from secrets_operator.provider import Host
from secrets_operator.provider.guarded_http import GuardedHttp, Reply
from secrets_operator.provider.http_failures import HttpFailure
from secrets_operator.provider.http_guards import Guard
from secrets_operator.provider.http_limits import Limits, limits_of
from secrets_operator.provider.trust import client_context
from secrets_operator_access_tokens.replies import error_for, network_sentences, unexpected
from secrets_operator_access_tokens.surroundings import Surroundings

# Some APIs refuse requests without one.
_AGENT = "secrets-operator"


@dataclass(frozen=True, slots=True)
class Call:
    """One request. ``name`` is that of the API's operation, for the metrics; ``url_field`` the field that says where.

    Without a field the address is a fixed one. ``fields`` has the field to blame for some statuses, and ``accepted``
    statuses that are answers though they are no success.
    """

    name: str
    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    url_field: str = ""
    fields: Mapping[int, str] = field(default_factory=dict)
    accepted: frozenset[int] = frozenset()

    def with_json(self, document: Any) -> Call:
        """Return the call with a JSON body."""
        headers = {**self.headers, "Content-Type": "application/json"}
        return replace(self, headers=headers, body=orjson.dumps(document))

    def with_form(self, form: Mapping[str, str]) -> Call:
        """Return the call with a form for a body."""
        headers = {**self.headers, "Content-Type": "application/x-www-form-urlencoded"}
        return replace(self, headers=headers, body=urlencode(form).encode())


class Web:
    """The way to one service."""

    def __init__(self, http: GuardedHttp, host: Host, limits: Limits, service: str) -> None:
        """Use ``http``, which belongs to whoever calls; ``service`` is its name in messages and metrics."""
        self._http = http
        self._host = host
        self._limits = limits
        self.service = service

    async def ask(self, call: Call) -> Mapping[str, Any]:
        """Return the JSON object that answers a call, an empty one for an answer without a body.

        Raises Terminal when the user must act, Retryable otherwise.
        """
        reply = await self._reply(call)
        if not reply.body.strip():
            return {}
        try:
            document = orjson.loads(reply.body)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise unexpected(self.service)
        return document

    def text(self, document: Mapping[str, Any], name: str) -> str:
        """Return a text that an answer must have; raises Retryable."""
        found = document.get(name)
        if not isinstance(found, str) or not found:
            raise unexpected(self.service)
        return found

    async def _reply(self, call: Call) -> Reply:
        limits = self._limits if call.url_field else replace(self._limits, hosts=())
        try:
            url = Guard(limits).url(call.url)
        except InvalidSpec as error:
            raise InvalidSpec(error.message, field=call.url_field) from None
        if url.user is not None:
            raise InvalidSpec("must not hold a login: there are fields for it", field=call.url_field)
        headers = {"User-Agent": _AGENT, "Accept": "application/json", **call.headers}
        await self._host.turn()
        status = 0
        try:
            async with asyncio.timeout(self._limits.seconds):
                reply = await self._http.send(call.method, url, headers=headers, body=call.body)
            status = reply.status
        except TimeoutError as error:
            raise Retryable(network_sentences(self.service)[HttpFailure.TIMED_OUT]) from error
        except InvalidSpec as error:
            raise InvalidSpec(error.message, field=call.url_field) from None
        finally:
            well = 200 <= status < 300 or status in call.accepted
            self._host.called(self.service, call.name, ok=well, throttled=status == 429)
        if not well:
            raise error_for(reply, self.service, fields=call.fields)
        return reply


@asynccontextmanager
async def web_of(
    service: str, host: Host, surroundings: Surroundings, *, certificates: str | None = None
) -> AsyncIterator[Web]:
    """Lend the way to a service, trusted by ``certificates`` or else as the surroundings say."""
    limits = limits_of(surroundings.environ)
    tls = await host.run_blocking(partial(client_context, certificates or surroundings.certificates))
    http = GuardedHttp(
        Guard(limits), tls, most_bytes=limits.most_bytes, connections=1, sentences=network_sentences(service)
    )
    try:
        yield Web(http, host, limits, service)
    finally:
        await http.close()
