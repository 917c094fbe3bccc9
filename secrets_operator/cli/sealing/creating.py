"""The work of ``seal create``: values become a SealedSecret, written in one piece."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from secrets_operator.cli.atomic_output import open_output
from secrets_operator.cli.manifest_text import manifest_text, output_format
from secrets_operator.cli.sealing.context_namespace import context_namespace
from secrets_operator.cli.sealing.flags import ClusterFlags
from secrets_operator.cli.sealing.manifest_sealing import ManifestSealing
from secrets_operator.cli.sealing.notices import Notices
from secrets_operator.cli.sealing.verb_keys import sealing_certificate
from secrets_operator.errors import Terminal
from secrets_operator.flow import Object, SecretBytes
from secrets_operator.rendering.data_keys import check_keys
from secrets_operator.sealing.encoding import encode_base64
from secrets_operator.sealing.scopes import Scope


@dataclass(frozen=True, slots=True)
class Options:
    """The options that all kinds share."""

    sealing_cert: str
    namespace: str
    scope: str
    labels: tuple[str, ...]
    output: str | None
    write: str
    facts: bool
    quiet: bool
    cluster: ClusterFlags


def create(name: str, data: Mapping[str, SecretBytes], *, kind: str, options: Options) -> None:
    """Seal values as a Secret of that name and type, and write the SealedSecret."""
    check_keys(data, field="data")
    metadata: Object = {"name": name, "labels": _labels(options.labels)}
    manifest: Object = {"metadata": metadata, "type": kind or "Opaque"}
    manifest["data"] = {item: encode_base64(value.reveal()) for item, value in data.items()}
    scope = Scope(options.scope)
    namespace = options.namespace
    if not namespace and scope is not Scope.CLUSTER_WIDE:
        namespace = context_namespace(options.cluster.connection)
    if namespace:
        metadata["namespace"] = namespace
    notices = Notices(options.quiet)
    sealing = ManifestSealing(
        sealing_certificate(options.sealing_cert, options.cluster, notices=notices),
        scope=scope,
        facts=options.facts,
        allow_empty_data=True,
        notices=notices,
    )
    text = manifest_text(sealing.sealed(manifest), output_format(options.output or "yaml", options.write))
    with open_output(options.write) as output:
        output.write(text.encode())


def _labels(given: tuple[str, ...]) -> dict[str, str]:
    labels = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not name or not equals:
            raise Terminal(f"--label {pair}: write NAME=VALUE")
        labels[name] = value
    return labels
