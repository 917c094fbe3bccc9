"""Real processes over real HTTP: a cluster, an operator, AWS and Vault stand-ins.

The cluster is the dev cluster, or the one that TEST_KUBECONFIG names; Vault is the stand-in, or the one at
TEST_VAULT_ADDR (with TEST_VAULT_TOKEN). The observer of the world is the official Kubernetes client.
"""

from __future__ import annotations

import os
import secrets
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import hvac
import pytest

from devcluster import ClusterThread
from tests.aws_accounts import AwsAccounts, serving
from tests.cluster_world import Aws, OperatorProcess, Process, Vault, World

ROOT = Path(__file__).parents[2]
OPERATOR_NAMESPACE = "secrets-operator"
GENERIC_TARGETS = (
    "--unsafe-allow-generic-targets",
    *("--generic-target", "ConfigMap"),
    *("--generic-target", "example.test/Widget"),
    *("--generic-target", "example.test/Planet"),
)


@pytest.fixture(scope="session")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The kubeconfig of the cluster under test."""
    named = os.environ.get("TEST_KUBECONFIG")
    if named:
        yield Path(named)
        return
    path = tmp_path_factory.mktemp("devcluster") / "kubeconfig"
    command = [sys.executable, "-m", "devcluster", "--port", "0", "--kubeconfig", str(path)]
    with Process(command, ready="devcluster ready"):
        yield path


@pytest.fixture(scope="session")
def world(kubeconfig: Path) -> World:
    """The cluster as an independent observer sees it, with our CRDs installed."""
    world = World(kubeconfig)
    world.apply_files(ROOT / "crds")
    world.wait_established(ROOT / "crds")
    world.ensure_namespace(OPERATOR_NAMESPACE)
    return world


@pytest.fixture(scope="session")
def aws() -> Iterator[Aws]:
    """Secrets Manager and Parameter Store of moto's HTTP server."""
    accounts = AwsAccounts()
    with serving(accounts) as endpoint:
        secrets_manager, parameter_store = _administrator("secretsmanager", endpoint), _administrator("ssm", endpoint)
        yield Aws(endpoint, secrets_manager, parameter_store, accounts)
        secrets_manager.close()
        parameter_store.close()


@pytest.fixture(scope="session")
def vault() -> Iterator[Vault]:
    """A Vault with a KV v2 mount of its own."""
    address = os.environ.get("TEST_VAULT_ADDR")
    if address:
        yield _mounted(address, os.environ["TEST_VAULT_TOKEN"])
        return
    port, token = _free_port(), f"root-{secrets.token_hex(8)}"
    command = [sys.executable, "-m", "devvault", "--port", str(port), "--root-token", token]
    with Process(command, ready="http://"):
        yield _mounted(f"http://127.0.0.1:{port}", token)


@pytest.fixture(scope="session")
def operator(world: World, kubeconfig: Path, aws: Aws) -> Iterator[OperatorProcess]:
    """One operator for the tests that do not disturb it."""
    with OperatorProcess(kubeconfig, OPERATOR_NAMESPACE, aws=aws, options=GENERIC_TARGETS) as process:
        process.wait_ready()
        yield process


@pytest.fixture(scope="session")
def embedded() -> Iterator[ClusterThread]:
    """A dev cluster inside the test process, for tests that break it or read its request log."""
    with ClusterThread() as thread:
        yield thread


@pytest.fixture(scope="session")
def kubeconfig_here(embedded: ClusterThread, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The kubeconfig of the embedded cluster."""
    path = tmp_path_factory.mktemp("embedded") / "kubeconfig"
    embedded.run(embedded.cluster.write_kubeconfig(path))
    return path


@pytest.fixture(scope="session")
def place(kubeconfig_here: Path) -> World:
    """The embedded cluster, with our CRDs installed."""
    world = World(kubeconfig_here)
    world.apply_files(ROOT / "crds")
    world.wait_established(ROOT / "crds")
    world.ensure_namespace(OPERATOR_NAMESPACE)
    return world


@pytest.fixture(scope="session")
def operator_here(place: World, kubeconfig_here: Path) -> Iterator[OperatorProcess]:
    """An operator on the embedded cluster."""
    with OperatorProcess(kubeconfig_here, OPERATOR_NAMESPACE) as process:
        process.wait_ready()
        yield process


@pytest.fixture
def namespace(world: World) -> Iterator[str]:
    """A fresh namespace."""
    name = world.create_namespace()
    yield name
    world.delete_namespace(name)


def _administrator(service: str, endpoint: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="eu-west-1",
        aws_access_key_id="AKIATEST",
        aws_secret_access_key="test-secret-access-key",
    )


def _mounted(address: str, token: str) -> Vault:
    client = hvac.Client(url=address, token=token)
    mount = f"kv-{secrets.token_hex(4)}"
    client.sys.enable_secrets_engine("kv", path=mount, options={"version": "2"})
    return Vault(address, token, mount, client)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
