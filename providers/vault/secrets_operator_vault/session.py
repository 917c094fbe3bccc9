"""A session on one Vault: reads and writes in parallel over one pool of connections with one token."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

from secrets_operator.errors import Refused
from secrets_operator.flow import Query, SecretBytes
from secrets_operator.provider import Answer, FindAnswer, Reference, Rejected
from secrets_operator.provider.answering import answered
from secrets_operator.provider.properties import selected
from secrets_operator_vault import documents
from secrets_operator_vault.answers import metadata_answer, value_answer
from secrets_operator_vault.asking import Asking
from secrets_operator_vault.errors import Meaning, error_for, meaning_of
from secrets_operator_vault.finding import Search
from secrets_operator_vault.paths import V2, Engine, data_path, metadata_path
from secrets_operator_vault.pushing import VaultPushing


class VaultSession:
    """Reads and writes secrets of one engine; ``goodbye`` gives back tokens and connections."""

    def __init__(self, asking: Asking, engine: Engine, goodbye: Callable[[], Awaitable[None]]) -> None:
        self._asking = asking
        self._engine = engine
        self._goodbye = goodbye
        self.pushing = VaultPushing(asking, engine).contract

    async def fetch(self, references: Sequence[Reference]) -> Sequence[Answer]:
        """Read all references at once; Vault has no batch call."""
        return await asyncio.gather(*(answered(partial(self._fetch_one, reference)) for reference in references))

    async def find(self, query: Query) -> FindAnswer:
        """List, then read what matches; see ``finding``."""
        return await answered(partial(self._find, query))

    def select(self, payload: SecretBytes, path: str) -> SecretBytes:
        """Pick a member by its exact name, else by a GJSON path; raises NotFound."""
        return selected(documents.select(payload.reveal(), path), path)

    def extract(self, payload: SecretBytes) -> Mapping[str, SecretBytes]:
        """Spread a map; raises Terminal when the value is something else."""
        return {name: SecretBytes(value) for name, value in documents.extract(payload.reveal()).items()}

    async def validate(self) -> None:
        """Let Vault look up the token; one that does not work any more is replaced first."""
        reply = await self._asking.look_up_self()
        if meaning_of(reply.status) is Meaning.DENIED:
            raise Refused(Meaning.NO_TOKEN.value, field="auth")
        if reply.status != 200:
            raise error_for(reply, field="auth")

    async def close(self) -> None:
        """Revoke the tokens of own logins and close the connections."""
        await self._goodbye()

    async def _find(self, query: Query) -> FindAnswer:
        return await Search(query, self._asking, self._engine).run()

    async def _fetch_one(self, reference: Reference) -> Answer:
        if reference.metadata:
            return await self._metadata(reference)
        versioned = reference.version and self._engine.version == V2
        params = {"version": reference.version} if versioned else {}
        reply = await self._asking.read(data_path(reference.key, self._engine), params)
        return await self._asking.judged(reply) or value_answer(reply, self._engine.version)

    async def _metadata(self, reference: Reference) -> Answer:
        if self._engine.version != V2:
            return Rejected("an engine of version v1 has no metadata: set metadataPolicy to None")
        reply = await self._asking.read(metadata_path(reference.key, self._engine), {})
        return await self._asking.judged(reply) or metadata_answer(reply)
