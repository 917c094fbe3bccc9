"""The ExternalSecret controller on a cluster and a provider in memory: what is written, and what is not."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from secrets_operator.flow import Again, Done, Key, Lane, Never, Outcome, Retry
from secrets_operator.kube.errors import (
    ApiError,
    Conflict,
    Forbidden,
    Invalid,
    ServerError,
    TooManyRequests,
    Unreachable,
)
from secrets_operator.provider import Absent, Failed, Reference, Rejected
from secrets_operator.queueing.workqueue import Claim
from secrets_operator.reporting.snapshot import Refreshes
from secrets_operator.settings import Settings
from tests.builders import external_secret, secret, store
from tests.controller_world import KEY, STORE, World


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    yield made
    await made.sessions.close()
    made.blocking.close()


SYNCED = ("True", "secret synced")
FIRST_SYNC = {"apply Secret": 1, "apply ExternalSecret/status": 1, "create Event": 1}


async def test_the_first_sync_writes_the_secret_the_status_and_an_event_and_comes_back_within_the_interval(
    world: World,
) -> None:
    outcome = await world.reconcile()
    assert (world.value(), world.condition(), world.writes()) == ("first", SYNCED, FIRST_SYNC)
    assert world.cluster.events() == [("Created", "Created Secret app")]
    assert isinstance(outcome, Again)
    assert 1800 <= outcome.seconds <= 3601


async def test_a_second_look_writes_and_reads_nothing(world: World) -> None:
    await world.reconcile()
    await world.reconcile()
    assert (world.writes(), len(world.provider.fetched)) == (FIRST_SYNC, 1)


async def test_a_refresh_that_finds_the_same_writes_only_the_heartbeat(world: World) -> None:
    await world.reconcile()
    world.refresh_comes_due()
    await world.reconcile()
    assert world.writes() == {**FIRST_SYNC, "apply ExternalSecret/status": 2}


async def test_it_tells_when_values_were_read_and_when_they_are_again(world: World) -> None:
    assert world.controller.refreshes(KEY) == Refreshes(None, None)
    await world.reconcile()
    read = world.clock.now()
    told = world.controller.refreshes(KEY)
    assert told is not None
    assert told.last == read
    assert told.due is not None
    assert timedelta(0) < told.due - read <= timedelta(hours=1)
    world.clock.pass_by(60)
    assert world.controller.refreshes(KEY) == told
    assert world.controller.refreshes(KEY._replace(name="gone")) is None


async def test_after_a_restart_it_tells_what_the_status_says(world: World) -> None:
    await world.reconcile()
    before = world.controller.refreshes(KEY)
    world.start()
    after = world.controller.refreshes(KEY)
    assert before is not None
    assert after is not None
    assert before.last is not None
    assert after == Refreshes(before.last.replace(microsecond=0), None)


async def test_a_rotated_value_is_written(world: World) -> None:
    await world.reconcile()
    world.provider.holds(db="second")
    world.refresh_comes_due()
    await world.reconcile()
    assert (world.value(), world.cluster.events()[-1]) == ("second", ("Updated", "Updated Secret app"))


async def test_an_edited_value_is_put_right_and_the_event_says_who(world: World) -> None:
    await world.reconcile()
    hacked = secret(
        data={"password": "hacked"}, managers=[{"manager": "kubectl-edit", "fieldsV1": {"f:data": {"f:password": {}}}}]
    )
    world.cluster.put(hacked)
    await world.reconcile()
    assert (world.value(), world.cluster.events()[-1]) == (
        "first",
        ("DriftHealed", "Secret app put right again: password (changed by kubectl-edit)"),
    )


@pytest.mark.parametrize(
    ("answer", "outcome", "message"),
    [
        pytest.param(Failed("throttled", after=9), Retry, "'db' could not be read: throttled", id="throttled"),
        pytest.param(Rejected("denied"), Retry, "'db' was refused: denied", id="denied"),
        pytest.param(Rejected("expired", credentials=True), Retry, "'db' was refused: expired", id="login expired"),
        pytest.param(Absent(), Retry, "'db' does not exist in the store", id="gone, and the policy is Retain"),
    ],
)
async def test_an_outage_leaves_the_secret_as_it_was_and_is_told_once(
    world: World, answer: Any, outcome: type[Outcome], message: str
) -> None:
    await world.reconcile()
    world.provider.remote["db"] = answer
    world.refresh_comes_due()
    results = [await world.reconcile() for _ in range(3)]
    told = f"could not get secret data from provider: spec.data[0].remoteRef: {message}"
    assert (world.value(), world.condition()) == ("first", ("False", told))
    assert {type(result) for result in results} == {outcome}
    assert [event for event in world.cluster.events() if event[0] == "UpdateFailed"] == [("UpdateFailed", told)]
    assert world.writes()["apply Secret"] == 1


async def test_a_turned_down_login_is_made_anew_for_the_next_attempt(world: World) -> None:
    world.provider.remote["db"] = Rejected("expired", credentials=True)
    await world.reconcile()
    world.provider.holds(db="first")
    await world.reconcile()
    assert (world.provider.opening, world.condition()) == (2, SYNCED)


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(Conflict("x", code=409), id="409"),
        pytest.param(TooManyRequests("x", code=429), id="429"),
        pytest.param(ServerError("x", code=503), id="503"),
        pytest.param(Unreachable("x"), id="no answer"),
    ],
)
@pytest.mark.parametrize("call", ["get Secret", "apply Secret", "apply ExternalSecret/status"])
async def test_trouble_of_the_api_server_is_retried_in_silence_and_nothing_is_forgotten(
    world: World, error: ApiError, call: str
) -> None:
    world.failing(call, error)
    assert await world.reconcile() == Retry(type(error).__name__, None)
    assert (world.condition(), [event for event in world.cluster.events() if event[0] != "Created"]) == (("", ""), [])
    await world.reconcile()
    assert (world.value(), world.condition()) == ("first", SYNCED)


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(Forbidden("cannot apply Secret team/app", code=403), id="403 -> the user is told"),
        pytest.param(Invalid("cannot apply Secret team/app", code=422), id="422 -> the user is told"),
    ],
)
async def test_what_the_api_server_refuses_is_told_and_tried_again(world: World, error: ApiError) -> None:
    world.failing("apply Secret", error)
    assert isinstance(await world.reconcile(), Retry)
    assert world.condition() == ("False", "cannot apply Secret team/app")
    await world.reconcile()
    assert world.condition() == SYNCED


async def test_a_namesake_applied_again_with_another_spec_is_synced_anew(world: World) -> None:
    await world.reconcile()
    world.provider.holds(other="another")
    spec = {"data": [{"secretKey": "password", "remoteRef": {"key": "other"}}]}
    world.cluster.put(external_secret(spec=spec, uid="uid-again"))
    await world.reconcile()
    assert world.value() == "another"


async def test_a_store_that_fails_says_nothing_about_a_resource_that_does_not_need_it(world: World) -> None:
    await world.reconcile()
    world.store = store(spec=STORE["spec"], ready=False, message="throttled")
    assert isinstance(await world.reconcile(), Again)
    assert (world.condition(), world.writes()) == (SYNCED, FIRST_SYNC)
    world.refresh_comes_due()
    assert isinstance(await world.reconcile(), Retry)
    assert world.condition() == ("False", "SecretStore store is not ready: throttled")


async def test_a_namespace_that_loses_its_store_keeps_its_secret_and_reads_no_more(world: World) -> None:
    await world.reconcile()
    world.denial = "denied by its conditions"
    assert isinstance(await world.reconcile(), Again)
    assert (world.condition(), world.writes()) == (SYNCED, FIRST_SYNC)
    world.refresh_comes_due()
    assert await world.reconcile() == Retry("denied by its conditions")
    assert (world.condition(), world.value()) == (("False", "denied by its conditions"), "first")
    assert len(world.provider.fetched) == 1
    world.denial = ""
    await world.reconcile()
    assert world.condition() == SYNCED


async def test_a_store_of_another_class_is_not_judged(world: World) -> None:
    world.denial, world.store = "denied", store(spec={**STORE["spec"], "controller": "other"})
    assert (await world.reconcile(), world.writes()) == (Done(), {})


@pytest.mark.parametrize(
    ("owner", "written"),
    [
        pytest.param("other", {}, id="of another class -> the resource is another operator's"),
        pytest.param("default", FIRST_SYNC, id="of our class -> it is ours"),
    ],
)
async def test_a_store_that_is_named_and_not_read_from(world: World, owner: str, written: dict[str, int]) -> None:
    entry = {"secretKey": "password", "remoteRef": {"key": "db"}, "sourceRef": {"storeRef": {"name": "own"}}}
    world.stores[Key("SecretStore", "team", "store")] = store(spec={"controller": owner}, ready=None)
    world.cluster.put(external_secret(spec={"data": [entry]}))
    await world.reconcile()
    assert world.writes() == written


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({"refreshInterval": "soon"}, id="a field that cannot be read"),
        pytest.param({"target": {"manifest": {"apiVersion": "v1", "kind": "ConfigMap"}}}, id="a target that is off"),
    ],
)
async def test_what_is_wrong_with_a_resource_of_another_operator_is_not_ours_to_say(
    world: World, spec: dict[str, Any]
) -> None:
    world.store = store(spec={**STORE["spec"], "controller": "other"})
    world.cluster.put(external_secret(spec=spec))
    assert (await world.reconcile(), world.writes()) == (Done(), {})


async def test_without_cluster_stores_a_resource_that_names_one_says_so(world: World) -> None:
    world.settings = Settings(cluster_stores=False)
    world.start()
    world.cluster.put(external_secret(spec={"secretStoreRef": {"name": "shared", "kind": "ClusterSecretStore"}}))
    why = "ClusterSecretStores are not read here (--enable-cluster-store-reconciler=false): name a SecretStore"
    assert (await world.reconcile(), world.condition()) == (Retry(why), ("False", why))


async def test_a_store_edited_so_that_its_provider_refuses_it_is_not_opened(world: World) -> None:
    world.store = store(spec={"provider": {"scripted": {"region": "moon"}}})
    await world.reconcile()
    told = "spec.provider.scripted.region: is not known to a SecretStore"
    assert (world.condition(), world.provider.opening) == (("False", told), 0)


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("kubernetes.io/service-account-token", id="a service account's token"),
        pytest.param("bootstrap.kubernetes.io/token", id="a bootstrap token"),
        pytest.param("helm.sh/release.v1", id="a Helm release"),
    ],
)
async def test_a_secret_that_grants_power_is_not_taken_over(world: World, kind: str) -> None:
    world.cluster.put(secret(kind=kind, data={"token": "t"}))
    await world.reconcile()
    told = f"Secret app is of type {kind}, which grants power: choose another name"
    assert (world.condition(), "apply Secret" in world.writes()) == (("False", told), False)


async def test_what_cannot_be_acted_on_waits_for_the_user(world: World) -> None:
    world.cluster.put(external_secret(spec={"refreshInterval": "soon"}))
    assert isinstance(await world.reconcile(), Never)
    assert world.condition()[0] == "False"


async def test_a_store_on_its_way_is_waited_for_in_silence(world: World) -> None:
    fresh = store(spec=STORE["spec"], ready=None)
    fresh["metadata"]["creationTimestamp"] = "2026-03-01T12:00:00Z"
    world.store = fresh
    assert (await world.reconcile(), world.writes()) == (Again(timedelta(seconds=10).total_seconds()), {})


async def test_a_resource_on_its_way_out_needs_nothing(world: World) -> None:
    world.cluster.put(external_secret(deletionTimestamp="2026-03-01T12:00:00Z", finalizers=["a.b/c"]))
    assert (await world.reconcile(), world.writes(), world.provider.fetched) == (Done(), {}, [])


async def test_a_resource_that_is_gone_needs_nothing(world: World) -> None:
    del world.cluster.objects["ExternalSecret", "team", "app"]
    assert (await world.reconcile(), world.writes()) == (Done(), {})


async def test_a_mapping_that_became_empty_leaves_the_secret_as_it_was(world: World) -> None:
    world.cluster.put(external_secret(spec={"data": [], "dataFrom": [{"extract": {"key": "all"}}]}))
    world.provider.holds(all="password=p")
    await world.reconcile()
    world.provider.holds(all="=")
    world.refresh_comes_due()
    await world.reconcile()
    assert (world.value(), world.condition()[0]) == ("p", "True")
    assert set(world.cluster.objects["Secret", "team", "app"]["data"]) == {"password"}


@pytest.fixture
async def sharing_world() -> AsyncIterator[World]:
    """A world that keeps values, where somebody else has just read what the resource is going to ask."""
    made = World(kept_bytes=10_000)
    async with made.sessions.use(STORE, "team") as session:
        await session.batcher.read(Reference("db"), since=0)
    made.provider.holds(db="second")
    yield made
    await made.sessions.close()
    made.blocking.close()


def claim(world: World, lane: Lane, asked: float) -> None:
    """Say why the resource is reconciled, and how many seconds ago that was asked for."""
    world.claim = Claim(KEY, lane, "", 0, asked=world.clock.monotonic() - asked)


async def test_a_first_sync_takes_what_was_just_read_and_confirms_it_soon_after(sharing_world: World) -> None:
    world = sharing_world
    world.clock.pass_by(1)
    claim(world, Lane.CHANGED, asked=0)
    assert await world.reconcile() == Again(5.0)
    assert (world.value(), world.condition()) == ("first", SYNCED)
    world.clock.pass_by(5)
    claim(world, Lane.REFRESH, asked=0)
    assert isinstance(await world.reconcile(), Again)
    assert world.value() == "second"
    assert len(world.provider.fetched) == 2


@pytest.mark.parametrize(
    ("age", "lane", "reads"),
    [
        pytest.param(30, Lane.REFRESH, False, id="a refresh takes what is a tenth of its interval old at most"),
        pytest.param(70, Lane.REFRESH, True, id="a refresh does not take what is older than a minute"),
        pytest.param(30, Lane.STORE, True, id="whoever has a reason to read reads"),
    ],
)
async def test_a_later_sync_takes_only_what_is_young_enough(
    sharing_world: World, age: float, lane: Lane, reads: bool
) -> None:
    world = sharing_world
    await world.reconcile()
    world.refresh_comes_due()
    async with world.sessions.use(STORE, "team") as session:
        await session.batcher.read(Reference("db"), since=world.clock.monotonic())
    before = len(world.provider.fetched)
    world.clock.pass_by(age)
    claim(world, lane, asked=0)
    await world.reconcile()
    assert len(world.provider.fetched) - before == reads


@pytest.mark.parametrize(
    ("seconds", "kind", "asked"),
    [
        pytest.param(40, "ExternalSecret", ["db"], id="due in less than a minute"),
        pytest.param(55, "ExternalSecret", [], id="too late to be sure that it serves"),
        pytest.param(-1, "ExternalSecret", ["db"], id="due already"),
        pytest.param(40, "PushSecret", [], id="what reads nothing"),
    ],
)
async def test_a_refresh_can_be_read_a_little_early(world: World, seconds: float, kind: str, asked: list[str]) -> None:
    at = world.clock.monotonic() + seconds
    soon = list(world.controller.reads_soon([(STORE, KEY._replace(kind=kind), at)]))
    assert [ahead.ask.reference.key for ahead in soon] == asked
    assert [(ahead.namespace, ahead.ask.since) for ahead in soon] == [("team", at - 48)] * len(asked)
    assert not list(world.controller.reads_soon([(STORE, KEY._replace(name="gone"), at)]))
