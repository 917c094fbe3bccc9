"""kopf as the admission server: reviews come in on its thread, verdicts are made on the operator's own loop.

The caches belong to the operator's loop, so each review goes over to it and the answer comes back. Whatever goes wrong
on the way lets the request through with a warning: a defect here must not keep anybody from applying a resource.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import kopf
import structlog

from secrets_operator.clock import Clock
from secrets_operator.kube.connection import Connection
from secrets_operator.planning.admission import Review, Verdict
from secrets_operator.resources.names import (
    CLUSTER_EXTERNAL_SECRET,
    CLUSTER_PUSH_SECRET,
    CLUSTER_SECRET_STORE,
    EXTERNAL_SECRET,
    PUSH_SECRET,
    SEALED_SECRET,
    SECRET_STORE,
)
from secrets_operator.serving.host import check_free
from secrets_operator.serving.http import Address
from secrets_operator.serving.kopf_thread import KopfThread
from secrets_operator.serving.tls_server import TlsServer

log = structlog.get_logger(__name__)

REVIEWED = (
    EXTERNAL_SECRET,
    SECRET_STORE,
    CLUSTER_SECRET_STORE,
    CLUSTER_EXTERNAL_SECRET,
    PUSH_SECRET,
    CLUSTER_PUSH_SECRET,
    SEALED_SECRET,
)
# A little more than a verdict may take at most: this is for an event loop that hangs.
_PATIENCE_SECONDS = 4.0
_INVALID = 422

Reviewed = Callable[[str, str, float], None]
"""Told of each review: the kind, what became of it, and the seconds that took; called on kopf's thread."""


class AdmissionServer:
    """Answers admission reviews by kopf until stopped."""

    def __init__(
        self,
        connection: Connection,
        judge: Callable[[Review], Awaitable[Verdict]],
        *,
        clock: Clock,
        address: Address,
        context: ssl.SSLContext,
        reviewed: Reviewed,
    ) -> None:
        """Have ``judge`` called on the event loop that starts this, and serve with the certificate of ``context``."""
        self._judge = judge
        self._reviewed = reviewed
        self._now = clock.monotonic
        self._address = address
        self._server = TlsServer(address, context)
        self._home: asyncio.AbstractEventLoop | None = None
        ended = "the admission server ended and is started again"
        self._thread = KopfThread(connection, clock=clock, name="admission", ended=ended)

    def start(self) -> None:
        """Start the thread. The kinds must be served already: kopf looks once. Raises OSError for a taken address."""
        check_free(self._address)
        self._home = asyncio.get_running_loop()
        self._thread.start(self._operator)

    async def stop(self) -> None:
        """Stop listening."""
        await self._thread.stop()

    def use(self, context: ssl.SSLContext) -> None:
        """Serve with the certificate of another context from the next handshake on."""
        self._server.use(context)

    def _operator(self, registry: kopf.OperatorRegistry, settings: kopf.OperatorSettings) -> Any:
        settings.admission.server = self._server
        for kind in REVIEWED:
            for version in kind.versions:
                name = f"{kind.singular}-{version}"
                validate = partial(self._validate, kind.kind)
                kopf.on.validate(kind.group, version, kind.plural, id=name, registry=registry)(validate)
        return kopf.operator(registry=registry, settings=settings, clusterwide=True)

    async def _validate(self, kind: str, **review: Any) -> None:
        began = self._now()
        verdict = await self._verdict(review)
        self._reviewed(kind, verdict.outcome, self._now() - began)
        review["warnings"].extend(verdict.warnings)
        if not verdict.allowed:
            named = (kind, review["namespace"] or "", review["name"] or "")
            log.info("a resource was refused", resource="/".join(filter(None, named)), reason=verdict.refusal)
            raise kopf.AdmissionError(verdict.refusal, code=_INVALID)

    async def _verdict(self, review: Mapping[str, Any]) -> Verdict:
        assert self._home is not None
        asked = Review(str(review["operation"]), *(_plain(review[member]) for member in ("new", "old")))
        if review["subresource"]:
            return Verdict()
        judging = asyncio.run_coroutine_threadsafe(_judged(self._judge, asked), self._home)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(judging), _PATIENCE_SECONDS)
        except Exception as error:  # noqa: BLE001 - a courtesy: a defect of ours must not refuse anything
            log.warning("an admission review was not judged", error=type(error).__name__)
            return Verdict(warnings=("not checked before it was applied: see its condition",), judged=False)


async def _judged(judge: Callable[[Review], Awaitable[Verdict]], review: Review) -> Verdict:
    return await judge(review)


def _plain(body: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return an object as it came; kopf wraps it in a view that only looks like a dictionary."""
    return None if body is None else dict(body)
