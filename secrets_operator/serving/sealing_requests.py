"""The bodies that come over HTTP, as SealedSecrets; read in a thread, since anybody may send anything."""

from __future__ import annotations

from secrets_operator.flow import Object
from secrets_operator.resources.names import SEALED_SECRET
from secrets_operator.sealing.documents import Document, read_documents
from secrets_operator.sealing.errors import DocumentError

# An object of Kubernetes has at most 1.5 MiB.
LARGEST_BODY = 2 * 1024 * 1024
# YAML takes a hundred times as long to read as JSON, which is what tools send.
LARGEST_YAML = 256 * 1024


def documents(body: bytes) -> list[Document]:
    """Return the documents of a body; DocumentError when it cannot be read, or is too large for YAML."""
    if len(body) > LARGEST_YAML and (not body.lstrip().startswith(b"{") or b"\n---" in body):
        raise DocumentError(f"YAML of more than {LARGEST_YAML // 1024} KiB: send JSON")
    return read_documents(body)


def sealed_secret(document: Document) -> Object:
    """Return the SealedSecret of a document; DocumentError when it is none."""
    body = document.body
    if not isinstance(body, dict) or (body.get("kind"), body.get("apiVersion")) != (
        SEALED_SECRET.kind,
        SEALED_SECRET.api_version,
    ):
        raise DocumentError(f"document {document.index}: no SealedSecret of {SEALED_SECRET.api_version}")
    return body


def only_sealed_secret(body: bytes, *, ignore_more: bool = False) -> Object:
    """Return the one SealedSecret of a body, or the first; DocumentError when there is none, or more."""
    found = documents(body)
    if not found or (len(found) > 1 and not ignore_more):
        raise DocumentError("one SealedSecret is expected")
    return sealed_secret(found[0])
