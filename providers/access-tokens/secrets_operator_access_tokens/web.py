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
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlencode

import orjson
from yarl import URL

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
# Where Azure and Google Cloud answer the machine that asks.
_MACHINE = (ip_network("169.254.169.254/32"), ip_network("fd20:ce::254/128"))


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
    of_the_machine: bool = False
    """Whether it is the operator's own machine that is asked, at an address that is closed to users."""

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

    def __init__(self, http: GuardedHttp, machine: GuardedHttp, *, host: Host, limits: Limits, service: str) -> None:
        """Use two clients, which belong to whoever calls; ``service`` is its name in messages and metrics."""
        self._http = http
        self._machine = machine
        self._host = host
        self._limits = limits
        self.service = service

    async def ask(self, call: Call) -> Mapping[str, Any]:
        """Return the JSON object that answers a call, an empty one for an answer without a body.

        Raises Terminal when the user must act, Retryable otherwise.
        """
        body = await self.body(call)
        if not body.strip():
            return {}
        try:
            document = orjson.loads(body)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise unexpected(self.service)
        return document

    async def body(self, call: Call) -> bytes:
        """Return what answers a call; raises as :meth:`ask`."""
        reply = await self.reply(call)
        if not _is_well(call, reply.status):
            raise error_for(reply, self.service, fields=call.fields)
        return reply.body

    def text(self, document: Mapping[str, Any], name: str) -> str:
        """Return a text that an answer must have; raises Retryable."""
        found = document.get(name)
        if not isinstance(found, str) or not found:
            raise unexpected(self.service)
        return found

    async def reply(self, call: Call) -> Reply:
        """Return the reply to a call, whatever its status; raises as :meth:`ask` where there is none."""
        limits = self._limits if call.url_field else Limits()
        http = self._machine if call.of_the_machine else self._http
        headers = {"User-Agent": _AGENT, "Accept": "application/json", **call.headers}
        status = 0
        await self._host.turn()
        try:
            url = _without_login(Guard(limits).url(call.url))
            async with asyncio.timeout(self._limits.seconds):
                reply = await http.send(call.method, url, headers=headers, body=call.body)
            status = reply.status
        except TimeoutError as error:
            raise Retryable(network_sentences(self.service)[HttpFailure.TIMED_OUT]) from error
        except InvalidSpec as error:
            raise InvalidSpec(error.message, field=call.url_field) from None
        finally:
            self._host.called(self.service, call.name, ok=_is_well(call, status), throttled=status == 429)
        return reply


def _without_login(url: URL) -> URL:
    if url.user is not None:
        raise InvalidSpec("must not hold a login: there are fields for it")
    return url


def _is_well(call: Call, status: int) -> bool:
    return 200 <= status < 300 or status in call.accepted


@asynccontextmanager
async def web_of(
    service: str, host: Host, surroundings: Surroundings, *, certificates: str | None = None
) -> AsyncIterator[Web]:
    """Lend the way to a service, trusted by ``certificates`` or else as the surroundings say."""
    limits = limits_of(surroundings.environ)
    tls = await host.run_blocking(partial(client_context, certificates or surroundings.certificates))
    opened = partial(
        GuardedHttp, tls=tls, most_bytes=limits.most_bytes, connections=1, sentences=network_sentences(service)
    )
    http, machine = opened(Guard(limits)), opened(Guard(replace(limits, allowed_networks=_MACHINE)))
    try:
        yield Web(http, machine, host=host, limits=limits, service=service)
    finally:
        await http.close()
        await machine.close()
