"""ExternalSecrets on a cluster: what is referenced becomes a native Secret, and stays right."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.cluster.manifests import aws_store, external_secret, fake_store, vault_store
from tests.cluster_world import Aws, OperatorProcess, Vault, World, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.process, pytest.mark.usefixtures("operator")]

ROOT = Path(__file__).parents[2]


def test_single_keys_properties_and_whole_secrets_arrive(world: World, namespace: str) -> None:
    world.apply(fake_store(namespace, {"one": "1", "json": '{"user": "u", "db": {"port": 5432}}'}))
    extract = [{"extract": {"key": "json"}}]
    world.apply(external_secret(namespace, {"first": "one", "port": "json#db.port"}, dataFrom=extract))
    world.wait_data(namespace, "app", {"first": b"1", "port": b"5432", "user": b"u", "db": b'{"port": 5432}'})
    assert world.wait_condition("ExternalSecret", namespace, "app")["reason"] == "SecretSynced"


def test_data_wins_over_data_from(world: World, namespace: str) -> None:
    world.apply(fake_store(namespace, {"json": '{"user": "many"}', "one": "single"}))
    world.apply(external_secret(namespace, {"user": "one"}, dataFrom=[{"extract": {"key": "json"}}]))
    world.wait_data(namespace, "app", {"user": b"single"})


def test_the_production_manifest_syncs_unchanged(world: World, namespace: str, aws: Aws) -> None:
    aws.put("production/db-password", "s3cret")
    world.put_secret(namespace, "aws-credentials", {"id": "AKIATEST", "key": "k"})
    store = aws_store(namespace)
    store |= {"kind": "ClusterSecretStore", "metadata": {"name": "aws-secret-store"}}
    for reference in store["spec"]["provider"]["aws"]["auth"]["secretRef"].values():
        reference["namespace"] = namespace
    manifest = yaml.safe_load((ROOT / "examples/gitops/base/db-credentials.yaml").read_text())
    manifest["metadata"]["namespace"] = namespace
    world.apply(store)
    try:
        world.apply(manifest)
        world.wait_data(namespace, "db-credentials", {"password": b"s3cret"})
    finally:
        world.delete("ClusterSecretStore", "", "aws-secret-store")


def test_a_rotated_value_arrives_with_the_next_refresh(world: World, namespace: str, aws: Aws) -> None:
    aws.put(f"{namespace}/rotated", "old")
    world.put_secret(namespace, "aws-credentials", {"id": "AKIATEST", "key": "k"})
    world.apply(aws_store(namespace))
    world.apply(external_secret(namespace, {"k": f"{namespace}/rotated"}, store="aws", refreshInterval="1s"))
    world.wait_data(namespace, "app", {"k": b"old"})
    aws.put(f"{namespace}/rotated", "new")
    world.wait_data(namespace, "app", {"k": b"new"})


def test_a_version_of_a_secret_is_read_by_its_id(world: World, namespace: str, aws: Aws) -> None:
    first = aws.put(f"{namespace}/versions", "first")
    aws.put(f"{namespace}/versions", "second")
    world.put_secret(namespace, "aws-credentials", {"id": "AKIATEST", "key": "k"})
    world.apply(aws_store(namespace))
    manifest = external_secret(namespace, {"old": f"{namespace}/versions", "now": f"{namespace}/versions"}, store="aws")
    manifest["spec"]["data"][0]["remoteRef"]["version"] = f"uuid/{first}"
    world.apply(manifest)
    world.wait_data(namespace, "app", {"old": b"first", "now": b"second"})


def test_a_vault_secret_is_spread_into_keys(world: World, namespace: str, vault: Vault) -> None:
    vault.put("team/db", {"user": "u", "port": 5432})
    world.put_secret(namespace, "vault-token", {"token": vault.token})
    world.apply(vault_store(namespace, vault.address, vault.mount))
    world.apply(external_secret(namespace, store="vault", dataFrom=[{"extract": {"key": "team/db"}}]))
    world.wait_data(namespace, "app", {"user": b"u", "port": b"5432"})


def test_a_store_that_comes_later_is_used_as_soon_as_it_is_ready(world: World, namespace: str) -> None:
    world.apply(external_secret(namespace, {"k": "one"}))
    world.wait_condition("ExternalSecret", namespace, "app", status="False", says="there is no SecretStore store")
    world.apply(fake_store(namespace, {"one": "1"}))
    world.wait_data(namespace, "app", {"k": b"1"})


def test_a_credential_that_comes_later_makes_its_store_ready(world: World, namespace: str, aws: Aws) -> None:
    aws.put(f"{namespace}/x", "v")
    world.apply(aws_store(namespace))
    world.apply(external_secret(namespace, {"k": f"{namespace}/x"}, store="aws"))
    world.wait_condition("SecretStore", namespace, "aws", status="False", says="there is no Secret")
    world.put_secret(namespace, "aws-credentials", {"id": "AKIATEST", "key": "k"})
    world.wait_data(namespace, "app", {"k": b"v"})


def test_a_credential_of_a_consumer_that_comes_later_is_used_at_once(
    world: World, namespace: str, vault: Vault
) -> None:
    name = f"vault-{namespace}"
    store = vault_store("", vault.address, vault.mount)
    store |= {"kind": "ClusterSecretStore", "metadata": {"name": name}}
    vault.put(f"{namespace}/db", {"user": "u"})
    world.apply(store)
    world.apply(external_secret(namespace, {"k": f"{namespace}/db#user"}, store=name, kind="ClusterSecretStore"))
    try:
        world.wait_condition("ExternalSecret", namespace, "app", status="False", says="there is no Secret")
        world.put_secret(namespace, "vault-token", {"token": vault.token})
        world.wait_data(namespace, "app", {"k": b"u"})
    finally:
        world.delete("ClusterSecretStore", "", name)


def test_the_secret_goes_with_its_external_secret(world: World, namespace: str) -> None:
    world.apply(fake_store(namespace, {"one": "1"}))
    world.apply(external_secret(namespace, {"k": "one"}))
    world.wait_data(namespace, "app", {"k": b"1"})
    world.delete("ExternalSecret", namespace, "app")
    wait_for("the Secret is collected", lambda: world.secret(namespace, "app") is None)


def test_a_changed_spec_is_synced_at_once_and_dropped_keys_go(world: World, namespace: str) -> None:
    world.apply(fake_store(namespace, {"one": "1", "two": "2"}))
    world.apply(external_secret(namespace, {"a": "one", "b": "one"}))
    world.wait_data(namespace, "app", {"a": b"1", "b": b"1"})
    world.apply(external_secret(namespace, {"a": "two"}))
    world.wait_data(namespace, "app", {"a": b"2"})


def test_an_unchanged_refresh_writes_nothing(world: World, namespace: str, operator: OperatorProcess) -> None:
    world.apply(fake_store(namespace, {"one": "1"}))
    world.apply(external_secret(namespace, {"k": "one"}, refreshInterval="1s"))
    world.wait_condition("ExternalSecret", namespace, "app")
    before = operator.metric("secrets_operator_provider_reads_total")
    secret, resource = world.secret(namespace, "app"), world.get("ExternalSecret", namespace, "app")
    wait_for("three more refreshes", lambda: operator.metric("secrets_operator_provider_reads_total") >= before + 3)
    assert world.secret(namespace, "app") == secret
    assert world.get("ExternalSecret", namespace, "app") == resource


def test_nothing_but_the_status_of_a_users_resource_is_written(world: World, namespace: str) -> None:
    store, reference = fake_store(namespace, {"one": "1"}), external_secret(namespace, {"k": "one"})
    world.apply(store)
    world.apply(reference)
    world.wait_condition("ExternalSecret", namespace, "app")
    for manifest in (store, reference):
        found = world.get(manifest["kind"], namespace, manifest["metadata"]["name"])
        assert found is not None
        assert found["spec"] == manifest["spec"]
        assert not found["metadata"].keys() & {"annotations", "finalizers", "labels", "ownerReferences"}
        foreign = {
            entry.get("subresource", "") for entry in found["metadata"]["managedFields"] if entry["manager"] != "gitops"
        }
        assert foreign == {"status"}
