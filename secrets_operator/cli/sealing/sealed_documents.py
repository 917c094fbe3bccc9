"""SealedSecrets as input: every document of a text, or an error that names the one that is none."""

from __future__ import annotations

from collections.abc import Iterator

from secrets_operator.flow import Object
from secrets_operator.resources.names import SEALED_SECRET
from secrets_operator.sealing.documents import Document, read_documents
from secrets_operator.sealing.errors import DocumentError


def read_sealed_secrets(data: bytes) -> list[tuple[str, Object]]:
    """Return each SealedSecret with its place (``document 2``); DocumentError when there is none, or something else."""
    found = [sealed for document in read_documents(data) for sealed in _sealed_secrets(document)]
    if not found:
        raise DocumentError("no SealedSecret in the input")
    return found


def require_sealed_secret(body: object, place: str) -> Object:
    """Return a body that is a SealedSecret; DocumentError says what it is instead."""
    if not isinstance(body, dict):
        raise DocumentError(f"{place}: not an object, so not a SealedSecret")
    kind, version = body.get("kind"), body.get("apiVersion")
    if (kind, version) != (SEALED_SECRET.kind, SEALED_SECRET.api_version):
        wanted = f"{SEALED_SECRET.kind} of {SEALED_SECRET.api_version}"
        raise DocumentError(f"{place}: not a {wanted}, this is {kind} of {version}")
    return body


def _sealed_secrets(document: Document) -> Iterator[tuple[str, Object]]:
    place, body = f"document {document.index}", document.body
    items = body.get("items") if isinstance(body, dict) and body.get("kind") in ("List", "SealedSecretList") else None
    if not isinstance(items, list):
        yield place, require_sealed_secret(body, place)
        return
    for number, item in enumerate(items, start=1):
        yield f"{place}, item {number}", require_sealed_secret(item, f"{place}, item {number}")
