"""Writes Secrets to one API server, and deletes what it wrote.

Each is read first and written only where it differs, on the condition that it is still what was read. Whose a key is
says ``field_ownership``; a push takes over what is there, a deletion takes out only what pushes wrote.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from secrets_operator.errors import Retryable, Terminal
from secrets_operator.provider import (
    Absent,
    DeleteAnswer,
    Deleted,
    Found,
    PresenceAnswer,
    Present,
    Push,
    PushAnswer,
    Pushed,
    Pushing,
    Reference,
    RemoteEntry,
)
from secrets_operator.provider.answering import answered
from secrets_operator.provider.one_at_a_time import OneAtATime
from secrets_operator_kubernetes.client import Client, Reply
from secrets_operator_kubernetes.documents import members_of, payload_of
from secrets_operator_kubernetes.errors import error_for
from secrets_operator_kubernetes.field_ownership import MANAGER
from secrets_operator_kubernetes.push_settings import Places, settings_of
from secrets_operator_kubernetes.pushed_secrets import pushed, without
from secrets_operator_kubernetes.reading import Reading, secret_path, secrets_path

# Of somebody who writes without pause others have to be told.
_ATTEMPTS = 3
_QUERY = {"fieldManager": MANAGER}
_INVALID = (
    "the API server does not accept the Secret (status 422): check that its type, which template.type changes, has the "
    "keys it needs, and the length and the characters of labels, annotations and values"
)

T = TypeVar("T")


class _ChangedMeanwhile(Retryable):
    """Somebody else wrote between reading and writing."""


class KubernetesPushing:
    """Pushes to the namespaces of one store."""

    def __init__(self, client: Client, places: Places) -> None:
        self._client = client
        self._places = places
        self._turns = OneAtATime()
        self.contract = Pushing(
            push=lambda push: answered(
                partial(self._undisturbed, push.metadata, push.remote, partial(self._push, push))
            ),
            exists=lambda entry: answered(partial(self._exists, entry)),
            delete=lambda entry: answered(
                partial(self._undisturbed, entry.metadata, entry, partial(self._delete, entry))
            ),
        )

    async def _push(self, push: Push) -> PushAnswer:
        settings = settings_of(push.metadata)
        namespace, name = self._places.of(settings), push.remote.remote_key
        there = await self._read(namespace, name)
        wanted = pushed(push, settings, there)
        if wanted is None:
            return Pushed(changed=False)
        if there is None:
            reply = await self._client.write("CreateSecret", "POST", secrets_path(namespace), wanted, _QUERY)
            _require(reply, namespace, "create")
        else:
            await self._update(namespace, name, wanted)
        return Pushed(changed=True)

    async def _exists(self, entry: RemoteEntry) -> PresenceAnswer:
        namespace = self._places.of(settings_of(entry.metadata))
        answer = await Reading(self._client, namespace).one(Reference(entry.remote_key))
        if not isinstance(answer, Found):
            return answer
        return Present() if not entry.property or entry.property in members_of(answer.payload) else Absent()

    async def _delete(self, entry: RemoteEntry) -> DeleteAnswer:
        namespace, name = self._places.of(settings_of(entry.metadata)), entry.remote_key
        there = await self._read(namespace, name)
        if there is None:
            return Deleted(changed=False)
        rest = without(there, entry.property)
        if rest is None:
            read = {key: there["metadata"][key] for key in ("uid", "resourceVersion")}
            options = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": read}
            reply = await self._client.write("DeleteSecret", "DELETE", secret_path(namespace, name), options)
            _require(reply, namespace, "delete", name)
        elif rest["data"] == (there.get("data") or {}):
            return Deleted(changed=False)
        else:
            await self._update(namespace, name, rest)
        return Deleted(changed=True)

    async def _undisturbed(self, metadata: Mapping[str, Any], entry: RemoteEntry, act: Callable[[], Awaitable[T]]) -> T:
        """Act anew while somebody else is quicker; raises what the last attempt raised."""
        async with self._turns.at((self._places.of(settings_of(metadata)), entry.remote_key)):
            for _ in range(_ATTEMPTS - 1):
                try:
                    return await act()
                except _ChangedMeanwhile:
                    continue
            return await act()

    async def _read(self, namespace: str, name: str) -> Mapping[str, Any] | None:
        reply = await self._client.get("GetSecret", secret_path(namespace, name))
        if reply.status == 404 and reply.is_status_about("secrets", name):
            return None
        if reply.status != 200:
            raise error_for(reply, doing=f"get secrets in namespace {namespace}")
        secret = reply.document()
        payload_of(secret)
        return secret

    async def _update(self, namespace: str, name: str, secret: Mapping[str, Any]) -> None:
        reply = await self._client.write("UpdateSecret", "PUT", secret_path(namespace, name), secret, _QUERY)
        _require(reply, namespace, "update", name)


def _require(reply: Reply, namespace: str, verb: str, name: str = "") -> None:
    """Raise the error of a write that was not made."""
    if reply.status < 300:
        return
    if reply.status == 409 or (reply.status == 404 and reply.is_status_about("secrets", name)):
        raise _ChangedMeanwhile("somebody else wrote the Secret meanwhile: it is tried again")
    if reply.status == 422:
        raise Terminal(_INVALID)
    if reply.status == 404 and reply.is_status_about("namespaces", namespace):
        raise Terminal(f"there is no namespace {namespace}: check remoteNamespace")
    raise error_for(reply, doing=f"{verb} secrets in namespace {namespace}")
