"""The work of ``seal edit``: what is shown, the editor, and the changes one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from secrets_operator.cli.sealing.controller_modes import connected
from secrets_operator.cli.sealing.flags import ClusterFlags
from secrets_operator.cli.sealing.item_editing import chosen, refuse_old_form, sealing_changes, warn_of_line_break
from secrets_operator.cli.sealing.manifest_files import (
    ManifestFile,
    changed_text,
    errors_of,
    parse_manifest,
    read_bytes,
)
from secrets_operator.cli.sealing.private_editor import PrivateEditor, private_editor
from secrets_operator.cli.sealing.verb_keys import recovery_keyring, sealing_certificate
from secrets_operator.errors import OperatorError, Terminal
from secrets_operator.flow import SecretBytes
from secrets_operator.kube.resources import SECRETS
from secrets_operator.rendering.data_keys import check_keys
from secrets_operator.sealing.edit_text import Edits, edit_text, read_edits
from secrets_operator.sealing.encoding import decode_base64
from secrets_operator.sealing.fields import section
from secrets_operator.sealing.lossless.changes import Change
from secrets_operator.sealing.sealed_documents import SealedDocument, sealed_documents

Step = Callable[[SealedDocument], list[Change]]


@dataclass(frozen=True, slots=True)
class Options:
    """The options of the command."""

    reveal: bool
    recovery_files: tuple[Path, ...]
    cert: str
    namespace: str
    wanted: str
    cluster: ClusterFlags


def edit_file(path: Path, options: Options) -> None:
    """Let the user edit a SealedSecret and write what changed."""
    file = parse_manifest(path, read_bytes(path))
    document = chosen(file, options.wanted)
    with errors_of(f"{path}: {document.where}"):
        refuse_old_form(document)
    shown = _revealed(document, options) if options.reveal else {}
    with private_editor(f"{document.name}.yaml") as editor:
        edits = _edited(editor, edit_text(document, shown, file=path.name), document, shown)
    if edits.nothing:
        click.echo("nothing changed", err=True)
        return
    for name, value in edits.values.items():
        warn_of_line_break(name, value)
    file.write(_applied(file, document, _steps(edits, options)).text)


def _edited(editor: PrivateEditor, text: str, document: SealedDocument, shown: Mapping[str, SecretBytes]) -> Edits:
    """Return what the user asks for; a text that cannot be understood is shown again, once it was changed."""
    current = text
    while True:
        edited = editor.edit(current)
        if edited == text or not edited.strip():
            return Edits({}, (), {})
        try:
            edits = read_edits(edited, document, shown)
            check_keys({**edits.values, **dict.fromkeys(edits.renamed.values())}, field="key")
        except OperatorError as error:
            if edited == current:
                raise
            current = f"# error: {error}\n{edited}"
        else:
            return edits


def _steps(edits: Edits, options: Options) -> list[Step]:
    """Return the changes to make one after the other: each looks at what the one before left."""

    def seal(document: SealedDocument) -> list[Change]:
        certificate = sealing_certificate(options.cert, options.cluster)
        return sealing_changes(document, edits.values, certificate, options.namespace)

    steps: list[Step] = [_renaming(old, new) for old, new in edits.renamed.items()]
    if edits.removed:
        steps.append(lambda document: document.without(*edits.removed))
    return [*steps, seal] if edits.values else steps


def _renaming(old: str, new: str) -> Step:
    return lambda document: document.renamed(old, new)


def _applied(file: ManifestFile, document: SealedDocument, steps: list[Step]) -> ManifestFile:
    """Return the file after all steps on one SealedSecret."""
    position = file.sealed.index(document)
    for step in steps:
        with errors_of(file.path):
            changes = step(file.sealed[position])
        text = changed_text(file, [(document.index, changes)])
        file = ManifestFile(file.path, text, sealed_documents(text))
    return file


def _revealed(document: SealedDocument, options: Options) -> Mapping[str, SecretBytes]:
    """Return the values: opened with private keys, else those of the Secret in the cluster."""
    if not options.recovery_files:
        return _live_values(document, options)
    keyring = recovery_keyring(options.recovery_files)
    bound_to = document.bound_to(options.namespace)
    values = {}
    for item, text in document.items.items():
        with errors_of(f"{document.where}: spec.encryptedData.{item}"):
            values[item] = keyring.open(decode_base64(str(text)), label=bound_to).value
    return values


def _live_values(document: SealedDocument, options: Options) -> Mapping[str, SecretBytes]:
    """Return the values of the Secret in the cluster that are items of the SealedSecret."""
    namespace = document.namespace or options.namespace
    if not namespace:
        raise Terminal(f"{document.where}: metadata.namespace is missing: add it, or pass --namespace")
    secret = connected(options.cluster.connection, lambda client: client.get(SECRETS, namespace, document.name))
    data = section(secret, "data")
    return {item: SecretBytes(decode_base64(data[item])) for item in document.items if item in data}
