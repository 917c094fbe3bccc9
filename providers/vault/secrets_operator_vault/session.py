"""A session on one Vault: reads in parallel over one pool of connections with one token.

A read that is denied is tried once more after a new login, since the token may have expired under way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from secrets_operator.errors import NotFound, OperatorError, Refused, Retryable
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Answer, Failed, Host, Reference, Rejected
from secrets_operator_vault import documents
from secrets_operator_vault.answers import metadata_answer, value_answer
from secrets_operator_vault.client import Connection, Reply
from secrets_operator_vault.errors import Meaning, answer_for, error_for, meaning_of
from secrets_operator_vault.paths import V2, data_path, metadata_path
from secrets_operator_vault.tokens import Lease, Tokens

_Call = Callable[[str], Reply]


class VaultSession:
    """Reads secrets below ``mount`` of an engine of ``version``."""

    def __init__(self, connection: Connection, tokens: Tokens, host: Host, *, mount: str | None, version: str) -> None:
        self._connection = connection
        self._tokens = tokens
        self._host = host
        self._mount = mount
        self._version = version

    async def fetch(self, references: Sequence[Reference]) -> Sequence[Answer]:
        """Read all references at once; Vault has no batch call."""
        return await asyncio.gather(*map(self._fetch_one, references))

    def select(self, payload: SecretBytes, path: str) -> SecretBytes:
        """Pick a member by its exact name, else by a GJSON path; raises NotFound."""
        found = documents.select(payload.reveal(), path)
        if found is None:
            raise NotFound(f"property {path} does not exist in the value")
        return SecretBytes(found)

    def extract(self, payload: SecretBytes) -> Mapping[str, SecretBytes]:
        """Spread a map; raises Terminal when the value is something else."""
        return {name: SecretBytes(value) for name, value in documents.extract(payload.reveal()).items()}

    async def validate(self) -> None:
        """Let Vault look up the token; one that does not work any more is replaced first."""
        reply = await self._ask(self._connection.look_up_self)
        if meaning_of(reply.status) is Meaning.DENIED:
            raise Refused(Meaning.NO_TOKEN.value, field="auth")
        if reply.status != 200:
            raise error_for(reply, field="auth")

    async def close(self) -> None:
        """Revoke the tokens of own logins and close the connections."""
        await self._tokens.close()
        await self._host.run_blocking(self._connection.close)

    async def _fetch_one(self, reference: Reference) -> Answer:
        try:
            if reference.metadata:
                return await self._metadata(reference)
            path = data_path(reference.key, self._mount, self._version)
            versioned = reference.version and self._version == V2
            params = {"version": reference.version} if versioned else {}
            reply = await self._ask(partial(self._read, path, params))
            return await self._judged(reply) or value_answer(reply, self._version)
        except Retryable as error:
            return Failed(error.message, error.after)
        except OperatorError as error:
            return Rejected(str(error), credentials=isinstance(error, Refused))

    async def _metadata(self, reference: Reference) -> Answer:
        if self._version != V2:
            return Rejected("an engine of version v1 has no metadata: set metadataPolicy to None")
        reply = await self._ask(partial(self._read, metadata_path(reference.key, self._mount), {}))
        return await self._judged(reply) or metadata_answer(reply)

    def _read(self, path: str, params: Mapping[str, str], token: str) -> Reply:
        return self._connection.read(token, path, params)

    async def _ask(self, call: _Call) -> Reply:
        """Ask with the current token and, when that is denied, once more with a new one."""
        lease, reply = await self._asked(call)
        if meaning_of(reply.status) is Meaning.DENIED and await self._tokens.replace(lease):
            _, reply = await self._asked(call)
        return reply

    async def _asked(self, call: _Call) -> tuple[Lease, Reply]:
        async with self._tokens.lend() as lease:
            return lease, await self._host.run_blocking(partial(call, lease.credential.token))

    async def _judged(self, reply: Reply) -> Answer | None:
        """Say of a denied read whether the token is at fault or its policies; of any other reply nothing."""
        if meaning_of(reply.status) is not Meaning.DENIED:
            return None
        if not self._tokens.issued:
            _, looked_up = await self._asked(self._connection.look_up_self)
            if meaning_of(looked_up.status) is Meaning.DENIED:
                return Rejected(Meaning.NO_TOKEN.value, credentials=True)
        return answer_for(reply)
