"""The Secrets in a manifest text that is to be sealed.

Anything but Secrets and Lists of them is refused rather than skipped: a typo must not leave a value in clear outside
Git unnoticed. Neighbours: ``documents`` reads the text, ``seal`` takes the result, ``advice`` finds likely mistakes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from secrets_operator.flow import Object
from secrets_operator.sealing.documents import Document, read_documents
from secrets_operator.sealing.errors import DocumentError
from secrets_operator.sealing.yaml_scalars import Rewritten, as_string

_STRINGS = ("apiVersion", "kind", "type")
_METADATA_STRINGS = ("name", "namespace", "generateName")
_METADATA_MAPS = ("labels", "annotations")
_LISTS = ("List", "SecretList")
NO_SECRETS = "no secrets found. Ensure the input is valid and UTF-8 encoded"


@dataclass(frozen=True, slots=True)
class InputSecret:
    """A Secret of the input: where it stands (``document 2``), its manifest, and what YAML made other texts of."""

    place: str
    manifest: Object = field(repr=False)
    rewritten: tuple[Rewritten, ...] = ()


def read_input(data: bytes) -> list[InputSecret]:
    """Return the Secrets of a text; DocumentError names the document that is unreadable or not a Secret."""
    secrets = [secret for document in read_documents(data) for secret in _secrets(document)]
    if not secrets:
        raise DocumentError(NO_SECRETS)
    return secrets


def read_secrets(data: bytes) -> list[Object]:
    """Return the manifests of the Secrets of a text; raises as ``read_input``."""
    return [secret.manifest for secret in read_input(data)]


def _secrets(document: Document) -> Iterator[InputSecret]:
    """Yield the Secret of a document, or each of a List."""
    place, body = f"document {document.index}", document.body
    items = body.get("items") if isinstance(body, dict) and body.get("kind") in _LISTS else None
    if items is None:
        yield InputSecret(place, _secret(body, place), document.rewritten)
        return
    if not isinstance(items, list):
        raise DocumentError(f"{place}: the items of a List must be a list")
    for number, item in enumerate(items, start=1):
        of_item = f"{place}, item {number}"
        yield InputSecret(of_item, _secret(item, of_item))


def _secret(body: Any, place: str) -> Object:
    """Return a Secret as a manifest; a missing kind is taken for one."""
    if not isinstance(body, dict):
        raise DocumentError(f"{place}: not an object, so not a Secret")
    secret = _with_strings(body)
    kind, version = secret.get("kind", "Secret"), secret.get("apiVersion", "v1")
    if (kind, version) != ("Secret", "v1"):
        raise DocumentError(f"{place}: only Secrets of v1 can be sealed, this is {kind} of {version}")
    return secret


def _with_strings(body: Object) -> Object:
    """Return a Secret with scalars as strings where a Secret has strings (``port: 8080``)."""
    secret = body | _coerced(body, _STRINGS)
    if isinstance(body.get("stringData"), dict):
        secret["stringData"] = _coerced(body["stringData"], body["stringData"])
    metadata = body.get("metadata")
    if isinstance(metadata, dict):
        maps = {
            name: _coerced(metadata[name], metadata[name])
            for name in _METADATA_MAPS
            if isinstance(metadata.get(name), dict)
        }
        secret["metadata"] = metadata | _coerced(metadata, _METADATA_STRINGS) | maps
    return secret


def _coerced(section: Object, names: Any) -> Object:
    """Return the named members of a section that are there, scalars as strings."""
    return {
        name: as_string(section[name]) if isinstance(section[name], int | float) else section[name]
        for name in names
        if name in section
    }
