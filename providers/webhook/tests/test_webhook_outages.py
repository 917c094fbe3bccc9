"""Outages, throttling and damage on the way: never an answer that would remove something, and nothing private in it."""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from devcluster.certificates import new_authority, server_context
from secrets_operator_webhook.errors import NETWORK, RETRIED, error_for, meaning_of

from secrets_operator.errors import Refused, Retryable, Terminal, Unsure
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Failed, Found, Rejected, RetrySettings
from secrets_operator.provider.http_failures import HttpFailure
from secrets_operator.provider.memory import MemoryHost

VALUE = Found(SecretBytes(b"value-93ab"))
NOW = 1_750_000_000.0
Play = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def test_every_failure_of_the_network_has_a_sentence() -> None:
    assert NETWORK.keys() == set(HttpFailure)


def test_every_status_has_a_meaning() -> None:
    for status in (*range(300, 404), *range(405, 600)):
        error, retried = error_for(status, 7.0), meaning_of(status) in RETRIED
        assert isinstance(error, Retryable) is retried
        assert isinstance(error, Refused) is (status == 401)
        assert isinstance(error, Terminal) is not retried
        assert retried is (status in {408, 425, 429} or status >= 500)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
async def test_trouble_fails_the_read_and_the_next_one_works(
    api: Any, open_session: Any, fetch: Any, status: int
) -> None:
    session = await open_session({"url": api.url})
    api.says(b"t0ken-private", status, Retry_After="7")
    answer = await fetch(session)
    assert isinstance(answer, Failed)
    assert (answer.after, "private" in answer.message) == (7.0, False)
    api.answer = api.found
    assert await fetch(session) == VALUE


@pytest.mark.parametrize(("status", "throttles"), [(429, 1), (503, 0), (200, 0)])
async def test_being_told_to_slow_down_counts(
    api: Any, open_session: Any, fetch: Any, status: int, throttles: int
) -> None:
    host = MemoryHost()
    session = await open_session({"url": api.url}, host=host)
    api.says(b"{}", status)
    await fetch(session)
    assert host.throttles["Webhook"] == throttles


@pytest.mark.parametrize(
    ("status", "credentials"), [(400, False), (401, True), (403, False), (304, False), (300, False)]
)
async def test_a_refusal_is_no_absence(api: Any, open_session: Any, fetch: Any, status: int, credentials: bool) -> None:
    api.says(b"t0ken-private", status)
    answer = await fetch(await open_session({"url": api.url}))
    assert isinstance(answer, Rejected)
    assert (answer.credentials, "private" in answer.message) == (credentials, False)


@asynccontextmanager
async def playing(play: Play) -> AsyncIterator[str]:
    """Serve plain connections that a test plays by hand."""
    server = await asyncio.start_server(play, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def answering(text: bytes, *, reset: bool = False) -> Play:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(text)
        await writer.drain()
        if reset:
            writer.transport.abort()
        writer.close()

    return play


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n"


@pytest.mark.parametrize(
    ("play", "kind"),
    [
        pytest.param(answering(OK + b'{"text": "0123456"}\n'), Found, id="a whole answer"),
        pytest.param(answering(OK + b'{"text": "01'), Failed, id="an answer that breaks off"),
        pytest.param(answering(OK + b'{"text": "01', reset=True), Failed, id="a reset in the middle"),
        pytest.param(answering(b"", reset=True), Failed, id="a reset before the answer"),
        pytest.param(answering(b"220 mail.example.com\r\n\r\n"), Failed, id="not HTTP at all"),
        pytest.param(
            answering(b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n" + b'{"text": "01'), Rejected, id="half JSON"
        ),
    ],
)
async def test_damage_on_the_way_is_no_absence(open_session: Any, fetch: Any, play: Play, kind: type) -> None:
    async with playing(play) as url:
        assert isinstance(await fetch(await open_session({"url": url, "result": {"jsonPath": "$.text"}})), kind)


@pytest.mark.parametrize("where", ["headers", "body"])
async def test_a_server_that_is_slow_anywhere_is_given_up(open_session: Any, fetch: Any, where: str) -> None:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n" if where == "headers" else OK + b"{")
        await reader.read()  # until the client hangs up
        writer.close()

    async with playing(play) as url:
        session = await open_session({"url": url, "timeout": "300ms"})
        # Half of what it would be without the store's own.
        async with asyncio.timeout(10):
            assert await fetch(session) == Failed("the server does not answer in time")


async def test_the_timeout_of_the_operator_bounds_that_of_the_store(open_session: Any, fetch: Any) -> None:
    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # until the client hangs up
        writer.close()

    async with playing(never) as url:
        session = await open_session({"url": url, "timeout": "1h"}, environ={"SECRETS_OPERATOR_WEBHOOK_TIMEOUT": "0.3"})
        assert await fetch(session) == Failed("the server does not answer in time")


async def test_an_answer_that_is_too_large_is_refused(api: Any, open_session: Any, fetch: Any) -> None:
    api.says(b"x" * 101)
    session = await open_session({"url": api.url}, environ={"SECRETS_OPERATOR_WEBHOOK_MAX_BYTES": "100"})
    assert await fetch(session) == Rejected("the answer is larger than 100 bytes")
    api.says(b"x" * 100)
    assert isinstance(await fetch(session), Found)


async def test_a_compressed_answer_is_refused(api: Any, open_session: Any, fetch: Any) -> None:
    api.says(b"x", Content_Encoding="gzip")
    assert isinstance(await fetch(await open_session({"url": api.url})), Rejected)


async def test_retry_settings_have_no_effect(api: Any, open_session: Any, fetch: Any) -> None:
    api.says(b"busy", 503)
    session = await open_session({"url": api.url}, host=MemoryHost(retry=RetrySettings(5, 0.0)))
    assert isinstance(await fetch(session), Failed)
    assert len(api.asked) == 1


# --- TLS and the check of a store ---


async def test_a_server_is_trusted_by_the_certificates_of_the_store(
    serve: Any, api: Any, open_session: Any, fetch: Any
) -> None:
    authority, other = new_authority(NOW), new_authority(NOW)
    async with serve(api.handle, tls=server_context(authority, NOW)) as url:
        for chosen, trusted in ((authority, True), (other, False)):
            bundle = base64.b64encode(chosen.certificate_pem.encode()).decode()
            answer = await fetch(await open_session({"url": url, "caBundle": bundle}))
            assert (answer == VALUE) is trusted
            if not trusted:
                assert answer.message.startswith("no TLS connection to the server")


async def test_old_versions_of_tls_are_not_spoken(serve: Any, api: Any, open_session: Any, fetch: Any) -> None:
    authority = new_authority(NOW)
    context = server_context(authority, NOW)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLS"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLS"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    bundle = base64.b64encode(authority.certificate_pem.encode()).decode()
    async with serve(api.handle, tls=context) as url:
        assert isinstance(await fetch(await open_session({"url": url, "caBundle": bundle})), Failed)


async def test_the_check_of_a_store_connects_and_asks_nothing(api: Any, open_session: Any) -> None:
    session = await open_session({"url": api.url + '/{{ .remoteRef.key }}?a={{ index .x "y/z" }}'})
    await session.validate()
    assert api.asked == []


async def test_a_server_that_is_gone_is_no_answer(open_session: Any, fetch: Any) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        session = await open_session({"url": f"http://127.0.0.1:{unused.getsockname()[1]}"})
        assert await fetch(session) == Failed("the server cannot be reached: check url")
        with pytest.raises(Retryable):
            await session.validate()


@pytest.mark.parametrize(
    ("url", "error"),
    [
        pytest.param("https://{{ .remoteRef.key }}.example.com/x", Unsure, id="the host is a template"),
        pytest.param("{{ .login.url }}", Unsure, id="all of it is one"),
        pytest.param("ftp://example.com", Refused, id="another scheme"),
        pytest.param("no url", Unsure, id="no host"),
    ],
)
async def test_what_cannot_be_tried_is_said(open_session: Any, url: str, error: type[Exception]) -> None:
    session = await open_session({"url": url})
    with pytest.raises(error):
        await session.validate()
