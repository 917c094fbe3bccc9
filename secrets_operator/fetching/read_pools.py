"""Sessions that read as one: what references name is batched, kept and guarded together; one of them asks for all.

A pool holds the open sessions of one provider whose ``Sharing`` says that the remote side would answer all of them
alike, whatever stores they belong to, and that are to try again alike. A session that shares nothing has a pool to
itself. The oldest session is asked, so that what it remembers (a batch call that is denied, say) helps all; when it
leaves, the next one is. A pool ends with its last session, and its values with it.

Queries are not asked for others: one may take as long as it likes, and whoever makes such ones must be in nobody's way.
What a query found is kept for all.

Who may use a store is decided before its session is lent; nothing here gives a store to anybody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial

from secrets_operator.fetching.batching import Ahead, Ask, Batcher, Supply
from secrets_operator.fetching.breaker import Breaker
from secrets_operator.fetching.guarded_calls import GuardedCalls
from secrets_operator.fetching.host import CallObserver
from secrets_operator.fetching.newcomers import Newcomers
from secrets_operator.fetching.store_guards import StoreGuards
from secrets_operator.fetching.value_cache import Share, ValueCache
from secrets_operator.flow import Key, RetrySettings
from secrets_operator.provider import Answer, Failed, Reference, Rejected, Session, Sharing, sharing_of

Backlog = Callable[[Mapping[str, Key], Container[int]], Iterable[Ahead]]
"""Stores by the text of their keys, tickets -> what resources that wait will read from them, without these tickets."""

Soon = Callable[[Mapping[str, Key]], Iterable[Ahead]]
"""Stores by the text of their keys -> what resources that are refreshed soon will read from them."""

# So many tickets are remembered; forgetting those of who waited long ago costs no more than another look.
_MOST_TICKETS = 20_000
_CLOSED = "its session was closed a moment ago"


@dataclass(frozen=True, slots=True)
class Shared:
    """What the sessions of all stores have in common."""

    guards: StoreGuards
    values: ValueCache
    backlog: Backlog = lambda _stores, _seen: ()
    soon: Soon = lambda _stores: ()
    credential_changed: Callable[[Key], None] = lambda _store: None
    """Told of a store whose credential is another by now: it may see other values."""


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """One open session, and for whom it is."""

    provider: str
    store: Key
    consumer: str
    """The consumer's namespace where the credential lives there, else empty."""

    session: Session
    retry: RetrySettings | None
    lent: Callable[[], AbstractContextManager[None]]
    """While in this context the session is not closed."""

    turned_down: Callable[[], None]
    """To be told that the remote side does not take the credential."""

    def complete(self, reference: Reference) -> Reference:
        """Return a reference as all sessions of the pool understand it."""
        sharing = sharing_of(self.session)
        return reference if sharing is None else sharing.complete(reference)


class ReadPool:
    """See the module's docstring."""

    def __init__(
        self, breaker: Breaker, share: Share, shared: Shared, *, calls: GuardedCalls, more_to_come: Callable[[], bool]
    ) -> None:
        self.breaker = breaker
        self.share = share
        self._members: dict[Member, None] = {}
        self._leaving: dict[Member, None] = {}
        self._places: dict[tuple[Key, str], Member] = {}
        self._stores: dict[str, Key] = {}
        self._looked_at: set[int] = set()
        supply = Supply(
            partial(self._asks_of_waiting, shared.backlog),
            partial(self._asks, shared.soon),
            batch_of=self._batch_of,
            more_to_come=more_to_come,
        )
        self.batcher = Batcher(partial(calls.fetch, self.fetch), share, supply=supply)

    def stores(self) -> set[Key]:
        """Return the stores whose sessions are here."""
        return {member.store for member in (*self._members, *self._leaving)}

    def enter(self, member: Member) -> None:
        """Take a session in."""
        self._looked_at.clear()  # what was passed over may be for this one
        self._members[member] = None
        self._places[member.store, member.consumer] = member
        self._stores[str(member.store)] = member.store

    def prepare_to_leave(self, member: Member) -> None:
        """Ask a session no more that is to be closed, unless there is no other."""
        if member in self._members:
            del self._members[member]
            self._leaving[member] = None

    def leave(self, member: Member) -> bool:
        """Let a session go; tell whether it was the last."""
        self._members.pop(member, None)
        self._leaving.pop(member, None)
        if self._places.get((member.store, member.consumer)) is member:
            del self._places[member.store, member.consumer]
            if all(store != member.store for store, _ in self._places):
                del self._stores[str(member.store)]
        return not self._members and not self._leaving

    async def fetch(self, references: Sequence[Reference]) -> Sequence[Answer]:
        """Have one session answer complete references."""
        asked = self._asked()
        if asked is None:
            return [Failed(_CLOSED)] * len(references)
        sharing = sharing_of(asked.session)
        fetch = asked.session.fetch if sharing is None else sharing.fetch
        with asked.lent():
            answers = await fetch(references)
        # Who reads through it may have a session that is younger, and opening that one anew would change nothing.
        if any(isinstance(answer, Rejected) and answer.credentials for answer in answers):
            asked.turned_down()
        return answers

    def _asked(self) -> Member | None:
        return next(iter(self._members), next(iter(self._leaving), None))

    def _batch_of(self, reference: Reference) -> int:
        asked = self._asked()
        sharing = None if asked is None else sharing_of(asked.session)
        return 1 if sharing is None else sharing.batch_of(reference)

    def _asks_of_waiting(self, backlog: Backlog) -> Iterator[Ask]:
        if len(self._looked_at) > _MOST_TICKETS:
            self._looked_at.clear()
        # Not all that wait can be seen at once, nor in the order in which they came.
        for ahead in list(backlog(self._stores, self._looked_at)):
            self._looked_at.add(ahead.ticket)
            yield from self._ask(ahead)

    def _asks(self, soon: Soon) -> Iterator[Ask]:
        for ahead in soon(self._stores):
            yield from self._ask(ahead)

    def _ask(self, ahead: Ahead) -> Iterator[Ask]:
        member = self._places.get((ahead.store, "")) or self._places.get((ahead.store, ahead.namespace))
        if member is not None:
            yield Ask(member.complete(ahead.ask.reference), ahead.ask.since)


class ReadPools:
    """The pools of all open sessions."""

    def __init__(self, shared: Shared, observer: CallObserver, *, deadline: float) -> None:
        """Give a provider ``deadline`` seconds for a fetch."""
        self._shared = shared
        self._observer = observer
        self._deadline = deadline
        self._pools: dict[Hashable, ReadPool] = {}
        self._open: set[ReadPool] = set()
        self._newcomers = Newcomers(now=shared.values.now)

    def expect(self, provider: str, store: Key) -> None:
        """Know that a session is being opened: what it reads may be for the pool of another."""
        self._newcomers.note(provider, store)

    def join(self, member: Member, breaker: Breaker) -> ReadPool:
        """Put a session into its pool; ``breaker``, that of its store, guards it where it shares nothing."""
        sharing = sharing_of(member.session)
        pool = self._new(member, breaker) if sharing is None else self._common(member, sharing)
        self._open.add(pool)
        self._newcomers.note(member.provider, member.store)
        pool.enter(member)
        return pool

    async def stop(self) -> None:
        """Break off all reading; nobody may be waiting for it any more."""
        await asyncio.gather(*(pool.batcher.stop() for pool in self._open))

    def leave(self, member: Member, pool: ReadPool) -> None:
        """Take a session out of its pool before it is closed."""
        if pool.leave(member):
            self._open.discard(pool)
            pool.share.close()
            sharing = sharing_of(member.session)
            if sharing is not None:
                self._pools.pop(_key(member, sharing), None)

    def _common(self, member: Member, sharing: Sharing) -> ReadPool:
        key = _key(member, sharing)
        if key not in self._pools:
            breaker = self._shared.guards.breaker_of(lambda: self._pools[key].stores() if key in self._pools else ())
            self._pools[key] = self._new(member, breaker)
        return self._pools[key]

    def _new(self, member: Member, breaker: Breaker) -> ReadPool:
        share = self._shared.values.share(str(member.store))
        observe = partial(self._observer.provider_asked, member.provider)
        calls = GuardedCalls(breaker, deadline=self._deadline, asked=observe)
        more_to_come = partial(self._newcomers.are_several, member.provider)
        return ReadPool(breaker, share, self._shared, calls=calls, more_to_come=more_to_come)


def _key(member: Member, sharing: Sharing) -> Hashable:
    return member.provider, sharing.identity, member.retry
