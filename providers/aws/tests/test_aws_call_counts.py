"""What a wave of resources costs: the operator's own fetching, on moto, with the calls counted there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from secrets_operator_aws.provider import PROVIDER

from secrets_operator.fetching.blocking import Blocking
from secrets_operator.fetching.gather import gather
from secrets_operator.fetching.host import Outside
from secrets_operator.fetching.referents import Referents
from secrets_operator.fetching.sessions import Sessions, Shared
from secrets_operator.fetching.store_guards import StoreGuards
from secrets_operator.fetching.value_cache import ValueCache
from secrets_operator.flow import Object, Read
from secrets_operator.kube.client import Client
from secrets_operator.provider.discovery import Providers
from secrets_operator.reporting.metrics import Metrics

KEYS, RESOURCES = 200, 1000


class Keys:
    """An API server with the one Secret that the stores log in with."""

    async def get(self, _resource: Any, namespace: str, name: str) -> Object:
        metadata = {"name": name, "namespace": namespace, "resourceVersion": "1"}
        return {"metadata": metadata, "data": {"id": "QUtJQVRFU1Q=", "secret": "dGVzdA=="}}


async def everybody_may(_store: Object, _namespace: str) -> str:
    return ""


@pytest.fixture
async def sessions(gateway: Any) -> AsyncIterator[Sessions]:
    blocking = Blocking(32)
    outside = Outside(Referents(cast("Client", Keys())), blocking, Metrics("1"))
    now = asyncio.get_running_loop().time
    # Nothing is kept: what is counted is what batches alone are good for.
    shared = Shared(StoreGuards(now=now, calls_per_second=0), ValueCache(0, now=now))
    made = Sessions(Providers.from_mapping({"aws": PROVIDER}), outside, shared, denial=everybody_may, limit=16)
    yield made
    await made.close()
    blocking.close()


def cluster_store(spec: dict[str, Any], **fields: Any) -> Object:
    reference = {"name": "keys", "namespace": "platform"}
    keys = {
        "accessKeyIDSecretRef": {**reference, "key": "id"},
        "secretAccessKeySecretRef": {**reference, "key": "secret"},
    }
    aws = {**spec, "auth": {"secretRef": keys}, **fields}
    return {
        "kind": "ClusterSecretStore",
        "metadata": {"name": "aws", "uid": "uid", "generation": 1},
        "spec": {"provider": {"aws": aws}},
    }


async def opened(sessions: Sessions, store: Object) -> None:
    """Open the session, which all namespaces share from then on."""
    async with sessions.use(store, "team-0"):
        pass


async def wave(sessions: Sessions, store: Object, key: str) -> list[str]:
    """Read as 1,000 resources of 50 namespaces do that are due at the same moment; every other one extracts."""

    async def resource(number: int) -> str:
        secret_key = "" if number % 2 else "k"
        read = Read(field="spec.data[0]", key=key.format(number % KEYS), secret_key=secret_key)
        async with sessions.use(store, f"team-{number % 50}") as session:
            fetched = await gather([read], session, asyncio.get_running_loop().time())
        (value,) = fetched.values
        return value.data[secret_key or "k"].reveal().decode()

    return await asyncio.gather(*map(resource, range(RESOURCES)))


def value(number: int, *, extracted: bool) -> str:
    return str(number) if extracted else f'{{"k":"{number}"}}'


EXPECTED = [value(number % KEYS, extracted=bool(number % 2)) for number in range(RESOURCES)]


async def test_a_thousand_resources_on_200_secrets_cost_ten_calls(
    aws: Any, gateway: Any, sessions: Sessions, spec: dict[str, Any]
) -> None:
    for number in range(KEYS):
        aws.create_secret(Name=f"app/{number}", SecretString=f'{{"k":"{number}"}}')
    store = cluster_store(spec)
    await opened(sessions, store)
    gateway.calls.clear()
    assert await wave(sessions, store, "app/{}") == EXPECTED
    assert dict(gateway.calls) == {"BatchGetSecretValue": 10}


async def test_a_thousand_resources_on_200_parameters_cost_twenty_calls(
    ssm: Any, gateway: Any, sessions: Sessions, spec: dict[str, Any]
) -> None:
    for number in range(KEYS):
        ssm.put_parameter(Name=f"/app/{number}", Value=f'{{"k":"{number}"}}', Type="SecureString")
    store = cluster_store(spec, service="ParameterStore")
    await opened(sessions, store)
    gateway.calls.clear()
    assert await wave(sessions, store, "/app/{}") == EXPECTED
    assert dict(gateway.calls) == {"GetParameters": 20}
