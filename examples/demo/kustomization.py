"""Builds the kustomizations of the example folder without the kustomize binary, which a fresh machine lacks.

Understands ``resources``, ``namespace`` and JSON patches, which is all the example uses, and refuses anything else by
name. A test compares the result with ``kubectl kustomize`` where kubectl is at hand.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonpatch
from ruamel.yaml import YAML

Object = dict[str, Any]

_UNDERSTOOD = {"apiVersion", "kind", "resources", "namespace", "patches"}
_CLUSTER_KINDS = {"ClusterSecretStore", "Namespace", "CustomResourceDefinition"}


def build(folder: Path) -> list[Object]:
    """Return the objects of a kustomization; raises ValueError for a feature that is not understood."""
    (kustomization,) = _documents(folder / "kustomization.yaml")
    foreign = sorted(kustomization.keys() - _UNDERSTOOD)
    if foreign:
        message = (
            f"{folder}/kustomization.yaml: the demo does not understand {', '.join(foreign)}: use kubectl kustomize"
        )
        raise ValueError(message)
    objects = [found for entry in kustomization["resources"] for found in _resource(folder / entry)]
    for patch in kustomization.get("patches", []):
        objects = [_patched(subject, patch) for subject in objects]
    namespace = kustomization.get("namespace")
    return [_placed(subject, namespace) if namespace else subject for subject in objects]


def _resource(path: Path) -> list[Object]:
    return build(path) if path.is_dir() else _documents(path)


def _documents(path: Path) -> list[Object]:
    return [document for document in YAML(typ="safe").load_all(path) if document]


def _patched(subject: Object, patch: Object) -> Object:
    target = patch["target"]
    if subject["kind"] != target.get("kind", subject["kind"]):
        return subject
    if subject["metadata"]["name"] != target.get("name", subject["metadata"]["name"]):
        return subject
    patched: Object = jsonpatch.apply_patch(subject, YAML(typ="safe").load(patch["patch"]))
    return patched


def _placed(subject: Object, namespace: str) -> Object:
    if subject["kind"] in _CLUSTER_KINDS:
        return subject
    return {**subject, "metadata": {**subject["metadata"], "namespace": namespace}}
