"""Fixtures: a stand-in with a clock that tests steer, and a small client that shows status and body."""

import ipaddress
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from blockbuster import blockbuster_ctx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from devvault import DevVault


@pytest.fixture(autouse=True)
def _no_blocking_calls() -> Iterator[None]:
    """Fail any test whose event loop is blocked by the stand-in."""
    with blockbuster_ctx("devvault"):
        yield


class SteppedClock:
    """A clock that moves only when told."""

    def __init__(self) -> None:
        # After the moment the recorded tokens were made, before the long-lived one expires.
        self._now = datetime(2026, 12, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any

    @property
    def data(self) -> Any:
        return self.body["data"]

    @property
    def errors(self) -> list[str]:
        found: list[str] = self.body["errors"]
        return found


class Client:
    """Sends requests with the root token unless told otherwise."""

    def __init__(self, session: aiohttp.ClientSession, vault: DevVault) -> None:
        self._session = session
        self._vault = vault

    async def __call__(self, method: str, path: str, body: Any = None, *, token: str | None = None) -> Reply:
        headers = {"X-Vault-Token": self._vault.root_token if token is None else token}
        url = f"{self._vault.url}/v1/{path}"
        async with self._session.request(method, url, json=body, headers=headers) as response:
            raw = await response.read()
            return Reply(response.status, await response.json() if raw else "")

    async def token(self, **options: Any) -> str:
        """Make a token and return it."""
        reply = await self("POST", "auth/token/create", options)
        assert reply.status == 200, reply.errors
        made: str = reply.body["auth"]["client_token"]
        return made

    async def policy(self, name: str, text: str) -> None:
        assert (await self("PUT", f"sys/policies/acl/{name}", {"policy": text})).status == 204


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
async def vault(clock: SteppedClock) -> AsyncIterator[DevVault]:
    async with DevVault(clock=clock, directory={"Jo": "test-pw"}) as running:
        yield running


@pytest.fixture
async def client(vault: DevVault) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as session:
        yield Client(session, vault)


@dataclass(frozen=True)
class Certificates:
    """PEM files: an authority, and certificates with their keys that it signed."""

    authority: Path
    server: Path
    client: Path


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("authority", key, None, key)
    (folder / "authority.pem").write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    for name in ("server", "app-1"):
        own = ec.generate_private_key(ec.SECP256R1())
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        signed = _certificate(name, own, authority.subject, key).public_bytes(serialization.Encoding.PEM)
        (folder / f"{name}.pem").write_bytes(signed + own.private_bytes(*form))
    return Certificates(folder / "authority.pem", folder / "server.pem", folder / "app-1.pem")


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: x509.Name | None, signer: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    valid = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    serial = x509.random_serial_number()
    builder = x509.CertificateBuilder(issuer or subject, subject, key.public_key(), serial, *valid)
    loopback = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.IPv4Address("127.0.0.1"))])
    basic = x509.BasicConstraints(ca=issuer is None, path_length=None)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    signed_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    extended = builder.add_extension(loopback, critical=False).add_extension(basic, critical=True)
    return (
        extended.add_extension(identifier, critical=False)
        .add_extension(signed_by, critical=False)
        .sign(signer, hashes.SHA256())
    )
