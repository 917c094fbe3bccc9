"""A replica without its lease: the client sends nothing that others would see, and whatever brings the lease back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from devcluster import Cluster
from secrets_operator.clock import SystemClock
from secrets_operator.kube import connection, errors
from secrets_operator.kube.client import Client
from secrets_operator.kube.fence import Fence
from secrets_operator.kube.member_lease import MemberLease
from secrets_operator.kube.resources import CONFIG_MAPS, LEASES, TOKEN_REVIEWS
from secrets_operator.planning.sharing import FULL_WEIGHT
from secrets_operator.settings import Replicas
from tests.hand_clock import HandClock

BODY = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
REPLICAS = Replicas(identity="replica-1")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def client(tmp_path: Path, clock: HandClock) -> AsyncIterator[Client]:
    """A client whose fence has just closed: the moment it was open until is now."""
    fence = Fence(clock.monotonic)
    fence.open_until(clock.monotonic())
    async with Cluster() as cluster:
        file = tmp_path / "kubeconfig"
        await cluster.write_kubeconfig(file)
        found = await asyncio.to_thread(connection.from_kubeconfig, str(file), clock=SystemClock())
        async with Client(found, clock=SystemClock(), fence=fence) as running:
            yield running


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda client: client.create(CONFIG_MAPS, "default", BODY), id="a creation"),
        pytest.param(lambda client: client.apply(CONFIG_MAPS, "default", "a", BODY, manager="m"), id="an apply"),
        pytest.param(lambda client: client.patch(CONFIG_MAPS, "default", "a", BODY), id="a patch"),
        pytest.param(lambda client: client.delete(CONFIG_MAPS, "default", "a"), id="a deletion"),
    ],
)
async def test_it_is_not_sent(client: Client, write: Callable[[Client], Awaitable[object]]) -> None:
    with pytest.raises(errors.Fenced):
        await write(client)
    assert [one["metadata"]["name"] for one in (await client.list(CONFIG_MAPS, "default"))["items"]] != ["a"]


async def test_leases_and_questions_pass(client: Client) -> None:
    lease = MemberLease(client, REPLICAS, namespace="default", clock=SystemClock())
    await lease.renew(FULL_WEIGHT)
    await lease.renew(FULL_WEIGHT)
    (found,) = (await client.list(LEASES, "default"))["items"]
    assert found["spec"]["holderIdentity"] == found["metadata"]["name"] == "replica-1"
    await lease.release()
    await lease.release()
    assert (await client.list(LEASES, "default"))["items"] == []
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": "nobody's"}}
    assert (await client.create(TOKEN_REVIEWS, "", review))["status"].get("authenticated", False) is False


async def test_a_lease_that_was_renewed_meanwhile_is_not_cleared_away(client: Client) -> None:
    lease = MemberLease(client, REPLICAS, namespace="default", clock=SystemClock())
    await lease.renew(FULL_WEIGHT)
    (found,) = (await client.list(LEASES, "default"))["items"]
    await lease.renew(FULL_WEIGHT)
    with pytest.raises(errors.Conflict):
        await lease.clear("replica-1", found["metadata"]["resourceVersion"])
