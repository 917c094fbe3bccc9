"""A store that stops answering in the middle of its refreshes costs the resources of other stores nothing."""

from __future__ import annotations

import secrets
import signal
import sys
import time
from collections.abc import Iterator

import hvac
import pytest

from tests.cluster.manifests import external_secret, fake_store, vault_store
from tests.cluster_world import OperatorProcess, Process, World, free_port, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.process]

HUNG = 40


@pytest.fixture
def frozen_vault() -> Iterator[tuple[str, str, Process]]:
    """A Vault of the test's own, to be frozen: address, root token, process."""
    port, token = free_port(), f"root-{secrets.token_hex(8)}"
    with Process([sys.executable, "-m", "devvault", "--port", str(port), "--root-token", token], ready="http") as vault:
        yield f"http://127.0.0.1:{port}", token, vault
        vault.process.send_signal(signal.SIGCONT)


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
    began = time.monotonic()
    world.apply(external_secret(namespace, {"k": "one"}, name="quick"))
    world.wait_condition("ExternalSecret", namespace, "quick")
    assert time.monotonic() - began < 2, "the deadline is generous: it takes some tens of milliseconds"
    assert world.data(namespace, "hung-0") == {"k": b"v"}
