"""Values that are generated into a ConfigMap: made when a refresh is due, and at no other time while they are there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from secrets_operator.flow import Key, Object, Retry
from secrets_operator.kube.errors import ServerError
from secrets_operator.settings import GroupKind, Settings
from tests.builders import external_secret, metadata
from tests.controller_world import World

ENTRY = {"sourceRef": {"generatorRef": {"kind": "Password", "name": "strong"}}}
MANIFEST = {"manifest": {"apiVersion": "v1", "kind": "ConfigMap"}}
TEMPLATE = {"data": {"url": "x://{{ .password }}"}, "metadata": {"labels": {"l": "v"}}}
TARGETS = [
    pytest.param(MANIFEST, {"password": "made-1"}, id="plain"),
    pytest.param({**MANIFEST, "template": TEMPLATE}, {"url": "x://made-1"}, id="a template"),
]
SYNCED = ("True", "resource synced")


class ConfigMapWorld(World):
    """A controller that may write ConfigMaps."""

    def __init__(self) -> None:
        self.hosting: list[asyncio.Task[None]] = []
        super().__init__()
        self.generators[Key("Password", "team", "strong")] = {
            "kind": "Password",
            "metadata": metadata("strong", "team"),
            "spec": {},
        }

    def start(self, kept_bytes: int = 0) -> None:
        self.settings = Settings(allow_generic_targets=True, generic_targets=frozenset({GroupKind("", "ConfigMap")}))
        super().start(kept_bytes)
        self.hosting.append(asyncio.create_task(self.watches.run()))

    def wants(self, target: Object, **spec: str) -> None:
        self.cluster.put(external_secret(spec={"dataFrom": [ENTRY], "data": [], "target": target, **spec}))

    def written(self) -> Object:
        return self.cluster.objects["ConfigMap", "team", "app"]


@pytest.fixture
async def world() -> AsyncIterator[ConfigMapWorld]:
    made = ConfigMapWorld()
    await asyncio.sleep(0)
    yield made
    for task in made.hosting:
        task.cancel()
    await made.sessions.close()
    made.blocking.close()


async def restarted(world: ConfigMapWorld) -> None:
    world.start()
    await asyncio.sleep(0)


@pytest.mark.parametrize(("target", "expected"), TARGETS)
async def test_lost_labels_are_put_back_and_the_values_stay(
    world: ConfigMapWorld, target: Object, expected: Object
) -> None:
    world.wants(target)
    await world.reconcile()
    before = dict(world.written()["metadata"]["labels"])
    world.written()["metadata"]["labels"].clear()
    await world.reconcile()
    assert (world.written()["data"], world.written()["metadata"]["labels"]) == (expected, before)
    assert (world.counting.count, world.condition(), world.writes()["apply ConfigMap"]) == (1, SYNCED, 2)


@pytest.mark.parametrize(("target", "expected"), TARGETS)
@pytest.mark.parametrize("policy", ["Periodic", "CreatedOnce"])
async def test_a_crash_between_the_write_and_the_status_makes_no_new_one(
    world: ConfigMapWorld, target: Object, expected: Object, policy: str
) -> None:
    world.wants(target, refreshPolicy=policy)
    world.failing("apply ExternalSecret/status", ServerError("x", code=503))
    assert isinstance(await world.reconcile(), Retry)
    await restarted(world)
    await world.reconcile()
    assert (world.written()["data"], world.condition(), world.counting.count) == (expected, SYNCED, 1)
    assert world.writes()["apply ConfigMap"] == 1


async def test_a_refresh_makes_a_new_one(world: ConfigMapWorld) -> None:
    world.wants(MANIFEST)
    await world.reconcile()
    world.refresh_comes_due()
    await world.reconcile()
    assert world.written()["data"] == {"password": "made-2"}


async def test_a_value_that_somebody_changed_is_made_anew_since_nobody_knows_it(world: ConfigMapWorld) -> None:
    world.wants(MANIFEST)
    await world.reconcile()
    world.written()["data"]["password"] = "by hand"
    del world.written()["metadata"]["managedFields"][0]["fieldsV1"]["f:data"]["f:password"]
    await world.reconcile()
    assert world.written()["data"] == {"password": "made-2"}
