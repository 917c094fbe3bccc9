"""A Vault to test on: the stand-in, or the one that TEST_VAULT_ADDR and TEST_VAULT_TOKEN name."""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import os
import ssl
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from blockbuster import blockbuster_ctx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc import jwt
from joserfc.jwk import RSAKey
from secrets_operator_vault.logins.ticket import Surroundings
from secrets_operator_vault.provider import VaultProvider

from devvault import DevVault
from secrets_operator.clock import SystemClock
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Reference, RetrySettings, Session
from secrets_operator.provider.memory import MemoryHost

# Tests of single calls do not wait for further attempts.
ONCE = RetrySettings(0)
Open = Callable[..., Awaitable[Session]]


@pytest.fixture(autouse=True)
def _no_blocking_calls() -> Iterator[None]:
    """Fail any test in which the plug-in blocks the event loop."""
    with blockbuster_ctx("secrets_operator_vault"):
        yield


class SteppedClock:
    """A clock that moves only when told."""

    def __init__(self) -> None:
        self._now = datetime(2026, 12, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)

    def to_now(self) -> None:
        """Show the time of the machine, for tokens that are signed elsewhere."""
        self._now = SystemClock().now()


@dataclass(frozen=True)
class Place:
    """A Vault with an administrator."""

    url: str
    token: str
    session: aiohttp.ClientSession
    trust: ssl.SSLContext | None = None

    async def ask(self, method: str, path: str, body: Any = None, *, token: str = "") -> tuple[int, Any]:
        headers = {"X-Vault-Token": token or self.token}
        async with self.session.request(
            method, f"{self.url}/v1/{path}", json=body, headers=headers, ssl=self.trust or True
        ) as response:
            return response.status, await response.json() if await response.read() else None

    async def mount(self, version: str) -> str:
        """Mount an engine of its own for one test."""
        name = f"test-{uuid.uuid4().hex[:12]}"
        status, _ = await self.ask("POST", f"sys/mounts/{name}", {"type": "kv", "options": {"version": version}})
        assert status == 204
        return name

    async def put(self, path: str, body: Mapping[str, Any]) -> None:
        """Write to a path; an engine of version 2 takes a moment before it accepts that."""
        async with asyncio.timeout(10):
            while (await self.ask("POST", path, body))[0] not in (200, 204):  # noqa: ASYNC110 - it is a server's state
                await asyncio.sleep(0.1)

    async def token_for(self, *paths: str, **options: Any) -> str:
        """Make a token that may read the paths."""
        name = f"test-{uuid.uuid4().hex[:12]}"
        rules = "\n".join(f'path "{path}" {{ capabilities = ["read"] }}' for path in paths)
        await self.ask("PUT", f"sys/policies/acl/{name}", {"policy": rules or 'path "none" { }'})
        _, made = await self.ask("POST", "auth/token/create", {"policies": [name], **options})
        token: str = made["auth"]["client_token"]
        return token

    async def app_role(self, *paths: str, **options: Any) -> tuple[str, str, str]:
        """Make a login of its own and return its mount, role ID and secret ID."""
        at, policy = f"test-{uuid.uuid4().hex[:12]}", f"test-{uuid.uuid4().hex[:12]}"
        rules = "\n".join(f'path "{path}" {{ capabilities = ["read"] }}' for path in paths)
        await self.ask("PUT", f"sys/policies/acl/{policy}", {"policy": rules})
        await self.ask("POST", f"sys/auth/{at}", {"type": "approle"})
        await self.ask("POST", f"auth/{at}/role/app", {"token_policies": policy, **options})
        _, role = await self.ask("GET", f"auth/{at}/role/app/role-id")
        _, secret = await self.ask("POST", f"auth/{at}/role/app/secret-id", {})
        return at, role["data"]["role_id"], secret["data"]["secret_id"]


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
async def dev(clock: SteppedClock) -> AsyncIterator[DevVault | None]:
    if os.environ.get("TEST_VAULT_ADDR"):
        yield None
        return
    async with DevVault(clock=clock, directory={"jo@example.test": "test-directory-pw"}) as vault:
        yield vault


@pytest.fixture
async def place(dev: DevVault | None) -> AsyncIterator[Place]:
    url = dev.url if dev else os.environ["TEST_VAULT_ADDR"].rstrip("/")
    token = dev.root_token if dev else os.environ["TEST_VAULT_TOKEN"]
    async with aiohttp.ClientSession() as session:
        yield Place(url, token, session)


@pytest.fixture
def stand_in(dev: DevVault | None) -> DevVault:
    """The stand-in, for tests that need its faults, its log or its clock."""
    if dev is None:
        pytest.skip("breaks its Vault or moves its clock, which only the stand-in lets it do, not TEST_VAULT_ADDR")
    return dev


@pytest.fixture
async def kv2(place: Place) -> str:
    return await place.mount("2")


@pytest.fixture
async def kv1(place: Place) -> str:
    return await place.mount("1")


@pytest.fixture
def host(place: Place) -> MemoryHost:
    return MemoryHost(secrets={("default", "vault"): {"token": place.token}})


@pytest.fixture
def spec(place: Place, kv2: str) -> dict[str, Any]:
    """A store on the engine of version 2 with the administrator's token."""
    return {"server": place.url, "path": kv2, "auth": {"tokenSecretRef": {"name": "vault", "key": "token"}}}


@pytest.fixture
async def open_session(host: MemoryHost) -> AsyncIterator[Open]:
    """Open sessions that are closed at the end; keyword `secret` replaces the keys of the Secret `vault`."""
    opened: list[Session] = []

    async def open_(
        spec: Mapping[str, Any],
        *,
        secret: dict[str, str] | None = None,
        environ: Mapping[str, str] | None = None,
        retry: RetrySettings | None = ONCE,
    ) -> Session:
        chosen = replace(host, retry=retry)
        if secret is not None:
            chosen = replace(chosen, secrets={("default", "vault"): secret})
        provider = VaultProvider(Surroundings(environ or {}))
        assert provider.problems(spec, store_kind="SecretStore") == []
        session = await provider.open(spec, chosen)
        opened.append(session)
        return session

    yield open_
    for session in opened:
        await session.close()


async def read(session: Session, key: str, version: str = "", *, metadata: bool = False) -> Any:
    """Return the answer to one reference."""
    (answer,) = await session.fetch([Reference(key, version, metadata)])
    return answer


@pytest.fixture
def fetch() -> Callable[..., Awaitable[Any]]:
    return read


@pytest.fixture
async def policy(place: Any, kv2: str) -> str:
    """A policy that may read the one secret there is."""
    await place.put(f"{kv2}/data/a", {"data": {"n": "1"}})
    rules = f'path "{kv2}/data/*" {{ capabilities = ["read"] }}'
    await place.ask("PUT", f"sys/policies/acl/{kv2}", {"policy": rules})
    return kv2


async def _enabled(place: Any, kind: str, at: str) -> str:
    mount = f"{kind}-{at}"
    assert (await place.ask("POST", f"sys/auth/{mount}", {"type": kind}))[0] == 204
    return mount


@pytest.fixture
def enabled() -> Callable[..., Awaitable[str]]:
    """Enable a login method for one test and return its mount."""
    return _enabled


async def _reads(spec: Any, auth: Any, host: Any, *, surroundings: Surroundings | None = None) -> Any:
    """Log in, read the secret, and return the answer."""
    used = {**spec, "auth": auth}
    provider = VaultProvider(surroundings or Surroundings({}))
    assert provider.problems(used, store_kind=host.store.kind) == []
    session = await provider.open(used, host)
    try:
        await session.validate()
        (answer,) = await session.fetch([Reference("a")])
        return answer
    finally:
        await session.close()


@pytest.fixture
def reads() -> Callable[..., Awaitable[Any]]:
    """Log in by a method, read the secret that ``policy`` made, and return the answer."""
    return _reads


@dataclass
class Accounts(MemoryHost):
    """A host whose service-account tokens are what it is told, and which remembers what was asked."""

    token: str = ""
    asked: list[tuple[str, tuple[str, ...], int]] = field(default_factory=list)

    async def service_account_token(
        self, selector: Mapping[str, Any], *, audiences: Sequence[str], field: str, seconds: int = 3600
    ) -> SecretBytes:
        assert field
        self.asked.append((selector["name"], tuple(audiences), seconds))
        return SecretBytes(self.token.encode())


@pytest.fixture
def accounts() -> type[Accounts]:
    return Accounts


@dataclass(frozen=True)
class Signer:
    """A key whose tokens a login method of Vault trusts."""

    private: rsa.RSAPrivateKey
    private_pem: str
    public_pem: str

    def token(self, role: str) -> str:
        now = SystemClock().now()
        claims = {
            "iss": "test",
            "sub": "app@test",
            "aud": f"vault/{role}",
            "iat": now,
            "exp": now + timedelta(minutes=10),
        }
        return jwt.encode({"alg": "RS256"}, claims, RSAKey.import_key(self.private_pem))


@pytest.fixture(scope="session")
def signer() -> Signer:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    spki = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return Signer(key, key.private_bytes(*form).decode(), key.public_key().public_bytes(*spki).decode())


@pytest.fixture
async def jwt_mount(place: Any, policy: str, signer: Signer, clock: Any) -> str:
    """A method of type jwt with a role app, which is the default as well."""
    clock.to_now()
    mount = await _enabled(place, "jwt", policy)
    config = {"jwt_validation_pubkeys": signer.public_pem, "default_role": "app"}
    assert (await place.ask("POST", f"auth/{mount}/config", config))[0] == 204
    bound = {"role_type": "jwt", "user_claim": "sub", "bound_audiences": "vault/app", "token_policies": policy}
    assert (await place.ask("POST", f"auth/{mount}/role/app", bound))[0] in (200, 204)
    return mount


@dataclass(frozen=True)
class Certificates:
    """An authority, a server's certificate and a client's that it signed, in PEM form; the server's as a file too."""

    authority: str
    server: Path
    client: str
    client_key: str

    @property
    def bundle(self) -> str:
        return base64.b64encode(self.authority.encode()).decode()

    def server_context(self, mode: ssl.VerifyMode) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server)
        context.load_verify_locations(cadata=self.authority)
        context.verify_mode = mode
        return context


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    key = ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("authority", key, None, key)
    made = {}
    for name in ("server", "client"):
        own = ec.generate_private_key(ec.SECP256R1())
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        made[name] = _pem(_certificate(name, own, authority.subject, key)), own.private_bytes(*form).decode()
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    file.write_text("".join(made["server"]))
    return Certificates(_pem(authority), file, *made["client"])


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: x509.Name | None, signer: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    valid = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    serial = x509.random_serial_number()
    builder = x509.CertificateBuilder(issuer or subject, subject, key.public_key(), serial, *valid)
    loopback = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.IPv4Address("127.0.0.1"))])
    basic = x509.BasicConstraints(ca=issuer is None, path_length=None)
    return (
        builder.add_extension(loopback, critical=False)
        .add_extension(basic, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
