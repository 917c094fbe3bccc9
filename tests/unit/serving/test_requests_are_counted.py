"""The sealing API is counted by path, method and code, of which there is a bounded number."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from secrets_operator.serving.health import Health
from secrets_operator.serving.http import Address, HttpServer
from secrets_operator.serving.request_metrics import counted
from tests.exported_metrics import full_metrics
from tests.hand_clock import HandClock


class World:
    """A server with one path, and what was counted."""

    def __init__(self) -> None:
        self.clock, self.counts = HandClock(), list[tuple[str, str, int, float]]()
        routes = counted([web.route("*", "/v1/verify", self.answer)], self.note, self.clock.monotonic)
        self.server = HttpServer(Health(self.clock.monotonic), full_metrics().take, routes=routes)
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.clock.pass_by(2)
        if "busy" in request.query:
            raise web.HTTPTooManyRequests
        if "broken" in request.query:
            raise RuntimeError
        return web.Response(status=409)

    def note(self, *, path: str, method: str, code: int, seconds: float) -> None:
        self.counts.append((path, method, code, seconds))


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    address = await made.server.start(Address("127.0.0.1", 0))
    made.url = f"http://{address.host}:{address.port}"
    yield made
    await made.server.stop()


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        pytest.param("POST", "/v1/verify", ("/v1/verify", "post", 409, 2.0), id="an answer"),
        pytest.param("GET", "/v1/verify?busy", ("/v1/verify", "get", 429, 2.0), id="a request that is turned away"),
        pytest.param("GET", "/v1/verify?broken", ("/v1/verify", "get", 500, 2.0), id="a defect"),
        pytest.param("PURGE", "/v1/verify", ("/v1/verify", "unknown", 409, 2.0), id="a method that nobody knows"),
    ],
)
async def test_what_is_counted(world: World, method: str, path: str, expected: tuple[str, str, int, float]) -> None:
    async with aiohttp.ClientSession() as client, client.request(method, world.url + path):
        pass
    assert world.counts == [expected]


async def test_other_paths_are_not(world: World) -> None:
    async with aiohttp.ClientSession() as client, client.get(world.url + "/v1/other"):
        pass
    assert world.counts == []
