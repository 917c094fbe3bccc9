"""What the documentation tells people to apply, applied; and the login of the ServiceAccount that it makes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.cluster_world import World

DOCS = Path(__file__).parents[1] / "docs"
YAML_BLOCK = re.compile(r"^```yaml[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
AUDIENCES = ["https://kubernetes.default.svc"]


def documented_roles(file: str) -> list[dict[str, Any]]:
    """Return the manifests of the one block of a document that holds a ClusterRole, but for what nothing runs here."""
    blocks = YAML_BLOCK.findall((DOCS / file).read_text(encoding="utf-8"))
    (text,) = (text for text in blocks if "kind: ClusterRole\n" in text)
    return [one for one in YAML(typ="safe", pure=True).load_all(text) if one["kind"] != "Deployment"]


def installation(world: World, *files: str) -> dict[str, str]:
    """Apply what the documents say and return the metadata of the operator's ServiceAccount."""
    manifests = [manifest for file in ("operating.md", *files) for manifest in documented_roles(file)]
    for manifest in manifests:
        world.apply(manifest)
    account: dict[str, str] = next(one["metadata"] for one in manifests if one["kind"] == "ServiceAccount")
    return account


def bound_kubeconfig(world: World, admin: Path, account: dict[str, str]) -> str:
    """Return a kubeconfig of the same cluster with the login of a ServiceAccount; JSON is YAML."""
    path = f"/api/v1/namespaces/{account['namespace']}/serviceaccounts/{account['name']}/token"
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"audiences": AUDIENCES}}
    token = world.call("POST", path, body=request)["status"]["token"]
    content = YAML(typ="safe", pure=True).load(admin.read_text(encoding="utf-8"))
    content["users"] = [{**user, "user": {"token": token}} for user in content["users"]]
    return json.dumps(content)
