"""The HTTP server as a probe, a scraper and a sealing tool see it."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from secrets_operator.reporting.metrics import Metrics
from secrets_operator.serving.health import Health, WatchState
from secrets_operator.serving.http import Address, HttpServer
from tests.hand_clock import HandClock


class World:
    """A server on a free port, and what its answers depend on."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.health = Health(self.clock.monotonic)
        self.server = HttpServer(self.health, Metrics("1.2.3").take)
        self.url = ""

    def synced(self, *, synced: bool) -> None:
        self.health.watch(lambda: [WatchState("Secret", synced, self.clock.monotonic())])

    async def get(self, path: str) -> tuple[int, str, str]:
        async with aiohttp.ClientSession() as client, client.get(self.url + path) as answer:
            return answer.status, answer.headers["Content-Type"], await answer.text()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    address = await made.server.start(Address("127.0.0.1", 0))
    made.url = f"http://{address.host}:{address.port}"
    yield made
    await made.server.stop()


TEXT = "text/plain; charset=utf-8"


async def test_it_is_alive_from_the_first_moment_and_ready_when_the_caches_are_complete(world: World) -> None:
    assert await world.get("/healthz") == (200, TEXT, "ok\n")
    assert await world.get("/readyz") == (503, TEXT, "the API server has not been reached yet\n")
    world.synced(synced=False)
    assert await world.get("/readyz") == (503, TEXT, "Secret: not listed completely yet\n")
    world.synced(synced=True)
    assert await world.get("/readyz") == (200, TEXT, "ok\n")


async def test_a_fault_turns_the_liveness_probe(world: World) -> None:
    world.clock.pass_by(31)
    assert await world.get("/healthz") == (503, TEXT, "the event loop has not turned for 31 s\n")


async def test_metrics_are_in_the_format_prometheus_reads(world: World) -> None:
    status, kind, text = await world.get("/metrics")
    assert (status, kind.split(";")[0]) == (200, "text/plain")
    assert 'secrets_operator_build_info{version="1.2.3"} 1.0' in text.splitlines()


async def test_other_paths_do_not_exist(world: World) -> None:
    assert (await world.get("/v1/keys"))[0] == 404


async def test_an_address_that_is_taken_is_an_os_error(world: World) -> None:
    second = World()
    with pytest.raises(OSError, match="address already in use"):
        await second.server.start(Address("127.0.0.1", int(world.url.rpartition(":")[2])))
    await second.server.stop()
