"""A store that hangs keeps the threads it was allowed and gets no more."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from secrets_operator.fetching.blocking import Blocking
from secrets_operator.fetching.host import Outside, StoreHost
from secrets_operator.fetching.referents import Referents
from secrets_operator.provider import StoreIdentity
from secrets_operator.reporting.metrics import Metrics
from tests.memory_cluster import MemoryCluster
from tests.shared_reading import store_calls


@pytest.fixture
def blocking() -> Iterator[Blocking]:
    pool = Blocking(4)
    yield pool
    pool.close()


def host(blocking: Blocking, *, limit: int) -> StoreHost:
    store = StoreIdentity("SecretStore", "store", "team")
    outside = Outside(Referents(MemoryCluster().client), blocking, Metrics("1"))
    return StoreHost(store, outside=outside, calls=store_calls(blocking, limit=limit))


async def test_results_and_exceptions_arrive_unchanged(blocking: Blocking) -> None:
    assert await host(blocking, limit=1).run_blocking(threading.current_thread) is not threading.current_thread()
    with pytest.raises(ZeroDivisionError):
        await host(blocking, limit=1).run_blocking(lambda: 1 // 0)


async def test_a_call_that_was_given_up_counts_until_its_thread_ends(blocking: Blocking) -> None:
    hung, released = host(blocking, limit=2), threading.Event()
    started: list[int] = []

    def hang() -> None:
        started.append(1)
        released.wait(10)

    for _ in range(5):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(hung.run_blocking(hang), 0.02)
    assert len(started) == 2
    assert await asyncio.wait_for(host(blocking, limit=2).run_blocking(lambda: "fine"), 5) == "fine"
    released.set()
    assert await asyncio.wait_for(hung.run_blocking(lambda: "back"), 5) == "back"
