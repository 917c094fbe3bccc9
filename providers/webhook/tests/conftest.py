"""A server to ask, over real HTTP, and sessions on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from blockbuster import blockbuster_ctx
from secrets_operator_webhook.provider import WebhookProvider

from secrets_operator.provider import Reference, Session, StoreIdentity
from secrets_operator.provider.memory import MemoryHost

Open = Callable[..., Awaitable[Session]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
LOGIN = {("default", "login"): {"token": "t0ken-private", "user": "me"}}
LABELS = {("default", "login"): {"external-secrets.io/type": "webhook"}}


@pytest.fixture(autouse=True)
def _no_blocking_calls() -> Iterator[None]:
    """Fail any test in which the plug-in blocks the event loop."""
    with blockbuster_ctx("secrets_operator_webhook"):
        yield


@asynccontextmanager
async def serving(handler: Handler, *, tls: Any = None) -> AsyncIterator[str]:
    """Serve every path of a server by ``handler``."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    try:
        yield f"http{'s' if tls else ''}://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


class Api:
    """Answers what a test says, and keeps what it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.answer: Handler = self.found

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.asked.append((request.method, request.raw_path, dict(request.headers), body))
        return await self.answer(request)

    async def found(self, _request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"value-93ab")

    def says(self, body: bytes, status: int = 200, **headers: str) -> None:
        async def answer(_request: web.Request) -> web.StreamResponse:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return web.Response(body=body, status=status, headers=named)

        self.answer = answer


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    found = Api()
    async with serving(found.handle) as url:
        found.url = url
        yield found


@pytest.fixture
async def open_session() -> AsyncIterator[Open]:
    """Open sessions that are closed at the end."""
    opened: list[Session] = []

    async def open_(
        spec: Mapping[str, Any],
        *,
        host: MemoryHost | None = None,
        environ: Mapping[str, str] | None = None,
        kind: str = "SecretStore",
    ) -> Session:
        provider = WebhookProvider(environ or {})
        assert provider.problems(spec, store_kind=kind) == []
        usual = MemoryHost(StoreIdentity(kind, "store", "default"), secrets=LOGIN, labels=LABELS)
        session = await provider.open(spec, host or usual)
        opened.append(session)
        return session

    yield open_
    for session in opened:
        await session.close()


async def read(session: Session, key: str = "app", **reference: Any) -> Any:
    """Return the answer to one reference."""
    (answer,) = await session.fetch([Reference(key, **reference)])
    return answer


@pytest.fixture
def fetch() -> Callable[..., Awaitable[Any]]:
    return read


@pytest.fixture
def serve() -> Any:
    return serving
