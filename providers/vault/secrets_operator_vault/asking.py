"""Asks Vault with the session's token, and once more with a new one when that is denied: it may have expired."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TypeVar

from secrets_operator.errors import OperatorError, Refused, Retryable
from secrets_operator.provider import Failed, Rejected
from secrets_operator_vault.client import Connection, Reply
from secrets_operator_vault.errors import Meaning, answer_for, meaning_of
from secrets_operator_vault.repeating import Repeating
from secrets_operator_vault.tokens import Lease, Tokens

T = TypeVar("T")


async def answered(ask: Callable[[], Awaitable[T]]) -> T | Failed | Rejected:
    """Return what ``ask`` returns, or the answer that its error means."""
    try:
        return await ask()
    except Retryable as error:
        return Failed(error.message, error.after)
    except OperatorError as error:
        return Rejected(str(error), credentials=isinstance(error, Refused))


class Asking:
    """Asks with a token of ``tokens``."""

    def __init__(self, connection: Connection, tokens: Tokens, calls: Repeating) -> None:
        self._connection = connection
        self._tokens = tokens
        self._calls = calls

    async def read(self, path: str, params: Mapping[str, str]) -> Reply:
        """Read an API path, given without ``/v1/`` and not quoted; raises Retryable, and what a login raises."""
        return await self.ask(lambda token: self._connection.read(token, path, params))

    async def look_up_self(self) -> Reply:
        """Ask for the token itself; raises as :meth:`read`."""
        return await self.ask(self._connection.look_up_self)

    async def ask(self, call: Callable[[str], Reply]) -> Reply:
        """Ask with the current token and, when that is denied, once more with a new one."""
        lease, reply = await self._asked(call)
        if meaning_of(reply.status) is Meaning.DENIED and await self._tokens.replace(lease):
            _, reply = await self._asked(call)
        return reply

    async def judged(self, reply: Reply) -> Failed | Rejected | None:
        """Say of a denied read whether the token is at fault or its policies; of any other reply nothing."""
        if meaning_of(reply.status) is not Meaning.DENIED:
            return None
        if not self._tokens.issued:
            _, looked_up = await self._asked(self._connection.look_up_self)
            if meaning_of(looked_up.status) is Meaning.DENIED:
                return Rejected(Meaning.NO_TOKEN.value, credentials=True)
        return answer_for(reply)

    async def _asked(self, call: Callable[[str], Reply]) -> tuple[Lease, Reply]:
        async with self._tokens.lend() as lease:
            return lease, await self._calls.make(partial(call, lease.credential.token))
