"""What sessions share, for tests: guards, values and calls on the clock of the running event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from secrets_operator.call_rate import CallRate
from secrets_operator.fetching.blocking import Blocking
from secrets_operator.fetching.openings import OpenSession
from secrets_operator.fetching.read_pools import Shared
from secrets_operator.fetching.store_calls import StoreCalls
from secrets_operator.fetching.store_guards import StoreGuards
from secrets_operator.fetching.throttle import Throttle
from secrets_operator.fetching.value_cache import Share, ValueCache
from tests.scripted_provider import ScriptedSession


def now() -> float:
    """Return the time of the running event loop."""
    return asyncio.get_running_loop().time()


async def settle() -> None:
    """Let every task that can run do so."""
    for _ in range(10):
        await asyncio.sleep(0)


def session_of(current: OpenSession) -> ScriptedSession:
    """Return the session of the scripted provider that is lent."""
    assert isinstance(current.session, ScriptedSession)
    return current.session


def share(most_bytes: int = 1_000_000) -> Share:
    """Return the share of one session of a cache of its own."""
    return ValueCache(most_bytes, now=now).share("store")


def shared(clock: Callable[[], float] = now, *, most_bytes: int = 0) -> Shared:
    """Return what sessions share, without limits that a test would notice; values are kept only where there is room."""
    return Shared(StoreGuards(now=clock, calls_per_second=0), ValueCache(most_bytes, now=clock))


def store_calls(blocking: Blocking, *, limit: int = 1) -> StoreCalls:
    """Return the calls of one session, as many a second as it likes."""
    throttle = Throttle(now=now)
    return StoreCalls(blocking, CallRate(0, now=now), lambda: throttle, limit=limit)
