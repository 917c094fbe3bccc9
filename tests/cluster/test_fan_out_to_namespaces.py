"""Cluster-wide resources on a cluster: every selected namespace has what they make, and no other namespace has."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster.manifests import (
    cluster_external_secret,
    cluster_push_secret,
    external_secret,
    shared_fake_store,
)
from tests.cluster_world import Object, OperatorProcess, World, condition, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.process, pytest.mark.usefixtures("operator")]

DATA = {"k": b"1"}
KIND = "ClusterExternalSecret"


class Fleet:
    """Namespaces of one test, a store for all, and a ClusterExternalSecret for those with its name as ``team``."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.name = f"fleet-{secrets.token_hex(4)}"
        self.namespaces: list[str] = []
        world.apply(shared_fake_store(self.name, {"one": "1", "two": "2"}))

    def namespace(self, *, member: bool = True) -> str:
        name = f"{self.name}-{len(self.namespaces)}"
        self.namespaces.append(name)
        self.label(name, member=member)
        return name

    def label(self, namespace: str, *, member: bool) -> None:
        """Apply the namespace with or without the label."""
        labels = {"labels": {"team": self.name}} if member else {}
        self.world.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, **labels}})

    def apply(self, data: dict[str, str] | None = None, *, metadata: Object | None = None, **spec: Any) -> None:
        selectors = [{"matchLabels": {"team": self.name}}]
        manifest = cluster_external_secret(self.name, data or {"k": "one"}, namespaceSelectors=selectors, **spec)
        manifest["metadata"] |= metadata or {}
        self.world.apply(manifest)

    def child(self, namespace: str, name: str = "") -> Object | None:
        return self.world.get("ExternalSecret", namespace, name or self.name)

    def edit_child(self, namespace: str, change: Object) -> None:
        """Merge ``change`` into a child, as ``kubectl edit`` does."""
        path = f"/apis/external-secrets.io/v1/namespaces/{namespace}/externalsecrets/{self.name}"
        self.world.call("PATCH", path, body=change, query={"fieldManager": "kubectl-edit"})

    def status(self) -> Object:
        found = self.world.get(KIND, "", self.name) or {}
        status: Object = found.get("status") or {}
        return status

    def wait_status(self, *, provisioned: list[str], failed: dict[str, str] | None = None) -> None:
        """Wait until the status names exactly these namespaces; of a reason its beginning counts."""

        def probe() -> bool:
            status = self.status()
            found = {one["namespace"]: one["reason"] for one in status.get("failedNamespaces", ())}
            reasons = failed or {}
            return (
                status.get("provisionedNamespaces") == sorted(provisioned)
                and found.keys() == reasons.keys()
                and all(found[name].startswith(reason) for name, reason in reasons.items())
                and [one["status"] for one in status["conditions"]] == ["False" if reasons else "True"]
            )

        wait_for(f"{KIND} {self.name} is provisioned in {provisioned}, failed in {failed}", probe)

    def wait_data(self, namespace: str, data: dict[str, bytes] | None = None) -> None:
        self.world.wait_data(namespace, self.name, data or DATA)

    def wait_no_secret(self, namespace: str) -> None:
        wait_for(f"no Secret in {namespace}", lambda: self.world.secret(namespace, self.name) is None)

    def close(self) -> None:
        if self.world.get(KIND, "", self.name):
            self.world.delete(KIND, "", self.name)
        self.world.delete("ClusterSecretStore", "", self.name)
        for namespace in self.namespaces:
            self.world.delete_namespace(namespace)


@pytest.fixture
def fleet(world: World) -> Iterator[Fleet]:
    made = Fleet(world)
    yield made
    made.close()


def test_every_matching_namespace_gets_its_secret_and_no_other(fleet: Fleet) -> None:
    first, second, other = fleet.namespace(), fleet.namespace(), fleet.namespace(member=False)
    fleet.apply()
    for namespace in (first, second):
        fleet.wait_data(namespace)
    fleet.wait_status(provisioned=[first, second])
    assert fleet.child(other) is None
    assert fleet.status() == {
        "externalSecretName": fleet.name,
        "provisionedNamespaces": sorted([first, second]),
        "failedNamespaces": [],
        "conditions": [{"type": "Ready", "status": "True"}],
    }


def test_a_new_namespace_has_its_secret_at_once(fleet: Fleet) -> None:
    fleet.apply()
    fleet.wait_data(fleet.namespace())
    began = time.monotonic()
    namespace = fleet.namespace()
    fleet.wait_data(namespace)
    seconds = time.monotonic() - began
    print(f"a new namespace had its Secret after {seconds:.3f} s")
    assert seconds < 5
    fleet.wait_status(provisioned=fleet.namespaces)


def test_a_namespace_that_loses_its_label_loses_its_secret_and_gets_it_back_with_the_label(fleet: Fleet) -> None:
    staying, leaving = fleet.namespace(), fleet.namespace()
    fleet.apply()
    fleet.wait_data(leaving)
    fleet.label(leaving, member=False)
    fleet.wait_no_secret(leaving)
    fleet.wait_status(provisioned=[staying])
    assert fleet.child(leaving) is None
    fleet.label(leaving, member=True)
    fleet.wait_data(leaving)
    fleet.wait_data(staying)


def test_what_somebody_made_is_left_alone_and_reported_until_it_goes(world: World, fleet: Fleet) -> None:
    taken, free = fleet.namespace(), fleet.namespace()
    theirs = external_secret(taken, {"mine": "two"}, name=fleet.name, store=fleet.name, kind="ClusterSecretStore")
    world.apply(theirs)
    world.wait_data(taken, fleet.name, {"mine": b"2"})
    before = fleet.child(taken)
    fleet.apply()
    fleet.wait_status(provisioned=[free], failed={taken: "external secret already exists in namespace"})
    assert fleet.child(taken) == before
    message = (condition(world.get(KIND, "", fleet.name), "Ready") or {})["message"]
    assert message.startswith(f"one or more namespaces failed: {taken}: external secret already exists")
    world.delete("ExternalSecret", taken, fleet.name)
    fleet.wait_data(taken)
    fleet.wait_status(provisioned=[taken, free])


def test_deleting_it_collects_the_external_secrets_and_the_secrets(world: World, fleet: Fleet) -> None:
    namespace = fleet.namespace()
    fleet.apply()
    fleet.wait_data(namespace)
    world.delete(KIND, "", fleet.name)
    fleet.wait_no_secret(namespace)
    assert world.get(KIND, "", fleet.name) is None
    wait_for("the ExternalSecret is collected", lambda: fleet.child(namespace) is None)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"spec": {"data": [{"secretKey": "hacked", "remoteRef": {"key": "two"}}]}}, id="another value"),
        pytest.param({"spec": {"target": {"name": "elsewhere"}}}, id="a field that was not there"),
        pytest.param({"metadata": {"labels": {"kept": "no"}}}, id="a label"),
    ],
)
def test_an_edited_external_secret_is_put_right(fleet: Fleet, change: Object) -> None:
    namespace = fleet.namespace()
    fleet.apply(externalSecretMetadata={"labels": {"kept": "yes"}})
    fleet.wait_data(namespace)
    made = fleet.child(namespace)
    assert made is not None
    fleet.edit_child(namespace, change)

    def probe() -> bool:
        found = fleet.child(namespace) or {"metadata": {}}
        meta = found["metadata"]
        same = found.get("spec") == made["spec"] and meta.get("labels") == {"kept": "yes"}
        return same and bool(meta["resourceVersion"] != made["metadata"]["resourceVersion"])

    wait_for("the ExternalSecret is as it was", probe)
    fleet.wait_data(namespace)


def test_a_deleted_external_secret_comes_back(world: World, fleet: Fleet) -> None:
    namespace = fleet.namespace()
    fleet.apply()
    fleet.wait_data(namespace)
    world.delete("ExternalSecret", namespace, fleet.name)
    wait_for("the ExternalSecret is back", lambda: fleet.child(namespace))
    fleet.wait_data(namespace)


def test_a_changed_spec_reaches_every_namespace_and_labels_that_are_dropped_go(fleet: Fleet) -> None:
    namespaces = [fleet.namespace(), fleet.namespace()]
    fleet.apply(externalSecretMetadata={"labels": {"a": "1", "b": "2"}})
    fleet.wait_data(namespaces[0])
    fleet.apply({"other": "two"}, externalSecretMetadata={"labels": {"a": "1"}})
    for namespace in namespaces:
        fleet.wait_data(namespace, {"other": b"2"})
        assert (fleet.child(namespace) or {})["metadata"]["labels"] == {"a": "1"}


def test_a_new_name_replaces_the_external_secrets_of_the_old_one(world: World, fleet: Fleet) -> None:
    namespace = fleet.namespace()
    fleet.apply()
    fleet.wait_data(namespace)
    fleet.apply(externalSecretName="renamed")
    world.wait_data(namespace, "renamed", DATA)
    fleet.wait_no_secret(namespace)
    assert fleet.child(namespace) is None
    wait_for("the status has the new name", lambda: fleet.status()["externalSecretName"] == "renamed")


def test_the_wish_to_sync_now_is_passed_on_and_taken_back(fleet: Fleet) -> None:
    name, namespace = "external-secrets.io/force-sync", fleet.namespace()
    fleet.apply(metadata={"annotations": {name: "1"}})

    def passed_on() -> str | None:
        annotations = (fleet.child(namespace) or {"metadata": {}})["metadata"].get("annotations") or {}
        value: str | None = annotations.get(name)
        return value

    wait_for("the annotation is there", lambda: passed_on() == "1")
    fleet.apply()
    wait_for("the annotation is gone", lambda: passed_on() is None)


def test_nothing_is_written_when_nothing_changed(fleet: Fleet, operator: OperatorProcess) -> None:
    namespace = fleet.namespace()
    fleet.apply(refreshTime="1s")
    fleet.wait_data(namespace)
    fleet.wait_status(provisioned=[namespace])
    child, resource = fleet.child(namespace), fleet.world.get(KIND, "", fleet.name)
    runs = 'secrets_operator_reconciles_total{kind="ClusterExternalSecret"'

    def count() -> float:
        lines = operator.get("/metrics")[1].splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(runs))

    before = count()
    wait_for("three more looks", lambda: count() >= before + 3)
    assert (fleet.child(namespace), fleet.world.get(KIND, "", fleet.name)) == (child, resource)


def test_nothing_but_the_status_of_the_users_resource_is_written_and_namespaces_stay_as_they_are(fleet: Fleet) -> None:
    namespace = fleet.namespace()
    fleet.apply()
    fleet.wait_data(namespace)
    fleet.wait_status(provisioned=[namespace])
    found = fleet.world.get(KIND, "", fleet.name)
    assert found is not None
    assert not found["metadata"].keys() & {"annotations", "finalizers", "labels"}
    foreign = [entry for entry in found["metadata"]["managedFields"] if entry["manager"] != "gitops"]
    assert {entry.get("subresource", "") for entry in foreign} == {"status"}
    space = fleet.world.find(f"/api/v1/namespaces/{namespace}")
    assert space is not None
    assert "finalizers" not in space["metadata"]
    assert {entry["manager"] for entry in space["metadata"]["managedFields"]} == {"gitops"}


def test_a_cluster_push_secret_gives_matching_namespaces_their_push_secret_at_once_and_takes_only_its_own(
    world: World, fleet: Fleet
) -> None:
    staying, leaving = fleet.namespace(), fleet.namespace()
    selectors = [{"matchLabels": {"team": fleet.name}}]
    pushing = cluster_push_secret(fleet.name, namespaceSelectors=selectors, pushSecretName="push")

    def child(namespace: str) -> Object | None:
        return world.get("PushSecret", namespace, "push")

    world.apply(pushing)
    for namespace in (staying, leaving):
        wait_for("there is a PushSecret", lambda: child(namespace))  # noqa: B023 - asked before the next turn
    began = time.monotonic()
    late = fleet.namespace()
    wait_for("the new namespace has its own", lambda: child(late))
    seconds = time.monotonic() - began
    print(f"a new namespace had its PushSecret after {seconds:.3f} s")
    assert seconds < 5
    theirs = {**pushing["spec"]["pushSecretSpec"], "refreshInterval": "2h"}
    taken = fleet.namespace(member=False)
    world.apply(
        {
            "apiVersion": "external-secrets.io/v1alpha1",
            "kind": "PushSecret",
            "metadata": {"name": "push", "namespace": taken},
            "spec": theirs,
        }
    )
    fleet.label(taken, member=True)
    fleet.label(leaving, member=False)
    wait_for("the one that left has none", lambda: child(leaving) is None)

    def provisioned() -> bool:
        status = (world.get("ClusterPushSecret", "", fleet.name) or {}).get("status") or {}
        failed = {one["namespace"]: one["reason"] for one in status.get("failedNamespaces", ())}
        return status.get("provisionedNamespaces") == sorted([staying, late]) and failed.keys() == {taken}

    wait_for("the status tells where there is one", provisioned)
    assert (child(taken) or {})["spec"]["refreshInterval"] == "2h"
    world.delete("ClusterPushSecret", "", fleet.name)
    wait_for("the children are collected", lambda: not (child(staying) or child(late)))
    assert child(taken) is not None
