"""Operators for a part: of the kinds, whose definitions are then all that has to be there, and of the resources."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.conftest import OPERATOR_NAMESPACE
from tests.cluster.manifests import external_secret, fake_store
from tests.cluster_world import OperatorProcess, Process, World, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.process]

CRDS = Path(__file__).parents[2] / "crds"


@pytest.fixture
def bare_kubeconfig(tmp_path: Path) -> Iterator[Path]:
    """A cluster without any definition of ours."""
    path = tmp_path / "kubeconfig"
    command = [sys.executable, "-m", "devcluster", "--port", "0", "--kubeconfig", str(path)]
    with Process(command, ready="devcluster ready"):
        yield path


def definitions(tmp_path: Path, world: World, pattern: str) -> None:
    """Apply the definitions whose file names match."""
    folder = tmp_path / "crds"
    folder.mkdir()
    for path in CRDS.glob(pattern):
        (folder / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    world.apply_files(folder)
    world.wait_established(folder)
    world.ensure_namespace(OPERATOR_NAMESPACE)


def key_secrets(world: World) -> list[str]:
    listed = world.call("GET", f"/api/v1/namespaces/{OPERATOR_NAMESPACE}/secrets")["items"]
    return [one["metadata"]["name"] for one in listed if one["metadata"]["name"].startswith("sealed-secrets-key")]


def test_references_with_some_labels_only(tmp_path: Path, bare_kubeconfig: Path) -> None:
    world = World(bare_kubeconfig)
    definitions(tmp_path, world, "*external-secrets.io_*.yaml")
    namespace = world.create_namespace()
    world.apply(fake_store(namespace, {"one": "1", "two": "2"}))
    world.apply(external_secret(namespace, {"k": "one"}, name="other"))
    ours = external_secret(namespace, {"k": "one"}, name="ours")
    ours["metadata"]["labels"] = {"team": "shop", "tier": "web"}
    world.apply(ours)
    options = ["--enable-sealed-secrets=false", "--label-selector", "team=shop,tier in (web,db)"]
    # Slow enough that the limit shows, and quick enough to be waited for.
    options += ["--client-qps", "50", "--client-burst", "2"]
    with OperatorProcess(bare_kubeconfig, OPERATOR_NAMESPACE, options=options) as operator:
        operator.wait_ready()
        world.wait_condition("ExternalSecret", namespace, "ours")
        assert operator.get("/v1/cert.pem")[0] == 404
        assert "secrets_operator_sealing_keys" not in operator.get("/metrics")[1]
        world.apply(ours | {"metadata": {"name": "ours", "namespace": namespace, "labels": {"team": "else"}}})
        world.apply(
            external_secret(namespace, {"k": "two"}, name="later")
            | {"metadata": {"name": "later", "namespace": namespace, "labels": {"team": "shop", "tier": "db"}}}
        )
        world.wait_condition("ExternalSecret", namespace, "later")
        wait_for("its queue is empty", lambda: operator.metric("secrets_operator_queue_depth") == 0)
    assert world.secret(namespace, "ours") is not None, "what lost the label keeps its Secret"
    assert world.secret(namespace, "other") is None
    assert "status" not in (world.get("ExternalSecret", namespace, "other") or {})
    assert key_secrets(world) == []


def test_sealed_secrets_only(tmp_path: Path, bare_kubeconfig: Path) -> None:
    world = World(bare_kubeconfig)
    definitions(tmp_path, world, "bitnami.com_*.yaml")
    options = ["--enable-external-secrets=false"]
    with OperatorProcess(bare_kubeconfig, OPERATOR_NAMESPACE, options=options) as operator:
        operator.wait_ready()
        wait_for("there is a certificate", lambda: operator.get("/v1/cert.pem")[0] == 200)
    assert len(key_secrets(world)) == 1
