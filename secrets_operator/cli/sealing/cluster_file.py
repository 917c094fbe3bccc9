"""The file of ``seal --clusters``: for which clusters to seal, with which pinned certificates, and where results go.

clusters:
  dev:
    certificate: certs/dev.pem          # a file beside this one
    fingerprint: SHA256:...             # pinned; `seal clusters refresh` writes it
    source: https://dev.example/v1/cert.pem   # where refresh fetches the certificate
    namespaces: {shop: shop-dev}        # optional: other namespaces than in the input
    output: dev/{namespace}/{name}.yaml # optional; {cluster} too
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from secrets_operator.cli.sealing.manifest_files import errors_of, read_bytes
from secrets_operator.errors import InvalidSpec
from secrets_operator.sealing.lossless.text import ManifestText

_FIELDS = {"certificate", "fingerprint", "source", "namespaces", "output"}
_OUTPUT = "{cluster}/{namespace}/{name}.yaml"
_STAND_INS = {"cluster": "", "namespace": "", "name": ""}


@dataclass(frozen=True, slots=True)
class Cluster:
    """One cluster of the file; ``certificate`` is relative to the file's folder."""

    name: str
    certificate: str
    fingerprint: str
    source: str
    output: str
    namespaces: Mapping[str, str]

    def namespace_for(self, namespace: str) -> str:
        """Return the namespace that stands for one of the input."""
        return self.namespaces.get(namespace, namespace)

    def output_path(self, folder: Path, namespace: str, name: str) -> Path:
        """Return the file for one SealedSecret."""
        return folder / self.output.format(cluster=self.name, namespace=namespace, name=name)


@dataclass(frozen=True, slots=True)
class ClusterFile:
    """The file with its text, so that pins can be written into it."""

    path: Path
    text: ManifestText = field(repr=False)
    clusters: tuple[Cluster, ...]


def read_cluster_file(path: Path) -> ClusterFile:
    """Read the file; Terminal names file, cluster and field of what is wrong."""
    data = read_bytes(path)
    with errors_of(path):
        text = ManifestText.read(data)
        values = [document.value for document in text.documents if document.value is not None]
        if len(values) != 1 or not isinstance(values[0], dict) or not isinstance(values[0].get("clusters"), dict):
            raise InvalidSpec("it must be a map of clusters by name", field="clusters")
        clusters = tuple(_cluster(name, body) for name, body in values[0]["clusters"].items())
        return ClusterFile(path, text, clusters)


def _cluster(name: str, body: Any) -> Cluster:
    where = f"clusters.{name}"
    if not isinstance(body, dict):
        raise InvalidSpec("it must be a map", field=where)
    for member in body:
        if member not in _FIELDS:
            raise InvalidSpec(
                f"there is no such field; there is {', '.join(sorted(_FIELDS))}", field=f"{where}.{member}"
            )
    certificate = _text(body, "certificate", where)
    if not certificate:
        raise InvalidSpec("it is needed", field=f"{where}.certificate")
    output = _text(body, "output", where) or _OUTPUT
    try:
        output.format(**_STAND_INS)
    except (KeyError, IndexError, ValueError):
        raise InvalidSpec(
            "only {cluster}, {namespace} and {name} stand for something", field=f"{where}.output"
        ) from None
    namespaces = body.get("namespaces") or {}
    if not isinstance(namespaces, dict) or not all(isinstance(text, str) for text in namespaces.values()):
        raise InvalidSpec("it must be a map of namespaces", field=f"{where}.namespaces")
    fingerprint, source = _text(body, "fingerprint", where), _text(body, "source", where)
    return Cluster(name, certificate, fingerprint, source, output, namespaces)


def _text(body: Mapping[str, Any], member: str, where: str) -> str:
    text = body.get(member)
    if text is not None and not isinstance(text, str):
        raise InvalidSpec("it must be a string", field=f"{where}.{member}")
    return text or ""
