"""Many resources that read the same keys cost few reads, and nobody gets a value that is older than it may be."""

from __future__ import annotations

import pytest

from tests.cluster.manifests import external_secret, fake_store, vault_store
from tests.cluster_world import OperatorProcess, Vault, World

pytestmark = [pytest.mark.cluster, pytest.mark.process]

KEYS, RESOURCES = 5, 60


def remote(prefix: str) -> dict[str, str]:
    return {f"k{number}": f"{prefix}-{number}" for number in range(KEYS)}


def test_an_edited_store_gives_every_reader_the_new_values(
    world: World, namespace: str, operator: OperatorProcess
) -> None:
    world.apply(fake_store(namespace, remote("old")))
    for number in range(RESOURCES):
        world.apply(external_secret(namespace, {"v": f"k{number % KEYS}"}, name=f"r{number}"))
    for number in range(RESOURCES):
        world.wait_data(namespace, f"r{number}", {"v": f"old-{number % KEYS}".encode()})
    world.apply(fake_store(namespace, remote("new")))
    for number in range(RESOURCES):
        world.wait_data(namespace, f"r{number}", {"v": f"new-{number % KEYS}".encode()})


def test_a_forced_sync_is_never_answered_from_memory(
    world: World, namespace: str, operator: OperatorProcess, vault: Vault
) -> None:
    world.put_secret(namespace, "vault-token", {"token": vault.token})
    vault.put(f"{namespace}/shared", {"k": "first"})
    world.apply(vault_store(namespace, vault.address, vault.mount))
    for name in ("a", "b"):
        world.apply(external_secret(namespace, {"v": f"{namespace}/shared#k"}, name=name, store="vault"))
        world.wait_data(namespace, name, {"v": b"first"})
    vault.put(f"{namespace}/shared", {"k": "second"})
    forced = external_secret(namespace, {"v": f"{namespace}/shared#k"}, name="a", store="vault")
    forced["metadata"]["annotations"] = {"force-sync": "1"}
    world.apply(forced)
    world.wait_data(namespace, "a", {"v": b"second"})


def test_a_new_resource_whose_value_was_written_a_moment_ago_has_it_soon(
    world: World, namespace: str, operator: OperatorProcess, vault: Vault
) -> None:
    world.put_secret(namespace, "vault-token", {"token": vault.token})
    vault.put(f"{namespace}/shared", {"k": "first"})
    world.apply(vault_store(namespace, vault.address, vault.mount))
    world.apply(external_secret(namespace, {"v": f"{namespace}/shared#k"}, name="early", store="vault"))
    world.wait_data(namespace, "early", {"v": b"first"})
    vault.put(f"{namespace}/shared", {"k": "second"})
    world.apply(external_secret(namespace, {"v": f"{namespace}/shared#k"}, name="late", store="vault"))
    world.wait_data(namespace, "late", {"v": b"second"})
