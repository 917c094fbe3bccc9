"""ClusterSecretStores with conditions: who may use them, and how soon a change of that counts."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.manifests import external_secret, shared_fake_store
from tests.cluster_world import Object, OperatorProcess, World, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.process, pytest.mark.usefixtures("operator")]

DATA = {"k": b"1"}


class Shared:
    """A ClusterSecretStore and one namespace that reads from it."""

    def __init__(self, world: World, namespace: str) -> None:
        self.world, self.namespace = world, namespace
        self.name = f"store-{secrets.token_hex(4)}"

    def admits(self, *conditions: Object) -> None:
        self.world.apply(shared_fake_store(self.name, {"one": "1"}, conditions=list(conditions)))

    def label(self, **labels: str) -> None:
        manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace, "labels": labels}}
        self.world.apply(manifest)

    def use(self, **spec: Any) -> None:
        self.world.apply(
            external_secret(self.namespace, {"k": "one"}, store=self.name, kind="ClusterSecretStore", **spec)
        )

    def wait_denied(self) -> None:
        says = f"using ClusterSecretStore {self.name} from namespace {self.namespace} is denied by its conditions"
        self.world.wait_condition(
            "ExternalSecret", self.namespace, "app", status="False", reason="SecretSyncedError", says=says
        )

    def wait_synced(self) -> None:
        self.world.wait_data(self.namespace, "app", DATA)
        self.world.wait_condition("ExternalSecret", self.namespace, "app")


@pytest.fixture
def shared(world: World, namespace: str) -> Iterator[Shared]:
    made = Shared(world, namespace)
    yield made
    world.delete("ClusterSecretStore", "", made.name)


def test_whom_no_condition_names_is_denied_and_gets_no_secret(shared: Shared) -> None:
    shared.admits({"namespaces": ["somewhere-else"]}, {})
    shared.use()
    shared.wait_denied()
    assert shared.world.secret(shared.namespace, "app") is None


def test_a_store_without_conditions_is_for_all(shared: Shared) -> None:
    shared.admits()
    shared.use()
    shared.wait_synced()


@pytest.mark.parametrize("how", ["name", "regular expression", "label", "empty selector"])
def test_a_namespace_is_admitted_by_its(shared: Shared, how: str) -> None:
    shared.label(team="red")
    condition: dict[str, Object] = {
        "name": {"namespaces": [shared.namespace]},
        "regular expression": {"namespaceRegexes": [shared.namespace[1:-1]]},
        "label": {"namespaceSelector": {"matchExpressions": [{"key": "team", "operator": "In", "values": ["red"]}]}},
        "empty selector": {"namespaceSelector": {}},
    }
    shared.admits({"namespaces": ["somewhere-else"]}, condition[how])
    shared.use()
    shared.wait_synced()


def test_a_label_that_is_added_counts_at_once_and_one_that_is_removed_ends_the_reading(shared: Shared) -> None:
    shared.admits({"namespaceSelector": {"matchLabels": {"team": "red"}}})
    shared.use(refreshInterval="1s")
    shared.wait_denied()
    shared.label(team="red")
    wait_for(
        "the Secret, long before the next attempt",
        lambda: shared.world.data(shared.namespace, "app") == DATA,
        seconds=5,
    )
    shared.label(team="blue")
    shared.wait_denied()
    assert shared.world.data(shared.namespace, "app") == DATA
    shared.label(team="red")
    shared.wait_synced()


def test_a_changed_condition_counts_at_once(shared: Shared) -> None:
    shared.admits({"namespaces": ["somewhere-else"]})
    shared.use()
    shared.wait_denied()
    shared.admits({"namespaces": [shared.namespace]})
    shared.wait_synced()


def test_conditions_that_make_no_sense_are_told_on_the_store_and_admit_nobody(shared: Shared) -> None:
    shared.admits({"namespaces": [shared.namespace]}, {"namespaceRegexes": ["team-("]})
    shared.use()
    says = "spec.conditions[1].namespaceRegexes[0]: is no regular expression"
    shared.world.wait_condition("ClusterSecretStore", "", shared.name, status="False", says=says)
    shared.world.wait_condition("ExternalSecret", shared.namespace, "app", status="False", says=says)
    assert shared.world.secret(shared.namespace, "app") is None


def test_conditions_of_a_secret_store_mean_nothing(world: World, namespace: str) -> None:
    store = shared_fake_store("store", {"one": "1"}, conditions=[{"namespaces": ["somewhere-else"]}])
    world.apply(store | {"kind": "SecretStore", "metadata": {"name": "store", "namespace": namespace}})
    world.apply(external_secret(namespace, {"k": "one"}))
    world.wait_data(namespace, "app", DATA)


def test_an_operator_of_one_namespace_reads_it_when_it_must_be_judged(shared: Shared, kubeconfig: Path) -> None:
    options = ["--watch-namespace", shared.namespace, "--controller-class", shared.name]
    with OperatorProcess(kubeconfig, shared.namespace, options=options) as narrow:
        narrow.wait_ready()
        store = shared_fake_store(shared.name, {"one": "1"}, conditions=[{"namespaceRegexes": ["^somewhere"]}])
        store["spec"]["controller"] = shared.name
        shared.world.apply(store)
        shared.use()
        shared.wait_denied()
        store["spec"]["conditions"] = [{"namespaces": [shared.namespace]}]
        shared.world.apply(store)
        shared.wait_synced()
        assert 'kind="Namespace"' in narrow.get("/metrics")[1]
        assert 'verb="watch",kind="Namespace"' not in narrow.get("/metrics")[1]
