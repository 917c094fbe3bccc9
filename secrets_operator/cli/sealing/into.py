"""``seal --into FILE``: the SealedSecrets in FILE are brought up to date with the Secrets of the input.

Comments, order and everything else of the file stay. With ``--only-changed`` an item keeps its ciphertext where its
value is known to be the same: remembered by this machine, or opened with ``--recovery-private-key``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from secrets_operator.cli.manifest_text import manifest_text, output_format
from secrets_operator.cli.sealing.manifest_files import (
    ManifestFile,
    changed_text,
    errors_of,
    parse_manifest,
    read_bytes,
)
from secrets_operator.cli.sealing.manifest_sealing import ManifestSealing
from secrets_operator.cli.sealing.notices import Notices
from secrets_operator.cli.sealing.sealed_value_memory import SealedValueMemory
from secrets_operator.errors import Terminal
from secrets_operator.flow import Object, SecretBytes
from secrets_operator.sealing.encoding import decode_base64
from secrets_operator.sealing.errors import SealingError
from secrets_operator.sealing.facts import Facts
from secrets_operator.sealing.fields import section
from secrets_operator.sealing.keyring import Keyring
from secrets_operator.sealing.lossless.changes import Change
from secrets_operator.sealing.lossless.text import ManifestText
from secrets_operator.sealing.scopes import Scope, scope_annotations
from secrets_operator.sealing.seal import plaintexts, seal_value
from secrets_operator.sealing.sealed_documents import SealedDocument, sealed_documents
from secrets_operator.sealing.updating import leftover, outdated, template_changes


@dataclass(frozen=True, slots=True)
class Known:
    """What tells that a ciphertext holds a value: private keys, and the memory of this machine."""

    keyring: Keyring
    memory: SealedValueMemory
    only_changed: bool

    def same(self, document: SealedDocument, ciphertext: str, value: SecretBytes) -> bool:
        """Tell whether a ciphertext is known to hold a value; never without ``only_changed``."""
        if not self.only_changed:
            return False
        if len(self.keyring):
            try:
                return self.keyring.open(decode_base64(ciphertext), label=document.bound_to()).value == value
            except SealingError:
                return False
        return self.memory.same(ciphertext, value) or False


def seal_into(path: Path, manifests: list[Object], sealing: ManifestSealing, known: Known, text_format: str) -> None:
    """Bring a file up to date with Secrets; it is replaced as a whole, or not at all when nothing changes."""
    data = read_bytes(path) if path.exists() else b""
    file = parse_manifest(path, data)
    current = file
    for manifest in manifests:
        current = _updated(current, manifest, sealing, known, text_format)
    file.write(current.text)


def _updated(
    file: ManifestFile, manifest: Object, sealing: ManifestSealing, known: Known, text_format: str
) -> ManifestFile:
    """Return the file with one Secret brought up to date, or added."""
    fresh = replace(sealing, notices=Notices(quiet=True)).sealed(manifest)
    (wanted,) = sealed_documents(ManifestText.read(manifest_text(fresh, "json").encode()))
    values = plaintexts(manifest)
    document = next((found for found in file.sealed if _is_same_object(found, wanted)), None)
    if document is None:
        known.memory.remember({fresh["spec"]["encryptedData"][item]: value for item, value in values.items()})
        sealing.say(wanted.namespace, wanted.name, wanted.scope)
        return _appended(file, manifest_text(fresh, _format_of(file, text_format)))
    if document.scope is not wanted.scope and wanted.scope is not Scope.STRICT:
        message = f"{document.where} has scope {document.scope}: items of scope {wanted.scope} cannot be opened in it"
        raise Terminal(f"{file.path}: {message}")
    with errors_of(file.path):
        changes = _changes(document, values, fresh, sealing, known)
    if changes:
        sealing.say(document.namespace or wanted.namespace, document.name, document.scope)
    text = changed_text(file, [(document.index, changes)])
    return ManifestFile(file.path, text, sealed_documents(text))


def _changes(
    document: SealedDocument, values: Mapping[str, SecretBytes], fresh: Object, sealing: ManifestSealing, known: Known
) -> list[Change]:
    """Return the changes of one SealedSecret; what was sealed is remembered."""
    to_seal = outdated(document, values, lambda _item, text, value: known.same(document, text, value))
    bound_to = document.bound_to(sealing.namespace)
    sealed = {
        item: seal_value(sealing.by.public_key, value, label=bound_to, random=os.urandom)
        for item, value in to_seal.items()
    }
    known.memory.remember({sealed[item]: value for item, value in to_seal.items()})
    changes = _template_changes(document, fresh)
    new_facts = Facts(document.name, document.namespace, document.scope, {}) if sealing.facts and sealed else None
    gone = leftover(document, values)
    return changes + document.sealed_again(sealed, sealing.by.sealing(), new_facts=new_facts, gone=gone)


def _template_changes(document: SealedDocument, fresh: Object) -> list[Change]:
    """Return what the Secret says of the template; a scope that the file has and the Secret lacks stays."""
    template = fresh["spec"]["template"]
    metadata = template["metadata"]
    own = section(document.body, "spec", "template", "metadata", "annotations")
    scope = {name: own[name] for name in scope_annotations(document.scope) if name in own}
    annotations = {**section(metadata, "annotations"), **scope}
    return template_changes(document, {**template, "metadata": {**metadata, "annotations": annotations}})


def _is_same_object(found: SealedDocument, wanted: SealedDocument) -> bool:
    return found.name == wanted.name and (not found.namespace or found.namespace == wanted.namespace)


def _format_of(file: ManifestFile, wanted: str) -> str:
    """Return the format of the file; that of an empty one is chosen by its name, then by the flag."""
    if not file.text.documents:
        return output_format(wanted, str(file.path))
    return "json" if file.text.is_json else "yaml"


def _appended(file: ManifestFile, addition: str) -> ManifestFile:
    """Return the file with a document at its end."""
    before = bytes(file.text)
    gap = b"" if not before or before.endswith(b"\n") else b"\n"
    text = ManifestText.read(before + gap + addition.encode())
    return ManifestFile(file.path, text, sealed_documents(text))
