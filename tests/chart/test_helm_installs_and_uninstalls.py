"""Helm itself installs, upgrades and uninstalls the chart on the dev cluster, without a complaint."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from charts.generation.rendering import CHART
from devcluster import ClusterThread
from tests.cluster_world import World

HELM = shutil.which("helm") or ""
RELEASE = ["secrets-operator", "--namespace", "secrets-operator"]


@pytest.mark.cluster
@pytest.mark.process
@pytest.mark.skipif(not HELM, reason="needs helm on the path")
def test_a_release_comes_and_goes(tmp_path: Path) -> None:
    with ClusterThread() as cluster:
        kubeconfig = tmp_path / "kubeconfig"
        cluster.run(cluster.cluster.write_kubeconfig(kubeconfig))
        world = World(kubeconfig)

        def helm(*arguments: str) -> str:
            command = [HELM, *arguments, "--kubeconfig", str(kubeconfig)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert (done.returncode, done.stderr) == (0, ""), done.stderr
            return done.stdout

        chart = [*RELEASE, str(CHART), "--set", "image.repository=example.com/secrets-operator"]
        helm("install", *chart, "--create-namespace")
        assert deployments(world) == {"secrets-operator": 1}
        helm("upgrade", *chart, "--set", "replicaCount=3")
        assert deployments(world) == {"secrets-operator": 3}
        assert 'release "secrets-operator" uninstalled' in helm("uninstall", *RELEASE)
        assert deployments(world) == {}
        definitions = world.call("GET", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions")["items"]
        assert "externalsecrets.external-secrets.io" in {one["metadata"]["name"] for one in definitions}


def deployments(world: World) -> dict[str, int]:
    found = world.call("GET", "/apis/apps/v1/namespaces/secrets-operator/deployments")["items"]
    return {one["metadata"]["name"]: one["spec"]["replicas"] for one in found}
