"""The operator's HTTP server: probes, metrics, and what tools that seal ask for.

Plain HTTP, as the probes and the Sealed Secrets tools expect; nothing it answers is secret.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import NamedTuple

from aiohttp import web
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from secrets_operator.serving.health import Health
from secrets_operator.serving.sealing_requests import LARGEST_BODY


class Address(NamedTuple):
    """Where to listen; an empty host means all interfaces, port 0 a free one."""

    host: str
    port: int


class HttpServer:
    """Serves ``/healthz``, ``/readyz``, ``/metrics`` and the routes it is given."""

    def __init__(self, health: Health, scrape: Callable[[], Collector], *, routes: Iterable[web.RouteDef] = ()) -> None:
        """Call ``scrape`` on the event loop for what ``/metrics`` is to show; it is printed in a thread."""
        self._health = health
        self._scrape = scrape
        self._printing = asyncio.Lock()
        app = web.Application(client_max_size=LARGEST_BODY)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._metrics)
        app.router.add_routes(routes)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)

    async def start(self, address: Address) -> Address:
        """Listen and return the address it became. Raises OSError when it is taken."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, address.host or None, address.port)
        await site.start()
        return Address(address.host, self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Stop listening."""
        await self._runner.cleanup()

    async def _healthz(self, _request: web.Request) -> web.Response:
        return _verdict(self._health.faults())

    async def _readyz(self, _request: web.Request) -> web.Response:
        return _verdict(self._health.unready())

    async def _metrics(self, _request: web.Request) -> web.Response:
        # Thousands of resources take a while. One at a time: whoever asks again and again waits for itself.
        async with self._printing:
            text = await asyncio.to_thread(generate_latest, self._scrape())
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})


def _verdict(faults: list[str]) -> web.Response:
    return web.Response(status=503 if faults else 200, text="\n".join(faults or ["ok"]) + "\n")
