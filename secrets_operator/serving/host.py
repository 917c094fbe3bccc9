"""kopf as the host: lifecycle, login and the liveness endpoint, in a thread and an event loop of its own.

kopf watches nothing and writes nothing here: its registry holds no resource handler. It gets a loop of its own because
it cancels every younger task on its loop when it ends, and because a liveness endpoint that shares the loop it judges
cannot answer when that loop hangs.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import kopf
import structlog

from secrets_operator.clock import Clock
from secrets_operator.kube.connection import Connection
from secrets_operator.serving.health import Health
from secrets_operator.serving.http import Address

log = structlog.get_logger(__name__)

# How long kopf trusts a login; it asks again after that, and gets the token of the moment.
_LOGIN_LIFETIME = timedelta(minutes=5)
_RESTART_SECONDS = 5.0
_STOP_SECONDS = 2.0
_STOP_CHECK_SECONDS = 0.2


class Host:
    """Runs kopf until stopped, and again when it gives up: it does so when the API server is away for a minute."""

    def __init__(self, connection: Connection, health: Health, *, clock: Clock, address: Address) -> None:
        """Answer liveness probes at ``address`` (``/healthz``) by ``health``."""
        self._connection = connection
        self._health = health
        self._clock = clock
        self._address = address
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="kopf", daemon=True)

    def start(self) -> None:
        """Start the thread. Raises OSError when the address is taken: kopf would only log that, and go on without."""
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(self._address)
        logging.getLogger("kopf").setLevel(logging.WARNING)
        # Discovery failing while the API server restarts is retried; our own watches report the outage once.
        logging.getLogger("kopf._core.reactor.observation").setLevel(logging.CRITICAL)
        # It warns that it cannot handle signals in a thread: we handle them, in the main one.
        logging.getLogger("kopf._core.reactor.running").setLevel(logging.ERROR)
        self._thread.start()

    async def stop(self) -> None:
        """Stop kopf and wait a moment for its thread; what is left of it dies with the process."""
        self._stop.set()
        await asyncio.to_thread(self._thread.join, _STOP_SECONDS)

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                asyncio.run(self._host())
            except Exception as error:  # noqa: BLE001 - hosting must outlive whatever ends kopf
                log.warning("the liveness host ended and is started again", error=type(error).__name__)
            self._stop.wait(_RESTART_SECONDS)

    async def _host(self) -> None:
        operator = asyncio.create_task(
            kopf.operator(
                registry=self._registry(),
                settings=_settings(),
                clusterwide=True,
                liveness_endpoint=f"http://{self._address.host or '0.0.0.0'}:{self._address.port}/healthz",  # noqa: S104 - probes come from the node
            )
        )
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

        @kopf.on.probe(registry=registry, id="alive")
        async def alive(**_: Any) -> str:
            faults = self._health.faults()
            if faults:
                # Only this kind of error answers the probe with 500; kopf would retry any other for a minute.
                raise kopf.PermanentError("; ".join(faults))
            return "ok"

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


def _settings() -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.peering.standalone = True
    settings.scanning.disabled = True
    settings.posting.enabled = False
    # kopf removes its default finalizer from any object it meets; this name is nobody's.
    settings.persistence.finalizer = "secrets-operator.dev/unused"
    return settings
