"""A store that stops answering in the middle of its refreshes costs the resources of other stores nothing."""

from __future__ import annotations

import secrets
import signal
import socket
import sys
import time
from collections.abc import Iterator

import hvac
import pytest

from tests.cluster.manifests import external_secret, fake_store, vault_store
from tests.cluster_world import Object, OperatorProcess, Process, World, condition, free_port, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.process]

HUNG, QUICK = 40, 100


@pytest.fixture
def frozen_vault() -> Iterator[tuple[str, str, Process]]:
    """A Vault of the test's own, to be frozen: address, root token, process."""
    port, token = free_port(), f"root-{secrets.token_hex(8)}"
    with Process([sys.executable, "-m", "devvault", "--port", str(port), "--root-token", token], ready="http") as vault:
        yield f"http://127.0.0.1:{port}", token, vault
        vault.process.send_signal(signal.SIGCONT)


def time_to_ready(world: World, manifest: Object) -> float:
    began = time.monotonic()
    world.apply(manifest)
    world.wait_condition("ExternalSecret", manifest["metadata"]["namespace"], manifest["metadata"]["name"])
    return time.monotonic() - began


def is_listening(address: str) -> bool:
    host, port = address.removeprefix("http://").split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def circuit(world: World, namespace: str) -> str:
    """Return what the store says about its breaker."""
    found = condition(world.get("SecretStore", namespace, "vault"), "CircuitOpen")
    return str(found["reason"]) if found else ""


def test_a_new_resource_is_synced_at_once_while_another_store_hangs(
    world: World, namespace: str, operator: OperatorProcess, frozen_vault: tuple[str, str, Process]
) -> None:
    address, token, vault = frozen_vault
    client = hvac.Client(url=address, token=token)
    client.secrets.kv.v2.create_or_update_secret("app", {"k": "v"}, mount_point="secret")
    world.put_secret(namespace, "vault-token", {"token": token})
    world.apply(vault_store(namespace, address, "secret"))
    for number in range(HUNG):
        manifest = external_secret(
            namespace, {"k": "app#k"}, name=f"hung-{number}", store="vault", refreshInterval="1s"
        )
        world.apply(manifest)
    world.wait_condition("ExternalSecret", namespace, f"hung-{HUNG - 1}")
    vault.process.send_signal(signal.SIGSTOP)
    wait_for("refreshes to hang", lambda: operator.metric("secrets_operator_reconciles_running") >= 10, seconds=30)
    world.apply(fake_store(namespace, {"one": "1"}))
    times = [time_to_ready(world, external_secret(namespace, {"k": "one"}, name=f"quick-{n}")) for n in range(QUICK)]
    assert sorted(times)[int(QUICK * 0.99) - 1] < 1, f"{times}: the bound is generous, it takes some tens of ms"
    assert world.data(namespace, "hung-0") == {"k": b"v"}


def test_a_store_that_fails_again_and_again_is_left_alone_and_its_condition_says_so(
    world: World, namespace: str, operator: OperatorProcess, frozen_vault: tuple[str, str, Process]
) -> None:
    address, token, vault = frozen_vault
    client = hvac.Client(url=address, token=token)
    client.secrets.kv.v2.create_or_update_secret("app", {"k": "v"}, mount_point="secret")
    world.put_secret(namespace, "vault-token", {"token": token})
    world.apply(vault_store(namespace, address, "secret"))
    for number in range(10):
        world.apply(external_secret(namespace, {"k": "app#k"}, name=f"r{number}", store="vault", refreshInterval="1s"))
    world.wait_data(namespace, "r9", {"k": b"v"})
    vault.stop()
    wait_for("the breaker to open", lambda: circuit(world, namespace) == "Open", seconds=60)
    assert world.data(namespace, "r0") == {"k": b"v"}
    vault.start()
    wait_for("Vault to answer again", lambda: is_listening(address))
    client.secrets.kv.v2.create_or_update_secret("app", {"k": "again"}, mount_point="secret")
    wait_for("the breaker to close", lambda: circuit(world, namespace) == "Closed", seconds=60)
    world.wait_data(namespace, "r0", {"k": b"again"})
