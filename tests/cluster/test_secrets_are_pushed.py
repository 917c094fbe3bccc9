"""PushSecrets on a cluster: what they push is read back by ExternalSecrets of the same store."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.manifests import external_secret, fake_store, push_secret, pushed_to
from tests.cluster_world import Object, OperatorProcess, World, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.process, pytest.mark.usefixtures("operator")]

STORE_FINALIZER = "secretstore.externalsecrets.io/finalizer"
SECRETS = {"user": "u-19aa", "password": "canary-push-77c0"}


@pytest.fixture
def namespace(world: World) -> Iterator[str]:
    """A namespace with a store and a source."""
    name = world.create_namespace()
    world.apply(fake_store(name, {"given": "g"}))
    world.put_secret(name, "source", SECRETS)
    yield name
    world.delete_namespace(name)


def reads(world: World, namespace: str, name: str, key: str, expected: str) -> None:
    """Wait until an ExternalSecret that did not exist before reads ``expected``."""
    world.apply(external_secret(namespace, {"value": key}, name=name))
    world.wait_data(namespace, name, {"value": expected.encode()})


def finalizers(world: World, kind: str, namespace: str, name: str) -> list[str]:
    found = world.get(kind, namespace, name)
    return [] if found is None else found["metadata"].get("finalizers") or []


def recorded(world: World, namespace: str) -> list[str]:
    status: Object = (world.get("PushSecret", namespace, "app") or {}).get("status") or {}
    return sorted(status.get("syncedPushSecrets", {}).get("SecretStore/store", {}))


def test_what_is_pushed_follows_its_source_and_goes_with_its_push_secret(
    world: World, namespace: str, operator: OperatorProcess
) -> None:
    entries = [pushed_to("a", of="user"), pushed_to("b", "inner", of="password")]
    world.apply(push_secret(namespace, entries, deletionPolicy="Delete"))
    world.wait_condition("PushSecret", namespace, "app", reason="Synced")
    assert recorded(world, namespace) == ["a", "b/inner"]
    assert finalizers(world, "PushSecret", namespace, "app") == ["pushsecret.externalsecrets.io/finalizer"]
    assert finalizers(world, "SecretStore", namespace, "store") == [STORE_FINALIZER]
    reads(world, namespace, "first", "a", "u-19aa")
    reads(world, namespace, "inner", "b", '{"inner":"canary-push-77c0"}')

    world.edit_secret(namespace, "source", {"stringData": {"user": "u-2b7e"}})
    world.apply(external_secret(namespace, {"value": "a"}, name="first", refreshInterval="1s"))
    world.wait_data(namespace, "first", {"value": b"u-2b7e"})

    world.apply(push_secret(namespace, entries[1:], deletionPolicy="Delete"))
    wait_for("the entry is recorded no more", lambda: recorded(world, namespace) == ["b/inner"])
    world.apply(external_secret(namespace, {"value": "a"}, name="late"))
    world.wait_condition("ExternalSecret", namespace, "late", status="False", says="does not exist")

    # A store that is needed stays until what was pushed to it is deleted.
    world.delete("SecretStore", namespace, "store")
    assert world.get("SecretStore", namespace, "store") is not None
    world.delete("PushSecret", namespace, "app")
    wait_for("the PushSecret is gone", lambda: world.get("PushSecret", namespace, "app") is None)
    wait_for("the store is gone", lambda: world.get("SecretStore", namespace, "store") is None)
    assert "canary-push-77c0" not in operator.output


def test_what_cannot_be_pushed_is_said_without_a_value(world: World, namespace: str, operator: OperatorProcess) -> None:
    entries = [pushed_to("given", of="password"), pushed_to("b", of="user")]
    template = {"data": {"odd": "{{ fail .password }}"}}
    world.apply(push_secret(namespace, entries))
    world.wait_condition("PushSecret", namespace, "app", status="False", reason="Errored", says="(given): the store")
    assert recorded(world, namespace) == ["b"]
    world.apply(push_secret(namespace, entries, template=template))
    world.wait_condition("PushSecret", namespace, "app", status="False", reason="Errored", says="spec.template.data")
    shown = [str(world.get("PushSecret", namespace, "app")), str(world.events(namespace, "app")), operator.output]
    assert not [text for text in [*shown, operator.get("/metrics")[1]] if SECRETS["password"] in text]
