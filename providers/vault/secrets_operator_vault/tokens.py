"""The token a session reads with: lent to many reads at once, replaced once for all of them, revoked when done.

A replaced token is revoked only after the last read that uses it has ended, so that none is denied for that reason.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from secrets_operator.errors import OperatorError
from secrets_operator_vault.authentication import Credential, LogIn

Revoke = Callable[[str], Coroutine[None, None, None]]

# A server that does not answer must not hold up the end of the process.
_GOODBYE_SECONDS = 5.0


@dataclass(slots=True, eq=False)
class Lease:
    """One token and how many reads use it."""

    credential: Credential
    users: int = 0
    replaced: bool = False


class Tokens:
    """See the module's docstring."""

    def __init__(self, first: Credential, log_in: LogIn, revoke: Revoke) -> None:
        """Start with the credential of the ``first`` login; ``revoke`` must not raise."""
        self._current = Lease(first)
        self._log_in = log_in
        self._revoke = revoke
        self._replacing: asyncio.Task[Lease] | None = None
        self._revoking: set[asyncio.Task[None]] = set()

    @property
    def issued(self) -> bool:
        """Whether the current token was made by a login of this session, which proves it good."""
        return self._current.credential.issued

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[Lease]:
        """Lend the current token."""
        lease = self._current
        lease.users += 1
        try:
            yield lease
        finally:
            lease.users -= 1
            self._revoke_if_unused(lease)

    async def replace(self, turned_down: Lease) -> bool:
        """Log in again, once for all who ask; tell whether there is another token now. Raises what a login raises."""
        if self._current is turned_down:
            if self._replacing is None:
                self._replacing = asyncio.create_task(self._replace())
                self._replacing.add_done_callback(self._replaced)
            # One read giving up must not take the new token from the others.
            await asyncio.shield(self._replacing)
        return self._current.credential.token != turned_down.credential.token

    async def close(self) -> None:
        """Revoke what logins of this session made; nothing may be lent any more."""
        if self._replacing is not None:
            with suppress(OperatorError):
                await self._replacing
        self._current.replaced = True
        self._revoke_if_unused(self._current)
        with suppress(TimeoutError):
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await asyncio.gather(*self._revoking)

    async def _replace(self) -> Lease:
        fresh, stale = Lease(await self._log_in()), self._current
        self._current = fresh
        stale.replaced = True
        self._revoke_if_unused(stale)
        return fresh

    def _replaced(self, task: asyncio.Task[Lease]) -> None:
        self._replacing = None
        if not task.cancelled():
            task.exception()  # every reader may have gone; an unread exception is not news then

    def _revoke_if_unused(self, lease: Lease) -> None:
        if lease.replaced and not lease.users and lease.credential.issued:
            lease.replaced = False  # revoked once only
            task = asyncio.create_task(self._revoke(lease.credential.token))
            self._revoking.add(task)
            task.add_done_callback(self._revoking.discard)
