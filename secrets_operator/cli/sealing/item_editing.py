"""The work of the verbs for single items: which SealedSecret is meant, where values come from, and the new text."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from secrets_operator.cli.sealing.flags import ClusterFlags
from secrets_operator.cli.sealing.manifest_files import (
    ManifestFile,
    changed_text,
    errors_of,
    parse_manifest,
    read_bytes,
)
from secrets_operator.cli.sealing.sealed_value_memory import users_memory
from secrets_operator.cli.sealing.sealing_certificate import SealingCertificate
from secrets_operator.cli.sealing.verb_keys import sealing_certificate
from secrets_operator.errors import Terminal
from secrets_operator.flow import SecretBytes
from secrets_operator.rendering.data_keys import check_keys
from secrets_operator.sealing.lossless.changes import Change
from secrets_operator.sealing.seal import seal_value
from secrets_operator.sealing.sealed_documents import SealedDocument


@dataclass(frozen=True, slots=True)
class Options:
    """What values are sealed with and for."""

    cert: str
    namespace: str
    wanted: str
    cluster: ClusterFlags


def set_values(file: Path, key: str, from_files: tuple[str, ...], options: Options) -> None:
    """Seal values into items of a file."""
    opened = parse_manifest(file, read_bytes(file))
    document = chosen(opened, options.wanted)
    values = _values_of_files(from_files) if from_files else _value_of_key(key)
    for name, value in values.items():
        warn_of_line_break(name, value)
    certificate = sealing_certificate(options.cert, options.cluster)
    with errors_of(f"{file}: {document.where}"):
        check_keys(values, field="spec.encryptedData")
        refuse_old_form(document)
    with errors_of(file):
        changes = sealing_changes(document, values, certificate, options.namespace)
    _write(opened, document, changes)


def sealing_changes(
    document: SealedDocument, values: Mapping[str, SecretBytes], certificate: SealingCertificate, namespace: str
) -> list[Change]:
    """Return what seals values into a SealedSecret; this machine remembers them where it remembers any."""
    bound_to = document.bound_to(namespace)
    sealed = {
        name: seal_value(certificate.public_key, value, label=bound_to, random=os.urandom)
        for name, value in values.items()
    }
    users_memory(create=False).remember({sealed[name]: value for name, value in values.items()})
    return document.sealed_again(sealed, certificate.sealing())


def unset_values(file: Path, keys: tuple[str, ...], wanted: str) -> None:
    """Remove items from a file."""
    opened = parse_manifest(file, read_bytes(file))
    document = chosen(opened, wanted)
    for key in keys:
        _require(opened, document, key)
    _write(opened, document, document.without(*keys))


def rename_value(file: Path, old: str, new: str, wanted: str) -> None:
    """Rename an item of a file."""
    opened = parse_manifest(file, read_bytes(file))
    document = chosen(opened, wanted)
    _require(opened, document, old)
    with errors_of(f"{file}: {document.where}"):
        check_keys({new: None}, field="spec.encryptedData")
        if new in document.items:
            raise Terminal(f"spec.encryptedData.{new} is there already: unset it first")
    _write(opened, document, document.renamed(old, new))


def chosen(file: ManifestFile, wanted: str) -> SealedDocument:
    """Return the only SealedSecret of a file, or the one that ``[NAMESPACE/]NAME`` names; Terminal otherwise."""
    found = [document for document in file.sealed if not wanted or wanted in _names(document)]
    if len(found) == 1:
        return found[0]
    if not file.sealed:
        raise Terminal(f"{file.path}: there is no SealedSecret in it")
    names = ", ".join(_names(document)[1] for document in file.sealed)
    problem = "several SealedSecrets" if found else f"no SealedSecret {wanted}"
    raise Terminal(f"{file.path}: {problem} in it: choose with --object among {names}")


def refuse_old_form(document: SealedDocument) -> None:
    """Refuse a SealedSecret that holds a whole Secret in one value: it has no items."""
    if "" in document.sealed_values:
        raise Terminal("spec.data holds a whole Secret in one value, which has no items: recover it and seal it again")


def warn_of_line_break(name: str, value: SecretBytes) -> None:
    """Say on standard error that a value of one line ends with a line break, which is rarely meant."""
    plain = value.reveal()
    if plain.endswith(b"\n") and plain.count(b"\n") == 1:
        click.echo(f"warning: the value of {name} ends with a line break (printf %s writes none)", err=True)


def _names(document: SealedDocument) -> tuple[str, str]:
    """Return the object's name, bare and with its namespace."""
    return document.name, f"{document.namespace}/{document.name}" if document.namespace else document.name


def _require(file: ManifestFile, document: SealedDocument, key: str) -> None:
    if key not in document.items:
        there = ", ".join(sorted(document.items)) or "none"
        raise Terminal(f"{file.path}: {document.where}: there is no spec.encryptedData.{key} (there is: {there})")


def _write(file: ManifestFile, document: SealedDocument, changes: list[Change]) -> None:
    file.write(changed_text(file, [(document.index, changes)]))


def _values_of_files(from_files: tuple[str, ...]) -> dict[str, SecretBytes]:
    """Return the values of ``[KEY=]PATH``; the key is the file's name where none is given."""
    values: dict[str, SecretBytes] = {}
    for given in from_files:
        name, equals, path = given.partition("=")
        key = name if equals else Path(given).name
        if key in values:
            raise Terminal(f"the key {key} is given twice")
        values[key] = SecretBytes(read_bytes(Path(path if equals else given)))
    return values


def _value_of_key(key: str) -> dict[str, SecretBytes]:
    """Return the value of ``KEY``, from a prompt or standard input, or of ``KEY=-``, from standard input."""
    name, equals, source = key.partition("=")
    if source not in {"", "-"} or (equals and not source):
        raise Terminal(f"a value on the command line shows in the list of processes: {name}=- reads standard input")
    if not equals and sys.stdin.isatty():
        return {name: SecretBytes(click.prompt(f"value of {name}", hide_input=True, err=True).encode())}
    return {name: SecretBytes(sys.stdin.buffer.read())}
