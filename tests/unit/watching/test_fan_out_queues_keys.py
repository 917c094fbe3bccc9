"""Which change of a namespace or an ExternalSecret queues which ClusterExternalSecrets, and in which lane."""

from typing import Any

import pytest

from secrets_operator.flow import Key, Lane, Object
from secrets_operator.planning.fan_out_kinds import EXTERNAL_SECRETS_EVERYWHERE
from secrets_operator.planning.namespaces import Namespace
from secrets_operator.queueing.workqueue import WorkQueue
from secrets_operator.watching.cache import Change
from secrets_operator.watching.collections import custom_resource
from secrets_operator.watching.dependents import Dependents
from secrets_operator.watching.fan_out import FanOut
from tests.builders import cluster_external_secret, external_secret, managed, namespace

SHARED, APP = Key("ClusterExternalSecret", "", "shared"), Key("ExternalSecret", "team", "app")
OWNED_BY = {
    "apiVersion": "external-secrets.io/v1",
    "kind": "ClusterExternalSecret",
    "name": "shared",
    "uid": "u",
    "controller": True,
}
CHILD = Key("ExternalSecret", "team", "shared")


class World:
    """Handlers with their queue and index."""

    def __init__(self) -> None:
        self.queue = WorkQueue(now=lambda: 0.0, group_of=lambda _: "")
        self.dependents = Dependents()
        self.fan_out = FanOut(self.queue, self.dependents)
        self.parent_changed = self.fan_out.parent(EXTERNAL_SECRETS_EVERYWHERE)
        self.child_changed = self.fan_out.child(EXTERNAL_SECRETS_EVERYWHERE)

    async def queued(self) -> dict[Key, Lane]:
        """Take everything out of the queue."""
        claims = [await self.queue.get() for _ in range(self.queue.depth().total())]
        for claim in claims:
            self.queue.done(claim)
        return {claim.key: claim.lane for claim in claims}

    async def knows(self, resource: Object) -> None:
        self.parent_changed(Change("", resource["metadata"]["name"], None, resource))
        await self.queued()


@pytest.fixture
def world() -> World:
    return World()


def child(name: str = "shared", *, owner: dict[str, Any] | None = None, **meta: Any) -> Object:
    return external_secret(name, ownerReferences=[owner or OWNED_BY], **meta)


@pytest.mark.parametrize(
    ("old", "new", "queues"),
    [
        pytest.param(None, cluster_external_secret(), True, id="it came"),
        pytest.param(cluster_external_secret(), None, True, id="it went"),
        pytest.param(cluster_external_secret(), cluster_external_secret(generation=2), True, id="its spec changed"),
        pytest.param(
            cluster_external_secret(),
            cluster_external_secret(annotations={"external-secrets.io/force-sync": "1"}),
            True,
            id="it is to sync now",
        ),
        pytest.param(
            cluster_external_secret(), cluster_external_secret(status={"a": 1}), False, id="its status changed"
        ),
    ],
)
async def test_itself(world: World, old: Object | None, new: Object | None, *, queues: bool) -> None:
    world.parent_changed(Change("", "shared", old, new))
    assert await world.queued() == ({SHARED: Lane.CHANGED} if queues else {})


RED = namespace("team", team="red")


@pytest.mark.parametrize(
    ("old", "new", "queues"),
    [
        pytest.param(None, RED, True, id="it came"),
        pytest.param(RED, None, True, id="it went"),
        pytest.param(RED, namespace("team", team="blue"), True, id="a label changed"),
        pytest.param(RED, namespace("team", team="red", terminating=True), True, id="it is on its way out"),
        pytest.param(RED, namespace("team", team="red"), False, id="something else of it changed"),
    ],
)
async def test_a_namespace_brings_every_cluster_external_secret(
    world: World, old: Namespace | None, new: Namespace | None, *, queues: bool
) -> None:
    await world.knows(cluster_external_secret())
    await world.knows(cluster_external_secret("other"))
    world.fan_out.namespace(Change("", "team", old, new))
    both = {SHARED: Lane.CHANGED, SHARED._replace(name="other"): Lane.CHANGED}
    assert await world.queued() == (both if queues else {})


async def test_a_changed_label_brings_the_external_secrets_whose_store_looks_at_it(world: World) -> None:
    world.dependents.file(APP, [Key("Namespace", "", "team")])
    world.fan_out.namespace(Change("", "team", RED, namespace("team", team="blue")))
    assert await world.queued() == {APP: Lane.CHANGED}
    world.fan_out.namespace(Change("", "elsewhere", RED, namespace("elsewhere")))
    assert await world.queued() == {}


async def test_one_that_went_is_brought_by_nothing_any_more(world: World) -> None:
    await world.knows(cluster_external_secret())
    world.parent_changed(Change("", "shared", cluster_external_secret(), None))
    await world.queued()
    world.fan_out.namespace(Change("", "team", None, RED))
    world.child_changed(Change("team", "shared", external_secret("shared"), None))
    assert await world.queued() == {}


@pytest.mark.parametrize(
    ("old", "new", "queues"),
    [
        pytest.param(None, child(), True, id="it came"),
        pytest.param(child(), None, True, id="it was deleted"),
        pytest.param(child(), child(generation=2), True, id="its spec was edited"),
        pytest.param(child(), child(labels={"a": "b"}), True, id="its labels were edited"),
        pytest.param(child(), external_secret("shared"), True, id="it was taken from its owner"),
        pytest.param(child(), child(status={"refreshTime": "now"}), False, id="it was synced"),
    ],
)
async def test_a_child_brings_its_parent_as_drift(
    world: World, old: Object | None, new: Object | None, *, queues: bool
) -> None:
    world.child_changed(Change("team", "shared", old, new))
    assert await world.queued() == ({SHARED: Lane.DRIFT} if queues else {})


@pytest.mark.parametrize(
    "owner",
    [
        pytest.param({**OWNED_BY, "controller": False}, id="an owner that is no controller"),
        pytest.param({**OWNED_BY, "kind": "Application"}, id="another kind"),
        pytest.param({**OWNED_BY, "apiVersion": "example.com/v1"}, id="another group"),
    ],
)
async def test_what_somebody_else_owns_brings_nothing(world: World, owner: dict[str, Any]) -> None:
    world.child_changed(Change("team", "shared", None, child(owner=owner)))
    assert (await world.queued(), world.fan_out.children(SHARED)) == ({}, ())


@pytest.mark.parametrize(
    ("spec", "name"),
    [pytest.param({}, "shared", id="of its own name"), pytest.param({"externalSecretName": "db"}, "db", id="named")],
)
async def test_what_was_in_the_way_brings_it_when_it_goes(world: World, spec: Object, name: str) -> None:
    await world.knows(cluster_external_secret(spec=spec))
    world.child_changed(Change("team", name, external_secret(name), None))
    assert await world.queued() == {SHARED: Lane.DRIFT}
    world.child_changed(Change("team", "unrelated", external_secret("unrelated"), None))
    assert await world.queued() == {}


async def test_children_are_known_by_their_parent_until_they_go(world: World) -> None:
    world.child_changed(Change("team", "shared", None, child()))
    assert world.fan_out.children(SHARED) == (CHILD,)
    world.child_changed(Change("team", "shared", child(), external_secret("shared")))
    assert world.fan_out.children(SHARED) == ()
    world.child_changed(Change("team", "shared", external_secret("shared"), child()))
    world.child_changed(Change("team", "shared", child(), None))
    assert world.fan_out.children(SHARED) == ()


def test_of_managed_fields_only_what_fan_out_needs_is_kept() -> None:
    entries = [managed("gitops"), managed("clusterexternalsecrets.external-secrets.io/shared", labels=["a"])]
    project = custom_resource("external-secrets.io/v1", "ExternalSecret", managers=("clusterexternalsecrets.",))
    assert project(external_secret(managedFields=list(entries)))["metadata"]["managedFields"] == entries[1:]
    assert "managedFields" not in project(external_secret(managedFields=entries[:1]))["metadata"]
    plain = custom_resource("external-secrets.io/v1", "SecretStore")
    assert "managedFields" not in plain(external_secret(managedFields=list(entries)))["metadata"]
