"""Promises about what exists already: drift is healed, foreign keys stay, nothing is lost or emptied."""

from __future__ import annotations

import pytest

from tests.cluster.manifests import aws_store, external_secret, fake_store
from tests.cluster_world import Aws, World, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.process, pytest.mark.usefixtures("operator")]


def test_an_edited_key_is_healed_and_the_event_names_key_and_writer(world: World, namespace: str) -> None:
    _synced(world, namespace)
    world.edit_secret(namespace, "app", {"stringData": {"k": "by hand"}})
    world.wait_data(namespace, "app", {"k": b"1"})
    says = "k (changed by kubectl-edit)"
    wait_for(
        "the event",
        lambda: any(says in e["message"] for e in world.events(namespace, "app") if e["reason"] == "DriftHealed"),
    )


def test_a_deleted_secret_is_written_again(world: World, namespace: str) -> None:
    _synced(world, namespace)
    world.delete_secret(namespace, "app")
    world.wait_data(namespace, "app", {"k": b"1"})


def test_a_removed_key_comes_back(world: World, namespace: str) -> None:
    _synced(world, namespace)
    world.edit_secret(namespace, "app", {"data": {"k": None}})
    world.wait_data(namespace, "app", {"k": b"1"})


def test_keys_and_labels_of_others_stay(world: World, namespace: str) -> None:
    world.put_secret(namespace, "app", {"theirs": "kept"}, labels={"their": "label"})
    world.apply(fake_store(namespace, {"one": "1"}))
    world.apply(external_secret(namespace, {"k": "one"}))
    world.wait_data(namespace, "app", {"theirs": b"kept", "k": b"1"})
    world.apply(external_secret(namespace, {"other": "one"}))
    world.wait_data(namespace, "app", {"theirs": b"kept", "other": b"1"})
    secret = world.secret(namespace, "app")
    assert secret is not None
    assert secret["metadata"]["labels"]["their"] == "label"


def test_a_secret_of_another_external_secret_is_refused_by_name(world: World, namespace: str) -> None:
    _synced(world, namespace)
    world.apply(external_secret(namespace, {"x": "one"}, name="second", target={"name": "app"}))
    found = world.wait_condition("ExternalSecret", namespace, "second", status="False", reason="SecretSyncedError")
    assert "owned by ExternalSecret app" in found["message"]
    assert world.data(namespace, "app") == {"k": b"1"}


def test_a_missing_remote_key_keeps_the_last_good_secret(world: World, namespace: str, aws: Aws) -> None:
    aws.put(f"{namespace}/gone", "good")
    world.put_secret(namespace, "aws-credentials", {"id": "AKIATEST", "key": "k"})
    world.apply(aws_store(namespace))
    world.apply(external_secret(namespace, {"k": f"{namespace}/gone"}, store="aws", refreshInterval="1s"))
    world.wait_data(namespace, "app", {"k": b"good"})
    aws.client.delete_secret(SecretId=f"{namespace}/gone", ForceDeleteWithoutRecovery=True)
    found = world.wait_condition("ExternalSecret", namespace, "app", status="False", reason="SecretSyncedError")
    assert "spec.data[0].remoteRef" in found["message"]
    assert world.data(namespace, "app") == {"k": b"good"}


def test_an_emptied_remote_object_keeps_the_last_good_secret(world: World, namespace: str, aws: Aws) -> None:
    aws.put(f"{namespace}/json", '{"k": "good"}')
    world.put_secret(namespace, "aws-credentials", {"id": "AKIATEST", "key": "k"})
    world.apply(aws_store(namespace))
    extract = [{"extract": {"key": f"{namespace}/json"}}]
    world.apply(external_secret(namespace, store="aws", dataFrom=extract, refreshInterval="1s"))
    world.wait_data(namespace, "app", {"k": b"good"})
    aws.put(f"{namespace}/json", "{}")
    world.wait_condition("ExternalSecret", namespace, "app", says="secret retained")
    assert world.data(namespace, "app") == {"k": b"good"}


def test_a_provider_that_is_not_installed_is_reported(world: World, namespace: str) -> None:
    store = fake_store(namespace, {"one": "1"})
    store["spec"]["provider"] = {"gcpsm": {"projectID": "p"}}
    world.apply(store)
    world.wait_condition("SecretStore", namespace, "store", status="False", says="provider gcpsm is not installed")


def test_a_secret_store_cannot_read_a_foreign_namespace(world: World, namespace: str) -> None:
    store = aws_store(namespace)
    store["spec"]["provider"]["aws"]["auth"]["secretRef"]["accessKeyIDSecretRef"]["namespace"] = "kube-system"
    world.apply(store)
    world.wait_condition("SecretStore", namespace, "aws", status="False", says="reads its own namespace only")


def _synced(world: World, namespace: str) -> None:
    world.apply(fake_store(namespace, {"one": "1"}))
    world.apply(external_secret(namespace, {"k": "one"}))
    world.wait_data(namespace, "app", {"k": b"1"})
    world.wait_condition("ExternalSecret", namespace, "app")
