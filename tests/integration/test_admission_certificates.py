"""The certificate of the admission server: made, renewed, shared, trusted, and changed while requests are served."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography import x509

from devcluster import Cluster
from secrets_operator.clock import SystemClock
from secrets_operator.errors import Terminal
from secrets_operator.flow import Object, SecretBytes
from secrets_operator.kube import connection
from secrets_operator.kube.client import Client
from secrets_operator.kube.resources import NAMESPACES, SECRETS, VALIDATING_WEBHOOK_CONFIGURATIONS
from secrets_operator.serving.certificate_sources import CertificateFolder, CertificateSecret
from secrets_operator.serving.http import Address
from secrets_operator.serving.tls_server import ServingCertificate, TlsServer, serving_context
from secrets_operator.settings import Settings
from tests.certificates import Authority, Pair
from tests.cluster_world import free_port
from tests.hand_clock import HandClock

NAMESPACE = "operator"
SETTINGS = Settings(namespace=NAMESPACE)
SECRET = SETTINGS.admission_secret
NAMESPACE_MANIFEST = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    async with Cluster() as cluster:
        file = tmp_path / "kubeconfig"
        await cluster.write_kubeconfig(file)
        found = await asyncio.to_thread(connection.from_kubeconfig, str(file), clock=SystemClock())
        async with Client(found, clock=SystemClock()) as running:
            await running.create(NAMESPACES, "", NAMESPACE_MANIFEST)
            yield running


async def configure(client: Client) -> None:
    webhook = {
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "clientConfig": {"service": {"name": SETTINGS.admission_service, "namespace": NAMESPACE}},
    }
    resource = VALIDATING_WEBHOOK_CONFIGURATIONS
    body = {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": {"name": SETTINGS.admission_configuration},
        "webhooks": [{**webhook, "name": f"{name}.example.test"} for name in ("one", "two")],
    }
    await client.create(resource, "", body)


async def bundles(client: Client) -> list[list[x509.Certificate]]:
    found = await client.get(VALIDATING_WEBHOOK_CONFIGURATIONS, "", SETTINGS.admission_configuration)
    texts = [base64.b64decode(one["clientConfig"].get("caBundle", "")) for one in found["webhooks"]]
    return [x509.load_pem_x509_certificates(text) for text in texts]


def leaf(certificate: ServingCertificate) -> x509.Certificate:
    return x509.load_pem_x509_certificate(certificate.chain)


async def test_replicas_that_start_together_share_one_certificate(client: Client) -> None:
    clock = HandClock()
    made = await asyncio.gather(*(CertificateSecret(client, SETTINGS, clock).current() for _ in range(3)))
    assert made[0] == made[1] == made[2]
    names = leaf(made[0]).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert f"secrets-operator-admission.{NAMESPACE}.svc" in names.get_values_for_type(x509.DNSName)


async def test_its_authority_is_written_into_every_webhook_and_again_when_it_is_lost(client: Client) -> None:
    await configure(client)
    source = CertificateSecret(client, SETTINGS, HandClock())
    certificate = leaf(await source.current())
    for bundle in await bundles(client):
        certificate.verify_directly_issued_by(bundle[0])
    found = await client.get(VALIDATING_WEBHOOK_CONFIGURATIONS, "", SETTINGS.admission_configuration)
    for webhook in found["webhooks"]:
        webhook["clientConfig"].pop("caBundle")
    change = {"webhooks": found["webhooks"]}
    await client.patch(VALIDATING_WEBHOOK_CONFIGURATIONS, "", SETTINGS.admission_configuration, change)
    await source.current()
    for bundle in await bundles(client):
        certificate.verify_directly_issued_by(bundle[0])


async def version(client: Client) -> str:
    found: Object = await client.get(SECRETS, NAMESPACE, SECRET)
    return str(found["metadata"]["resourceVersion"])


async def test_nothing_is_written_while_it_has_time(client: Client) -> None:
    clock, before = HandClock(), ""
    source = CertificateSecret(client, SETTINGS, clock)
    first = await source.current()
    before = await version(client)
    clock.pass_by(timedelta(days=59).total_seconds())
    assert await source.current() == first
    assert await version(client) == before


async def test_it_is_renewed_in_time_under_the_same_authority(client: Client) -> None:
    await configure(client)
    clock = HandClock()
    source, other = (CertificateSecret(client, SETTINGS, clock) for _ in range(2))
    first, trusted = await source.current(), await bundles(client)
    clock.pass_by(timedelta(days=61).total_seconds())
    second, third = await asyncio.gather(source.current(), other.current())
    assert second == third
    assert leaf(second).not_valid_after_utc > leaf(first).not_valid_after_utc
    assert await bundles(client) == trusted


async def test_a_new_authority_is_trusted_beside_the_old_one(client: Client) -> None:
    await configure(client)
    clock = HandClock()
    source = CertificateSecret(client, SETTINGS, clock, settling=0.01)
    first = leaf(await source.current())
    clock.pass_by(timedelta(days=2500).total_seconds())
    second = leaf(await source.current())
    for newest, former in await bundles(client):
        second.verify_directly_issued_by(newest)
        first.verify_directly_issued_by(former)
    clock.pass_by(timedelta(days=2500).total_seconds())
    third = leaf(await source.current())
    for newest, former in await bundles(client):
        third.verify_directly_issued_by(newest)
        second.verify_directly_issued_by(former)


async def test_a_secret_of_somebody_else_is_left_alone(client: Client) -> None:
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": SECRET}, "stringData": {"theirs": "kept"}}
    await client.create(SECRETS, NAMESPACE, body)
    before = await version(client)
    with pytest.raises(Terminal, match="delete it and one is made"):
        await CertificateSecret(client, SETTINGS, HandClock()).current()
    assert await version(client) == before


async def test_a_folder_without_certificates_is_named(tmp_path: Path) -> None:
    with pytest.raises(Terminal, match=r"has no tls\.crt and tls\.key"):
        await CertificateFolder(tmp_path).current()


async def test_a_folder_is_read_anew_each_time(tmp_path: Path) -> None:
    authority = Authority()
    for pair in (authority.issue("one.test"), authority.issue("two.test")):
        (tmp_path / "tls.crt").write_bytes(pair.certificate)
        (tmp_path / "tls.key").write_bytes(pair.key)
        found = await CertificateFolder(tmp_path).current()
        assert found == ServingCertificate(pair.certificate, SecretBytes(pair.key))


async def serving(pair: Pair) -> ssl.SSLContext:
    certificate = ServingCertificate(pair.certificate, SecretBytes(pair.key))
    return await asyncio.to_thread(serving_context, certificate)


async def test_a_pair_that_does_not_fit_is_refused() -> None:
    authority = Authority()
    one, two = authority.issue("one.test"), authority.issue("two.test")
    with pytest.raises(ssl.SSLError):
        await serving(Pair(one.certificate, two.key))


async def test_no_request_is_dropped_while_certificates_change() -> None:
    """On new connections and on old ones, and each certificate is served from the moment it is used."""
    authority, address = Authority(), Address("127.0.0.1", free_port())
    pairs = [authority.issue(f"number-{number}.test") for number in range(10)]
    server = TlsServer(address, await serving(pairs[0]))
    trust = await asyncio.to_thread(ssl.create_default_context, cadata=authority.certificate.decode())
    trust.verify_flags &= ~ssl.VERIFY_X509_STRICT
    stop, answered = asyncio.Event(), asyncio.Semaphore(0)

    async def ask(*, reuse: bool) -> None:
        url = f"https://127.0.0.1:{address.port}/validate"
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=not reuse)) as session:
            while not stop.is_set():
                async with session.post(url, json=REVIEW, ssl=trust) as answer:
                    assert await answer.json() == {"response": "uid under-review"}
                answered.release()

    listening = asyncio.ensure_future(_listen(server))
    await _until_listening(address)
    asking = [asyncio.ensure_future(ask(reuse=reuse)) for reuse in (True, False, False)]
    try:
        for number, pair in enumerate(pairs):
            server.use(await serving(pair))
            assert f"number-{number}.test" in await _served_names(address, trust)
            for _ in range(10):
                await asyncio.wait_for(answered.acquire(), 10)
    finally:
        stop.set()
        await asyncio.gather(*asking)
        listening.cancel()
        await asyncio.wait({listening})


REVIEW = {"request": {"object": {"metadata": {"name": "app", "uid": "1"}}, "oldObject": None}}


async def _listen(server: TlsServer) -> None:
    async def answer(review: Any) -> dict[str, str]:
        return {"response": f"uid {review['request']['object']['metadata']['uid']}"}

    async for _ in server(answer):
        pass


async def _until_listening(address: Address) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection(*address)
        except OSError:
            await asyncio.sleep(0.01)
        else:
            writer.close()
            return


async def _served_names(address: Address, trust: ssl.SSLContext) -> set[str]:
    """Return the names of the certificate that a new connection is shown."""
    _, writer = await asyncio.open_connection(*address, ssl=trust, server_hostname="127.0.0.1")
    names = {name for _, name in writer.get_extra_info("peercert")["subjectAltName"]}
    writer.close()
    return names
