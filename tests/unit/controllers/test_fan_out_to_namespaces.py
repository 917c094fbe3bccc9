"""What ClusterExternalSecrets and ClusterPushSecrets make of a cluster in memory, and what they leave alone."""

from collections.abc import Iterable
from typing import Any

import pytest

from secrets_operator.applying.child_resources import ChildResources
from secrets_operator.applying.secrets import Secrets
from secrets_operator.controllers.deps import Deps
from secrets_operator.controllers.fan_out import Caches, FanOuts
from secrets_operator.flow import Again, Done, Key, Never, Object, Outcome, Retry
from secrets_operator.kube.errors import ApiError, Conflict, Forbidden, Invalid, ServerError, Unreachable
from secrets_operator.kube.resources import (
    CLUSTER_EXTERNAL_SECRETS,
    CLUSTER_PUSH_SECRETS,
    EXTERNAL_SECRETS,
    PUSH_SECRETS,
    Resource,
)
from secrets_operator.planning.child_resources import Child, child
from secrets_operator.planning.fan_out_kinds import EXTERNAL_SECRETS_EVERYWHERE, PUSH_SECRETS_EVERYWHERE, FanOutKind
from secrets_operator.planning.namespaces import Namespace
from secrets_operator.reporting.events import Events
from secrets_operator.reporting.metrics import Metrics
from secrets_operator.reporting.status import Statuses
from secrets_operator.settings import Settings
from tests.builders import DIGESTER, cluster_external_secret, cluster_push_secret, external_secret, namespace
from tests.hand_clock import HandClock
from tests.memory_cluster import MemoryCluster

KEY = Key("ClusterExternalSecret", "", "shared")
CHILD = "ExternalSecret"
ALREADY_EXISTS = EXTERNAL_SECRETS_EVERYWHERE.already_exists


class World:
    """One controller, one ClusterExternalSecret that selects ``team: red``, three namespaces of which two match."""

    def __init__(self) -> None:
        self.cluster, clock = MemoryCluster(cluster_external_secret(), cluster_push_secret()), HandClock()
        self.namespaces: dict[str, Namespace] = {}
        for name, team in (("a", "red"), ("b", "red"), ("c", "blue")):
            self.labelled(name, team)
        self.unseen: set[str] = set()
        client = self.cluster.client
        self._deps = Deps(
            settings=Settings(),
            clock=clock,
            secrets=Secrets(client, cached=lambda *_: None, digester=DIGESTER),
            statuses=Statuses(client),
            events=Events(client, clock),
            metrics=Metrics("1"),
            digester=DIGESTER,
            claimed=lambda _: None,
        )
        self.controller = self.controller_of(EXTERNAL_SECRETS_EVERYWHERE, CLUSTER_EXTERNAL_SECRETS, EXTERNAL_SECRETS)
        self.pushing = self.controller_of(PUSH_SECRETS_EVERYWHERE, CLUSTER_PUSH_SECRETS, PUSH_SECRETS)

    def controller_of(self, kind: FanOutKind, parents: Resource, children: Resource) -> FanOuts:
        caches = Caches(
            parents=lambda namespace, name: self.cluster.objects.get((parents.kind, namespace, name)),
            namespaces=self.namespaces.values,
            existing=lambda _key, _name: self._existing(children.kind),
        )
        written = ChildResources(self.cluster.client, kind=children, parents=parents)
        return FanOuts(self._deps, kind, parents=parents, caches=caches, children=written)

    def _existing(self, kind: str) -> Iterable[Child]:
        found = self.cluster.objects.items()
        return [child(one) for (known, place, _), one in found if known == kind and place not in self.unseen]

    def labelled(self, name: str, team: str) -> None:
        self.namespaces[name] = namespace(name, team=team)

    async def reconcile(self) -> Outcome:
        """Run once as the workers would."""
        try:
            return await self.controller.reconcile(KEY)
        except ApiError as error:
            return Retry(type(error).__name__)

    def children(self) -> list[str]:
        return sorted(f"{place}/{name}" for kind, place, name in self.cluster.objects if kind == CHILD)

    def status(self) -> tuple[str, list[str], dict[str, str]]:
        """Return status of the condition, the provisioned namespaces and the failed ones with their reasons."""
        status = self.resource().get("status") or {}
        failed = {one["namespace"]: one["reason"] for one in status.get("failedNamespaces", ())}
        (condition,) = status.get("conditions") or [{"status": ""}]
        return condition["status"], status.get("provisionedNamespaces", []), failed

    def resource(self) -> Object:
        return self.cluster.objects[KEY.kind, "", "shared"]

    def edit(self, **spec: Any) -> None:
        """Apply the resource with another spec; its status stays."""
        self.cluster.put(cluster_external_secret(spec=spec, status=self.resource().get("status")))

    def writes(self) -> dict[str, int]:
        return {call: count for call, count in self.cluster.calls.items() if not call.startswith("get")}

    def failing(self, call: str, *errors: ApiError) -> None:
        self.cluster.failures[call] = list(errors)


@pytest.fixture
def world() -> World:
    return World()


STATUS = "apply ClusterExternalSecret/status"
FIRST = {"apply ExternalSecret": 2, STATUS: 1}


async def test_every_selected_namespace_gets_its_child_and_the_status_names_them(world: World) -> None:
    assert await world.reconcile() == Again(3600.0)
    assert (world.children(), world.status()) == (["a/shared", "b/shared"], ("True", ["a", "b"], {}))
    assert world.writes() == FIRST
    made = world.cluster.objects[CHILD, "a", "shared"]
    assert made["spec"] == world.resource()["spec"]["externalSecretSpec"]
    (owner,) = made["metadata"]["ownerReferences"]
    assert owner == {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ClusterExternalSecret",
        "name": "shared",
        "uid": "uid-shared",
        "controller": True,
        "blockOwnerDeletion": True,
    }
    assert "finalizers" not in made["metadata"]


async def test_a_second_look_writes_nothing(world: World) -> None:
    await world.reconcile()
    await world.reconcile()
    assert world.writes() == FIRST


async def test_a_namespace_that_starts_to_match_gets_its_child_and_one_that_stops_loses_it(world: World) -> None:
    await world.reconcile()
    world.labelled("c", "red")
    world.labelled("a", "blue")
    await world.reconcile()
    assert (world.children(), world.status()) == (["b/shared", "c/shared"], ("True", ["b", "c"], {}))


async def test_an_edited_child_is_put_right(world: World) -> None:
    await world.reconcile()
    world.cluster.objects[CHILD, "a", "shared"]["spec"] = {"dataFrom": [], "refreshInterval": "1s"}
    await world.reconcile()
    assert world.cluster.objects[CHILD, "a", "shared"]["spec"] == world.resource()["spec"]["externalSecretSpec"]
    assert world.writes() == {"apply ExternalSecret": 3, STATUS: 1}


async def test_a_deleted_child_is_made_anew(world: World) -> None:
    await world.reconcile()
    del world.cluster.objects[CHILD, "b", "shared"]
    await world.reconcile()
    assert world.children() == ["a/shared", "b/shared"]


async def test_a_new_name_deletes_the_old_children_after_the_new_ones_are_there(world: World) -> None:
    await world.reconcile()
    world.edit(externalSecretName="db")
    world.failing("delete ExternalSecret", ServerError("x", code=500))
    assert await world.reconcile() == Retry("ServerError")
    assert world.children() == ["a/db", "a/shared", "b/db", "b/shared"]
    await world.reconcile()
    assert (world.children(), world.resource()["status"]["externalSecretName"]) == (["a/db", "b/db"], "db")


async def test_what_somebody_made_is_never_touched_and_reported(world: World) -> None:
    theirs = external_secret("shared", "a")
    world.cluster.put(theirs)
    assert await world.reconcile() == Again(3600.0)
    assert world.cluster.objects[CHILD, "a", "shared"] is theirs
    assert world.status() == ("False", ["b"], {"a": ALREADY_EXISTS})


async def test_nor_is_what_the_cache_does_not_know_yet(world: World) -> None:
    theirs = external_secret("shared", "a")
    world.cluster.put(theirs)
    world.unseen.add("a")
    assert await world.reconcile() == Again(3600.0)
    assert world.cluster.objects[CHILD, "a", "shared"] is theirs
    assert world.status() == ("False", ["b"], {"a": ALREADY_EXISTS})


async def test_a_child_under_its_old_name_stays_while_the_new_one_cannot_be_written(world: World) -> None:
    await world.reconcile()
    world.edit(externalSecretName="db")
    world.failing("apply ExternalSecret", Forbidden("cannot apply", code=403))
    assert await world.reconcile() == Retry("cannot apply")
    assert (world.children(), world.status()) == (["a/shared", "b/db"], ("False", ["b"], {"a": "cannot apply"}))
    await world.reconcile()
    assert (world.children(), world.status()) == (["a/db", "b/db"], ("True", ["a", "b"], {}))


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(Invalid("data is missing", code=422), id="a spec the API server refuses"),
        pytest.param(Forbidden("data is missing", code=403), id="a webhook that refuses"),
    ],
)
async def test_a_refusal_in_one_namespace_leaves_the_others_alone(world: World, error: ApiError) -> None:
    world.failing("apply ExternalSecret", error)
    assert await world.reconcile() == Retry("data is missing")
    assert (world.children(), world.status()) == (["b/shared"], ("False", ["b"], {"a": "data is missing"}))


async def test_a_child_that_changed_meanwhile_is_tried_again_in_silence(world: World) -> None:
    world.failing("apply ExternalSecret", Conflict("x", code=409))
    assert isinstance(await world.reconcile(), Retry)
    assert (world.children(), world.status()) == (["b/shared"], ("", [], {}))
    await world.reconcile()
    assert (world.children(), world.status()) == (["a/shared", "b/shared"], ("True", ["a", "b"], {}))


@pytest.mark.parametrize("call", ["get ExternalSecret", "apply ExternalSecret", STATUS])
@pytest.mark.parametrize(
    "error", [ServerError("x", code=500), Unreachable("x")], ids=lambda error: type(error).__name__
)
async def test_trouble_of_the_api_server_is_retried_in_silence(world: World, call: str, error: ApiError) -> None:
    world.failing(call, error)
    assert await world.reconcile() == Retry(type(error).__name__)
    assert world.status() == ("", [], {})
    await world.reconcile()
    assert (world.children(), world.status()) == (["a/shared", "b/shared"], ("True", ["a", "b"], {}))


async def test_a_broken_selector_changes_nothing_but_the_condition(world: World) -> None:
    await world.reconcile()
    world.edit(namespaceSelectors=[{"matchLabels": {"team": "not a value"}}])
    assert isinstance(await world.reconcile(), Never)
    status, provisioned, failed = world.status()
    assert (world.children(), status, provisioned, list(failed)) == (
        ["a/shared", "b/shared"],
        "False",
        ["a", "b"],
        ["unknown"],
    )


@pytest.mark.parametrize("gone", [True, False], ids=["gone", "on its way out"])
async def test_one_that_goes_needs_nothing(world: World, *, gone: bool) -> None:
    await world.reconcile()
    if gone:
        del world.cluster.objects[KEY.kind, "", "shared"]
    else:
        world.cluster.put(cluster_external_secret(deletionTimestamp="now"))
        del world.cluster.objects[CHILD, "a", "shared"]
    assert (await world.reconcile(), world.writes()) == (Done(), FIRST)


async def test_without_a_recheck_only_changes_are_looked_at(world: World) -> None:
    world.edit(refreshTime="0")
    assert await world.reconcile() == Done()


PUSH_KEY = Key("ClusterPushSecret", "", "shared")


async def test_a_cluster_push_secret_makes_push_secrets(world: World) -> None:
    assert await world.pushing.reconcile(PUSH_KEY) == Again(3600.0)
    parent, made = world.cluster.objects[PUSH_KEY], world.cluster.objects["PushSecret", "b", "shared"]
    assert world.writes() == {"apply PushSecret": 2, "apply ClusterPushSecret/status": 1}
    assert (made["apiVersion"], made["spec"]) == ("external-secrets.io/v1alpha1", parent["spec"]["pushSecretSpec"])
    (owner,) = made["metadata"]["ownerReferences"]
    assert (owner["apiVersion"], owner["kind"]) == ("external-secrets.io/v1alpha1", "ClusterPushSecret")
    assert parent["status"] == {
        "pushSecretName": "shared",
        "provisionedNamespaces": ["a", "b"],
        "failedNamespaces": [],
        "conditions": [{"type": "Ready", "status": "True"}],
    }


async def test_a_cluster_push_secret_that_selects_nothing_says_so_once(world: World) -> None:
    world.cluster.put(cluster_push_secret(spec={"namespaceSelectors": [{"matchLabels": {"team": "not a value"}}]}))
    for _ in range(2):
        assert isinstance(await world.pushing.reconcile(PUSH_KEY), Never)
    (condition,) = world.cluster.objects[PUSH_KEY]["status"]["conditions"]
    assert (condition["status"], condition["reason"]) == ("False", "Errored")
    (event,) = (made for (kind, *_), made in world.cluster.objects.items() if kind == "Event")
    assert (event["type"], event["reason"], event["involvedObject"]["kind"]) == (
        "Warning",
        "Errored",
        "ClusterPushSecret",
    )
