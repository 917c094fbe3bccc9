"""A Ready condition never passes off what an older spec said as what the present one says."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from secrets_operator.flow import Again, Object, Outcome, Retry
from secrets_operator.kube.errors import ServerError
from secrets_operator.provider import Failed
from tests.builders import external_secret, store
from tests.controller_world import STORE, World

pytestmark = pytest.mark.looptime

PENDING = ("Unknown", "the changed spec is not synced yet")
SYNCED = ("True", "secret synced")


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A world in which generation 1 was synced and generation 2 was applied."""
    made = World()
    await made.reconcile()
    change(made, generation=2)
    made.provider.holds(other="second")
    made.cluster.calls.clear()
    yield made
    await made.sessions.close()
    made.blocking.close()


def change(world: World, **meta: Any) -> None:
    """Apply another spec; the status stays, as the API server has it."""
    status = world.cluster.objects["ExternalSecret", "team", "app"]["status"]
    spec = {"data": [{"secretKey": "password", "remoteRef": {"key": "other"}}]}
    world.cluster.put(external_secret(spec=spec, status=status, **meta))


def conditions(world: World) -> list[Object]:
    found: list[Object] = world.cluster.objects["ExternalSecret", "team", "app"]["status"]["conditions"]
    return found


async def held(world: World, seconds: float) -> Outcome:
    """Reconcile while the provider takes its time."""
    world.provider.slowness = seconds
    return await world.reconcile()


async def test_a_quick_sync_of_a_changed_spec_costs_one_status_write(world: World) -> None:
    await held(world, 0.9)
    assert (world.condition(), world.writes()["apply ExternalSecret/status"]) == (SYNCED, 1)


async def test_a_slow_sync_withdraws_the_old_success_meanwhile(world: World) -> None:
    running = asyncio.create_task(held(world, 5))
    await asyncio.sleep(2)
    assert (world.condition(), conditions(world)[0]["reason"]) == (PENDING, "SecretSyncPending")
    world.clock.pass_by(60)
    await running
    assert (world.condition(), world.value()) == (SYNCED, "second")
    assert conditions(world)[0]["lastTransitionTime"] == "2026-03-01T12:01:00Z"


async def test_a_slow_sync_of_a_spec_that_is_synced_already_says_nothing(world: World) -> None:
    await world.reconcile()
    world.cluster.calls.clear()
    world.refresh_comes_due()
    running = asyncio.create_task(held(world, 5))
    await asyncio.sleep(2)
    assert (world.condition(), world.writes()) == (SYNCED, {})
    await running


async def test_a_changed_spec_that_fails_is_no_success_any_more(world: World) -> None:
    world.provider.remote["other"] = Failed("throttled")
    assert isinstance(await world.reconcile(), Retry)
    assert (world.condition()[0], world.value()) == ("False", "first")


async def test_a_changed_spec_that_waits_for_its_store_is_no_success_any_more(world: World) -> None:
    fresh = store(spec=STORE["spec"], ready=None)
    fresh["metadata"]["creationTimestamp"] = "2026-03-01T12:00:00Z"
    world.store = fresh
    assert isinstance(await world.reconcile(), Again)
    assert (world.condition(), world.value()) == (PENDING, "first")


async def test_a_changed_spec_that_the_api_server_will_not_have_yet_is_no_success_any_more(world: World) -> None:
    world.failing("apply Secret", ServerError("x", code=500))
    assert isinstance(await world.reconcile(), Retry)
    assert (world.condition(), world.value()) == (PENDING, "first")


async def test_a_withdrawal_that_cannot_be_written_hides_no_error(world: World) -> None:
    world.failing("apply Secret", ServerError("x", code=500))
    world.failing("apply ExternalSecret/status", ServerError("x", code=500))
    assert await world.reconcile() == Retry("ServerError", None)
    assert world.condition() == SYNCED


async def test_the_status_is_written_before_the_event(world: World) -> None:
    await world.reconcile()
    assert list(world.writes()) == ["apply Secret", "apply ExternalSecret/status", "create Event"]


async def test_an_event_is_told_also_when_the_status_cannot_be_written(world: World) -> None:
    world.failing("apply ExternalSecret/status", ServerError("x", code=500))
    await world.reconcile()
    assert world.cluster.events()[-1] == ("Updated", "Updated Secret app")
