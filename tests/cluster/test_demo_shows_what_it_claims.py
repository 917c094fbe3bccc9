"""The demo is a promise to newcomers: it runs, checks its own claims, and its folder is what kustomize would apply."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SEED = """\
apiVersion: external-secrets.io/v1beta1
kind: ExternalSecret
metadata:
  name: db-credentials
spec:
  refreshInterval: 1h
  secretStoreRef:
    name: aws-secret-store
    kind: ClusterSecretStore
  target:
    name: db-credentials
  data:
    - secretKey: password
      remoteRef:
        key: production/db-password
"""


@pytest.fixture(scope="module")
def build() -> Callable[[Path], list[dict[str, Any]]]:
    spec = importlib.util.spec_from_file_location("kustomization", ROOT / "examples/demo/kustomization.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[[Path], list[dict[str, Any]]] = module.build
    return found


@pytest.mark.process
def test_every_claim_of_the_demo_holds(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "examples" / "demo"), "--folder", str(tmp_path / "demo")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✗" not in done.stdout
    assert "from creation to Ready in" in done.stdout


def test_the_well_known_manifest_is_committed_byte_for_byte() -> None:
    assert (ROOT / "examples/gitops/base/db-credentials.yaml").read_text() == SEED


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not on PATH")
@pytest.mark.parametrize("part", ["platform", "overlays/staging", "overlays/production"])
def test_the_example_folder_builds_as_kustomize_builds_it(
    part: str, build: Callable[[Path], list[dict[str, Any]]]
) -> None:
    folder = ROOT / "examples" / "gitops" / part
    done = subprocess.run(["kubectl", "kustomize", str(folder)], capture_output=True, text=True, timeout=30, check=True)
    expected = list(yaml.safe_load_all(done.stdout))
    assert sorted(build(folder), key=_identity) == sorted(expected, key=_identity)


def _identity(subject: dict[str, Any]) -> tuple[str, str]:
    return subject["kind"], subject["metadata"]["name"]
