"""Writes through one session, in front of its breaker and within a deadline, and forgets what was read of the place."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from secrets_operator.errors import OperatorError, Retryable
from secrets_operator.fetching.guarded_calls import GuardedCalls
from secrets_operator.fetching.value_cache import Share
from secrets_operator.provider import Failed, Reference, Rejected
from secrets_operator.provider.push_contract import (
    DeleteAnswer,
    Deleted,
    PresenceAnswer,
    Push,
    PushAnswer,
    Pushed,
    Pushing,
    RemoteEntry,
)

A = TypeVar("A")
B = TypeVar("B")

_READ_ONLY = Rejected("its provider only reads: name a store that can be pushed to")


@dataclass(frozen=True, slots=True)
class Pushes:
    """What a session without :class:`Pushing` answers is that it cannot be pushed to."""

    pushing: Pushing | None
    calls: GuardedCalls
    share: Share
    """What was read through the session and those that read alike."""

    complete: Callable[[Reference], Reference]

    async def push(self, what: Push) -> PushAnswer:
        """Push one entry."""
        if self.pushing is None:
            return _READ_ONLY
        answer = await self._asked(self.pushing.push, what)
        self._written(what.remote, unchanged=answer == Pushed(changed=False))
        return answer

    async def exists(self, remote: RemoteEntry) -> PresenceAnswer:
        """Tell whether there is something at a place."""
        return _READ_ONLY if self.pushing is None else await self._asked(self.pushing.exists, remote)

    async def delete(self, remote: RemoteEntry) -> DeleteAnswer:
        """Delete what was pushed to a place."""
        if self.pushing is None:
            return _READ_ONLY
        answer = await self._asked(self.pushing.delete, remote)
        self._written(remote, unchanged=answer == Deleted(changed=False))
        return answer

    async def _asked(self, act: Callable[[B], Awaitable[A]], what: B) -> A | Failed | Rejected:
        async def ask() -> A | Failed | Rejected:
            try:
                return await act(what)
            except Retryable as error:
                return Failed(str(error), error.after)
            except OperatorError as error:
                return Rejected(str(error))

        return await self.calls.ask(ask)

    def _written(self, remote: RemoteEntry, *, unchanged: bool) -> None:
        # A write that failed may have arrived.
        if not unchanged:
            self.share.written(self.complete(Reference(remote.remote_key)).key)
