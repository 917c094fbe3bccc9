"""Runs one kopf operator in a thread and an event loop of its own, and again when it gives up.

kopf cancels every younger task on its loop when it ends, and ends when the API server is away for a minute: so it gets
a loop to itself. Its settings are such that it watches nothing and writes nothing.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import kopf
import structlog

from secrets_operator.clock import Clock
from secrets_operator.kube.connection import Connection

log = structlog.get_logger(__name__)

# How long kopf trusts a login; it asks again after that, and gets the token of the moment.
_LOGIN_LIFETIME = timedelta(minutes=5)
_RESTART_SECONDS = 5.0
_STOP_SECONDS = 2.0
_STOP_CHECK_SECONDS = 0.2


class KopfThread:
    """The thread; :meth:`stop` leaves what is left of it to the end of the process."""

    def __init__(self, connection: Connection, *, clock: Clock, name: str, ended: str) -> None:
        """Log ``ended`` whenever kopf gives up."""
        self._connection = connection
        self._clock = clock
        self._ended = ended
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._operator: Callable[[kopf.OperatorRegistry, kopf.OperatorSettings], Any] | None = None

    def start(self, operator: Callable[[kopf.OperatorRegistry, kopf.OperatorSettings], Any]) -> None:
        """Start the thread; ``operator`` adds handlers and settings, and returns ``kopf.operator(...)`` with them."""
        self._operator = operator
        _quieten()
        self._thread.start()

    async def stop(self) -> None:
        """Stop kopf and wait a moment for its thread."""
        self._stop.set()
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join, _STOP_SECONDS)

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                asyncio.run(self._host())
            except Exception as error:  # noqa: BLE001 - hosting must outlive whatever ends kopf
                log.warning(self._ended, error=type(error).__name__)
            self._stop.wait(_RESTART_SECONDS)

    async def _host(self) -> None:
        assert self._operator is not None
        operator = asyncio.ensure_future(self._operator(self._registry(), _settings()))
        # Looked at now and then: a thread that waits for it would keep this loop from ending together with kopf.
        while not self._stop.is_set() and not operator.done():
            await asyncio.wait({operator}, timeout=_STOP_CHECK_SECONDS)
        if operator.done():
            operator.result()
        operator.cancel()
        await asyncio.wait({operator}, timeout=_STOP_SECONDS)

    def _registry(self) -> kopf.OperatorRegistry:
        registry = kopf.OperatorRegistry()

        @kopf.on.login(registry=registry)
        async def login(**_: Any) -> kopf.AiohttpSession:
            return await self._login()

        return registry

    async def _login(self) -> kopf.AiohttpSession:
        token = await self._connection.credential.token()
        headers = {"Authorization": f"Bearer {token.reveal().decode()}"} if token else {}
        session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=self._connection.tls), headers=headers)
        return kopf.AiohttpSession(
            aiohttp_session=session, server=self._connection.server, expiration=self._expiration()
        )

    def _expiration(self) -> datetime:
        return self._clock.now() + _LOGIN_LIFETIME


def _quieten() -> None:
    logging.getLogger("kopf").setLevel(logging.WARNING)
    # Discovery failing while the API server restarts is retried; our own watches report the outage once.
    logging.getLogger("kopf._core.reactor.observation").setLevel(logging.CRITICAL)
    # It warns that it cannot handle signals in a thread: we handle them, in the main one.
    logging.getLogger("kopf._core.reactor.running").setLevel(logging.ERROR)
    # A refusal is an answer to whoever applied the resource, not an error of this process.
    logging.getLogger("kopf.objects").setLevel(logging.CRITICAL)


def _settings() -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.peering.standalone = True
    settings.scanning.disabled = True
    settings.posting.enabled = False
    settings.admission.managed = None
    # kopf removes its default finalizer from any object it meets; this name is nobody's.
    settings.persistence.finalizer = "secrets-operator.dev/unused"
    return settings
