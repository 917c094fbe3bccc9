"""Keeps one open session per store and credential, and opens, renews and closes them.

A session belongs to one generation of one store. Resources of every namespace share the session of a cluster store,
unless the store's credential lives in the consumer's namespace. A session is opened once however many ask for it, and
closed when it is replaced and its last user has left.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from typing import NamedTuple

import structlog

from secrets_operator.errors import NamespaceUnknown, OperatorError, Refused, Retryable, Terminal
from secrets_operator.fetching.breaker import Breaker
from secrets_operator.fetching.host import Outside
from secrets_operator.fetching.openings import Deadlines, Opener, Opening, OpenSession
from secrets_operator.fetching.read_pools import Shared
from secrets_operator.fetching.store_objects import key_of, revision_of
from secrets_operator.flow import Key, Object
from secrets_operator.provider import Session
from secrets_operator.provider.discovery import Providers
from secrets_operator.provider.namespaces import CLUSTER_STORE

log = structlog.get_logger(__name__)

Denial = Callable[[Object, str], Awaitable[str]]
"""(store, namespace) -> why resources in that namespace may not use the store; empty when they may."""


class _Slot(NamedTuple):
    kind: str
    namespace: str
    name: str
    consumer: str
    """The consumer's namespace where the credential lives there, else empty."""


class Sessions:
    """See the module's docstring."""

    def __init__(
        self,
        providers: Providers,
        outside: Outside,
        shared: Shared,
        *,
        denial: Denial,
        limit: int,
        deadlines: Deadlines | None = None,
    ) -> None:
        """Lend nothing that ``denial`` speaks against; allow a session ``limit`` blocking calls under way."""
        self.denial = denial
        self._guards = shared.guards
        self._credential_changed = shared.credential_changed
        self._credential_changes: Counter[Key] = Counter()
        self._deadlines = deadlines or Deadlines()
        self._opener = Opener(providers, outside, shared, limit=limit, deadlines=self._deadlines)
        self._slots: dict[_Slot, Opening] = {}
        self._first: dict[Key, Opening] = {}
        """Of each cluster store the session that is being opened and may turn out to serve all namespaces."""

        self._depending: dict[Key, tuple[str, int]] = {}
        """The revisions of cluster stores that have a session for each namespace."""

        self._closing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def use(self, store: Object, namespace: str) -> AsyncIterator[OpenSession]:
        """Lend the session of ``store`` to a resource in ``namespace``.

        Raises Refused when the store's conditions keep that namespace out, and what opening the session raises.
        """
        denial = await self.denial(store, namespace)
        if denial:
            raise Refused(denial)
        await self._first_is_decided(store, namespace)
        opening = self._current(store, namespace)
        with opening.lent():
            # One user giving up must not take the session from the others.
            yield await asyncio.shield(opening.task)

    def breaker(self, store: Object) -> Breaker:
        """Return the breaker that says most about a store: its own, or one it has in common with other stores."""
        return max(self._breakers(store), key=_severity)

    def circuits(self) -> Iterator[tuple[Key, int]]:
        """Yield the state of the worst breaker of every store."""
        guards = dict(self._guards.items())
        worst = {store: guard.breaker.state for store, guard in guards.items()}
        for slot, opening in self._slots.items():
            key = Key(*slot[:3])
            if opening.place is not None and key in guards and guards[key].revision == opening.revision:
                worst[key] = max(worst[key], opening.place[1].breaker.state)
        return iter(worst.items())

    async def validate(self, store: Object) -> None:
        """Check the credential of ``store``, read anew; raises Terminal, Retryable or Unsure.

        A cluster store whose credential lives with its consumers cannot be checked here and counts as valid.
        """
        await self.drop_stale_credentials(store)
        try:
            async with self.use(store, store["metadata"].get("namespace", "")) as current:
                await self._validate(current)
        except NamespaceUnknown:
            self._note_dependence(store)
            return
        except Terminal:
            self.forget(key_of(store))
            raise

    async def drop_stale_credentials(self, store: Object) -> None:
        """Retire the sessions of ``store`` whose credential is another by now, read anew; asks no provider."""
        key, changed = key_of(store), False
        for slot, opening in list(self._slots.items()):
            current = opening.opened
            if slot[:3] == key and current is not None:
                stale = await _is_stale(current)
                if stale and self._slots.get(slot) is opening:
                    self._retire(slot)
                    changed = True
        if changed:
            self._credential_changes[key] += 1
            self._credential_changed(key)

    def credential_changes(self, store: Object) -> int:
        """Return how often another credential of ``store`` was found since the start."""
        return self._credential_changes[key_of(store)]

    def forget(self, store: Key) -> None:
        """Retire every session of a store: it was deleted, or its credential does not work."""
        self._guards.forget(store)
        self._depending.pop(store, None)
        for slot in [slot for slot in self._slots if slot[:3] == store]:
            self._retire(slot)

    def discard(self, current: OpenSession) -> None:
        """Retire one session whose credential was turned down, unless that was done already."""
        for slot in [slot for slot, opening in self._slots.items() if opening.opened is current]:
            self._retire(slot)

    async def close(self) -> None:
        """Retire all sessions and wait until they are closed; their users must have ended."""
        for slot, opening in list(self._slots.items()):
            opening.task.cancel()  # of no effect on what is open already
            self._retire(slot)
        await self._opener.pools.stop()
        await asyncio.gather(*self._closing, return_exceptions=True)

    def _breakers(self, store: Object) -> Iterator[Breaker]:
        yield self._opener.guard(store).breaker
        key, revision = key_of(store), revision_of(store)
        for slot, opening in self._slots.items():
            if slot[:3] == key and opening.place is not None and opening.revision == revision:
                yield opening.place[1].breaker

    async def _first_is_decided(self, store: Object, namespace: str) -> None:
        """Wait while the session that is being opened for another namespace may turn out to be for this one too.

        Otherwise fifty namespaces that use a new store at once would log in fifty times. Raises what kept it from being
        opened where that has nothing to do with who asked.
        """
        key, revision = key_of(store), revision_of(store)
        first = self._first.get(key)
        if first is None or first.revision != revision or _slots(store, namespace)[1] in self._slots:
            return
        await first.decided.wait()
        failed = first.task.done() and not first.task.cancelled() and first.task.exception()
        if failed and not first.depends_on_its_consumer:
            raise failed

    def _current(self, store: Object, namespace: str) -> Opening:
        revision, (shared, own) = revision_of(store), _slots(store, namespace)
        for slot in (shared, own):
            opening = self._slots.get(slot)
            if opening is None:
                continue
            serves = slot == own or not opening.depends_on_its_consumer
            if opening.revision == revision and serves:
                return opening
            if not serves:
                self._note_dependence(store, opening.revision)
            self._retire(slot)
        return self._begin(store, namespace)

    def _begin(self, store: Object, namespace: str) -> Opening:
        key, (shared, own) = key_of(store), _slots(store, namespace)
        opening = self._slots[own] = Opening(revision_of(store), unused=self._close_if_unused)
        if self._depending.get(key) == opening.revision:
            opening.depends()
        elif store["kind"] == CLUSTER_STORE and self._is_first(key, opening.revision):
            self._first[key] = opening
        opens = self._opener.open(store, namespace, opening, discard=partial(self._discard, opening))
        opening.begin(asyncio.create_task(opens, name=f"open {own}"))
        opening.task.add_done_callback(lambda _: self._opened(store, opening, own, shared))
        return opening

    def _is_first(self, key: Key, revision: tuple[str, int]) -> bool:
        first = self._first.get(key)
        return first is None or first.revision != revision

    async def _validate(self, current: OpenSession) -> None:
        try:
            async with asyncio.timeout(self._deadlines.validate):
                await current.session.validate()
        except TimeoutError as error:
            raise Retryable(f"the store did not answer within {self._deadlines.validate:g} s") from error
        except NamespaceUnknown:
            # A session that reads its credential late was opened for nobody: no consumer may be lent it.
            self.discard(current)
            raise

    def _opened(self, store: Object, opening: Opening, own: _Slot, shared: _Slot) -> None:
        if self._first.get(key_of(store)) is opening:
            del self._first[key_of(store)]
        if opening.depends_on_its_consumer:
            self._note_dependence(store, opening.revision)
        current = opening.opened
        if self._slots.get(own) is not opening:
            self._prepare_to_close(opening)
        elif current is None:
            del self._slots[own]
        elif store["kind"] == CLUSTER_STORE and not opening.depends_on_its_consumer:
            # The credential is the same for every namespace: all of them share one session from here on.
            current.host.serve_everybody()
            self._put(own, shared, opening)

    def _put(self, own: _Slot, shared: _Slot, opening: Opening) -> None:
        """Put a session that serves all namespaces in its place, unless there is one as good."""
        there = self._slots.get(shared)
        if there is None or there is opening:
            self._slots[shared] = self._slots.pop(own)
        elif there.revision == opening.revision or _is_newer(there.revision, opening.revision):
            self._retire(own)
        else:
            self._retire(shared)
            self._slots[shared] = self._slots.pop(own)

    def _note_dependence(self, store: Object, revision: tuple[str, int] | None = None) -> None:
        self._depending[key_of(store)] = revision or revision_of(store)

    def _discard(self, opening: Opening) -> None:
        for slot in [slot for slot, known in self._slots.items() if known is opening]:
            self._retire(slot)

    def _retire(self, slot: _Slot) -> None:
        opening = self._slots.pop(slot)
        opening.retired = True
        self._prepare_to_close(opening)

    def _prepare_to_close(self, opening: Opening) -> None:
        if opening.place is not None:
            member, pool = opening.place
            pool.prepare_to_leave(member)
        self._close_if_unused(opening)

    def _close_if_unused(self, opening: Opening) -> None:
        current = opening.opened
        if opening.retired and not opening.users and current is not None and opening.place is not None:
            opening.retired = False  # closed once only
            self._opener.pools.leave(*opening.place)
            current.host.calls.hurry()
            closing = asyncio.create_task(self._close(current.session))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def _close(self, session: Session) -> None:
        try:
            async with asyncio.timeout(self._deadlines.close):
                await session.close()
        except Exception as error:  # noqa: BLE001 - a session that cannot be closed is abandoned, not an incident
            log.warning("closing a provider session failed", error=type(error).__name__)


def _slots(store: Object, namespace: str) -> tuple[_Slot, _Slot]:
    """Return where the session for all namespaces is kept, and where that for this one."""
    metadata = store["metadata"]
    shared = _Slot(store["kind"], metadata.get("namespace", ""), metadata["name"], "")
    return shared, shared._replace(consumer=namespace if store["kind"] == CLUSTER_STORE else "")


def _is_newer(one: tuple[str, int], other: tuple[str, int]) -> bool:
    return one[0] == other[0] and one[1] > other[1]


def _severity(breaker: Breaker) -> tuple[int, float]:
    return breaker.state, breaker.remaining


async def _is_stale(current: OpenSession) -> bool:
    try:
        return await current.host.credentials_changed()
    except Retryable:
        return False  # the API server does not answer: no news about the credential
    except OperatorError:
        # Gone. Only its own users hear of it, when they open anew: one namespace must not speak for a whole store.
        return True
