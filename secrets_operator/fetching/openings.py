"""Opens sessions: each with a host of its own, within its time, and into the pool of those that read alike."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from secrets_operator.errors import InvalidSpec, Retryable
from secrets_operator.fetching.account_throttle import AccountThrottle
from secrets_operator.fetching.batching import Batcher, Finder
from secrets_operator.fetching.guarded_calls import GuardedCalls
from secrets_operator.fetching.host import Outside, StoreHost
from secrets_operator.fetching.pushes import Pushes
from secrets_operator.fetching.read_pools import Member, ReadPool, ReadPools, Shared
from secrets_operator.fetching.store_calls import StoreCalls
from secrets_operator.fetching.store_guards import Guard
from secrets_operator.fetching.store_objects import key_of, provider_of, provider_problems, revision_of
from secrets_operator.flow import Object
from secrets_operator.kube.errors import RetryableApiError
from secrets_operator.planning.retry_settings import retry_settings
from secrets_operator.provider import (
    Provider,
    Reference,
    Session,
    StoreIdentity,
    is_per_reader,
    pushing_of,
    sharing_of,
)
from secrets_operator.provider.discovery import Providers


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How many seconds a provider gets for one step; opening and one batch together fit into a reconcile's."""

    open: float = 25.0
    fetch: float = 30.0
    validate: float = 25.0
    close: float = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class OpenSession:
    """A session in use, with what coalesces the reads and queries of all its users."""

    session: Session
    batcher: Batcher
    finder: Finder
    pushes: Pushes
    host: StoreHost
    complete: Callable[[Reference], Reference] = lambda reference: reference
    """References must be complete before they go to the batcher; see ``Sharing``."""

    per_reader: bool = False
    """References hold the property and the namespace of who reads; see ``Provider``."""


@dataclass(slots=True, eq=False)
class Opening:
    """A session that is open or being opened. Who waits for it counts as a user, so it is never closed under them."""

    revision: tuple[str, int]
    unused: Callable[[Opening], None]
    """Called whenever a user leaves."""

    users: int = 0
    retired: bool = False
    depends_on_its_consumer: bool = False
    decided: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it is open, or failed, or depends on who uses it."""

    place: tuple[Member, ReadPool] | None = None
    """Its place in a pool, once it is open."""

    _task: asyncio.Task[OpenSession] | None = None

    @property
    def task(self) -> asyncio.Task[OpenSession]:
        """What opens it."""
        assert self._task is not None, "begun right after it is made"
        return self._task

    def begin(self, task: asyncio.Task[OpenSession]) -> None:
        """Be opened by ``task``."""
        self._task = task
        task.add_done_callback(lambda _: self.decided.set())

    @property
    def opened(self) -> OpenSession | None:
        """The session, once it is open."""
        if not self.task.done() or self.task.cancelled() or self.task.exception() is not None:
            return None
        return self.task.result()

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Have one more user."""
        self.users += 1
        try:
            yield
        finally:
            self.users -= 1
            self.unused(self)

    def depends(self) -> None:
        """Note that it serves the namespace it is opened for and no other."""
        self.depends_on_its_consumer = True
        self.decided.set()


class Opener:
    """Opens the sessions of stores."""

    def __init__(
        self, providers: Providers, outside: Outside, shared: Shared, *, limit: int, deadlines: Deadlines
    ) -> None:
        """Allow a session ``limit`` blocking calls under way."""
        self._providers = providers
        self._outside = outside
        self._guards = shared.guards
        self._limit = limit
        self._deadlines = deadlines
        self.pools = ReadPools(shared, outside.observer, deadline=deadlines.fetch)

    def guard(self, store: Object) -> Guard:
        """Return what protects a store."""
        return self._guards.of(key_of(store), revision_of(store))

    async def open(self, store: Object, namespace: str, opening: Opening, discard: Callable[[], None]) -> OpenSession:
        """Open a session for resources in ``namespace``; ``discard`` is to be called when its credential is refused.

        Raises InvalidSpec for a store its provider has something against, Retryable while the breaker is open or where
        there is no answer in time, and what the provider raises.
        """
        name, _ = provider_of(store)
        provider = self._providers.get(name)
        # A resource may be quicker than the store's own controller, whose verdict on an edited store is to come.
        problems = provider_problems(provider, store)
        if problems:
            raise InvalidSpec(problems)
        guard = self.guard(store)
        guard.breaker.check()
        self.pools.expect(name, key_of(store))
        host = StoreHost(
            StoreIdentity(store["kind"], store["metadata"]["name"], namespace),
            outside=self._outside,
            calls=StoreCalls(self._outside.blocking, guard.rate, lambda: guard.throttle, limit=self._limit),
            retry=retry_settings(store),
            noticed=opening.depends,
        )
        session = await self._opened(provider, store, host, guard)
        consumer = namespace if opening.depends_on_its_consumer else ""
        member = Member(name, key_of(store), consumer, session, host.retry, opening.lent, discard)
        pool = self.pools.join(member, guard.breaker)
        opening.place = member, pool
        sharing = sharing_of(session)
        if sharing is not None:
            host.calls.throttle = AccountThrottle(self._guards, name, sharing.account, until_known=guard.throttle)
        calls = self._guarded(guard, name)
        finder = Finder(partial(calls.find, session.find), pool.share)
        pushes = Pushes(pushing_of(session), calls, pool.share, member.complete)
        return OpenSession(session, pool.batcher, finder, pushes, host, member.complete, is_per_reader(provider))

    def _guarded(self, guard: Guard, provider: str) -> GuardedCalls:
        asked = partial(self._outside.observer.provider_asked, provider)
        return GuardedCalls(guard.breaker, deadline=self._deadlines.fetch, asked=asked)

    async def _opened(self, provider: Provider, store: Object, host: StoreHost, guard: Guard) -> Session:
        name, spec = provider_of(store)
        try:
            async with asyncio.timeout(self._deadlines.open):
                return await provider.open(spec, host)
        except TimeoutError as error:
            message = f"provider {name} could not be opened within {self._deadlines.open:g} s"
            guard.breaker.failed(message)
            raise Retryable(message) from error
        except RetryableApiError:
            raise  # the API server's trouble, not the provider's
        except Retryable as error:
            guard.breaker.failed(str(error), error.after)
            raise
