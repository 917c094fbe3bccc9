"""The Secrets in a manifest text that is to be sealed.

Anything but Secrets is refused rather than skipped: a typo must not leave a value in clear outside Git unnoticed.
Neighbours: ``documents`` reads the text, ``seal`` takes the result.
"""

from __future__ import annotations

from typing import Any

from secrets_operator.flow import Object
from secrets_operator.sealing.documents import Document, read_documents
from secrets_operator.sealing.errors import DocumentError
from secrets_operator.sealing.yaml_scalars import as_string

_STRINGS = ("apiVersion", "kind", "type")
_METADATA_STRINGS = ("name", "namespace", "generateName")
_METADATA_MAPS = ("labels", "annotations")


def read_secrets(data: bytes) -> list[Object]:
    """Return the Secrets of a text; DocumentError names the document that is unreadable or not a Secret."""
    secrets = [_secret(document) for document in read_documents(data)]
    if not secrets:
        raise DocumentError("no secrets found. Ensure the input is valid and UTF-8 encoded")
    return secrets


def _secret(document: Document) -> Object:
    """Return the Secret of a document."""
    body = document.body
    if not isinstance(body, dict):
        raise DocumentError(f"document {document.index}: not an object, so not a Secret")
    secret = _with_strings(body) if document.is_yaml else body
    kind, version = secret.get("kind", "Secret"), secret.get("apiVersion", "v1")
    if kind == "List":
        raise DocumentError(
            f"document {document.index}: a List is not expanded: give its Secrets as documents of their own"
        )
    if (kind, version) != ("Secret", "v1"):
        raise DocumentError(f"document {document.index}: only Secrets of v1 can be sealed, this is {kind} of {version}")
    return secret


def _with_strings(body: Object) -> Object:
    """Return a Secret read from YAML with scalars as strings where a Secret has strings (``port: 8080``)."""
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
