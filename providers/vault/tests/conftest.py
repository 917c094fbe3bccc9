"""A Vault to test on: the stand-in, or the one that TEST_VAULT_ADDR and TEST_VAULT_TOKEN name."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from blockbuster import blockbuster_ctx
from secrets_operator_vault.provider import VaultProvider

from devvault import DevVault
from secrets_operator.provider import Reference, RetrySettings, Session
from secrets_operator.provider.memory import MemoryHost

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


@dataclass(frozen=True)
class Place:
    """A Vault with an administrator."""

    url: str
    token: str
    session: aiohttp.ClientSession

    async def ask(self, method: str, path: str, body: Any = None, *, token: str = "") -> tuple[int, Any]:
        headers = {"X-Vault-Token": token or self.token}
        async with self.session.request(method, f"{self.url}/v1/{path}", json=body, headers=headers) as response:
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
    async with DevVault(clock=clock) as vault:
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
        retry: RetrySettings | None = None,
    ) -> Session:
        chosen = replace(host, retry=retry)
        if secret is not None:
            chosen = replace(chosen, secrets={("default", "vault"): secret})
        provider = VaultProvider(environ or {})
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
