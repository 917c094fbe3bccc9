"""Makes the kustomize base from the chart: what it renders with its defaults, without what only Helm reads."""

from __future__ import annotations

from typing import Any

from charts.generation.rendering import Manifest, Release, in_python, manifests

IMAGE = "secrets-operator"
_HELM_LABELS = ("helm.sh/chart", "app.kubernetes.io/managed-by")

KUSTOMIZATION = f"""\
# Made from charts/secrets-operator by `make crds`; do not edit. An overlay sets the image:
#
#   resources: [<this folder>]
#   images:
#     - name: {IMAGE}
#       newName: <where you pushed it>
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - ../secrets-operator/files/crds
  - namespace.yaml
  - operator.yaml
"""


def base() -> list[Manifest]:
    """Return the manifests of the base."""
    # Helm sorts what it renders; the files are to be the same wherever they are made.
    values = {"installCRDs": False, "image": {"repository": IMAGE}}
    return [_without_helm(manifest) for manifest in manifests(in_python(values, Release()))]


def namespace() -> Manifest:
    """Return the Namespace of the base; its labels make the API server hold the pods to the restricted standard."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": Release().namespace, "labels": labels},
    }


def _without_helm(node: Any) -> Any:
    match node:
        case dict():
            return {key: _without_helm(value) for key, value in node.items() if key not in _HELM_LABELS}
        case list():
            return [_without_helm(value) for value in node]
        case _:
            return node
