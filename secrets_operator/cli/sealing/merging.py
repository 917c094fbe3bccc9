"""``seal --merge-into FILE``: the items of the input are sealed for the SealedSecret in FILE and added to it.

Everything else of the file stays to the byte, unless another format is asked for or the text does not allow it: then
the file is written anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

from secrets_operator.cli.atomic_output import open_output
from secrets_operator.cli.manifest_text import manifest_text, output_format
from secrets_operator.cli.sealing.flags import SealFlags
from secrets_operator.cli.sealing.notices import Notices
from secrets_operator.cli.sealing.sealed_documents import require_sealed_secret
from secrets_operator.cli.sealing.sealing_certificate import SealingCertificate
from secrets_operator.cli.sealing.secrets_to_seal import Sealer
from secrets_operator.errors import InvalidSpec, Terminal
from secrets_operator.flow import Object
from secrets_operator.resources.labels import FACTS_ANNOTATION
from secrets_operator.resources.names import SEALED_SECRET
from secrets_operator.sealing.documents import Document, read_documents
from secrets_operator.sealing.errors import DocumentError
from secrets_operator.sealing.facts import with_facts
from secrets_operator.sealing.fields import section
from secrets_operator.sealing.input_secrets import read_input
from secrets_operator.sealing.lossless.changes import Put
from secrets_operator.sealing.lossless.nodes import Path
from secrets_operator.sealing.lossless.text import ManifestText
from secrets_operator.sealing.scopes import Scope, scope_of, with_scope

_KIND = {"kind": SEALED_SECRET.kind, "apiVersion": SEALED_SECRET.api_version}


def merge(
    flags: SealFlags,
    source: bytes,
    by: SealingCertificate,
    *,
    default_namespace: Callable[[], str],
    notices: Notices,
) -> None:
    """Seal every Secret of the input into the file, which is replaced as a whole or not at all.

    A file without a namespace is applied to that of the flag or the context, so the items are sealed for it.
    """
    data = _read(flags.merge_into)
    document = _the_document(flags.merge_into, data)
    target = require_sealed_secret(_KIND | document.body, flags.merge_into)
    namespace = "" if section(target, "metadata").get("namespace") else flags.namespace
    own = replace(flags, name="", namespace=namespace, facts=False, scope=str(Scope.STRICT))
    sealer = Sealer(own, by, default_namespace=default_namespace, notices=notices)
    items: list[str] = []
    secrets = read_input(source)
    for secret in secrets:
        manifest = _addressed(secret.manifest, target, flags)
        sealed = sealer.seal(replace(secret, manifest=manifest), alone=len(secrets) == 1)
        target = _merged(target, sealed)
        items += sealed["spec"]["encryptedData"]
    # Facts that are there already must not become wrong, whoever asks.
    if flags.facts or FACTS_ANNOTATION in section(target, "metadata", "annotations"):
        target = with_facts(target, items, by.sealing())
    present = "yaml" if document.is_yaml else "json"
    wanted = output_format(flags.output_format or present, "")
    text = _changed_in_place(data, document.body, target) if wanted == present else None
    with open_output(flags.merge_into) as output:
        output.write(manifest_text(target, wanted).encode() if text is None else text)


def _changed_in_place(data: bytes, before: Object, after: Object) -> bytes | None:
    """Return the text with what was merged and otherwise as it was; None when it does not allow that."""
    try:
        text = ManifestText.read(data)
        index = next(document.index for document in text.documents if document.value == before)
        return bytes(text.changed(index, list(_put(before, after, ()))))
    except (DocumentError, StopIteration):
        return None


def _put(before: Mapping[str, Any], after: Mapping[str, Any], path: Path) -> Iterator[Put]:
    """Yield what makes the first value the second; DocumentError where that takes more than texts."""
    for name, value in after.items():
        present = before.get(name)
        if isinstance(value, dict) and isinstance(present, dict | None):
            yield from _put(present or {}, value, (*path, name))
        elif value != present:
            if not isinstance(value, str):
                raise DocumentError("only texts can be put into a text")
            yield Put((*path, name), value)


def _read(path: str) -> bytes:
    try:
        return FilePath(path).read_bytes()
    except OSError as error:
        raise Terminal(f'cannot read "{path}": {error.strerror}') from error


def _the_document(path: str, data: bytes) -> Document:
    """Return the one document of the file."""
    documents = read_documents(data)
    if len(documents) != 1 or not isinstance(documents[0].body, dict):
        raise Terminal(f"{path} must hold one SealedSecret, it holds {len(documents)} documents")
    return documents[0]


def _addressed(manifest: Object, target: Object, flags: SealFlags) -> Object:
    """Return the Secret with the name, namespace and scope of the file, for which its items must be sealed."""
    own = section(target, "metadata")
    name = own.get("name")
    if not isinstance(name, str) or not name:
        raise InvalidSpec("is needed to seal for it", field=f"{flags.merge_into}: metadata.name")
    metadata = section(manifest, "metadata")
    scope = scope_of(section(own, "annotations"))
    asked = Scope(flags.scope)
    if asked is Scope.STRICT:  # also the default, so it asks for nothing
        asked = scope_of(section(metadata, "annotations"))
    if asked not in (Scope.STRICT, scope):
        message = f"{flags.merge_into} has scope {scope}: items of scope {asked} could not be opened in it"
        raise Terminal(message)
    annotations = with_scope(section(metadata, "annotations"), scope)
    addressed = {**metadata, "name": name, "namespace": own.get("namespace"), "annotations": annotations}
    return {**manifest, "metadata": addressed}


def _merged(target: Object, sealed: Object) -> Object:
    """Return the file's SealedSecret with the items, labels and annotations of another; the other's win."""
    spec, template = section(target, "spec"), section(target, "spec", "template")
    metadata = section(template, "metadata")
    added = sealed["spec"]["template"]["metadata"]
    for member in ("labels", "annotations"):
        together = {**section(metadata, member), **added.get(member, {})}
        if together:
            metadata = {**metadata, member: together}
    if metadata:
        template = {**template, "metadata": metadata}
    encrypted: dict[str, Any] = {**section(spec, "encryptedData"), **sealed["spec"]["encryptedData"]}
    members = {"template": template} if template else {}
    return {**target, "spec": {**spec, **members, "encryptedData": dict(sorted(encrypted.items()))}}
