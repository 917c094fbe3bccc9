"""Asks Vault with the session's token, and once more with a new one when that is denied: it may have expired."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from secrets_operator.provider import Failed, Rejected
from secrets_operator_vault.client import ApiRequest, Connection, Reply
from secrets_operator_vault.errors import Meaning, answer_for, meaning_of
from secrets_operator_vault.repeating import Call, Repeating
from secrets_operator_vault.tokens import Lease, Tokens


class Asking:
    """Asks with a token of ``tokens``."""

    def __init__(self, connection: Connection, tokens: Tokens, calls: Repeating) -> None:
        self._connection = connection
        self._tokens = tokens
        self._calls = calls

    async def read(self, path: str, params: Mapping[str, str]) -> Reply:
        """Read an API path, given without ``/v1/`` and not quoted; raises Retryable, and what a login raises."""
        name = Call.LIST if "list" in params else Call.READ
        return await self._ask(name, lambda token: self._connection.read(token, path, params))

    async def send(self, name: Call, request: ApiRequest) -> Reply:
        """Send a request of any kind, which counts as ``name``; raises as :meth:`read`."""
        return await self._ask(name, lambda token: self._connection.send(token, request))

    async def look_up_self(self) -> Reply:
        """Ask for the token itself; raises as :meth:`read`."""
        return await self._ask(Call.LOOKUP, self._connection.look_up_self)

    async def _ask(self, name: Call, call: Callable[[str], Reply]) -> Reply:
        """Ask with the current token and, when that is denied, once more with a new one."""
        lease, reply = await self._asked(name, call)
        if meaning_of(reply.status) is not Meaning.DENIED or not await self._is_worth_replacing(lease):
            return reply
        if await self._tokens.replace(lease):
            _, reply = await self._asked(name, call)
        return reply

    async def judged(self, reply: Reply) -> Failed | Rejected | None:
        """Say of a denied read whether the token is at fault or its policies; of any other reply nothing."""
        if meaning_of(reply.status) is not Meaning.DENIED:
            return None
        if not self._tokens.issued:
            _, looked_up = await self._asked(Call.LOOKUP, self._connection.look_up_self)
            if meaning_of(looked_up.status) is Meaning.DENIED:
                return Rejected(Meaning.NO_TOKEN.value, credentials=True)
        return answer_for(reply)

    async def _is_worth_replacing(self, lease: Lease) -> bool:
        """Tell whether a new token could do better than one that was denied.

        A login also brings the policies of the moment. One after the other for a path that is simply not allowed would
        be a flood of leases, so a token that was just made is first asked about.
        """
        if not lease.is_new:
            return True
        call = partial(self._connection.look_up_self, lease.credential.token)
        looked_up = await self._calls.make(Call.LOOKUP, call)
        return meaning_of(looked_up.status) is Meaning.DENIED

    async def _asked(self, name: Call, call: Callable[[str], Reply]) -> tuple[Lease, Reply]:
        async with self._tokens.lend() as lease:
            return lease, await self._calls.make(name, partial(call, lease.credential.token))
