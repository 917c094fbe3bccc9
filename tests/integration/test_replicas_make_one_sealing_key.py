"""Replicas that want a new sealing key at the same time make one, whatever became of the keys before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from devcluster import Cluster
from secrets_operator.clock import SystemClock
from secrets_operator.controllers.sealing_keys import SealingKeys
from secrets_operator.fetching.blocking import Blocking
from secrets_operator.flow import Object
from secrets_operator.kube import connection
from secrets_operator.kube.client import Client
from secrets_operator.kube.resources import NAMESPACES, SECRETS
from secrets_operator.resources.labels import SEALING_KEY_LABEL
from secrets_operator.sealing.key_secrets import ACTIVE
from secrets_operator.settings import Settings

NAMESPACE = "operator"
SETTINGS = Settings(namespace=NAMESPACE, sealing_key_bits=2048)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    async with Cluster() as cluster:
        file = tmp_path / "kubeconfig"
        await cluster.write_kubeconfig(file)
        found = await asyncio.to_thread(connection.from_kubeconfig, str(file), clock=SystemClock())
        async with Client(found, clock=SystemClock()) as running:
            await running.create(
                NAMESPACES, "", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
            )
            yield running


@pytest.fixture
def blocking() -> Iterator[Blocking]:
    pool = Blocking(2)
    yield pool
    pool.close()


def replica(client: Client, blocking: Blocking) -> SealingKeys:
    return SealingKeys(client, settings=SETTINGS, clock=SystemClock(), blocking=blocking, operated=lambda: None)


async def key_secrets(client: Client, selector: str = f"{SEALING_KEY_LABEL}={ACTIVE}") -> list[Object]:
    found: list[Object] = (await client.list(SECRETS, NAMESPACE, label_selector=selector))["items"]
    return found


async def all_start(client: Client, blocking: Blocking) -> None:
    await asyncio.gather(*(replica(client, blocking).renew() for _ in range(3)))


async def test_an_empty_cluster_gets_one_key_from_three_replicas(client: Client, blocking: Blocking) -> None:
    await all_start(client, blocking)
    (made,) = await key_secrets(client)
    assert made["metadata"]["name"].startswith(SETTINGS.sealing_key_prefix)
    assert len(made["metadata"]["name"]) == len(SETTINGS.sealing_key_prefix) + 5
    await all_start(client, blocking)
    assert await key_secrets(client) == [made]


@pytest.mark.parametrize(
    "label",
    [
        pytest.param("compromised", id="a key that is marked as compromised is followed by one"),
        pytest.param(None, id="a key whose label was taken off keeps its name, and is followed by one"),
    ],
)
async def test_a_key_that_no_longer_counts(client: Client, blocking: Blocking, label: str | None) -> None:
    await all_start(client, blocking)
    (first,) = await key_secrets(client)
    name = first["metadata"]["name"]
    await client.patch(SECRETS, NAMESPACE, name, {"metadata": {"labels": {SEALING_KEY_LABEL: label}}})
    await all_start(client, blocking)
    (second,) = await key_secrets(client)
    assert second["metadata"]["name"] != name


async def test_a_renewal_that_all_replicas_begin_adds_one_key(client: Client, blocking: Blocking) -> None:
    await all_start(client, blocking)
    made = await asyncio.gather(
        *(replica(client, blocking).add(lambda keyring: len(keyring.keys) < 2) for _ in range(3))
    )
    assert sum(made) == 1
    assert len(await key_secrets(client)) == 2
