"""What a wave of resources costs: the operator's own fetching, on moto, with the calls counted there."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any

import pytest

from secrets_operator.fetching.batching import Ahead, Ask
from secrets_operator.fetching.gather import gather
from secrets_operator.fetching.sessions import Sessions
from secrets_operator.fetching.store_objects import key_of
from secrets_operator.flow import Fetched, Object, Read
from secrets_operator.provider import Reference

KEYS, RESOURCES = 200, 1000

StoreIn = Callable[..., Object]


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


async def opened(sessions: Sessions, *stores: Object) -> None:
    """Open the sessions; all namespaces share that of a cluster store from then on."""
    async with AsyncExitStack() as stack:
        for store in stores:
            await stack.enter_async_context(sessions.use(store, store["metadata"].get("namespace", "team-0")))


async def wave(sessions: Sessions, stores: Sequence[Object], key: str) -> list[str]:
    """Read as 1,000 resources of 50 namespaces do that are due at the same moment; every other one extracts."""

    async def resource(number: int) -> str:
        secret_key = "" if number % 2 else "k"
        read = Read(field="spec.data[0]", key=key.format(number % KEYS), secret_key=secret_key)
        async with sessions.use(stores[number % len(stores)], f"team-{number % 50}") as session:
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
    assert await wave(sessions, [store], "app/{}") == EXPECTED
    assert dict(gateway.calls) == {"BatchGetSecretValue": 10}


async def test_a_thousand_resources_on_200_parameters_cost_twenty_calls(
    ssm: Any, gateway: Any, sessions: Sessions, spec: dict[str, Any]
) -> None:
    for number in range(KEYS):
        ssm.put_parameter(Name=f"/app/{number}", Value=f'{{"k":"{number}"}}', Type="SecureString")
    store = cluster_store(spec, service="ParameterStore")
    await opened(sessions, store)
    gateway.calls.clear()
    assert await wave(sessions, [store], "/app/{}") == EXPECTED
    assert dict(gateway.calls) == {"GetParameters": 20}


async def test_a_thousand_resources_of_fifty_stores_with_equal_credentials_cost_ten_calls(
    *, aws: Any, gateway: Any, sessions: Sessions, spec: dict[str, Any], store_in: StoreIn
) -> None:
    for number in range(KEYS):
        aws.create_secret(Name=f"app/{number}", SecretString=f'{{"k":"{number}"}}')
    stores = [store_in(f"team-{number}", prefix="app/" if number % 2 else "") for number in range(50)]
    stores[0] = cluster_store(spec)
    await opened(sessions, *stores)
    gateway.calls.clear()

    async def resource(number: int) -> str:
        store = stores[number % 50]
        key = f"{number % KEYS}" if store["spec"]["provider"]["aws"].get("prefix") else f"app/{number % KEYS}"
        async with sessions.use(store, f"team-{number % 50}") as session:
            fetched = await gather([Read("f", key, secret_key="k")], session, asyncio.get_running_loop().time())
        return fetched.values[0].data["k"].reveal().decode()

    found = await asyncio.gather(*map(resource, range(RESOURCES)))
    assert found == [value(number % KEYS, extracted=False) for number in range(RESOURCES)]
    assert dict(gateway.calls) == {"BatchGetSecretValue": 10}


async def read(sessions: Sessions, store: Object, since: float) -> Fetched:
    namespace = store["metadata"]["namespace"]
    async with sessions.use(store, namespace) as session:
        return await gather([Read("f", "app", secret_key="k")], session, since)


@pytest.mark.parametrize("most_bytes", [pytest.param(1_000_000, id="values are kept")])
async def test_only_stores_with_equal_credentials_share_calls_and_values(
    *, aws: Any, gateway: Any, sessions: Sessions, keys: Any, store_in: StoreIn
) -> None:
    aws.create_secret(Name="app", SecretString="value")
    keys.of["team-1"] = "AKIAOTHER"
    ours, twin, theirs = (store_in(namespace) for namespace in ("team-0", "team-2", "team-1"))
    await opened(sessions, ours, twin, theirs)
    gateway.calls.clear()
    began = asyncio.get_running_loop().time()
    at_once = await asyncio.gather(*(read(sessions, store, began) for store in (ours, twin, ours, twin)))
    assert [len(fetched.values) for fetched in at_once] == [1] * 4
    assert dict(gateway.calls) == {"GetSecretValue": 1}

    gateway.fail("GetSecretValue", 400, "AccessDeniedException")
    assert (await read(sessions, twin, began)).values, "what was read a moment ago serves who could have read it"
    refused = await read(sessions, theirs, began)
    assert (refused.values, "access is denied" in refused.misses[0].message) == ((), True)

    keys.of["team-2"] = "AKIAROTATED"
    await sessions.drop_stale_credentials(twin)
    assert not (await read(sessions, twin, began)).values, "with new keys it is somebody else"
    assert (await read(sessions, ours, began)).values


@pytest.mark.parametrize("most_bytes", [pytest.param(1_000_000, id="values are kept")])
async def test_the_values_of_a_store_stay_for_the_others_when_it_is_deleted_and_go_with_the_last(
    *, aws: Any, gateway: Any, sessions: Sessions, store_in: StoreIn
) -> None:
    aws.create_secret(Name="app", SecretString="value")
    ours, twin = (store_in(namespace) for namespace in ("team-0", "team-1"))
    await opened(sessions, ours, twin)
    began = asyncio.get_running_loop().time()
    await read(sessions, ours, began)
    gateway.calls.clear()
    sessions.forget(key_of(ours))
    assert (await read(sessions, twin, began)).values
    assert not gateway.calls
    assert (await read(sessions, twin, asyncio.get_running_loop().time())).values, "it reads for itself now"
    sessions.forget(key_of(twin))
    gateway.calls.clear()
    await read(sessions, twin, began)
    assert gateway.calls["GetSecretValue"] == 1


async def test_fifty_namespaces_that_use_a_new_cluster_store_log_in_once(
    aws: Any, gateway: Any, sessions: Sessions, spec: dict[str, Any]
) -> None:
    aws.create_secret(Name="app/1", SecretString="value")
    gateway.calls.clear()
    store = cluster_store(spec, role="arn:aws:iam::123456789012:role/reader")

    async def resource(number: int) -> int:
        async with sessions.use(store, f"team-{number}") as session:
            read = Read("f", "app/1", secret_key="k")
            return len((await gather([read], session, asyncio.get_running_loop().time())).values)

    assert await asyncio.gather(*map(resource, range(50))) == [1] * 50
    assert dict(gateway.calls) == {"AssumeRole": 1, "GetSecretValue": 1}


@pytest.mark.parametrize("most_bytes", [pytest.param(1_000_000, id="values are kept")])
async def test_refreshes_that_are_due_one_after_the_other_share_a_batch(
    *, aws: Any, gateway: Any, sessions: Sessions, soon: list[Ahead], store_in: StoreIn
) -> None:
    for number in range(40):
        aws.create_secret(Name=f"app/{number}", SecretString=f"{number}")
    stores = [store_in(f"team-{number}") for number in range(2)]
    await opened(sessions, *stores)
    gateway.calls.clear()
    began = asyncio.get_running_loop().time()
    soon += [Ahead(key_of(stores[n % 2]), f"team-{n % 2}", Ask(Reference(f"app/{n}"), began)) for n in range(40)]
    for number in range(40):
        store = stores[number % 2]
        async with sessions.use(store, f"team-{number % 2}") as session:
            found = await gather([Read("f", f"app/{number}", secret_key="k")], session, began)
        assert found.values[0].data["k"].reveal() == f"{number}".encode()
    assert dict(gateway.calls) == {"BatchGetSecretValue": 2}


@pytest.mark.parametrize("most_bytes", [pytest.param(1_000_000, id="values are kept")])
async def test_nothing_is_taken_along_where_batches_are_denied_or_a_version_is_read(
    *, aws: Any, gateway: Any, sessions: Sessions, soon: list[Ahead], store_in: StoreIn
) -> None:
    for name in ("a", "b", "c", "d"):
        aws.create_secret(Name=name, SecretString=name)
    store = store_in("team-0")
    await opened(sessions, store)
    soon += [Ahead(key_of(store), "team-0", Ask(Reference("b"), math.inf))]

    async def calls_for(read: Read) -> dict[str, int]:
        gateway.calls.clear()
        async with sessions.use(store, "team-0") as session:
            await gather([read], session, asyncio.get_running_loop().time())
        return dict(gateway.calls)

    assert await calls_for(Read("f", "a", "AWSCURRENT", secret_key="k")) == {"GetSecretValue": 1}
    gateway.fail("BatchGetSecretValue", 400, "AccessDeniedException")
    assert await calls_for(Read("f", "a", secret_key="k")) == {"BatchGetSecretValue": 1, "GetSecretValue": 2}
    assert await calls_for(Read("f", "c", secret_key="k")) == {"GetSecretValue": 1}
