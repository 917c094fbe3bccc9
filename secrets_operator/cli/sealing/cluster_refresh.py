"""The work of ``seal clusters refresh``: certificates fetched, compared with their pins, and written."""

from __future__ import annotations

from pathlib import Path

import click

from secrets_operator.cli.atomic_output import open_output
from secrets_operator.cli.sealing.certificate_sources import load_certificate
from secrets_operator.cli.sealing.cluster_file import Cluster, ClusterFile, read_cluster_file
from secrets_operator.cli.sealing.manifest_files import errors_of, read_bytes
from secrets_operator.cli.sealing.verb_keys import certificate_of_pem
from secrets_operator.errors import OperatorError, Terminal
from secrets_operator.sealing.lossless.changes import Change, Put


def run(path: Path, accept: tuple[str, ...]) -> int:
    """Refresh every cluster of a file; return the exit status."""
    file = read_cluster_file(path)
    unknown = sorted(set(accept) - {cluster.name for cluster in file.clusters})
    if unknown:
        raise Terminal(f"{path}: there is no cluster {unknown[0]}")
    pins: list[Change] = []
    complete = True
    for cluster in file.clusters:
        try:
            pins += _refreshed(file, cluster, accepted=cluster.name in accept)
        except OperatorError as error:
            complete = False
            click.echo(f"error: cluster {cluster.name}: {error}", err=True)
    if pins:
        _write_pins(file, pins)
    return int(not complete)


def _refreshed(file: ClusterFile, cluster: Cluster, *, accepted: bool) -> list[Change]:
    """Write a cluster's certificate if it is as pinned, new or accepted; return the pin to write, if any."""
    path = file.path.parent / cluster.certificate
    pem = load_certificate(cluster.source) if cluster.source else read_bytes(path)
    by = certificate_of_pem(pem)
    found = f"{by.fingerprint}, valid until {by.expires:%Y-%m-%d}"
    is_pinned = by.fingerprint == cluster.fingerprint
    if cluster.fingerprint and not is_pinned and not accepted:
        raise Terminal(f"it has {found}, pinned is {cluster.fingerprint}: --accept {cluster.name} takes it")
    if not path.exists() or read_bytes(path) != pem:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open_output(str(path)) as output:
            output.write(pem)
    click.echo(f"{cluster.name}: {'as pinned' if is_pinned else 'pinned'}: {found}")
    return [] if is_pinned else [Put(("clusters", cluster.name, "fingerprint"), by.fingerprint)]


def _write_pins(file: ClusterFile, pins: list[Change]) -> None:
    index = next(document.index for document in file.text.documents if document.value is not None)
    with errors_of(file.path):
        text = file.text.changed(index, pins)
    with open_output(str(file.path)) as output:
        output.write(bytes(text))
