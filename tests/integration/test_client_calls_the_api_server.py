"""The client over real HTTP: what it sends, how it fails, what it counts, and that it shows no secret."""

from __future__ import annotations

import asyncio
import base64
import ssl
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from secrets_operator.call_rate import CallRate
from secrets_operator.clock import SystemClock
from secrets_operator.flow import SecretBytes
from secrets_operator.kube import errors, tls
from secrets_operator.kube.client import Client
from secrets_operator.kube.connection import Connection
from secrets_operator.kube.credentials import FixedToken, RenewedToken, read_token_file
from secrets_operator.kube.resources import CONFIG_MAPS, EXTERNAL_SECRETS, LEASES, SECRETS
from secrets_operator.kube.session import USER_AGENT
from tests.certificates import Authority
from tests.stub_api_server import StubApiServer, answer, never, status

TOKEN = "s3cr3t-t0ken"


class Ledger:
    """Keeps what the client accounts for."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, str, int]] = []

    def __call__(self, *, verb: str, kind: str, code: int, seconds: float) -> None:
        assert seconds >= 0
        self.entries.append((verb, kind, code))


class Ahead(SystemClock):
    """A clock that a test sets ahead."""

    seconds = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.seconds


def client_to(url: str, **options: Any) -> Client:
    connection = Connection(url, FixedToken(SecretBytes(TOKEN.encode())), tls.context(tls.Trust()))
    return Client(connection, clock=SystemClock(), **options)


async def test_a_call_carries_token_agent_and_media_types_and_returns_the_object() -> None:
    async with StubApiServer() as server, client_to(server.url) as client:
        server.put("db", "team", data={"k": "dg=="})
        found = await client.get(SECRETS, "team", "db")
        assert found["data"] == {"k": "dg=="}
        server.script("patch", answer(200, {"kind": "Secret"}))
        await client.apply(SECRETS, "team", "db", {"data": {"k": "dg=="}}, manager="op")
    read, write = server.seen
    assert read.headers["authorization"] == f"Bearer {TOKEN}"
    assert read.headers["user-agent"] == USER_AGENT
    assert USER_AGENT.startswith("secrets-operator/0.")
    assert "content-type" not in read.headers
    assert write.headers["content-type"] == "application/apply-patch+yaml"
    assert write.query == {"fieldManager": "op", "force": "true"}
    assert orjson.loads(write.body) == {"data": {"k": "dg=="}}


CALLS: dict[str, tuple[Callable[[Client], Awaitable[Any]], str, str]] = {
    "create": (lambda c: c.create(SECRETS, "team", {}, manager="op"), "POST", "/api/v1/namespaces/team/secrets"),
    "patch": (
        lambda c: c.patch(EXTERNAL_SECRETS, "team", "db", {}, subresource="status"),
        "PATCH",
        "/apis/external-secrets.io/v1/namespaces/team/externalsecrets/db/status",
    ),
    "delete": (lambda c: c.delete(SECRETS, "team", "db", uid="u"), "DELETE", "/api/v1/namespaces/team/secrets/db"),
    "version": (lambda c: c.version(), "GET", "/version"),
    "list": (lambda c: c.list(SECRETS, limit=2), "GET", "/api/v1/secrets"),
}


@pytest.mark.parametrize("name", CALLS)
async def test_each_call_reaches_its_path(name: str) -> None:
    call, method, path = CALLS[name]
    async with StubApiServer() as server, client_to(server.url) as client:
        server.script("any", answer(200, {"kind": "Any", "metadata": {}}))
        await call(client)
    assert [seen.path for seen in server.seen] == [path]
    assert server.seen[0].verb == ({"list": "list"}.get(name) or method.lower())


async def test_readiness_is_a_yes_or_a_no_and_never_an_error() -> None:
    async with StubApiServer() as server, client_to(server.url) as client:
        server.script("any", answer(200, b"ok"), answer(500, b"[-]etcd failed"))
        assert await client.ready()
        assert not await client.ready()
        await server.stop()
        assert not await client.ready()
        await server.start()


async def test_a_token_of_a_service_account_comes_as_a_secret_with_its_end() -> None:
    async with StubApiServer() as server, client_to(server.url) as client:
        body = {"status": {"token": "sa-token", "expirationTimestamp": "2026-01-02T03:04:05Z"}}
        server.script("post", answer(201, body))
        issued = await client.create_token("team", "bot", audiences=["vault"], seconds=600)
        assert issued.token.reveal() == b"sa-token"
        assert issued.expires.isoformat() == "2026-01-02T03:04:05+00:00"
        assert "sa-token" not in repr(issued)
        server.script("post", answer(201, {"status": {}}))
        with pytest.raises(errors.ServerError):
            await client.create_token("team", "bot")


async def test_a_401_is_tried_again_once_with_the_token_that_was_rotated_meanwhile(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("old")
    clock = Ahead()
    credential = RenewedToken(SecretBytes(b"old"), lambda: read_token_file(file), clock=clock)
    ledger = Ledger()
    async with StubApiServer() as server:
        server.put("db", "team")
        server.token = "new"
        connection = Connection(server.url, credential, tls.context(tls.Trust()))
        async with Client(connection, clock=SystemClock(), account=ledger) as client:
            with pytest.raises(errors.Unauthorized):
                await client.get(SECRETS, "team", "db")
            # The file had not changed, so a second attempt would have failed the same way.
            assert len(server.seen) == 1
            file.write_text("new")
            clock.seconds += 2
            await client.get(SECRETS, "team", "db")
    assert ledger.entries == [("get", "Secret", 401), ("get", "Secret", 401), ("get", "Secret", 200)]


async def test_every_request_is_accounted_for_with_verb_kind_and_code() -> None:
    ledger = Ledger()
    async with StubApiServer() as server, client_to(server.url, account=ledger) as client:
        with pytest.raises(errors.NotFound):
            await client.get(SECRETS, "team", "absent")
        await client.list(CONFIG_MAPS)
        server.script("watch", answer(200, b""))
        assert [event async for event in client.watch(CONFIG_MAPS)] == []
        await server.stop()
        with pytest.raises(errors.Unreachable):
            await client.apply(EXTERNAL_SECRETS, "team", "db", {}, manager="op", subresource="status")
        await server.start()
    assert ledger.entries == [
        ("get", "Secret", 404),
        ("list", "ConfigMap", 200),
        ("watch", "ConfigMap", 200),
        ("apply", "ExternalSecret", 0),
    ]


async def test_a_server_that_says_nothing_is_given_up_after_the_timeout() -> None:
    async with StubApiServer() as server, client_to(server.url, timeout=0.2) as client:
        server.script("any", never, never)
        with pytest.raises(errors.Unreachable) as caught:
            await client.get(SECRETS, "team", "db")
        assert caught.value.reason == "TimeoutError"
        with pytest.raises(errors.Unreachable):
            await anext(client.watch(SECRETS))


async def test_no_more_calls_than_allowed_are_under_way_and_watches_do_not_count() -> None:
    running, most = 0, 0

    async def slow(_request: Any) -> Any:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.02)
        running -= 1
        return await answer(200, {"metadata": {}})(_request)

    async with StubApiServer() as server, client_to(server.url, connections=3) as client:
        watches = [client.watch(CONFIG_MAPS) for _ in range(5)]
        waiting = [asyncio.ensure_future(anext(watch)) for watch in watches]
        while server.watches < 5:  # noqa: ASYNC110 - no event announces it
            await asyncio.sleep(0.01)
        server.script("get", *[slow] * 12)
        await asyncio.gather(*[client.get(SECRETS, "team", f"s{index}") for index in range(12)])
        server.bookmark()
        await asyncio.gather(*waiting)
        for watch in watches:
            await watch.aclose()
    assert most == 3


@asynccontextmanager
async def raw_server(payload: bytes, *, linger: bool = False) -> AsyncIterator[str]:
    """Answer every connection with ``payload`` and close it, as a broken server or a stranger on the port would."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(payload)
        await writer.drain()
        if linger:
            await reader.read(1000)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"SSH-2.0-OpenSSH_9.6\r\n", id="another protocol"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Len", id="half a header"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", id="an endless header"),
        pytest.param(HEAD + b"Content-Length: 100\r\n\r\n{}", id="less than announced"),
        pytest.param(HEAD + b"Content-Length: x\r\n\r\n{}", id="a length that is no number"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{", id="half a chunk"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", id="a chunk of no size"),
        pytest.param(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", id="no gzip although it says so"),
        pytest.param(HEAD + b"Content-Length: 3\r\n\r\n[]\n", id="JSON that is no object"),
        pytest.param(HEAD + b"Content-Length: 7\r\n\r\n<html>\n", id="no JSON"),
        pytest.param(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n", id="a redirect"),
        pytest.param(b"HTTP/1.1 101 Switching Protocols\r\n\r\n", id="another protocol from here on"),
    ],
)
async def test_whatever_answers_the_error_is_retryable_and_holds_no_token(payload: bytes) -> None:
    async with raw_server(payload) as url, client_to(url, timeout=2.0) as client:
        for call in (client.get(SECRETS, "team", "db"), client.list(SECRETS), anext(client.watch(SECRETS))):
            with pytest.raises(errors.RetryableApiError) as caught:
                await call
            assert TOKEN not in shown(caught.value)


def shown(error: BaseException) -> str:
    """Return all that a log could show of an error: its traceback and the repr of every chained exception."""
    text = "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))
    return text + (shown(error.__cause__) if error.__cause__ else "")


async def test_a_refused_secret_shows_no_value_in_any_part_of_the_error() -> None:
    said = status(
        422, "Invalid", message="data[k]: hunter2", details={"causes": [{"field": "data[k]", "message": "hunter2"}]}
    )
    value = base64.b64encode(b"hunter2").decode()
    async with StubApiServer() as server, client_to(server.url) as client:
        server.script("patch", answer(422, said))
        with pytest.raises(errors.Invalid) as caught:
            await client.apply(SECRETS, "team", "db", {"data": {"k": value}}, manager="op")
    assert "hunter2" not in shown(caught.value)
    assert value not in shown(caught.value)
    assert "data[k]" in str(caught.value)


@asynccontextmanager
async def tls_server(context: ssl.SSLContext) -> AsyncIterator[str]:
    body = b'{"metadata": {}}'

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def serving_context(authority: Authority, folder: Path, name: str) -> ssl.SSLContext:
    pair = authority.issue(name)
    (folder / "pair.pem").write_bytes(pair.certificate + pair.key)
    (folder / "ca.pem").write_bytes(authority.certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "pair.pem")
    context.load_verify_locations(folder / "ca.pem")
    return context


@pytest.mark.parametrize(
    ("trust", "expected"),
    [
        pytest.param(lambda own, _: tls.Trust(ca_data=own), None, id="the right CA"),
        pytest.param(lambda _, other: tls.Trust(ca_data=other), errors.Unreachable, id="another CA"),
        pytest.param(lambda _, __: tls.Trust(), errors.Unreachable, id="the machine's CAs"),
        pytest.param(lambda _, __: tls.Trust(insecure=True), None, id="no verification"),
        pytest.param(
            lambda own, _: tls.Trust(ca_data=own, server_name="kubernetes"), None, id="the certificate's name"
        ),
        pytest.param(
            lambda own, _: tls.Trust(ca_data=own, server_name="other"), errors.Unreachable, id="a name it does not have"
        ),
    ],
)
async def test_only_a_server_that_the_ca_vouches_for_is_talked_to(
    trust: Callable[[str, str], tls.Trust], expected: type[errors.ApiError] | None, tmp_path: Path
) -> None:
    authority = Authority()
    trusted = trust(authority.certificate.decode(), Authority().certificate.decode())
    async with tls_server(serving_context(authority, tmp_path, "kubernetes")) as url:
        connection = Connection(url, FixedToken(), tls.context(trusted), server_name=trusted.server_name)
        async with Client(connection, clock=SystemClock()) as client:
            if expected is None:
                assert await client.version() == {"metadata": {}}
            else:
                with pytest.raises(expected):
                    await client.version()


async def test_a_client_certificate_is_presented(tmp_path: Path) -> None:
    authority = Authority()
    serving = serving_context(authority, tmp_path, "kubernetes")
    serving.verify_mode = ssl.CERT_REQUIRED
    pair = authority.issue("me")
    trust = tls.Trust(ca_data=authority.certificate.decode())
    async with tls_server(serving) as url:
        for certificate in (tls.ClientCertificate(pair.certificate, SecretBytes(pair.key)), None):
            context = await asyncio.to_thread(tls.context, trust, certificate)
            connection = Connection(url, FixedToken(), context)
            async with Client(connection, clock=SystemClock()) as client:
                if certificate is not None:
                    assert await client.version() == {"metadata": {}}
                else:
                    with pytest.raises(errors.Unreachable):
                        await client.version()


async def test_calls_wait_for_their_turn_and_those_about_leases_do_not() -> None:
    # After the first one, the next turn is in a quarter of an hour.
    rate = CallRate(0.001, now=SystemClock().monotonic, burst=1)
    async with StubApiServer() as server, client_to(server.url, rate=rate) as client:
        server.put("db", "team")
        await client.get(SECRETS, "team", "db")
        waiting = asyncio.create_task(client.get(SECRETS, "team", "db"))
        with pytest.raises(errors.NotFound):
            await client.get(LEASES, "team", "replica")
        assert not waiting.done()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert server.count("get") == 2
