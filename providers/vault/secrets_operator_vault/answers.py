"""What a reply to a read says about the secret. Pure.

Only a reply that is clearly Vault's and clearly about the secret makes it absent: a missing engine, a wrong version of
the store and a proxy that knows no such page also answer 404, and none of them may ever empty a Secret.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Absent, Answer, Failed, Found, Rejected
from secrets_operator_vault import documents
from secrets_operator_vault.client import Reply
from secrets_operator_vault.errors import Meaning, answer_for
from secrets_operator_vault.paths import V2

_SYSTEM_METADATA = ("created_time", "current_version", "delete_version_after")


def value_answer(reply: Reply, version: str) -> Answer:
    """Return the map of a secret as JSON."""
    body = body_of(reply)
    if reply.status == 404 and is_about_the_secret(body):
        return Absent()
    if reply.status != 200:
        return answer_for(reply)
    if "data" not in body:
        return Failed(Meaning.NOT_VAULT.value)
    data = body["data"]
    if version == V2 and isinstance(data, dict):
        # Without an inner map the engine is of version 1, whose secrets are never absent in this way.
        data = data.get("data", "")
    return Absent() if data is None else _found(data)


def metadata_answer(reply: Reply) -> Answer:
    """Return custom and system metadata as JSON of strings; custom metadata wins."""
    metadata = metadata_in(reply)
    if isinstance(metadata, Absent):
        # The metadata is missing, which says nothing about keys read from the value: never a reason to delete.
        return Rejected("the secret has no metadata")
    return _found(metadata, documents.text_of) if isinstance(metadata, dict) else metadata


def metadata_in(reply: Reply) -> dict[str, Any] | Absent | Failed | Rejected:
    """Return the metadata of a secret as Vault keeps it; custom metadata wins over the system's."""
    body = body_of(reply)
    if reply.status == 404 and is_about_the_secret(body):
        return Absent()
    if reply.status != 200:
        return answer_for(reply)
    data = body.get("data")
    if not isinstance(data, dict):
        return Failed(Meaning.NOT_VAULT.value)
    custom = data.get("custom_metadata")
    chosen = {name: data[name] for name in _SYSTEM_METADATA if name in data}
    return chosen | (custom if isinstance(custom, dict) else {})


def names_in(reply: Reply) -> list[str] | Absent | Failed | Rejected:
    """Return what a folder holds; subfolders have a slash at the end. An empty folder does not exist in Vault."""
    body = body_of(reply)
    if reply.status == 404 and body.get("errors") == []:
        return Absent()
    if reply.status != 200:
        return answer_for(reply)
    data = body.get("data")
    names = data.get("keys") if isinstance(data, dict) else None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return Failed(Meaning.NOT_VAULT.value)
    return names


def _found(data: Any, shown: Callable[[Any], Any] = lambda value: value) -> Answer:
    if not isinstance(data, dict):
        return Rejected("the answer has no data of that kind: check version of the store")
    try:
        return Found(SecretBytes(documents.render({name: shown(value) for name, value in data.items()})))
    except ValueError:
        return Rejected("the secret cannot be written as JSON")


def is_about_the_secret(body: dict[str, Any]) -> bool:
    """Tell whether a 404 is an answer about the secret: no errors at all, or a version deleted or destroyed."""
    version = body.get("data")
    return body.get("errors") == [] or (isinstance(version, dict) and version.get("data", "") is None)


def body_of(reply: Reply) -> dict[str, Any]:
    """Return the object that a reply holds, an empty one when it holds none."""
    try:
        body = documents.parse(reply.body)
    except ValueError:
        body = None
    return body if isinstance(body, dict) else {}
