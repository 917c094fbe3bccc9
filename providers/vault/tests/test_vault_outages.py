"""Outages, throttling and certificates: never an answer that would remove something."""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from secrets_operator_vault.answer_bodies import body_of
from secrets_operator_vault.logins.ticket import Surroundings
from secrets_operator_vault.provider import VaultProvider

from devvault import BodyFault, DevVault, Fault
from secrets_operator.errors import Retryable
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Absent, Failed, Found, Reference
from secrets_operator.provider.memory import MemoryHost

VALUE = Found(SecretBytes(b'{"n":"1"}'))


@pytest.mark.parametrize("status", [412, 429, 472, 473, 500, 501, 502, 503])
async def test_trouble_fails_the_read_and_the_next_one_works(
    *, place: Any, kv2: str, spec: Any, open_session: Any, fetch: Any, stand_in: Any, status: int
) -> None:
    await place.put(f"{kv2}/data/a", {"data": {"n": "1"}})
    session = await open_session(spec)
    stand_in.fail("/data/a$", status)
    assert isinstance(await fetch(session, "a"), Failed)
    assert await fetch(session, "a") == VALUE


@pytest.mark.parametrize("broken", [BodyFault.RESET, BodyFault.CUT, BodyFault.INVALID])
async def test_an_answer_that_breaks_off_is_none(
    *, place: Any, kv2: str, spec: Any, open_session: Any, fetch: Any, stand_in: Any, broken: BodyFault
) -> None:
    await place.put(f"{kv2}/data/a", {"data": {"n": "1"}})
    session = await open_session(spec)
    stand_in.add_fault(Fault("/data/a$", body=broken))
    assert isinstance(await fetch(session, "a"), Failed)
    assert await fetch(session, "a") == VALUE


def test_an_answer_that_trickles_ends_in_time() -> None:
    """Byte by byte the server never falls silent, so that only a limit for the whole of it helps."""
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as pool:
        trickling = pool.submit(trickle, listening)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        response = requests.get(url, stream=True, timeout=5)
        with response, pytest.raises(requests.exceptions.ReadTimeout):
            body_of(response, longest=0.3)
        trickling.result(10)


def trickle(listening: socket.socket) -> None:
    """Answer one request a byte at a time until the client is gone."""
    connection, _ = listening.accept()
    with connection, suppress(OSError):
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            connection.sendall(b"{")
            time.sleep(0.02)


async def test_the_wait_the_server_asks_for_is_passed_on_and_the_throttle_counts(
    spec: Any, open_session: Any, fetch: Any, stand_in: Any, host: MemoryHost
) -> None:
    session = await open_session(spec)
    before = host.throttles.total()
    stand_in.add_fault(Fault("/data/a$", 429, headers={"Retry-After": "7"}))
    assert (await fetch(session, "a")).after == 7.0
    assert host.throttles.total() > before


async def test_one_failing_read_leaves_the_others_alone(
    place: Any, kv2: str, spec: Any, open_session: Any, stand_in: Any
) -> None:
    await place.put(f"{kv2}/data/a", {"data": {"n": "1"}})
    session = await open_session(spec)
    stand_in.fail("/data/b$", 500)
    answers = await session.fetch([Reference("a"), Reference("b"), Reference("c")])
    assert [type(answer) for answer in answers] == [Found, Failed, Absent]


async def test_a_slow_read_holds_up_nobody(place: Any, kv2: str, spec: Any, open_session: Any, stand_in: Any) -> None:
    await place.put(f"{kv2}/data/a", {"data": {"n": "1"}})
    session = await open_session(spec)
    stand_in.fail("/data/slow$", delay=1.0)
    slow = asyncio.create_task(session.fetch([Reference("slow")]))
    await asyncio.wait_for(session.fetch([Reference("a")]), 0.8)
    assert await slow == [Absent()]


@pytest.mark.parametrize("status", [500, 429])
async def test_trouble_at_login_is_tried_again(
    place: Any, spec: Any, open_session: Any, stand_in: Any, status: int
) -> None:
    mount, role_id, secret_id = await place.app_role()
    secret_ref = {"name": "vault", "key": "secret"}
    used = {**spec, "auth": {"appRole": {"path": mount, "roleId": role_id, "secretRef": secret_ref}}}
    stand_in.fail("/login$", status)
    with pytest.raises(Retryable):
        await open_session(used, secret={"secret": secret_id})
    await (await open_session(used, secret={"secret": secret_id})).validate()


async def test_trouble_at_validation_is_no_verdict(spec: Any, open_session: Any, stand_in: Any) -> None:
    session = await open_session(spec)
    stand_in.fail("lookup-self", 503)
    with pytest.raises(Retryable):
        await session.validate()
    await session.validate()


async def test_a_server_that_is_gone_is_no_answer(open_session: Any, fetch: Any, spec: Any) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        session = await open_session({**spec, "server": f"http://127.0.0.1:{unused.getsockname()[1]}"})
        first, second = await fetch(session, "a"), await fetch(session, "a")
        assert first == second == Failed("Vault cannot be reached: check server")
        with pytest.raises(Retryable):
            await session.validate()


async def test_a_server_that_goes_away_does_not_keep_a_session_from_closing(stand_in: Any, place: Any) -> None:
    mount, role_id, secret_id = await place.app_role()
    auth = {"appRole": {"path": mount, "roleId": role_id, "secretRef": {"name": "vault", "key": "secret"}}}
    host = MemoryHost(secrets={("default", "vault"): {"secret": secret_id}})
    session = await VaultProvider(Surroundings({})).open({"server": place.url, "auth": auth}, host)
    stand_in.fail("revoke-self", 500)
    await asyncio.wait_for(session.close(), 3)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A self-signed certificate for loopback, and a server's TLS settings with it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    valid = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), *valid)
    loopback = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.IPv4Address("127.0.0.1"))])
    authority = x509.BasicConstraints(ca=True, path_length=0)
    made = builder.add_extension(loopback, critical=False).add_extension(authority, critical=True)
    folder = tmp_path_factory.mktemp("tls")
    pem, private = folder / "tls.crt", folder / "tls.key"
    pem.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    private.write_bytes(key.private_bytes(*form))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, private)
    return pem, context


@pytest.mark.parametrize(
    ("trust", "times_encoded"),
    [
        pytest.param({}, 1, id="a bundle"),
        pytest.param({}, 2, id="a bundle encoded twice"),
        pytest.param({"caProvider": {"type": "Secret", "name": "gone"}}, 1, id="a bundle, whatever caProvider says"),
        pytest.param({"caProvider": {"type": "Secret", "name": "ca", "key": "ca.crt"}}, 0, id="a Secret"),
        pytest.param({"caProvider": {"type": "ConfigMap", "name": "ca", "key": "ca.crt"}}, 0, id="a ConfigMap"),
    ],
)
async def test_a_server_is_trusted_by_the_certificates_of_the_store(
    certificate: Any, trust: dict[str, Any], times_encoded: int
) -> None:
    file, context = certificate
    bundle = pem = file.read_text()
    for _ in range(times_encoded):
        bundle = base64.b64encode(bundle.encode()).decode()
    chosen = {**trust, "caBundle": bundle} if times_encoded else trust
    async with DevVault(ssl_context=context) as vault:
        secrets = {("default", "vault"): {"token": vault.root_token}, ("default", "ca"): {"ca.crt": pem}}
        host = MemoryHost(secrets=secrets, config_maps={("default", "ca"): {"ca.crt": pem}})
        spec = {"server": vault.url, "auth": {"tokenSecretRef": {"name": "vault", "key": "token"}}, **chosen}
        assert VaultProvider(Surroundings({})).problems(spec, store_kind="SecretStore") == []
        session = await VaultProvider(Surroundings({})).open(spec, host)
        await session.validate()
        await session.close()


async def test_a_server_of_unknown_origin_is_not_trusted(certificate: Any, fetch: Any) -> None:
    _, context = certificate
    async with DevVault(ssl_context=context) as vault:
        host = MemoryHost(secrets={("default", "vault"): {"token": vault.root_token}})
        spec = {"server": vault.url, "auth": {"tokenSecretRef": {"name": "vault", "key": "token"}}}
        session = await VaultProvider(Surroundings({})).open(spec, host)
        answer = await fetch(session, "secret/a")
        assert isinstance(answer, Failed)
        assert "caBundle" in answer.message
        assert vault.log.records == []
        await session.close()


async def redirecting(target: str, context: ssl.SSLContext | None = None) -> web.AppRunner:
    """Start a server that sends every request elsewhere, as a standby node does."""

    async def redirect(request: web.Request) -> web.Response:
        raise web.HTTPTemporaryRedirect(target + request.path)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", redirect)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    return runner


async def test_a_standby_server_may_send_a_read_to_the_active_one(
    *, place: Any, kv2: str, spec: Any, open_session: Any, fetch: Any, stand_in: Any
) -> None:
    await place.put(f"{kv2}/data/a", {"data": {"n": "1"}})
    runner = await redirecting(stand_in.url)
    session = await open_session({**spec, "server": f"http://127.0.0.1:{runner.addresses[0][1]}"})
    assert await fetch(session, "a") == VALUE
    await runner.cleanup()


async def test_a_redirect_never_takes_the_token_out_of_tls(
    *, spec: Any, open_session: Any, fetch: Any, stand_in: Any, certificate: Any
) -> None:
    file, context = certificate
    runner = await redirecting(stand_in.url, context)
    server = f"https://127.0.0.1:{runner.addresses[0][1]}"
    session = await open_session({**spec, "server": server, "caBundle": base64.b64encode(file.read_bytes()).decode()})
    asked_before = len(stand_in.log.records)
    assert isinstance(await fetch(session, "a"), Failed)
    assert len(stand_in.log.records) == asked_before
    await runner.cleanup()
