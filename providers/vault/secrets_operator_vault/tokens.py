"""The token a session reads with: lent to many reads at once, kept fresh, replaced once for all, revoked when done.

A token is renewed when two thirds of its time have passed, and replaced by one of a new login where it cannot be
renewed any further. A replaced token is revoked only after the last read that uses it has ended, so that none is denied
for that reason.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Protocol

from secrets_operator.errors import OperatorError
from secrets_operator_vault.authentication import Credential

# A server that does not answer must not hold up the end of the process.
_GOODBYE_SECONDS = 5.0
# When a token is renewed, as a part of the time it is good for.
_RENEWED_AT = 2 / 3
# A renewal that gives less than this part of the first time is the last one before the token's longest lifetime.
_WORTH_RENEWING = 1 / 2
# Seconds. A server with tokens that last for moments only must not be asked all the time.
_SHORTEST_WAIT = 1.0
# Seconds for which a denial says more about policies than about a token that a login of ours has just made.
_NEW = 60.0


class Keeper(Protocol):
    """What is done with tokens on Vault's side."""

    async def log_in(self) -> Credential:
        """Make a token; raises Terminal or Retryable."""
        ...

    async def renew(self, credential: Credential) -> Credential | None:
        """Extend a token, or return None when it cannot be; raises Retryable."""
        ...

    async def revoke(self, token: str) -> None:
        """End a token; never raises."""
        ...

    def let_go(self) -> None:
        """Hold a token no longer that is to end by itself."""
        ...


@dataclass(slots=True, eq=False)
class Lease:
    """One token, how many reads use it, and, in seconds of the event loop, when it was made and when it ends."""

    credential: Credential
    made: float
    ends: float
    users: int = 0
    replaced: bool = False

    @property
    def is_new(self) -> bool:
        """Whether a login of ours made it a moment ago."""
        return self.credential.issued and _now() - self.made < _NEW


class Tokens:
    """See the module's docstring."""

    def __init__(self, first: Credential, keeper: Keeper) -> None:
        """Start with the credential of the ``first`` login; needs a running event loop."""
        self._keeper = keeper
        self._current = _lease_of(first)
        self._replacing: asyncio.Task[Lease] | None = None
        self._revoking: set[asyncio.Task[None]] = set()
        self._renewing: asyncio.Task[None] | None = None
        self._keep_fresh()

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
        if self._renewing is not None:
            self._renewing.cancel()
        if self._replacing is not None:
            with suppress(OperatorError):
                await self._replacing
            if self._renewing is not None:
                self._renewing.cancel()
        self._current.replaced = True
        self._revoke_if_unused(self._current)
        with suppress(TimeoutError):
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await asyncio.gather(*self._revoking)

    def leave(self) -> None:
        """Leave the current token to itself: what was asked for with it ends with it. Nothing may be lent any more."""
        if self._renewing is not None:
            self._renewing.cancel()
        if self.issued:
            self._keeper.let_go()

    async def _replace(self) -> Lease:
        fresh, stale = _lease_of(await self._keeper.log_in()), self._current
        self._current = fresh
        stale.replaced = True
        self._revoke_if_unused(stale)
        self._keep_fresh()
        return fresh

    def _replaced(self, task: asyncio.Task[Lease]) -> None:
        self._replacing = None
        if not task.cancelled():
            task.exception()  # every reader may have gone; an unread exception is not news then

    def _revoke_if_unused(self, lease: Lease) -> None:
        if lease.replaced and not lease.users and lease.credential.issued:
            lease.replaced = False  # revoked once only
            task = asyncio.create_task(self._keeper.revoke(lease.credential.token))
            self._revoking.add(task)
            task.add_done_callback(self._revoking.discard)

    def _keep_fresh(self) -> None:
        """Look after the current token until it is replaced."""
        if self._renewing is not None:
            self._renewing.cancel()
        lease = self._current
        lasts = lease.credential.issued and lease.credential.seconds
        self._renewing = asyncio.create_task(self._renewed_in_time(lease)) if lasts else None

    async def _renewed_in_time(self, lease: Lease) -> None:
        while self._current is lease:
            await asyncio.sleep(max((lease.ends - _now()) * _RENEWED_AT, _SHORTEST_WAIT))
            if _now() >= lease.ends:
                return  # the next read is denied and logs in again, should there ever be one
            with suppress(OperatorError):
                if not await self._renew(lease):
                    await self.replace(lease)

    async def _renew(self, lease: Lease) -> bool:
        """Extend a token in use; tell whether that was worth it. Raises Retryable."""
        if not lease.credential.renewable:
            return False
        renewed = await self._keeper.renew(lease.credential)
        if renewed is None:
            return False
        lease.ends = _now() + renewed.seconds
        return renewed.seconds >= lease.credential.seconds * _WORTH_RENEWING


def _lease_of(credential: Credential) -> Lease:
    made = _now()
    return Lease(credential, made, made + credential.seconds)


def _now() -> float:
    return asyncio.get_running_loop().time()
