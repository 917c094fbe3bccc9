"""A stub API server and a reflector that follows it, for tests of what becomes of the server's behaviour."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from secrets_operator.clock import SystemClock
from secrets_operator.flow import SecretBytes
from secrets_operator.kube import tls
from secrets_operator.kube.client import Client
from secrets_operator.kube.connection import Connection
from secrets_operator.kube.credentials import RenewedToken, read_token_file
from secrets_operator.kube.resources import CONFIG_MAPS
from secrets_operator.watching.cache import Change
from secrets_operator.watching.reflector import Reflector, Selection
from tests.stub_api_server import StubApiServer

OBJECTS = 20


@dataclass
class World:
    """A server, a reflector that has synced with it, and everything the reflector told since."""

    server: StubApiServer
    token_file: Path
    changes: list[Change[str]] = field(default_factory=list)
    reflector: Reflector[str] | None = None

    @property
    def cache(self) -> Reflector[str]:
        assert self.reflector is not None
        return self.reflector

    def rotate(self, token: str) -> None:
        self.server.token = token
        self.token_file.write_text(token)

    def in_step(self) -> bool:
        served = {f"{name}={made['data']}" for (_, name), made in self.server.objects.items()}
        return set(self.cache.values()) == served and len(self.cache) == len(served)

    def told(self, kind: str) -> list[str]:
        kinds = {"added": (True, False), "changed": (False, False), "deleted": (False, True)}
        return [change.name for change in self.changes if (change.old is None, change.new is None) == kinds[kind]]


def projected(subject: dict[str, Any]) -> str:
    return f"{subject['metadata']['name']}={subject['data']}"


async def until(condition: Callable[[], bool], seconds: float = 15.0) -> None:
    """Wait for a condition of the world, which no event announces."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.01)


def client_of(server: StubApiServer, token_file: Path) -> Client:
    clock = SystemClock()
    token = SecretBytes(token_file.read_bytes())
    credential = RenewedToken(token, lambda: read_token_file(token_file), clock=clock)
    connection = Connection(server.url, credential, tls.context(tls.Trust()))
    return Client(connection, clock=clock, timeout=1.0, silence=0.4)


def reflector_of(
    client: Client,
    on_change: Callable[[Change[str]], None],
    *,
    project: Callable[[dict[str, Any]], str] = projected,
    namespace: str = "",
    optional: bool = False,
) -> Reflector[str]:
    return Reflector(
        client,
        Selection(CONFIG_MAPS, namespace, optional=optional),
        project=project,
        on_change=on_change,
        clock=SystemClock(),
        chance=lambda: 0.9,
    )


@asynccontextmanager
async def synced_world(token_file: Path, *, page_cap: int = 7) -> AsyncIterator[World]:
    async with StubApiServer(page_cap=page_cap) as server:
        world = World(server, token_file)
        world.rotate("first")
        for index in range(OBJECTS):
            server.put(f"o{index}", data="0")
        async with client_of(server, token_file) as client:
            world.reflector = reflector_of(client, world.changes.append)
            running = asyncio.create_task(world.reflector.run())
            await asyncio.wait_for(world.reflector.synced.wait(), 5)
            await until(lambda: server.watches == 1)
            world.changes.clear()
            yield world
            assert not running.done(), "the reflector ended"
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


def change_the_world(world: World) -> None:
    """Delete two objects, change one and add one: what may happen while nobody watches."""
    world.server.delete("o3")
    world.server.delete("o11")
    world.server.put("o5", data="changed")
    world.server.put("new", data="0")
