"""Generated values: made when a refresh is due, and at no other time as long as they are still in the Secret."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from secrets_operator.errors import InvalidSpec, Retryable
from secrets_operator.flow import Again, Done, Key, Never, Object, Retry
from secrets_operator.kube.errors import Forbidden, ServerError
from secrets_operator.planning.marks import external_secret_manager
from secrets_operator.planning.refresh import format_time, synced_version
from secrets_operator.planning.secret_state import eso_data_hash
from secrets_operator.resources.labels import DATA_HASH_ANNOTATION
from tests.builders import NOW, external_secret, managed, metadata, secret, store
from tests.controller_world import World

GENERATOR = Key("Password", "team", "strong")
CLUSTER = Key("ClusterGenerator", "", "strong")
OWN = {"dataFrom": [{"sourceRef": {"generatorRef": {"kind": "Password", "name": "strong"}}}], "data": []}
SHARED = {"dataFrom": [{"sourceRef": {"generatorRef": {"kind": "ClusterGenerator", "name": "strong"}}}], "data": []}
MIXED = {**OWN, "data": [{"secretKey": "user", "remoteRef": {"key": "db"}}]}
TEMPLATE = {"target": {"template": {"data": {"url": "x://{{ .password }}"}, "metadata": {"labels": {"l": "v"}}}}}
SYNCED = ("True", "secret synced")


def generator(spec: Object | None = None, *, key: Key = GENERATOR, **meta: Any) -> Object:
    return {"kind": key.kind, "metadata": metadata(key.name, key.namespace, **meta), "spec": spec or {}}


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    made.generators[GENERATOR] = generator()
    made.cluster.put(external_secret(spec=OWN))
    yield made
    await made.sessions.close()
    made.blocking.close()


def data(world: World) -> dict[str, str]:
    held = world.cluster.objects["Secret", "team", "app"]["data"]
    return {key: base64.b64decode(value).decode() for key, value in held.items()}


def rewrite(world: World, change: Callable[[Object], None], *, drops: str = "") -> None:
    """Change the Secret as somebody else; ``drops`` is the data key that our manager loses by that."""
    held = world.cluster.objects["Secret", "team", "app"]
    change(held)
    if drops:
        del held["metadata"]["managedFields"][0]["fieldsV1"]["f:data"][f"f:{drops}"]


async def test_a_password_is_made_once_written_and_left_alone(world: World) -> None:
    outcome = await world.reconcile()
    assert (data(world), world.condition(), isinstance(outcome, Again)) == ({"password": "made-1"}, SYNCED, True)
    await world.reconcile()
    assert (world.counting.count, world.counting.asked) == (1, ["team"])


async def test_a_refresh_makes_a_new_one(world: World) -> None:
    await world.reconcile()
    world.refresh_comes_due()
    await world.reconcile()
    assert data(world) == {"password": "made-2"}


@pytest.mark.parametrize(
    ("target", "message"),
    [
        pytest.param({"immutable": True}, "secret synced once: it is immutable and stays as it is", id="frozen"),
        pytest.param(
            {"creationPolicy": "Merge", "name": "other"}, "there is no Secret other to merge into", id="not there"
        ),
        pytest.param(
            {"creationPolicy": "None"}, "secret synced: creationPolicy None writes nothing", id="creationPolicy None"
        ),
    ],
)
async def test_nothing_is_made_that_could_not_be_written(world: World, target: Object, message: str) -> None:
    await world.reconcile()
    world.cluster.put(external_secret(spec=OWN | {"target": target}, generation=2))
    world.cluster.objects["Secret", "team", "app"]["immutable"] = True
    before = data(world)
    for _ in range(2):
        outcome = await world.reconcile()
        assert isinstance(outcome, Again)
        assert outcome.seconds > 1
        world.refresh_comes_due()
    assert (world.counting.count, data(world), world.condition()) == (1, before, ("True", message))


async def test_a_frozen_secret_that_may_change_by_no_setting_is_said_before_anything_is_made(world: World) -> None:
    await world.reconcile()
    world.cluster.objects["Secret", "team", "app"]["immutable"] = True
    world.refresh_comes_due()
    assert isinstance(await world.reconcile(), Never)
    assert world.counting.count == 1
    status, message = world.condition()
    assert (status, message[:39]) == ("False", "Secret app is immutable and its data wo")


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({"refreshPolicy": "CreatedOnce"}, id="CreatedOnce"),
        pytest.param({"refreshInterval": "0"}, id="an interval of 0"),
    ],
)
async def test_what_is_made_once_stays_whatever_becomes_of_the_resource(world: World, spec: Object) -> None:
    world.cluster.put(external_secret(spec={**OWN, **spec}))
    await world.reconcile()
    world.refresh_comes_due()
    status = world.cluster.objects["ExternalSecret", "team", "app"]["status"]
    world.cluster.put(
        external_secret(spec={**OWN, **spec, "target": {}}, status=status, generation=2, labels={"a": "b"})
    )
    world.start()
    await world.reconcile()
    assert data(world) == {"password": "made-1"}


async def test_a_restart_makes_no_new_one(world: World) -> None:
    await world.reconcile()
    world.start()
    await world.reconcile()
    assert (data(world), world.counting.count) == ({"password": "made-1"}, 1)


@pytest.mark.parametrize(
    "spec", [pytest.param({}, id="periodic"), pytest.param({"refreshPolicy": "CreatedOnce"}, id="CreatedOnce")]
)
async def test_a_crash_between_the_write_and_the_status_makes_no_new_one_and_the_status_is_caught_up(
    world: World, spec: Object
) -> None:
    world.cluster.put(external_secret(spec={**OWN, **spec}))
    world.failing("apply ExternalSecret/status", ServerError("x", code=503))
    assert isinstance(await world.reconcile(), Retry)
    world.start()
    await world.reconcile()
    assert (data(world), world.condition(), world.counting.count) == ({"password": "made-1"}, SYNCED, 1)
    assert world.writes()["apply Secret"] == 1


async def test_a_retry_after_a_failed_write_writes_the_first_one(world: World) -> None:
    world.failing("apply Secret", Forbidden("no", code=403))
    await world.reconcile()
    await world.reconcile()
    assert (data(world), world.counting.count) == ({"password": "made-1"}, 1)


async def test_what_waited_too_long_to_be_written_is_made_anew(world: World) -> None:
    world.failing("apply Secret", Forbidden("no", code=403))
    await world.reconcile()
    world.clock.pass_by(901)
    await world.reconcile()
    assert data(world) == {"password": "made-2"}


async def test_nothing_is_made_while_another_entry_fails(world: World) -> None:
    world.cluster.put(external_secret(spec={**OWN, "data": [{"secretKey": "a", "remoteRef": {"key": "none"}}]}))
    assert isinstance(await world.reconcile(), Retry)
    assert world.counting.count == 0


@pytest.mark.parametrize("spec", [pytest.param(OWN, id="plain"), pytest.param({**OWN, **TEMPLATE}, id="a template")])
async def test_lost_labels_are_put_back_and_the_values_stay(world: World, spec: Object) -> None:
    world.cluster.put(external_secret(spec=spec))
    await world.reconcile()
    before = data(world)
    rewrite(world, lambda held: held["metadata"]["labels"].clear())
    await world.reconcile()
    assert (data(world), world.counting.count) == (before, 1)
    labels = world.cluster.objects["Secret", "team", "app"]["metadata"]["labels"]
    assert labels["secrets-operator.dev/managed"] == "true"
    assert world.condition() == SYNCED


async def test_a_lost_digest_key_makes_no_new_one(world: World) -> None:
    await world.reconcile()
    rewrite(
        world, lambda held: held["metadata"]["annotations"].update({"reconcile.external-secrets.io/data-hash": "old"})
    )
    await world.reconcile()
    assert (data(world), world.counting.count) == ({"password": "made-1"}, 1)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda held: held["data"].update(password="aGFja2Vk"), id="edited"),
        pytest.param(lambda held: held["data"].pop("password"), id="removed"),
    ],
)
async def test_a_value_that_somebody_changed_is_made_anew_since_nobody_knows_it(
    world: World, change: Callable[[Object], None]
) -> None:
    await world.reconcile()
    rewrite(world, change, drops="password")
    await world.reconcile()
    assert data(world) == {"password": "made-2"}
    assert world.cluster.events()[-1][0] == "DriftHealed"


async def test_a_deleted_secret_gets_a_new_one(world: World) -> None:
    await world.reconcile()
    del world.cluster.objects["Secret", "team", "app"]
    await world.reconcile()
    assert data(world) == {"password": "made-2"}


async def test_a_fetched_key_is_healed_without_a_new_password_beside_it(world: World) -> None:
    world.cluster.put(external_secret(spec=MIXED))
    await world.reconcile()
    rewrite(world, lambda held: held["data"].update(user="aGFja2Vk"), drops="user")
    await world.reconcile()
    assert data(world) == {"password": "made-1", "user": "first"}


async def test_an_edited_store_is_read_again_without_a_new_password_beside_it(world: World) -> None:
    world.cluster.put(external_secret(spec=MIXED))
    await world.reconcile()
    world.provider.holds(db="second")
    world.store = store(spec={"provider": {"scripted": {}}}, generation=2)
    await world.reconcile()
    assert data(world) == {"password": "made-1", "user": "second"}


async def test_an_edited_generator_is_asked_again(world: World) -> None:
    await world.reconcile()
    world.generators[GENERATOR] = generator({"length": 40}, generation=2)
    await world.reconcile()
    assert data(world) == {"password": "made-2"}


async def test_a_generator_edited_after_a_restart_is_asked_again(world: World) -> None:
    await world.reconcile()
    world.start()
    await world.reconcile()
    world.generators[GENERATOR] = generator({"length": 40}, generation=2)
    await world.reconcile()
    assert data(world) == {"password": "made-2"}


async def test_a_generator_deleted_and_applied_again_as_it_was_is_the_same(world: World) -> None:
    await world.reconcile()
    del world.generators[GENERATOR]
    assert isinstance(await world.reconcile(), Again)
    world.generators[GENERATOR] = generator(uid="another", generation=1)
    await world.reconcile()
    assert (data(world), world.condition(), world.counting.count) == ({"password": "made-1"}, SYNCED, 1)


async def test_what_another_replica_has_just_written_is_not_replaced(world: World) -> None:
    await world.reconcile()
    stale, ours = await world.deps.secrets.state("team", "app"), world.controller
    world.refresh_comes_due()
    world.start()
    await world.reconcile()
    world.cached, world.controller = stale, ours
    assert await world.reconcile() == Retry("Conflict")
    assert (data(world), world.condition()) == ({"password": "made-2"}, SYNCED)


async def test_a_secret_taken_over_from_eso_keeps_its_password(world: World) -> None:
    held = secret(
        data={"password": "of-old"},
        managers=[managed(external_secret_manager("app"), data=["password"], operation="Update")],
    )
    held["metadata"]["annotations"] = {DATA_HASH_ANNOTATION: eso_data_hash(held["data"])}
    world.cluster.put(held)
    resource = external_secret(spec=OWN)
    resource["status"] = {
        "refreshTime": format_time(NOW),
        "syncedResourceVersion": synced_version(resource),
        "binding": {"name": "app"},
    }
    world.cluster.put(resource)
    await world.reconcile()
    assert (data(world), world.condition(), world.counting.count) == ({"password": "of-old"}, SYNCED, 0)
    world.start()
    await world.reconcile()
    assert world.counting.count == 0


def test_the_hash_of_eso_is_byte_for_byte_theirs() -> None:
    encoded = {
        key: base64.b64encode(value.encode()).decode() for key, value in {"a": "hi", "b": "x\n", "e": ""}.items()
    }
    assert eso_data_hash({**encoded, "n": ""}) == "9295bf91ef8bed88b8a80f2965b4a24dcaea799b0c2bc9588fc6bb05"
    assert eso_data_hash({}) == hashlib.sha3_224(b"map[]").hexdigest()


async def test_a_cluster_generator_makes_the_values_of_the_kind_it_holds(world: World) -> None:
    world.cluster.put(external_secret(spec=SHARED))
    spec = {"kind": "Password", "generator": {"passwordSpec": {}}}
    world.generators[CLUSTER] = generator(spec, key=CLUSTER)
    await world.reconcile()
    assert (data(world), world.counting.asked) == ({"password": "made-1"}, ["team"])


@pytest.mark.parametrize(
    ("key", "spec", "message"),
    [
        pytest.param(
            GENERATOR,
            {"length": "long"},
            "Password strong cannot be used: spec.length: must be a number",
            id="a spec that makes no sense",
        ),
        pytest.param(
            CLUSTER,
            {"kind": "Password", "generator": {"uuidSpec": {}}},
            "ClusterGenerator strong cannot be used: spec.generator: must have exactly one property, passwordSpec, "
            "since spec.kind is Password",
            id="a ClusterGenerator with the spec of another kind",
        ),
        pytest.param(
            CLUSTER,
            {"kind": "Grafana", "generator": {"grafanaSpec": {}}},
            "ClusterGenerator strong cannot be used: generator Grafana is not installed: "
            "pip install secrets-operator-access-tokens",
            id="a plug-in that is not installed",
        ),
    ],
)
async def test_a_generator_that_cannot_be_used_waits_for_the_user(
    world: World, key: Key, spec: Object, message: str
) -> None:
    world.cluster.put(external_secret(spec=OWN if key is GENERATOR else SHARED))
    world.generators[key] = generator(spec, key=key)
    assert await world.reconcile() == Never(message)
    assert world.condition() == ("False", message)


async def test_a_generator_that_is_not_there_is_waited_for(world: World) -> None:
    del world.generators[GENERATOR]
    message = "there is no Password strong: create the generator"
    assert await world.reconcile() == Retry(message)
    assert world.condition() == ("False", message)


async def test_a_kind_without_a_plug_in_is_reported_whether_there_is_an_object_or_not(world: World) -> None:
    entry = {"sourceRef": {"generatorRef": {"kind": "Grafana", "name": "g"}}}
    world.cluster.put(external_secret(spec={"dataFrom": [entry], "data": []}))
    missing = "generator Grafana is not installed: pip install secrets-operator-access-tokens"
    assert await world.reconcile() == Never(missing)


async def test_a_generator_of_another_class_is_another_operators_business(world: World) -> None:
    world.generators[GENERATOR] = generator({"controller": "other"})
    assert (await world.reconcile(), world.writes()) == (Done(), {})


@pytest.mark.parametrize(
    ("error", "message"),
    [
        pytest.param(Retryable("busy", after=7), "Password strong failed: busy", id="no answer"),
        pytest.param(InvalidSpec("is empty", field="secret"), "Password strong was refused: secret: is empty", id="no"),
    ],
)
async def test_a_generator_that_fails_is_named_on_the_condition(world: World, error: Any, message: str) -> None:
    world.counting.error = error
    assert isinstance(await world.reconcile(), Retry)
    place = "spec.dataFrom[0].sourceRef.generatorRef"
    assert world.condition() == ("False", f"could not get secret data from provider: {place}: {message}")
    await world.reconcile()
    assert (data(world), world.condition()) == ({"password": "made-1"}, SYNCED)


async def test_keys_are_rewritten_but_neither_converted_nor_decoded(world: World) -> None:
    entry = {**OWN["dataFrom"][0], "rewrite": [{"regexp": {"source": "pass(.*)", "target": "db-$1"}}]}
    world.cluster.put(external_secret(spec={"dataFrom": [entry], "data": []}))
    await world.reconcile()
    assert data(world) == {"db-word": "made-1"}


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        pytest.param(
            {"data": [{"secretKey": "a", "remoteRef": {"key": "k"}, "sourceRef": OWN["dataFrom"][0]["sourceRef"]}]},
            "spec.data[0].sourceRef.generatorRef: a generator makes several keys and one entry of data is one: move it "
            "to spec.dataFrom[].sourceRef.generatorRef, and rename its keys by rewrite",
            id="in data",
        ),
        pytest.param(
            {"dataFrom": [{"sourceRef": {"generatorRef": {"apiVersion": "v1", "kind": "UUID", "name": "u"}}}]},
            "spec.dataFrom[0].sourceRef.generatorRef.apiVersion: must be generators.external-secrets.io/v1alpha1",
            id="of another group",
        ),
    ],
)
async def test_a_reference_that_is_wrong_waits_for_the_user(world: World, spec: Object, says: str) -> None:
    world.cluster.put(external_secret(spec=spec))
    assert await world.reconcile() == Never(says)
