"""ExternalSecrets and their stores: several in one resource, and a store that is edited under its dependents."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cluster.manifests import external_secret, fake_store
from tests.cluster_world import World

pytestmark = [pytest.mark.cluster, pytest.mark.process, pytest.mark.usefixtures("operator")]


def entry(key: str, remote: str, store: str = "") -> dict[str, Any]:
    source = {"sourceRef": {"storeRef": {"name": store}}} if store else {}
    return {"secretKey": key, "remoteRef": {"key": remote}, **source}


def test_entries_of_one_resource_come_from_several_stores(world: World, namespace: str) -> None:
    world.apply(fake_store(namespace, {"k": "first", "all": '{"x": "low", "y": "1"}'}))
    world.apply(fake_store(namespace, {"k": "second", "all": '{"x": "high"}'}, name="other"))
    many = [
        {"extract": {"key": "all"}, "sourceRef": {"storeRef": {"name": "other"}}},
        {"extract": {"key": "all"}},
    ]
    manifest = external_secret(namespace, dataFrom=many)
    manifest["spec"]["data"] = [entry("a", "k"), entry("b", "k", "other")]
    world.apply(manifest)
    # Later entries win, wherever they come from.
    world.wait_data(namespace, "app", {"a": b"first", "b": b"second", "x": b"low", "y": b"1"})


def test_a_resource_needs_no_store_of_its_own_when_its_entries_name_theirs(world: World, namespace: str) -> None:
    world.apply(fake_store(namespace, {"k": "v"}))
    manifest = external_secret(namespace)
    manifest["spec"] = {"refreshInterval": "1h", "data": [entry("a", "k", "store")]}
    world.apply(manifest)
    world.wait_data(namespace, "app", {"a": b"v"})


def test_one_missing_store_of_several_keeps_everything_as_it_is(world: World, namespace: str) -> None:
    world.apply(fake_store(namespace, {"k": "v"}))
    manifest = external_secret(namespace)
    manifest["spec"]["data"] = [entry("a", "k"), entry("b", "k", "nowhere")]
    world.apply(manifest)
    world.wait_condition("ExternalSecret", namespace, "app", status="False", says="there is no SecretStore nowhere")
    assert world.secret(namespace, "app") is None


def test_an_edited_store_is_read_again_at_once(world: World, namespace: str) -> None:
    world.apply(fake_store(namespace, {"k": "old"}))
    world.apply(external_secret(namespace, {"a": "k"}))
    world.wait_data(namespace, "app", {"a": b"old"})
    world.wait_condition("ExternalSecret", namespace, "app")
    world.apply(fake_store(namespace, {"k": "new"}))
    world.wait_data(namespace, "app", {"a": b"new"})


def test_an_annotation_forces_a_refresh(world: World, namespace: str) -> None:
    world.apply(fake_store(namespace, {"k": "v"}))
    world.apply(external_secret(namespace, {"a": "k"}, refreshPolicy="OnChange"))
    world.wait_data(namespace, "app", {"a": b"v"})
    before = world.wait_condition("ExternalSecret", namespace, "app")
    manifest = external_secret(namespace, {"a": "k"}, refreshPolicy="OnChange")
    manifest["metadata"]["annotations"] = {"force-sync": "1"}
    synced = world.get("ExternalSecret", namespace, "app")
    world.apply(manifest)
    world.wait_for_status(namespace, "app", lambda status: status["syncedResourceVersion"] != _version(synced))
    assert world.wait_condition("ExternalSecret", namespace, "app") == before


def _version(resource: dict[str, Any] | None) -> str:
    assert resource is not None
    version: str = resource["status"]["syncedResourceVersion"]
    return version
