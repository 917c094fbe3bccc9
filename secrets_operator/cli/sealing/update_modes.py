"""``seal --into`` and ``seal --clusters``: files brought up to date with the Secrets of the input."""

from __future__ import annotations

from pathlib import Path

from secrets_operator.cli.sealing.cluster_file import Cluster, read_cluster_file
from secrets_operator.cli.sealing.context_namespace import context_namespace
from secrets_operator.cli.sealing.flags import SealFlags
from secrets_operator.cli.sealing.into import Known, seal_into
from secrets_operator.cli.sealing.manifest_files import errors_of, read_bytes
from secrets_operator.cli.sealing.manifest_sealing import ManifestSealing
from secrets_operator.cli.sealing.notices import Notices
from secrets_operator.cli.sealing.sealed_value_memory import users_memory
from secrets_operator.cli.sealing.sealing_certificate import SealingCertificate
from secrets_operator.cli.sealing.verb_keys import certificate_of_pem, recovery_keyring
from secrets_operator.errors import Terminal
from secrets_operator.flow import Object
from secrets_operator.sealing.advice import input_advice
from secrets_operator.sealing.fields import section
from secrets_operator.sealing.input_secrets import read_input
from secrets_operator.sealing.scopes import Scope, scope_of


def into(flags: SealFlags, source: bytes, by: SealingCertificate, notices: Notices) -> None:
    """Bring the file of ``--into`` up to date with every Secret of the input."""
    seal_into(
        Path(flags.into),
        _manifests(flags, source, notices),
        _sealing(flags, by, notices),
        _known(flags),
        flags.output_format,
    )


def clusters(flags: SealFlags, source: bytes) -> None:
    """Bring the files of every cluster up to date; all certificates are checked before anything is written."""
    file = read_cluster_file(Path(flags.clusters))
    notices = Notices(flags.quiet)
    folder = file.path.parent
    by = {cluster.name: _pinned(cluster, folder, notices) for cluster in file.clusters}
    manifests, known = _manifests(flags, source, notices), _known(flags)
    for cluster in file.clusters:
        sealing = _sealing(flags, by[cluster.name], notices)
        for manifest in manifests:
            moved = _moved(manifest, cluster)
            metadata = moved["metadata"]
            path = cluster.output_path(folder, metadata.get("namespace", ""), flags.name or metadata["name"])
            path.parent.mkdir(parents=True, exist_ok=True)
            seal_into(path, [moved], sealing, known, flags.output_format)


def _pinned(cluster: Cluster, folder: Path, notices: Notices) -> SealingCertificate:
    """Return the certificate of a cluster; Terminal when it is not the pinned one."""
    path = folder / cluster.certificate
    pem = read_bytes(path)
    with errors_of(f"cluster {cluster.name}: {path}"):
        by = certificate_of_pem(pem)
        remedy = "check it, then run: seal clusters refresh"
        if not cluster.fingerprint:
            raise Terminal(f"its fingerprint is not pinned, it is {by.fingerprint}: {remedy}")
        if by.fingerprint != cluster.fingerprint:
            raise Terminal(f"it has the fingerprint {by.fingerprint}, pinned is {cluster.fingerprint}: {remedy}")
        notices.certificate(by, place=f"cluster {cluster.name}")
        return by


def _manifests(flags: SealFlags, source: bytes, notices: Notices) -> list[Object]:
    """Return the Secrets of the input, those that need a namespace and have none with the user's."""
    manifests = []
    for secret in read_input(source):
        notices.warn(secret.place, input_advice(secret))
        metadata = section(secret.manifest, "metadata")
        if not (metadata.get("name") or flags.name):
            raise Terminal(f"{secret.place}: missing metadata.name in input Secret: add it or pass --name")
        wide = Scope.CLUSTER_WIDE in {Scope(flags.scope), scope_of(section(metadata, "annotations"))}
        if not metadata.get("namespace") and not wide:
            metadata = {**metadata, "namespace": flags.namespace or context_namespace(flags.cluster.connection)}
        manifests.append({**secret.manifest, "metadata": metadata})
    return manifests


def _moved(manifest: Object, cluster: Cluster) -> Object:
    """Return a Secret in the namespace that it has in a cluster."""
    metadata = manifest["metadata"]
    namespace = metadata.get("namespace")
    return (
        {**manifest, "metadata": {**metadata, "namespace": cluster.namespace_for(namespace)}} if namespace else manifest
    )


def _sealing(flags: SealFlags, by: SealingCertificate, notices: Notices) -> ManifestSealing:
    return ManifestSealing(
        by,
        scope=Scope(flags.scope),
        name=flags.name,
        facts=flags.facts,
        allow_empty_data=flags.allow_empty_data,
        notices=notices,
    )


def _known(flags: SealFlags) -> Known:
    keyring = recovery_keyring(map(Path, flags.recovery_private_key))
    return Known(keyring, users_memory(create=flags.only_changed), flags.only_changed)
