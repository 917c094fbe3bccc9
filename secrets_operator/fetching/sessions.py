"""Keeps one open session per store and credential, and opens, renews and closes them.

A session belongs to one generation of one store. Resources of every namespace share the session of a cluster store,
unless the store's credential lives in the consumer's namespace. A session is opened once however many ask for it, and
closed when it is replaced and its last user has left.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import structlog

from secrets_operator.errors import InvalidSpec, NamespaceUnknown, OperatorError, Refused, Retryable, Terminal
from secrets_operator.fetching.batching import Ask, Batcher, Finder
from secrets_operator.fetching.breaker import Breaker
from secrets_operator.fetching.guarded_calls import GuardedCalls
from secrets_operator.fetching.host import Outside, StoreHost
from secrets_operator.fetching.store_calls import StoreCalls
from secrets_operator.fetching.store_guards import Guard, StoreGuards
from secrets_operator.fetching.value_cache import Share, ValueCache
from secrets_operator.flow import Key, Object
from secrets_operator.kube.errors import RetryableApiError
from secrets_operator.planning.retry_settings import retry_settings
from secrets_operator.provider import Provider, Session, StoreIdentity, is_per_reader
from secrets_operator.provider.discovery import Providers
from secrets_operator.provider.namespaces import CLUSTER_STORE

log = structlog.get_logger(__name__)

Denial = Callable[[Object, str], Awaitable[str]]
"""(store, namespace) -> why resources in that namespace may not use the store; empty when they may."""


Backlog = Callable[[Key, str], Iterable[Ask]]
"""(store, consumer's namespace or empty for all) -> what resources that wait for their turn are going to ask."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How many seconds a provider gets for one step; opening and one batch together fit into a reconcile's."""

    open: float = 25.0
    fetch: float = 30.0
    validate: float = 25.0
    close: float = 2.0


@dataclass(frozen=True, slots=True)
class Shared:
    """What the sessions of all stores have in common."""

    guards: StoreGuards
    values: ValueCache
    backlog: Backlog = lambda _store, _namespace: ()


class _Slot(NamedTuple):
    kind: str
    namespace: str
    name: str
    consumer: str
    """The consumer's namespace where the credential lives there, else empty."""


@dataclass(frozen=True, slots=True, eq=False)
class OpenSession:
    """A session in use, with what coalesces the reads and queries of all its users."""

    session: Session
    batcher: Batcher
    finder: Finder
    host: StoreHost
    share: Share
    per_reader: bool = False
    """References hold the property and the namespace of who reads; see ``Provider``."""


@dataclass(slots=True, eq=False)
class _Opening:
    """A session that is open or being opened. Who waits for it counts as a user, so it is never closed under them."""

    revision: tuple[str, int]
    task: asyncio.Task[OpenSession]
    users: int = 0
    retired: bool = False

    @property
    def opened(self) -> OpenSession | None:
        """The session, once it is open."""
        if not self.task.done() or self.task.cancelled() or self.task.exception() is not None:
            return None
        return self.task.result()


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
        self._providers = providers
        self._outside = outside
        self._shared = shared
        self.denial = denial
        self._limit = limit
        self._deadlines = deadlines or Deadlines()
        self._slots: dict[_Slot, _Opening] = {}
        self._closing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def use(self, store: Object, namespace: str) -> AsyncIterator[OpenSession]:
        """Lend the session of ``store`` to a resource in ``namespace``.

        Raises Refused when the store's conditions keep that namespace out, and what opening the session raises.
        """
        denial = await self.denial(store, namespace)
        if denial:
            raise Refused(denial)
        opening = self._current(store, namespace)
        opening.users += 1
        try:
            # One user giving up must not take the session from the others.
            yield await asyncio.shield(opening.task)
        finally:
            opening.users -= 1
            self._close_if_unused(opening)

    def breaker(self, store: Object) -> Breaker:
        """Return the breaker of a store."""
        return self._guard(store).breaker

    async def validate(self, store: Object) -> None:
        """Check the credential of ``store``, read anew; raises Terminal, Retryable or Unsure.

        A cluster store whose credential lives with its consumers cannot be checked here and counts as valid.
        """
        await self.drop_stale_credentials(store)
        try:
            async with self.use(store, store["metadata"].get("namespace", "")) as current:
                await self._validate(current)
        except NamespaceUnknown:
            return
        except Terminal:
            self.forget(key_of(store))
            raise

    async def drop_stale_credentials(self, store: Object) -> None:
        """Retire the sessions of ``store`` whose credential is another by now, read anew; asks no provider."""
        key = key_of(store)
        for slot, opening in list(self._slots.items()):
            current = opening.opened
            if slot[:3] == key and current is not None:
                stale = await _is_stale(current)
                if stale and self._slots.get(slot) is opening:
                    self._retire(slot)

    def forget(self, store: Key) -> None:
        """Retire every session of a store: it was deleted, or its credential does not work."""
        self._shared.guards.forget(store)
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
        await asyncio.gather(*self._closing, return_exceptions=True)

    def _guard(self, store: Object) -> Guard:
        return self._shared.guards.of(key_of(store), revision_of(store))

    def _current(self, store: Object, namespace: str) -> _Opening:
        metadata, revision = store["metadata"], revision_of(store)
        shared = _Slot(store["kind"], metadata.get("namespace", ""), metadata["name"], "")
        own = shared._replace(consumer=namespace if store["kind"] == CLUSTER_STORE else "")
        for slot in (shared, own):
            opening = self._slots.get(slot)
            if opening is not None and opening.revision == revision:
                return opening
            if opening is not None:
                self._retire(slot)
        task = asyncio.create_task(self._open(store, namespace), name=f"open {own}")
        opening = self._slots[own] = _Opening(revision, task)
        task.add_done_callback(lambda _: self._opened(own, shared, opening))
        return opening

    async def _open(self, store: Object, namespace: str) -> OpenSession:
        name, spec = provider_of(store)
        provider = self._providers.get(name)
        # A resource may be quicker than the store's own controller, whose verdict on an edited store is to come.
        problems = provider_problems(provider, store)
        if problems:
            raise InvalidSpec(problems)
        guard = self._guard(store)
        guard.breaker.check()
        host = StoreHost(
            StoreIdentity(store["kind"], store["metadata"]["name"], namespace),
            outside=self._outside,
            calls=StoreCalls(self._outside.blocking, guard.rate, limit=self._limit),
            retry=retry_settings(store),
        )
        try:
            async with asyncio.timeout(self._deadlines.open):
                session = await provider.open(spec, host)
        except TimeoutError as error:
            message = f"provider {name} could not be opened within {self._deadlines.open:g} s"
            guard.breaker.failed(message)
            raise Retryable(message) from error
        except RetryableApiError:
            raise  # the API server's trouble, not the provider's
        except Retryable as error:
            guard.breaker.failed(str(error), error.after)
            raise
        return replace(self._ready(store, session, host, guard.breaker), per_reader=is_per_reader(provider))

    def _ready(self, store: Object, session: Session, host: StoreHost, breaker: Breaker) -> OpenSession:
        asked = partial(self._outside.observer.provider_asked, provider_of(store)[0])
        calls = GuardedCalls(session, breaker, deadline=self._deadlines.fetch, asked=asked)
        key = key_of(store)
        share = self._shared.values.share(str(key))
        consumer = host.store.namespace if host.used_consumer_namespace else ""
        batcher = Batcher(calls.fetch, share, backlog=lambda: self._shared.backlog(key, consumer))
        return OpenSession(session, batcher, Finder(calls.find, share), host, share)

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

    def _opened(self, own: _Slot, shared: _Slot, opening: _Opening) -> None:
        current = opening.opened
        if self._slots.get(own) is not opening:
            self._close_if_unused(opening)
        elif current is None:
            del self._slots[own]
        elif own != shared and not current.host.used_consumer_namespace:
            # The credential is the same for every namespace: all of them share one session from here on.
            if shared in self._slots:
                self._retire(own)
            else:
                self._slots[shared] = self._slots.pop(own)

    def _retire(self, slot: _Slot) -> None:
        opening = self._slots.pop(slot)
        opening.retired = True
        self._close_if_unused(opening)

    def _close_if_unused(self, opening: _Opening) -> None:
        current = opening.opened
        if opening.retired and not opening.users and current is not None:
            opening.retired = False  # closed once only
            current.share.close()
            closing = asyncio.create_task(self._close(current.session))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def _close(self, session: Session) -> None:
        try:
            async with asyncio.timeout(self._deadlines.close):
                await session.close()
        except Exception as error:  # noqa: BLE001 - a session that cannot be closed is abandoned, not an incident
            log.warning("closing a provider session failed", error=type(error).__name__)


def provider_of(store: Object) -> tuple[str, Object]:
    """Return the name and the object of the one provider in a store's spec; the schema allows exactly one."""
    ((name, spec),) = ((name, spec) for name, spec in store["spec"]["provider"].items() if spec is not None)
    return name, spec


def provider_problems(provider: Provider, store: Object) -> str:
    """Return what ``provider`` has against its object in a store, on one line; empty when there is nothing."""
    return "; ".join(provider_faults(provider, store))


def provider_faults(provider: Provider, store: Object) -> list[str]:
    """Return what ``provider`` has against its object in a store, one by one."""
    name, spec = provider_of(store)
    found = provider.problems(spec, store_kind=store["kind"])
    return [f"spec.provider.{name}.{problem.path}: {problem.message}" for problem in found]


def key_of(store: Object) -> Key:
    """Return the key of a store."""
    metadata = store["metadata"]
    return Key(store["kind"], metadata.get("namespace", ""), metadata["name"])


def revision_of(store: Object) -> tuple[str, int]:
    """Return what changes when a store is edited or replaced by a namesake."""
    metadata = store["metadata"]
    return metadata["uid"], metadata.get("generation", 0)


async def _is_stale(current: OpenSession) -> bool:
    try:
        return await current.host.credentials_changed()
    except Retryable:
        return False  # the API server does not answer: no news about the credential
    except OperatorError:
        # Gone. Only its own users hear of it, when they open anew: one namespace must not speak for a whole store.
        return True
