"""A session of one store: one request for each reference, and for each entry that is pushed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from secrets_operator.errors import Terminal
from secrets_operator.flow import Query, SecretBytes
from secrets_operator.provider import (
    Absent,
    Answer,
    DeleteAnswer,
    Deleted,
    FindAnswer,
    Found,
    Host,
    PresenceAnswer,
    Present,
    Push,
    PushAnswer,
    Pushed,
    Pushing,
    Reference,
    Rejected,
    RemoteEntry,
)
from secrets_operator.provider.answering import answered
from secrets_operator.provider.guarded_http import Reply
from secrets_operator_webhook.errors import error_for
from secrets_operator_webhook.push_requests import PushRequests
from secrets_operator_webhook.requests import Request
from secrets_operator_webhook.results import spread, value_of


class Sender(Protocol):
    """Sends requests."""

    async def send(self, request: Request) -> Reply:
        """Return the reply; raises Terminal or Retryable."""
        ...

    async def close(self) -> None:
        """Release connections."""
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What a session is made of: ``render`` makes the request of a reference, ``reach`` tries the server.

    ``pushes`` makes those of pushing. A generator has no reference, and does not push.
    """

    host: Host
    sender: Sender
    render: Callable[[Reference | None], Request]
    pushes: PushRequests
    reach: Callable[[], Awaitable[None]]


class WebhookSession:
    """Asks an HTTP API."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.pushing = Pushing(
            push=lambda push: answered(partial(self._push, push)),
            exists=lambda entry: answered(partial(self._exists, entry)),
            delete=lambda entry: answered(partial(self._delete, entry)),
        )

    async def fetch(self, references: Sequence[Reference]) -> Sequence[Answer]:
        """Ask for all references at once."""
        return await asyncio.gather(*(answered(partial(self._fetch_one, reference)) for reference in references))

    async def find(self, query: Query) -> FindAnswer:  # noqa: ARG002 whatever is asked for
        """Say that there is no such thing."""
        return Rejected("the webhook provider does not support find")

    def select(self, payload: SecretBytes, path: str) -> SecretBytes:  # noqa: ARG002 a part of the request
        """Return the payload: the property is for the templates of the request."""
        return payload

    def extract(self, payload: SecretBytes) -> Mapping[str, SecretBytes]:
        """Spread a JSON object; raises Terminal when the value is something else."""
        return {name: SecretBytes(value) for name, value in spread(payload.reveal()).items()}

    async def validate(self) -> None:
        """Connect to the server, which is all that can be tried without a key."""
        await self._parts.reach()

    async def close(self) -> None:
        """Close the connections."""
        await self._parts.sender.close()

    async def _fetch_one(self, reference: Reference) -> Answer:
        if reference.metadata:
            return Rejected("the webhook provider has no metadata: set metadataPolicy to None")
        value = await ask(self._parts, reference)
        return Absent() if value is None else Found(SecretBytes(value))

    async def _push(self, push: Push) -> PushAnswer:
        if await self._answer_to(partial(self._parts.pushes.push, push)) is None:
            raise Terminal("the server says that there is no such place (status 404): check url", field="url")
        # Nothing tells what was there before.
        return Pushed(changed=True)

    async def _exists(self, entry: RemoteEntry) -> PresenceAnswer:
        reply = await self._answer_to(partial(self._parts.pushes.presence, entry))
        return Absent() if reply is None else Present()

    async def _delete(self, entry: RemoteEntry) -> DeleteAnswer:
        reply = await self._answer_to(partial(self._parts.pushes.deletion, entry))
        return Deleted(changed=reply is not None)

    async def _answer_to(self, render: Callable[[], Request]) -> Reply | None:
        return await _sent(self._parts, await self._parts.host.run_blocking(render))


async def ask(parts: Parts, reference: Reference | None) -> bytes | None:
    """Return the value in the answer to one request, None for status 404; raises Terminal or Retryable."""
    request = await parts.host.run_blocking(partial(parts.render, reference))
    reply = await _sent(parts, request)
    return None if reply is None else await parts.host.run_blocking(partial(value_of, reply.body, request.json_path))


async def _sent(parts: Parts, request: Request) -> Reply | None:
    """Return the reply to a request, None for status 404; raises Terminal or Retryable."""
    status = 0
    try:
        reply = await parts.sender.send(request)
        status = reply.status
    finally:
        parts.host.called("Webhook", "HTTPRequest", ok=0 < status < 400, throttled=status == 429)
    if reply.status == 404:
        return None
    if not 200 <= reply.status < 300:
        raise error_for(reply.status, reply.wait)
    return reply
