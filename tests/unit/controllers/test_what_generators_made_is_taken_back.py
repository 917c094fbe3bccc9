"""What a generator made is recorded before it is used, and taken back when it is not used any more."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest

from secrets_operator.controllers.generator_states import GeneratorStates
from secrets_operator.errors import Retryable
from secrets_operator.fetching.generation import Generation
from secrets_operator.fetching.host import Outside
from secrets_operator.fetching.referents import Referents
from secrets_operator.flow import Again, Done, Key, Object, Retry
from secrets_operator.kube.errors import Forbidden, ServerError
from secrets_operator.planning.generator_states import FINALIZER, printed
from secrets_operator.provider.discovery import Generators
from secrets_operator.reporting.metrics import Metrics
from tests.builders import external_secret, metadata
from tests.controller_world import World

GENERATOR = Key("Password", "team", "strong")
ENTRY = {"sourceRef": {"generatorRef": {"kind": "Password", "name": "strong"}}}
OWN = {"dataFrom": [ENTRY], "data": []}


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    numbers = iter(range(1, 100))
    made.entropy = lambda count: next(numbers).to_bytes(count, "big")
    made.start()
    made.generators[GENERATOR] = {"kind": "Password", "metadata": metadata("strong", "team"), "spec": {"length": 9}}
    made.counting.stateful = True
    made.cluster.put(external_secret(spec=OWN))
    yield made
    await made.sessions.close()
    made.blocking.close()


def found(world: World) -> list[Object]:
    return [one for (kind, *_), one in world.cluster.objects.items() if kind == "GeneratorState"]


def ends(world: World) -> dict[int, str]:
    """Return the deadline of each state by what it is about; empty without one."""
    return {one["spec"]["state"]["number"]: one["spec"].get("garbageCollectionDeadline", "") for one in found(world)}


def controller(world: World) -> Callable[[str], Any]:
    """Return what works on a state by its name."""
    outside = Outside(Referents(world.cluster.client), world.blocking, Metrics("1"))
    generation = Generation(
        Generators.from_mapping({"Password": world.counting}), outside, clock=world.clock, entropy=bytes, limit=1
    )
    states = GeneratorStates(
        world.deps,
        world.cluster.client,
        generation,
        resources=lambda namespace, name: world.cluster.objects.get(("GeneratorState", namespace, name)),
    )
    return lambda name: states.reconcile(Key("GeneratorState", "team", name))


async def test_what_is_made_is_recorded_with_the_generator_as_it_was(world: World) -> None:
    await world.reconcile()
    (state,) = found(world)
    assert state["spec"] == {
        "resource": {
            "apiVersion": "generators.external-secrets.io/v1alpha1",
            "kind": "Password",
            "metadata": {"name": "strong", "namespace": "team"},
            "spec": {"length": 9},
        },
        "state": {"number": 1},
    }
    assert world.value() == "made-1"
    assert "made-1" not in str(state)


async def test_of_three_refreshes_the_first_is_to_end_after_the_grace_period(world: World) -> None:
    for _ in range(3):
        await world.reconcile()
        world.refresh_comes_due()
    written = printed(world.clock.now() - timedelta(seconds=2 * 3600) + timedelta(minutes=2))
    assert ends(world) == {1: written, 2: "", 3: ""}
    assert world.value() == "made-3"


async def test_without_the_flag_nothing_is_recorded(world: World) -> None:
    world.settings = dataclasses.replace(world.settings, generator_states=False)
    world.start()
    await world.reconcile()
    assert (found(world), world.value()) == ([], "made-1")


async def test_what_cannot_be_recorded_is_taken_back_at_once_and_not_written(world: World) -> None:
    world.failing("create GeneratorState", Forbidden("you may not", code=403))
    assert isinstance(await world.reconcile(), Retry)
    assert world.counting.taken_back == [1]
    assert world.condition()[0] == "False"
    assert "no GeneratorState can be written" in world.condition()[1]
    await world.reconcile()
    assert world.value() == "made-2"


async def test_a_write_that_fails_keeps_what_was_recorded_and_tries_it_again(world: World) -> None:
    world.failing("apply Secret", ServerError("down", code=500))
    await world.reconcile()
    await world.reconcile()
    assert (world.value(), ends(world)) == ("made-1", {1: ""})


async def test_what_was_made_for_a_spec_of_before_and_never_written_ends_at_once(world: World) -> None:
    world.failing("apply Secret", ServerError("down", code=500))
    await world.reconcile()
    world.cluster.put(external_secret(spec=OWN | {"refreshInterval": "2h"}, generation=2))
    await world.reconcile()
    assert (world.value(), ends(world)) == ("made-2", {1: printed(world.clock.now()), 2: ""})


async def test_an_entry_that_generates_no_more_ends_all_that_it_made(world: World) -> None:
    await world.reconcile()
    world.cluster.put(external_secret(generation=2))
    await world.reconcile()
    assert ends(world) == {1: printed(world.clock.now() + timedelta(minutes=2))}


def state(**spec: Any) -> Object:
    resource = {"kind": "Password", "metadata": {"name": "strong"}, "spec": {"length": 9}}
    return {
        "apiVersion": "generators.external-secrets.io/v1alpha1",
        "kind": "GeneratorState",
        "metadata": {**metadata("gen", "team"), "finalizers": [FINALIZER, "other"], "resourceVersion": "1"},
        "spec": {"resource": resource, "state": {"number": 7}, **spec},
    }


def of(world: World) -> Object | None:
    return world.cluster.objects.get(("GeneratorState", "team", "gen"))


async def test_a_state_of_another_operator_gets_the_finalizer(world: World) -> None:
    old = state()
    old["metadata"]["finalizers"] = ["other"]
    world.cluster.put(old)
    assert await controller(world)("gen") == Done()
    assert (of(world) or {})["metadata"]["finalizers"] == ["other", FINALIZER]
    assert world.counting.taken_back == []


async def test_a_state_is_deleted_when_its_time_has_come(world: World) -> None:
    world.cluster.put(state(garbageCollectionDeadline=printed(world.clock.now() + timedelta(seconds=90))))
    outcome = await controller(world)("gen")
    assert isinstance(outcome, Again)
    assert 89 <= outcome.seconds <= 90
    world.clock.pass_by(91)
    assert await controller(world)("gen") == Done()
    assert of(world) is None


async def test_a_deleted_state_stays_until_what_it_is_about_is_taken_back(world: World) -> None:
    deleted = state()
    deleted["metadata"]["deletionTimestamp"] = "2026-03-01T00:00:00Z"
    world.cluster.put(deleted)
    world.counting.error = Retryable("it does not answer", after=5)
    outcome = await controller(world)("gen")
    message = "could not take back what Password made: it does not answer"
    assert outcome == Retry(message, after=5)
    assert world.cluster.events() == [("CleanupFailed", message)]
    assert FINALIZER in (of(world) or {})["metadata"]["finalizers"]
    assert await controller(world)("gen") == Done()
    assert (world.counting.taken_back, (of(world) or {})["metadata"]["finalizers"]) == ([7], ["other"])


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        pytest.param({"resource": "text"}, "spec.resource: must be the manifest", id="no generator"),
        pytest.param({"state": [1]}, "spec.state: must be what a generator left", id="no state"),
        pytest.param({"resource": {"kind": "Nobodys"}}, "generator Nobodys is not installed", id="no plug-in"),
        pytest.param({"resource": {"kind": "Password", "spec": {"length": "long"}}}, "spec.length: must", id="a spec"),
    ],
)
async def test_what_cannot_be_taken_back_is_said_and_tried_again(world: World, spec: Object, says: str) -> None:
    deleted = state(**spec)
    deleted["metadata"]["deletionTimestamp"] = "2026-03-01T00:00:00Z"
    world.cluster.put(deleted)
    outcome = await controller(world)("gen")
    assert isinstance(outcome, Retry)
    assert says in outcome.reason
    assert FINALIZER in (of(world) or {})["metadata"]["finalizers"]
