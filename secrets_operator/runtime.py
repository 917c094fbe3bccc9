"""The composition root: builds what a running operator consists of, starts it, and stops it in order.

Order of starting: probes answer first; then the API server is reached; then every cache is filled; only then are keys
worked on. Order of stopping: no new keys; runs under way end or are abandoned at a safe point; sessions are closed.
"""

from __future__ import annotations

import asyncio
import gc
import random
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import structlog
from aiohttp.web import RouteDef

from secrets_operator.applying.digest_key import digest_key
from secrets_operator.call_rate import CallRate
from secrets_operator.clock import Clock
from secrets_operator.controllers.sealing_keys import SealingKeys
from secrets_operator.errors import Retryable
from secrets_operator.fetching.blocking import Blocking, Pools
from secrets_operator.kube.client import Client
from secrets_operator.kube.connection import Connection
from secrets_operator.kube.fence import Fence
from secrets_operator.planning.secret_state import Digester
from secrets_operator.provider.discovery import Generators, Providers
from secrets_operator.queueing.backoff import Backoff
from secrets_operator.queueing.workers import Workers
from secrets_operator.reporting.metrics import Metrics
from secrets_operator.serving.admission_control import AdmissionControl, Answering
from secrets_operator.serving.admitting import Admitting
from secrets_operator.serving.batch_verify import BatchVerify
from secrets_operator.serving.certificate_sources import CertificateFolder, CertificateSecret
from secrets_operator.serving.dashboard.lookups import Lookups
from secrets_operator.serving.dashboard.world import World
from secrets_operator.serving.health import Health, WatchState
from secrets_operator.serving.host import Host, check_free
from secrets_operator.serving.http import Address, HttpServer
from secrets_operator.serving.request_metrics import counted
from secrets_operator.serving.reviews import Reviews
from secrets_operator.serving.sealing_api import SealingApi
from secrets_operator.settings import Settings
from secrets_operator.watching.balancing import Balancing
from secrets_operator.watching.collections import Collection
from secrets_operator.watching.inventory import STORES
from secrets_operator.watching.membership import Membership
from secrets_operator.watching.onlookers import nobody
from secrets_operator.watching.shares import Shares
from secrets_operator.wiring import Wiring

if TYPE_CHECKING:
    from secrets_operator.serving.dashboard.server import Dashboard

log = structlog.get_logger(__name__)

T = TypeVar("T")

_DRAIN_SECONDS = 4.0
# What is under way gets less time when other replicas wait for it.
_HAND_OVER_SECONDS = 0.5
_LAST_EVENTS_SECONDS = 1.0
_STARTUP_BACKOFF = Backoff(base=0.2, cap=5.0)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the operator listens: its own HTTP server, kopf's liveness endpoint, and what else it is asked to serve."""

    http: Address
    live: Address
    admission: Address | None = None
    dashboard: Address | None = None


def watch_states(watched: Iterable[Collection[Any]]) -> list[WatchState]:
    """Return the state of every watch, for the probes."""
    return [
        WatchState(
            name=collection.kind,
            synced=reflector.synced.is_set(),
            heard=reflector.last_heard,
            fault=str(reflector.fault or ""),
        )
        for collection in watched
        for reflector in collection.reflectors
    ]


class Operator:
    """One operator process."""

    def __init__(
        self,
        settings: Settings,
        connection: Connection,
        *,
        addresses: Addresses,
        clock: Clock,
        version: str,
    ) -> None:
        self._settings = settings
        self._connection = connection
        self._addresses = addresses
        self._clock = clock
        self._metrics = Metrics(version, settings)
        fence = Fence(clock.monotonic)
        rate = CallRate(settings.client_calls_per_second, now=clock.monotonic, burst=settings.client_burst)
        self._client = Client(connection, clock=clock, account=self._metrics.requested, fence=fence, rate=rate)
        self._membership = (
            Membership(self._client, settings, fence=fence, clock=clock, chance=random.random)
            if settings.replicas.identity
            else None
        )
        self._pools = Pools(
            providers=Blocking(settings.blocking_threads),
            rendering=Blocking(settings.rendering_threads),
            decrypting=Blocking(settings.decrypting_threads),
            answering=Blocking(1),
        )
        self._keys = SealingKeys(
            self._client,
            settings=settings,
            clock=clock,
            blocking=self._pools.rendering,
            operated=self._metrics.operated_private_key,
        )
        self._health = Health(clock.monotonic)
        routes = self._sealing_routes() if settings.sealed_secrets else ()
        self._http = HttpServer(self._health, self._metrics.take, routes=routes)
        self._dashboard = self._make_dashboard(addresses.dashboard)
        self._host = Host(connection, self._health, clock=clock, address=addresses.live)

    def _sealing_routes(self) -> list[RouteDef]:
        keyring, answering = (lambda: self._keys.keyring), Answering(self._pools.answering)
        api = SealingApi(
            keyring,
            certificate=self._keys.certificate,
            answering=answering,
            clock=self._clock,
            batch=BatchVerify(keyring, answering=answering, reviews=Reviews(self._client)),
        )
        routes = api.routes(AdmissionControl(self._settings, self._clock.monotonic))
        return counted(routes, self._metrics.sealing_answered, self._clock.monotonic)

    def _make_dashboard(self, address: Address | None) -> Dashboard | None:
        if address is None:
            return None
        # Jinja is for those who want the page.
        from secrets_operator.serving.dashboard.server import Dashboard

        return Dashboard(address, Reviews(self._client), clock=self._clock)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set, then end in order. Raises OSError when an address to listen on is taken."""
        # Caches are large and long-lived: collecting them again and again would cost more than everything else.
        gc.set_threshold(100_000, 50, 50)
        listening = await self._http.start(self._addresses.http)
        if self._dashboard is not None:
            shown = await self._dashboard.start()
            log.info("dashboard", host=shown.host, port=shown.port)
        self._host.start()
        if self._addresses.admission is not None:
            check_free(self._addresses.admission)
        log.info("listening", host=listening.host, port=listening.port)
        try:
            async with self._client:
                await self._work(stop)
        finally:
            self._pools.close()
            await self._host.stop()
            if self._dashboard is not None:
                await self._dashboard.stop()
            await self._http.stop()
            log.info("stopped")

    async def _work(self, stop: asyncio.Event) -> None:
        beating = asyncio.create_task(self._health.beat())
        working = asyncio.create_task(self._operate())
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (working, stopping, beating):
                task.cancel()
            await asyncio.wait({working})
        if not working.cancelled():
            working.result()

    async def _operate(self) -> None:
        providers = Providers.from_entry_points()
        log.info("providers found", **{name: str(origin) for name, origin in providers.installed().items()})
        generators = Generators.from_entry_points()
        log.info("generators found", **{name: str(origin) for name, origin in generators.installed().items()})
        key = await self._insist("digest key", lambda: digest_key(self._client, self._settings.namespace))
        digester = Digester(key)
        shares = Shares(self._membership, everywhere=STORES)
        wiring = Wiring(
            self._settings,
            client=self._client,
            clock=self._clock,
            metrics=self._metrics,
            keys=self._keys,
            providers=providers,
            generators=generators,
            pools=self._pools,
            digester=digester,
            onlooker=self._dashboard.changed if self._dashboard is not None else nobody,
            shares=shares,
        )
        if self._dashboard is not None:
            lookups = Lookups(self._client, self._clock)
            ours = self._settings.controller_class
            self._dashboard.show(World(wiring.shown, wiring.secrets.get, digester, lookups, ours))
        self._watch_health(wiring)
        async with asyncio.TaskGroup() as tasks:
            try:
                for reflector in wiring.collections.reflectors():
                    tasks.create_task(reflector.run())
                tasks.create_task(wiring.targets.run())
                tasks.create_task(wiring.secret_watches.run())
                await wiring.collections.wait_synced()
                log.info("caches are complete", **wiring.collections.counts())
                if self._settings.sealed_secrets:
                    wiring.sealing_keys.look_after_keys()
                if self._membership is not None:
                    # Not earlier: what the others hand over has to be worked on here at once.
                    self._membership.start()
                    tasks.create_task(wiring.share(self._membership))
                    tasks.create_task(Balancing(self._membership, shares, self._settings).run(wiring.inventory.keys))
                if self._addresses.admission is not None:
                    tasks.create_task(self._admitting(self._addresses.admission).run(wiring.admission.answer))
                tasks.create_task(wiring.events.run())
                await wiring.workers.run()
            finally:
                await self._stop_working(wiring.workers)
                await wiring.events.drain(_LAST_EVENTS_SECONDS)
                await wiring.sessions.close()

    def _watch_health(self, wiring: Wiring) -> None:
        watched: list[Collection[Any]] = list(wiring.collections)
        if self._membership is not None:
            watched.append(self._membership.leases)
            self._health.need(self._membership.missing)
        self._health.watch(lambda: watch_states(watched))

    async def _stop_working(self, workers: Workers) -> None:
        if self._membership is None:
            await workers.drain(_DRAIN_SECONDS)
            return
        # The others take over the moment the lease is gone; no run may write after that.
        await workers.drain(_HAND_OVER_SECONDS)
        await self._membership.leave()

    def _admitting(self, address: Address) -> Admitting:
        settings = self._settings
        folder = settings.admission_certificates
        source = CertificateFolder(Path(folder)) if folder else CertificateSecret(self._client, settings, self._clock)
        seconds = settings.admission_check_interval.total_seconds()
        return Admitting(self._connection, self._clock, address, source, seconds, self._metrics.reviewed)

    async def _insist(self, what: str, call: Callable[[], Awaitable[T]]) -> T:
        """Repeat ``call`` until the API server lets it through: at the start it may be away, or a role missing."""
        failures = 0
        while True:
            try:
                return await call()
            except Retryable as error:
                failures += 1
                delay = max(error.after or 0.0, _STARTUP_BACKOFF.delay(failures, random.random()))  # noqa: S311 - jitter
                log.warning("waiting for the API server", to_get=what, error=str(error), seconds=round(delay, 1))
                await asyncio.sleep(delay)
