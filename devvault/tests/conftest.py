"""Fixtures: a stand-in with a clock that tests steer, and a small client that shows status and body."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from blockbuster import blockbuster_ctx

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
    async with DevVault(clock=clock) as running:
        yield running


@pytest.fixture
async def client(vault: DevVault) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as session:
        yield Client(session, vault)
