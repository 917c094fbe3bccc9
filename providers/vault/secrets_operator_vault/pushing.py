"""Writes secrets to one engine, and deletes what it wrote.

A secret is ours when its custom metadata say ``managed-by: external-secrets``; what lacks that is left alone. Each
write names the version it was made of, so that it can take nothing from somebody who wrote meanwhile.
https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#create-update-secret
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from secrets_operator.errors import Terminal
from secrets_operator.provider import (
    Absent,
    DeleteAnswer,
    Deleted,
    Failed,
    Found,
    PresenceAnswer,
    Present,
    Push,
    PushAnswer,
    Pushed,
    Pushing,
    Rejected,
    RemoteEntry,
)
from secrets_operator.provider.answering import answered
from secrets_operator.provider.one_at_a_time import OneAtATime
from secrets_operator_vault import documents
from secrets_operator_vault.answers import value_answer
from secrets_operator_vault.asking import Asking
from secrets_operator_vault.client import ApiRequest, Reply
from secrets_operator_vault.errors import answer_for
from secrets_operator_vault.paths import V2, Engine, data_path, metadata_path
from secrets_operator_vault.pushed_maps import MARK, is_same, pushed, without
from secrets_operator_vault.remote_secrets import Remote, remote_v1, remote_v2, remote_without_versions
from secrets_operator_vault.repeating import Call

# Of somebody who writes without pause others have to be told.
_ATTEMPTS = 3
_MEANWHILE = Failed("somebody else wrote the secret meanwhile: the push is tried again")

_Trouble = Failed | Rejected
T = TypeVar("T")


class VaultPushing:
    """Pushes to one engine."""

    def __init__(self, asking: Asking, engine: Engine) -> None:
        self._asking = asking
        self._engine = engine
        self._turns = OneAtATime()
        self.contract = Pushing(
            push=lambda push: answered(partial(self._push, push)),
            exists=lambda entry: answered(partial(self._exists, entry)),
            delete=lambda entry: answered(partial(self._delete, entry)),
        )

    async def _push(self, push: Push) -> PushAnswer:
        return await self._over(push.remote.remote_key, lambda there: self._pushed_over(there, push))

    async def _pushed_over(self, there: Remote, push: Push) -> PushAnswer:
        if not there.is_ours and not there.is_free:
            raise Terminal(self._foreign(there))
        wanted = pushed(push, there.values, self._engine.version)
        if there.is_ours and is_same(wanted, there.values, self._engine.version):
            return Pushed(changed=False)
        key = push.remote.remote_key
        if self._engine.version == V2 and not there.is_ours:
            # First the mark: a value without it would never be ours again.
            custom = {"custom_metadata": {**there.custom, **MARK}}
            trouble = await self._written(metadata_path(key, self._engine), custom)
            if trouble is not None:
                return trouble
        return await self._write(key, wanted, there) or Pushed(changed=True)

    async def _exists(self, entry: RemoteEntry) -> PresenceAnswer:
        reply = await self._asking.read(data_path(entry.remote_key, self._engine), {})
        answer = await self._asking.judged(reply) or value_answer(reply, self._engine.version)
        if not isinstance(answer, Found):
            return answer
        if not entry.property:
            return Present()
        found = documents.select(answer.payload.reveal(), entry.property)
        return Absent() if found is None else Present()

    async def _delete(self, entry: RemoteEntry) -> DeleteAnswer:
        return await self._over(entry.remote_key, lambda there: self._deleted_from(there, entry))

    async def _deleted_from(self, there: Remote, entry: RemoteEntry) -> DeleteAnswer:
        is_gone = entry.property and entry.property not in (there.values or {})
        if not there.is_ours or is_gone:
            return Deleted(changed=False)
        rest = without(there.values or {}, entry.property, self._engine.version) if entry.property else {}
        if rest:
            return await self._write(entry.remote_key, rest, there) or Deleted(changed=True)
        # The metadata take all versions with them, in one call: what was deleted only could be brought back.
        place = metadata_path if self._engine.version == V2 else data_path
        path = place(entry.remote_key, self._engine)
        reply = await self._asking.send(Call.DELETE, ApiRequest("delete", path))
        return await self._trouble_in(reply, "delete", path) or Deleted(changed=True)

    async def _over(self, key: str, act: Callable[[Remote], Awaitable[T]]) -> T | _Trouble:
        """Act on what is there, and anew on what is there then while somebody else is quicker."""
        async with self._turns.at(data_path(key, self._engine)):
            for _ in range(_ATTEMPTS):
                there = await self._read(key)
                answer = there if isinstance(there, _Trouble) else await act(there)
                if answer is not _MEANWHILE:
                    break
            return answer

    async def _read(self, key: str) -> Remote | _Trouble:
        """Return what is there."""
        path = data_path(key, self._engine)
        if self._engine.version != V2:
            reply = await self._asking.read(path, {})
            return remote_v1(reply) or await self._trouble(reply, "read", path)
        reply = await self._asking.read(path, {})
        found = remote_v2(reply)
        if found is None or not found.is_free:
            return found or await self._trouble(reply, "read", path)
        path = metadata_path(key, self._engine)
        reply = await self._asking.read(path, {})
        return remote_without_versions(reply) or await self._trouble(reply, "read", path)

    async def _write(self, key: str, values: Mapping[str, Any], there: Remote) -> _Trouble | None:
        """Write the next version after ``there``, or return the trouble."""
        path = data_path(key, self._engine)
        if self._engine.version != V2:
            return await self._written(path, values)
        body = {"data": values, "options": {"cas": there.version}}
        reply = await self._asking.send(Call.WRITE, ApiRequest("post", path, body=body))
        if reply.status == 400:
            # Vault says in words only whether it was the version; that it is another one now says the same.
            now = await self._read(key)
            if isinstance(now, Remote) and now.version != there.version:
                return _MEANWHILE
        return await self._trouble_in(reply, "create and update", path, values)

    async def _written(self, path: str, body: Mapping[str, Any]) -> _Trouble | None:
        reply = await self._asking.send(Call.WRITE, ApiRequest("post", path, body=body))
        return await self._trouble_in(reply, "create and update", path, body)

    async def _trouble_in(
        self, reply: Reply, doing: str, path: str, sent: Mapping[str, Any] | None = None
    ) -> _Trouble | None:
        """Return why a write was not made, None where it was; nothing of what was ``sent`` is quoted."""
        return None if reply.status in (200, 204) else await self._trouble(reply, doing, path, sent)

    async def _trouble(self, reply: Reply, doing: str, path: str, sent: Mapping[str, Any] | None = None) -> _Trouble:
        trouble = await self._asking.judged(reply) or answer_for(reply, secrets=tuple(documents.texts(sent)))
        if isinstance(trouble, Failed) or trouble.credentials:
            return trouble
        return Rejected(f"{trouble.message}: {doing} {path}")

    def _foreign(self, there: Remote) -> str:
        mark = "its custom metadata do not say managed-by=external-secrets"
        if self._engine.version == V2 and there.values is None:
            return (
                f"secret not managed by external-secrets: it is deleted, but its versions are there and {mark}; delete "
                "them for good (vault kv metadata delete), or add that"
            )
        return f"secret not managed by external-secrets: somebody else made it, since {mark}"
