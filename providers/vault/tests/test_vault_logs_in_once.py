"""A ClusterSecretStore costs one login for each credential, however many namespaces use it at once."""

from __future__ import annotations

import asyncio
import base64
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from secrets_operator_vault.logins.ticket import Surroundings
from secrets_operator_vault.provider import VaultProvider

from secrets_operator.fetching.blocking import Blocking
from secrets_operator.fetching.gather import gather
from secrets_operator.fetching.host import Outside
from secrets_operator.fetching.read_pools import Shared
from secrets_operator.fetching.referents import Referents
from secrets_operator.fetching.sessions import Sessions
from secrets_operator.fetching.store_guards import StoreGuards
from secrets_operator.fetching.value_cache import ValueCache
from secrets_operator.flow import Key, Object, Read
from secrets_operator.kube.client import Client
from secrets_operator.provider.discovery import Providers

NAMESPACES = [f"team-{number}" for number in range(20)]


class Observed:
    """Counts what the plug-in says it called."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()

    def provider_asked(self, provider: str, count: int) -> None:
        """Count nothing."""

    def provider_called(self, service: str, call: str, *, ok: bool, throttled: bool, store: Key) -> None:  # noqa: ARG002 the protocol's
        self.calls[call] += 1

    def provider_leases_changed(self, service: str, change: int) -> None:
        """Count nothing."""


class Api:
    """An API server that holds one secret ID in every namespace."""

    def __init__(self) -> None:
        self.secret_id = ""

    async def get(self, _resource: Any, namespace: str, name: str) -> Object:
        data = {"id": base64.b64encode(self.secret_id.encode()).decode()}
        return {"metadata": {"name": name, "namespace": namespace, "resourceVersion": "1"}, "data": data}


async def everybody_may(_store: Object, _namespace: str) -> str:
    return ""


@pytest.fixture
def observed() -> Observed:
    return Observed()


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
async def sessions(observed: Observed, api: Api) -> AsyncIterator[Sessions]:
    blocking = Blocking(8)
    outside = Outside(Referents(cast("Client", api)), blocking, observed)
    now = asyncio.get_running_loop().time
    shared = Shared(StoreGuards(now=now, calls_per_second=0), ValueCache(0, now=now))
    providers = Providers.from_mapping({"vault": VaultProvider(Surroundings({}))})
    made = Sessions(providers, outside, shared, denial=everybody_may, limit=16)
    yield made
    await made.close()
    blocking.close()


@pytest.mark.parametrize(
    ("namespace", "logins"),
    [
        pytest.param({"namespace": "platform"}, 1, id="one for a credential that the store names"),
        pytest.param({}, len(NAMESPACES), id="one in each namespace for credentials that live there"),
    ],
)
async def test_logins_of_a_new_store(
    *, place: Any, kv2: str, sessions: Sessions, observed: Observed, api: Api, namespace: Any, logins: int
) -> None:
    await place.put(f"{kv2}/data/a", {"data": {"n": "1"}})
    at, role_id, api.secret_id = await place.app_role(f"{kv2}/data/*")
    secret_ref = {"name": "approle", "key": "id", **namespace}
    auth = {"appRole": {"path": at, "roleId": role_id, "secretRef": secret_ref}}
    store = {
        "kind": "ClusterSecretStore",
        "metadata": {"name": "vault", "uid": "uid", "generation": 1},
        "spec": {"provider": {"vault": {"server": place.url, "path": kv2, "auth": auth}}},
    }

    async def resource(name: str) -> int:
        async with sessions.use(store, name) as session:
            found = await gather([Read("f", "a", secret_key="k")], session, asyncio.get_running_loop().time())
        return len(found.values)

    assert await asyncio.gather(*map(resource, NAMESPACES)) == [1] * len(NAMESPACES)
    assert observed.calls == {"Login": logins, "ReadSecretData": logins}
