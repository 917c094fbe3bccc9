"""Creation and deletion policies on a cluster, and the take-over of Secrets that External Secrets Operator wrote."""

from __future__ import annotations

import pytest

from tests.cluster.manifests import aws_store, external_secret, fake_store
from tests.cluster_world import Aws, World, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.process, pytest.mark.usefixtures("operator")]

STORE = {"one": "1", "two": "2"}


def owners(world: World, namespace: str, name: str = "app") -> list[str]:
    secret = world.secret(namespace, name)
    assert secret is not None
    return [owner["kind"] for owner in secret["metadata"].get("ownerReferences", [])]


def test_an_orphan_outlives_its_resource(world: World, namespace: str) -> None:
    world.apply(fake_store(namespace, STORE))
    world.apply(external_secret(namespace, {"k": "one"}, target={"creationPolicy": "Orphan"}))
    world.wait_data(namespace, "app", {"k": b"1"})
    assert owners(world, namespace) == []
    world.delete("ExternalSecret", namespace, "app")
    wait_for("the resource is gone", lambda: world.get("ExternalSecret", namespace, "app") is None)
    assert world.data(namespace, "app") == {"k": b"1"}


def test_a_policy_changed_to_orphan_lets_go_of_the_secret(world: World, namespace: str) -> None:
    world.apply(fake_store(namespace, STORE))
    world.apply(external_secret(namespace, {"k": "one"}))
    world.wait_data(namespace, "app", {"k": b"1"})
    assert owners(world, namespace) == ["ExternalSecret"]
    world.apply(external_secret(namespace, {"k": "one"}, target={"creationPolicy": "Orphan"}))
    wait_for("nobody owns it", lambda: owners(world, namespace) == [])
    assert world.data(namespace, "app") == {"k": b"1"}


def test_two_resources_merge_into_one_secret_and_each_owns_its_keys(world: World, namespace: str) -> None:
    world.put_secret(namespace, "shared", {"theirs": "kept"})
    world.apply(fake_store(namespace, STORE))
    merge = {"name": "shared", "creationPolicy": "Merge"}
    world.apply(external_secret(namespace, {"a": "one", "old": "one"}, name="first", target=merge))
    world.apply(external_secret(namespace, {"b": "two"}, name="second", target=merge))
    world.wait_data(namespace, "shared", {"theirs": b"kept", "a": b"1", "old": b"1", "b": b"2"})
    world.apply(external_secret(namespace, {"a": "one"}, name="first", target=merge))
    world.wait_data(namespace, "shared", {"theirs": b"kept", "a": b"1", "b": b"2"})
    world.edit_secret(namespace, "shared", {"stringData": {"b": "by hand"}})
    world.wait_data(namespace, "shared", {"theirs": b"kept", "a": b"1", "b": b"2"})


def test_merge_waits_for_its_secret(world: World, namespace: str) -> None:
    world.apply(fake_store(namespace, STORE))
    world.apply(external_secret(namespace, {"a": "one"}, target={"creationPolicy": "Merge"}, refreshInterval="1s"))
    world.wait_condition("ExternalSecret", namespace, "app", reason="SecretMissing")
    assert world.secret(namespace, "app") is None
    world.put_secret(namespace, "app", {"theirs": "kept"})
    world.wait_data(namespace, "app", {"theirs": b"kept", "a": b"1"})


def test_none_writes_nothing(world: World, namespace: str) -> None:
    world.apply(fake_store(namespace, STORE))
    world.apply(external_secret(namespace, {"a": "one"}, target={"creationPolicy": "None"}))
    world.wait_condition("ExternalSecret", namespace, "app", reason="SecretSynced")
    assert world.secret(namespace, "app") is None


@pytest.mark.parametrize("policy", ["Delete", "Merge"])
def test_a_key_that_is_gone_at_the_provider_is_dropped(world: World, namespace: str, aws: Aws, policy: str) -> None:
    for name in ("stays", "goes"):
        aws.put(f"{namespace}/{name}", name)
    world.put_secret(namespace, "aws-credentials", {"id": "AKIATEST", "key": "k"})
    world.apply(aws_store(namespace))
    data = {"a": f"{namespace}/stays", "b": f"{namespace}/goes"}
    target = {"deletionPolicy": policy}
    world.apply(external_secret(namespace, data, store="aws", refreshInterval="1s", target=target))
    world.wait_data(namespace, "app", {"a": b"stays", "b": b"goes"})
    aws.client.delete_secret(SecretId=f"{namespace}/goes", ForceDeleteWithoutRecovery=True)
    world.wait_data(namespace, "app", {"a": b"stays"})
    wait_for("the event", lambda: [e for e in world.events(namespace, "app") if e["reason"] == "MissingProviderSecret"])


def test_the_secret_goes_when_its_last_key_is_gone_and_the_policy_is_delete(
    world: World, namespace: str, aws: Aws
) -> None:
    aws.put(f"{namespace}/goes", "v")
    world.put_secret(namespace, "aws-credentials", {"id": "AKIATEST", "key": "k"})
    world.apply(aws_store(namespace))
    target = {"deletionPolicy": "Delete"}
    world.apply(
        external_secret(namespace, {"b": f"{namespace}/goes"}, store="aws", refreshInterval="1s", target=target)
    )
    world.wait_data(namespace, "app", {"b": b"v"})
    aws.client.delete_secret(SecretId=f"{namespace}/goes", ForceDeleteWithoutRecovery=True)
    world.wait_condition("ExternalSecret", namespace, "app", reason="SecretDeleted")
    assert world.secret(namespace, "app") is None
    aws.put(f"{namespace}/goes", "back")
    world.wait_data(namespace, "app", {"b": b"back"})


def test_an_immutable_secret_is_written_once(world: World, namespace: str) -> None:
    world.apply(fake_store(namespace, STORE))
    world.apply(external_secret(namespace, {"a": "one"}, target={"immutable": True}))
    world.wait_data(namespace, "app", {"a": b"1"})
    secret = world.secret(namespace, "app")
    assert secret is not None
    assert secret["immutable"] is True
    world.apply(external_secret(namespace, {"a": "two"}, target={"immutable": True}))
    world.wait_condition("ExternalSecret", namespace, "app", says="immutable")
    assert world.data(namespace, "app") == {"a": b"1"}


def test_a_renamed_target_takes_its_secret_along(world: World, namespace: str) -> None:
    world.apply(fake_store(namespace, STORE))
    world.apply(external_secret(namespace, {"a": "one"}, target={"name": "former"}))
    world.wait_data(namespace, "former", {"a": b"1"})
    world.wait_condition("ExternalSecret", namespace, "app")
    world.apply(external_secret(namespace, {"a": "one"}, target={"name": "latter"}))
    world.wait_data(namespace, "latter", {"a": b"1"})
    wait_for("the former Secret is gone", lambda: world.secret(namespace, "former") is None)
    assert not [event for event in world.events(namespace, "app") if event["reason"] == "DriftHealed"]


def test_a_rename_that_cannot_be_read_keeps_the_former_secret(world: World, namespace: str) -> None:
    world.apply(fake_store(namespace, STORE))
    world.apply(external_secret(namespace, {"a": "one"}, target={"name": "former"}))
    world.wait_data(namespace, "former", {"a": b"1"})
    world.wait_condition("ExternalSecret", namespace, "app")
    world.apply(external_secret(namespace, {"a": "nowhere"}, target={"name": "latter"}))
    world.wait_condition("ExternalSecret", namespace, "app", status="False", says="does not exist")
    assert world.data(namespace, "former") == {"a": b"1"}
    assert world.secret(namespace, "latter") is None


def test_a_secret_written_by_external_secrets_operator_is_taken_over_whole(world: World, namespace: str) -> None:
    world.put_secret(namespace, "app", {"a": "1", "stale": "x"}, manager="externalsecrets.external-secrets.io/app")
    world.apply(fake_store(namespace, STORE))
    world.apply(external_secret(namespace, {"a": "one"}))
    world.wait_data(namespace, "app", {"a": b"1"})
    assert not [event for event in world.events(namespace, "app") if event["reason"] == "DriftHealed"]
