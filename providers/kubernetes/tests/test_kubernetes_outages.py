"""Outages, throttling and damage on the way: never an answer that would remove something."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from secrets_operator_kubernetes.access import Access, tls_of
from secrets_operator_kubernetes.client import Client
from secrets_operator_kubernetes.push_settings import Places
from secrets_operator_kubernetes.session import KubernetesSession
from secrets_operator_kubernetes.tokens import Tokens
from yarl import URL

from secrets_operator.flow import Query, SecretBytes
from secrets_operator.provider import Failed, Found, Reference, Rejected, RemoteEntry, RetrySettings
from secrets_operator.provider.memory import MemoryHost, push_of

VALUE = Found(SecretBytes(b'{"k":"v"}'))
SECRET = b'{"kind":"Secret","metadata":{"name":"app"},"data":{"k":"dg=="}}'
Play = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
async def test_trouble_fails_the_read_and_the_next_one_works(
    place: Any, open_session: Any, fetch: Any, status: int
) -> None:
    await place.put("app", {"k": b"v"})
    session = await open_session()
    place.cluster.fail_requests(status, path="secrets/app")
    assert isinstance(await fetch(session, "app"), Failed)
    assert await fetch(session, "app") == VALUE


async def test_the_wait_the_server_asks_for_is_passed_on_and_the_throttle_counts(
    place: Any, token: str, open_session: Any, fetch: Any
) -> None:
    host = MemoryHost(secrets={("default", "login"): {"token": token}})
    session = await open_session(host=host)
    place.cluster.fail_requests(429, path="secrets/app", headers={"Retry-After": "7"})
    assert (await fetch(session, "app")).after == 7.0
    place.cluster.fail_requests(503, path="secrets/app")
    await fetch(session, "app")
    assert host.throttles["Kubernetes"] == 1


async def test_retry_settings_have_no_effect(place: Any, token: str, open_session: Any, fetch: Any) -> None:
    secrets, retry = {("default", "login"): {"token": token}}, RetrySettings(5, 0.0)
    await place.put("app", {"k": b"v"})
    session = await open_session(host=MemoryHost(secrets=secrets, retry=retry))
    place.cluster.fail_requests(503, path="secrets/app")
    assert isinstance(await fetch(session, "app"), Failed), "one request, which failed"
    assert await fetch(session, "app") == VALUE


async def test_trouble_while_the_namespace_is_looked_up_is_no_absence(
    place: Any, open_session: Any, fetch: Any
) -> None:
    session = await open_session()
    place.cluster.fail_requests(503, path="namespaces/shop$")
    assert isinstance(await fetch(session, "absent"), Failed)


@asynccontextmanager
async def serving(play: Play) -> AsyncIterator[str]:
    """Serve plain connections that a test plays by hand."""
    server = await asyncio.start_server(play, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def answering(head: bytes, body: bytes, *, reset: bool = False) -> Play:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head + b"\r\n\r\n" + body)
        await writer.drain()
        if reset:
            writer.transport.abort()
        writer.close()

    return play


OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d" % len(SECRET)
PAGE = b"<html>there is no such page</html>"
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: %d" % len(PAGE)


@pytest.mark.parametrize(
    ("play", "kind"),
    [
        pytest.param(answering(OK, SECRET), Found, id="a whole answer"),
        pytest.param(answering(OK, SECRET[:20]), Failed, id="an answer that breaks off"),
        pytest.param(answering(OK, SECRET[:20], reset=True), Failed, id="a reset in the middle"),
        pytest.param(answering(b"", b"", reset=True), Failed, id="a reset before the answer"),
        pytest.param(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 20", SECRET[:20]), Failed, id="half a document"),
        pytest.param(answering(b"220 mail.example.com ESMTP", b""), Failed, id="not HTTP at all"),
        pytest.param(answering(NOT_FOUND, PAGE), Rejected, id="a page of a proxy"),
    ],
)
async def test_damage_on_the_way_is_no_absence(
    place: Any, open_session: Any, fetch: Any, play: Play, kind: type
) -> None:
    async with serving(play) as url:
        session = await open_session(place.store(server={"url": url}))
        assert isinstance(await fetch(session, "app"), kind)
        if kind is not Found:
            assert isinstance(await session.find(Query(name="a")), kind)


ABSENT = (
    b'{"kind":"Status","status":"Failure","reason":"NotFound","details":{"name":"app","kind":"secrets"},"code":404}'
)
MISSING = b"HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: %d" % len(ABSENT)


@pytest.mark.parametrize(
    ("reading", "writing", "expected"),
    [
        pytest.param(answering(OK, SECRET[:20], reset=True), None, Failed, id="reset while it is read"),
        pytest.param(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 20", SECRET[:20]), None, Failed, id="half is read"),
        pytest.param(answering(NOT_FOUND, PAGE), None, Rejected, id="a page of a proxy is read"),
        pytest.param(
            answering(MISSING, ABSENT), answering(b"", b"", reset=True), Failed, id="reset while it is written"
        ),
        pytest.param(answering(MISSING, ABSENT), answering(NOT_FOUND, PAGE), Rejected, id="a proxy answers the write"),
        pytest.param(answering(MISSING, ABSENT), answering(OK, SECRET[:20]), Failed, id="the answer to it breaks off"),
    ],
)
async def test_damage_on_the_way_of_a_push_is_told(
    place: Any, open_session: Any, reading: Play, writing: Play | None, expected: type
) -> None:
    asked: list[Play] = [reading, writing or reading]

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked.pop(0)(reader, writer)

    async with serving(play) as url:
        session = await open_session(place.store(server={"url": url}))
        answer = await session.pushing.push(push_of(RemoteEntry("app", "k"), {"k": b"v-1"}, "k"))
        assert isinstance(answer, expected)


async def test_a_server_that_is_gone_is_no_answer(place: Any, open_session: Any, fetch: Any) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{unused.getsockname()[1]}"
        session = await open_session(place.store(server={"url": url}))
        assert await fetch(session, "app") == Failed("the API server cannot be reached: check server.url")


@pytest.mark.parametrize(
    "beginning", [pytest.param(b"", id="no head"), pytest.param(OK + b"\r\n\r\n{", id="half a body")]
)
async def test_a_server_that_is_slow_anywhere_is_given_up(beginning: bytes) -> None:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(beginning)
        await reader.read()  # until the client hangs up
        writer.close()

    calls: list[tuple[str, bool]] = []
    async with serving(play) as url:
        access = Access(URL(url))
        tls = await asyncio.to_thread(tls_of, access)
        client = Client(access, tls, Tokens(None), lambda call, ok, _: calls.append((call, ok)), seconds=0.3)
        session = KubernetesSession(client, "shop", Places("shop", others=False))
        try:
            answers = await session.fetch([Reference("app")])
        finally:
            await session.close()
    assert answers == [Failed("the API server does not answer in time")]
    assert calls == [("GetSecret", False)]
