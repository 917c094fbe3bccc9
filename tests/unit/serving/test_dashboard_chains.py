"""The way of a value by names: stores, logins, remote keys, Secret keys, consumers."""

from __future__ import annotations

from typing import Any

import pytest

from secrets_operator.flow import Key, Object
from secrets_operator.planning.marks import external_secret_manager
from secrets_operator.planning.secret_state import OwnedFields, SecretState
from secrets_operator.serving.dashboard.chains import Item, Stage, chain
from secrets_operator.serving.dashboard.consumers import workload
from tests.builders import (
    cluster_external_secret,
    cluster_push_secret,
    external_secret,
    push_secret,
    sealed_secret,
    store,
)

KEY = Key("ExternalSecret", "team", "app")
STORE = Key("SecretStore", "team", "store")


def stages(resource: Object, *known: Object, live: SecretState | None = None) -> dict[str, Stage]:
    metadata = resource["metadata"]
    found = {Key(one["kind"], one["metadata"]["namespace"], one["metadata"]["name"]): one for one in known}
    key = Key(resource["kind"], metadata.get("namespace") or "", metadata["name"])
    return {stage.title: stage for stage in chain(key, resource, lookup=found.get, live=live)}


def test_a_reference_goes_from_its_store_to_its_secret() -> None:
    made = stages(external_secret(), store(spec={"provider": {"vault": {"auth": {}}}}))
    assert list(made) == ["Store", "Login", "Remote keys", "Secret app"]
    assert made["Store"].items == (Item("store", "SecretStore, vault", STORE),)
    assert made["Login"].note == "no credential is named: the operator's own identity, or none"
    assert made["Remote keys"].items == (Item("db", "to key password"),)
    assert made["Secret app"].note == "there is none yet"


def test_a_store_that_is_not_there_is_said_to_be() -> None:
    assert stages(external_secret())["Store"].items == (Item("store", "SecretStore, not found"),)


@pytest.mark.parametrize(
    ("spec", "item"),
    [
        pytest.param(
            {"data": [{"secretKey": "p", "remoteRef": {"key": "db", "property": "a.b", "version": "7"}}]},
            Item("db @ 7 › a.b", "to key p"),
            id="a property of a version",
        ),
        pytest.param(
            {"data": [{"secretKey": "p", "remoteRef": {"key": "db", "metadataPolicy": "Fetch"}}]},
            Item("db", "metadata to key p"),
            id="the metadata",
        ),
        pytest.param(
            {"data": [], "dataFrom": [{"extract": {"key": "db"}}]}, Item("db", "spread into keys"), id="all properties"
        ),
        pytest.param(
            {"data": [], "dataFrom": [{"find": {"path": "shop", "name": {"regexp": "^a"}}}]},
            Item("find path shop; name ^a", "every match"),
            id="all that match",
        ),
        pytest.param(
            {"data": [], "dataFrom": [{"find": {"tags": {"team": "a-value-of-a-tag"}}}]},
            Item("find tags team", "every match"),
            id="tags by their names only",
        ),
        pytest.param(
            {"data": [], "dataFrom": [{"sourceRef": {"generatorRef": {"kind": "Password", "name": "p"}}}]},
            Item("made by Password p"),
            id="what is generated",
        ),
    ],
)
def test_remote_keys_are_named_as_they_are_asked_for(spec: Object, item: Item) -> None:
    assert stages(external_secret(spec=spec))["Remote keys"].items == (item,)


@pytest.mark.parametrize(
    ("provider", "items"),
    [
        pytest.param(
            {"aws": {"auth": {"secretRef": {"accessKeyIDSecretRef": {"name": "aws", "key": "id"}}}}},
            (Item("aws", "Secret, key id (auth.secretRef.accessKeyIDSecretRef)"),),
            id="a key of a Secret",
        ),
        pytest.param(
            {"aws": {"role": "arn", "auth": {"jwt": {"serviceAccountRef": {"name": "sa", "namespace": "ns"}}}}},
            (Item("ns/sa", "ServiceAccount (auth.jwt.serviceAccountRef)"),),
            id="a ServiceAccount of another namespace",
        ),
        pytest.param(
            {"webhook": {"url": "https://u:p@x", "secrets": [{"name": "a", "secretRef": {"name": "b", "key": "c"}}]}},
            (Item("b", "Secret, key c (secrets.secretRef)"),),
            id="in a list, and no setting beside it",
        ),
        pytest.param({"fake": {"data": [{"key": "k", "value": "v"}]}}, (), id="none of a store that holds its values"),
    ],
)
def test_logins_are_the_references_of_the_provider_and_nothing_else(provider: Object, items: tuple[Item, ...]) -> None:
    assert stages(store(spec={"provider": provider}))["Login"].items == items


def test_keys_of_others_name_their_writers() -> None:
    manager = external_secret_manager("app")
    live = SecretState(
        "app",
        "team",
        digests={"password": "d", "extra": "e", "odd": "f"},
        writers={"password": (manager,), "extra": ("kubectl",)},
        applied={manager: OwnedFields(data=frozenset({"password"}))},
    )
    assert stages(external_secret(), live=live)["Secret app"].items == (
        Item("extra", "written by kubectl"),
        Item("odd", "written by somebody else"),
        Item("password"),
    )


def test_another_kind_of_object_is_named() -> None:
    spec = {"target": {"manifest": {"apiVersion": "v1", "kind": "ConfigMap"}}}
    assert stages(external_secret(spec=spec))["ConfigMap app"].note == "an object that is no Secret"


def test_a_spec_that_cannot_be_read_is_said_to_be() -> None:
    made = stages(external_secret(spec={"refreshInterval": "soon"}))
    assert made["Store"].note == "the spec cannot be read; the error above says why"


def test_a_sealed_secret_names_its_items_and_scope() -> None:
    assert stages(sealed_secret())["Sealed items"] == Stage("Sealed items", (Item("password"),), "scope strict")


def test_a_cluster_external_secret_leads_to_its_children() -> None:
    status = {
        "provisionedNamespaces": ["a"],
        "failedNamespaces": [{"namespace": "b", "reason": "in the way"}],
        "externalSecretName": "child",
    }
    made = stages(cluster_external_secret(status=status))
    assert made["Namespaces"].items == (Item("b", "in the way"), Item("a", "", Key("ExternalSecret", "a", "child")))


def test_more_than_two_hundred_are_counted() -> None:
    data = [{"secretKey": f"k{number}", "remoteRef": {"key": f"r{number}"}} for number in range(250)]
    items = stages(external_secret(spec={"data": data}))["Remote keys"].items
    assert (len(items), items[-1]) == (201, Item("and 50 more"))


@pytest.mark.parametrize(
    ("pod", "how"),
    [
        pytest.param({"volumes": [{"secret": {"secretName": "s"}}]}, ("volume",), id="a volume"),
        pytest.param({"volumes": [{"projected": {"sources": [{"secret": {"name": "s"}}]}}]}, ("volume",), id="a part"),
        pytest.param({"imagePullSecrets": [{"name": "s"}]}, ("image pulls",), id="image pulls"),
        pytest.param({"initContainers": [{"envFrom": [{"secretRef": {"name": "s"}}]}]}, ("environment",), id="envFrom"),
        pytest.param(
            {"containers": [{"env": [{"name": "E", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}] * 2}]},
            ("environment",),
            id="variables, once",
        ),
    ],
)
@pytest.mark.parametrize("template", [True, False], ids=["in a template", "in a pod"])
def test_workloads_name_the_secrets_they_use(pod: Any, how: tuple[str, ...], template: bool) -> None:
    spec = {"template": {"spec": pod}} if template else pod
    assert workload({"metadata": {"name": "w"}, "spec": spec}).secrets == {"s": how}


def test_a_pod_of_a_workload_is_not_named_beside_it() -> None:
    metadata = {"name": "w-1", "ownerReferences": [{"kind": "ReplicaSet", "name": "w"}]}
    assert workload({"metadata": metadata, "spec": {"imagePullSecrets": [{"name": "s"}]}}).secrets == {}


PUSHED = {
    "SecretStore/store": {
        "db": {"match": {"remoteRef": {"remoteKey": "db"}}, "metadata": {"spec": {"tags": {"a": "hidden"}}}},
        "api/token": {"match": {"secretKey": "t", "remoteRef": {"remoteKey": "api", "property": "token"}}},
    }
}


def test_a_push_goes_from_its_secret_over_stores_to_remote_keys() -> None:
    made = stages(push_secret(status={"syncedPushSecrets": PUSHED}), store(spec={"provider": {"vault": {"auth": {}}}}))
    assert list(made) == ["Secret db", "Store", "Login", "Remote keys"]
    assert made["Store"].items == (Item("store", "SecretStore, vault", STORE),)
    assert made["Remote keys"].items == (
        Item("api/token", "key t, at SecretStore/store"),
        Item("db", "the whole Secret, at SecretStore/store"),
    )
    assert "hidden" not in str(made)


def test_a_push_that_never_was_says_so() -> None:
    made = stages(push_secret())
    assert made["Remote keys"] == Stage("Remote keys", note="nothing was pushed yet")
    assert made["Store"].items == (Item("store", "SecretStore, not found"),)


@pytest.mark.parametrize(
    ("selector", "stage"),
    [
        pytest.param(
            {"generatorRef": {"kind": "Password", "name": "p"}},
            Stage("Generator", (Item("p", "Password"),)),
            id="a generator",
        ),
        pytest.param(
            {"secret": {"selector": {"matchLabels": {"a": "b"}}}},
            Stage("Secrets", note="those of the namespace with certain labels"),
            id="all with some labels",
        ),
    ],
)
def test_where_a_push_begins(selector: Object, stage: Stage) -> None:
    assert next(iter(stages(push_secret(spec={"selector": selector})).values())) == stage


def test_a_cluster_push_secret_leads_to_its_push_secrets() -> None:
    status = {"provisionedNamespaces": ["a"], "failedNamespaces": [{"namespace": "b", "reason": "no"}]}
    (stage,) = stages(cluster_push_secret(spec={"pushSecretName": "db"}, status=status)).values()
    assert stage.items == (Item("b", "no"), Item("a", key=Key("PushSecret", "a", "db")))
