"""Generators make Secrets: new values with each refresh, and only then."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cluster.conftest import OPERATOR_NAMESPACE
from tests.cluster.manifests import external_secret, fake_store, generated, generator
from tests.cluster_world import Object, OperatorProcess, World, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.process, pytest.mark.usefixtures("operator")]


def made(world: World, namespace: str, name: str = "app") -> dict[str, bytes]:
    """Return the data of the Secret, once it is Ready."""
    world.wait_condition("ExternalSecret", namespace, name)
    found = world.data(namespace, name)
    assert found is not None
    return found


def test_a_password_beside_what_a_store_holds_is_new_with_each_refresh(world: World, namespace: str) -> None:
    world.apply(fake_store(namespace, {"one": "1"}))
    world.apply(generator(namespace, "Password", {"length": 32, "digits": 4, "symbols": 0}))
    resource = external_secret(namespace, {"user": "one"}, dataFrom=[generated("Password")])
    world.apply(resource)
    first = made(world, namespace)
    assert first["user"] == b"1"
    assert re.fullmatch(rb"[A-Za-z0-9]{32}", first["password"])
    resource["metadata"]["annotations"] = {"force-sync": "1"}
    world.apply(resource)
    wait_for("a new password", lambda: (world.data(namespace, "app") or {})["password"] != first["password"])


def test_a_cluster_generator_without_any_store_and_its_keys_rewritten(world: World, namespace: str) -> None:
    world.apply(generator("", "UUID", {}, name=namespace))
    rename = [{"regexp": {"source": "^uuid$", "target": "client-id"}}]
    entry = generated("ClusterGenerator", name=namespace, rewrite=rename)
    world.apply(external_secret(namespace, dataFrom=[entry], secretStoreRef=None))
    (key,) = made(world, namespace)
    assert key == "client-id"
    world.delete("ClusterGenerator", "", namespace)


def test_a_generator_that_comes_later_brings_its_users_at_once(world: World, namespace: str) -> None:
    world.apply(external_secret(namespace, dataFrom=[generated("Fake")], refreshInterval="24h"))
    says = "there is no Fake make: create the generator"
    world.wait_condition("ExternalSecret", namespace, "app", status="False", says=says)
    world.apply(generator(namespace, "Fake", {"data": {"a": "1"}}))
    world.wait_data(namespace, "app", {"a": b"1"})
    world.apply(generator(namespace, "Fake", {"data": {"a": "2"}}))
    world.wait_data(namespace, "app", {"a": b"2"})


def test_the_seed_of_an_mfa_is_read_in_the_namespace_of_the_resource(world: World, namespace: str) -> None:
    world.put_secret(namespace, "seed", {"seed": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"})
    secret = {"name": "seed", "namespace": "kube-system", "key": "seed"}
    world.apply(generator("", "MFA", {"secret": secret, "when": "1970-01-01T00:00:59Z", "length": 8}, name=namespace))
    world.apply(external_secret(namespace, dataFrom=[generated("ClusterGenerator", name=namespace)]))
    world.wait_data(namespace, "app", {"token": b"94287082", "timeLeft": b"1"})
    world.delete("ClusterGenerator", "", namespace)


def test_what_was_created_once_outlives_restarts_and_lost_labels(
    world: World, kubeconfig: Path, namespace: str
) -> None:
    world.apply(generator(namespace, "Password", {}))
    once: Object = {"dataFrom": [generated("Password")], "refreshPolicy": "CreatedOnce"}
    template = {"template": {"data": {"url": "db://{{ .password }}"}}}
    world.apply(external_secret(namespace, name="plain", **once))
    world.apply(external_secret(namespace, name="shaped", target=template, **once))
    names = ("plain", "shaped")
    first = [made(world, namespace, name) for name in names]
    with OperatorProcess(kubeconfig, OPERATOR_NAMESPACE, options=["--watch-namespace", namespace]) as second:
        second.wait_ready()
        wait_for("it has looked at everything", lambda: second.metric("secrets_operator_reconciles_total") >= 2)
        wait_for("its queue is empty", lambda: second.metric("secrets_operator_queue_depth") == 0)
        assert second.metric("secrets_operator_secret_writes_total") == 0
    label = "reconcile.external-secrets.io/managed"
    for name in names:
        world.edit_secret(namespace, name, {"metadata": {"labels": {label: None}}})

    def labels(name: str) -> Object:
        return (world.secret(namespace, name) or {})["metadata"].get("labels") or {}

    wait_for("the labels", lambda: all(label in labels(name) for name in names))
    assert [world.data(namespace, name) for name in names] == first


def test_a_password_that_somebody_overwrote_is_made_anew(world: World, namespace: str) -> None:
    world.apply(generator(namespace, "Password", {}))
    world.apply(external_secret(namespace, dataFrom=[generated("Password")], refreshPolicy="CreatedOnce"))
    first = made(world, namespace)
    world.edit_secret(namespace, "app", {"stringData": {"password": "by hand"}})
    wait_for(
        "a new password",
        lambda: (world.data(namespace, "app") or {})["password"] not in {b"by hand", first["password"]},
    )
