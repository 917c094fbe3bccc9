"""Every manifest that a document shows is applied to an API server that refuses what it does not know."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.cluster_world import Object, Process, World, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.process]

ROOT = Path(__file__).parents[2]
YAML_BLOCK = re.compile(r"^( *)```ya?ml[^\n]*\n(.*?)^\1```", re.DOTALL | re.MULTILINE)
# Kinds of other projects, which an API server without them does not serve.
OTHERS = ("kustomize.config.k8s.io/", "argoproj.io/", "kustomize.toolkit.fluxcd.io/", "monitoring.coreos.com/")


def documented() -> Iterator[Any]:
    paths = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "providers").glob("*/README.md")]
    for path in sorted(paths):
        for number, (_, text) in enumerate(YAML_BLOCK.findall(path.read_text(encoding="utf-8")), start=1):
            for manifest in YAML(typ="safe", pure=True).load_all(text):
                if isinstance(manifest, dict) and {"apiVersion", "kind", "metadata"} <= manifest.keys():
                    name = f"{path.relative_to(ROOT)} block {number}: {manifest['kind']}"
                    yield pytest.param(manifest, id=f"{name} {manifest['metadata'].get('name')}")


@pytest.fixture(scope="module")
def strict_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A cluster of its own, where no operator works: documents show stores that nobody here can reach."""
    kubeconfig = tmp_path_factory.mktemp("documented") / "kubeconfig"
    command = [sys.executable, "-m", "devcluster", "--port", "0", "--kubeconfig", str(kubeconfig)]
    with Process(command, ready="devcluster ready"):
        world = World(kubeconfig)
        world.apply_files(ROOT / "crds")
        world.wait_established(ROOT / "crds")
        yield world


def served(world: World, manifest: Object) -> Object:
    """Return what discovery says about the kind of a manifest."""
    version = manifest["apiVersion"]
    path = f"/apis/{version}" if "/" in version else f"/api/{version}"

    def found() -> Object:
        resources = (world.find(path) or {"resources": []})["resources"]
        return next((one for one in resources if one["kind"] == manifest["kind"] and "/" not in one["name"]), {})

    return wait_for(f"{version} {manifest['kind']} is served", found)


@pytest.mark.parametrize("manifest", list(documented()))
def test_it_is_accepted_and_read_back_as_it_was_applied(strict_world: World, manifest: Object) -> None:
    if manifest["apiVersion"].startswith(OTHERS):
        pytest.skip("a kind of another project, which the cluster does not serve")
    resource, version = served(strict_world, manifest), manifest["apiVersion"]
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    place = ""
    if resource["namespaced"]:
        namespace = manifest["metadata"].get("namespace", "default")
        strict_world.ensure_namespace(namespace)
        place = f"/namespaces/{namespace}"
    query = {"fieldManager": "gitops", "force": "true", "fieldValidation": "Strict"}
    path = f"{root}{place}/{resource['name']}/{manifest['metadata']['name']}"
    applied = strict_world.call("PATCH", path, body=manifest, query=query)
    if "secrets-operator" in version or "external-secrets.io" in version or "bitnami.com" in version:
        assert applied["spec"] == manifest["spec"], "nothing is defaulted, so that GitOps tools see no difference"
