"""Replicas whose names deal them unequal shares: they weigh themselves until all have about the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from devcluster import Cluster
from secrets_operator.clock import SystemClock
from secrets_operator.flow import Key
from secrets_operator.kube import connection
from secrets_operator.kube.client import Client
from secrets_operator.kube.fence import Fence
from secrets_operator.settings import Replicas, Settings
from secrets_operator.watching.balancing import Balancing
from secrets_operator.watching.membership import Membership
from secrets_operator.watching.shares import Shares

KEYS = [Key("ExternalSecret", "shop", f"app-{number}") for number in range(300)]
# Found by trying thousands: by name alone one has 145 of the 300.
NAMES = ("replica-2649-a", "replica-2649-b", "replica-2649-c")
RENEWAL = 0.1


class Replica:
    """What of a replica decides on its share."""

    def __init__(self, client: Client, name: str, fence: Fence) -> None:
        replicas = Replicas(identity=name, retry_period=timedelta(seconds=RENEWAL))
        settings = Settings(namespace="default", replicas=replicas)
        self.membership = Membership(client, settings, fence=fence, clock=SystemClock(), chance=lambda: 0.5)
        self.shares = Shares(self.membership, everywhere=frozenset())
        self.balancing = Balancing(self.membership, self.shares, settings)

    @property
    def owned(self) -> set[Key]:
        return {key for key in KEYS if self.shares.owns(key)}


@pytest.fixture
async def replicas(tmp_path: Path) -> AsyncIterator[list[Replica]]:
    async with Cluster() as cluster, AsyncExitStack() as stack:
        file = tmp_path / "kubeconfig"
        await cluster.write_kubeconfig(file)
        found = await asyncio.to_thread(connection.from_kubeconfig, str(file), clock=SystemClock())
        made = []
        for name in NAMES:
            fence = Fence(SystemClock().monotonic)
            client = await stack.enter_async_context(Client(found, clock=SystemClock(), fence=fence))
            made.append(Replica(client, name, fence))
        for one in made:
            one.membership.start()
            stack.push_async_callback(one.membership.leave)
        yield made


async def until(probe: Callable[[], bool]) -> None:
    while not probe():  # noqa: ASYNC110 - the state of several replicas has no event
        await asyncio.sleep(RENEWAL / 4)


async def test_three_replicas_have_nearly_a_third_each_and_every_key_has_one_owner(replicas: list[Replica]) -> None:
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        await until(lambda: all(len(one.membership.members) == len(replicas) for one in replicas))
        assert max(len(one.owned) for one in replicas) == 145
        balancing = [tasks.create_task(one.balancing.run(lambda: KEYS)) for one in replicas]
        await until(lambda: all(80 <= len(one.owned) <= 120 for one in replicas))
        # A weight reaches each of them at a moment of its own.
        await until(lambda: sum(len(one.owned) for one in replicas) == len(KEYS))
        assert set.union(*(one.owned for one in replicas)) == set(KEYS)
        for task in balancing:
            task.cancel()
