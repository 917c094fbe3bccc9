"""A service to ask, over real HTTP, and what it was asked."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from aiohttp import web
from blockbuster import blockbuster_ctx

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture(autouse=True)
def _no_blocking_calls() -> Iterator[None]:
    """Fail any test in which the plug-in blocks the event loop."""
    with blockbuster_ctx("secrets_operator_access_tokens"):
        yield


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body) if self.body else None


class Service:
    """Answers what a test says, the same to every request unless there are answers for some of them."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[Asked] = []
        self.answers: dict[tuple[str, str], tuple[int, bytes, dict[str, str]]] = {}
        self.usual: tuple[int, bytes, dict[str, str]] = (500, b"", {})

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")

    def says(self, document: Any, status: int = 200, *, to: tuple[str, str] | None = None, **headers: str) -> None:
        """Answer with a document, or with bytes as they are; ``to`` is a method and the path without its query."""
        body = document if isinstance(document, bytes) else orjson.dumps(document)
        answer = status, body, {name.replace("_", "-"): value for name, value in headers.items()}
        if to is None:
            self.usual, self.answers = answer, {}
        else:
            self.answers[to] = answer

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.asked.append(Asked(request.method, request.raw_path, dict(request.headers), body))
        path = request.raw_path.partition("?")[0]
        status, content, headers = self.answers.get((request.method, path), self.usual)
        return web.Response(status=status, body=content, headers=headers)


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    """Serve every path of a server by ``handler``."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    found = Service()
    async with serving(found.handle) as url:
        found.url = url
        yield found


@asynccontextmanager
async def breaking_off(sent: bytes) -> AsyncIterator[str]:
    """Listen, read a request, send some bytes and hang up in the middle."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(sent)
        await writer.drain()
        writer.transport.abort()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.fixture
def broken_off() -> Any:
    return breaking_off


def unsigned(claims: dict[str, Any]) -> str:
    """Return a token that nobody signed."""

    def part(document: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(orjson.dumps(document)).rstrip(b"=").decode()

    return f"{part({'alg': 'RS256'})}.{part(claims)}.c2ln"


@pytest.fixture
def token() -> Callable[[dict[str, Any]], str]:
    return unsigned
