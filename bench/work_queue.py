"""What one key costs in the work queue, beside a bare heapq push and pop in the same run.

    python bench/work_queue.py [--keys 20000]

Every line is one way the queue is used; the ratio to the heap is what can be compared between machines.
"""

from __future__ import annotations

import argparse
import asyncio
import heapq
import random
import time
from collections.abc import Callable, Coroutine
from typing import Any

from secrets_operator.flow import Done, Key, Lane, Outcome
from secrets_operator.queueing.workers import Pace, Workers
from secrets_operator.queueing.workqueue import Claim, WorkQueue

REPEATS = 3


def keys(count: int) -> list[Key]:
    return [Key("ExternalSecret", f"team-{number % 50}", f"external-secret-{number:06d}") for number in range(count)]


def queue(group_of: Callable[[Key], str] = lambda _key: "") -> WorkQueue:
    return WorkQueue(now=time.monotonic, group_of=group_of)


async def bare_heap(all_keys: list[Key]) -> None:
    heap: list[tuple[int, float, int, Key]] = []
    for number, key in enumerate(all_keys):
        heapq.heappush(heap, (0, 0.0, number, key))
    while heap:
        heapq.heappop(heap)


async def drain(filled: WorkQueue, count: int) -> None:
    for _ in range(count):
        filled.done(await filled.get())


async def all_at_once(all_keys: list[Key]) -> None:
    filled = queue()
    for key in all_keys:
        filled.add(key)
    await drain(filled, len(all_keys))


async def each_added_ten_times(all_keys: list[Key]) -> None:
    filled = queue()
    for _ in range(10):
        for key in all_keys:
            filled.add(key)
    await drain(filled, len(all_keys))


async def due_later_then_changed(all_keys: list[Key]) -> None:
    filled = queue()
    for key in all_keys:
        filled.add(key, Lane.REFRESH, delay=3600)
    for key in all_keys:
        filled.add(key, Lane.CHANGED)
    await drain(filled, len(all_keys))


class UntilAllRan:
    """The observer of workers that says when they have run every key."""

    def __init__(self, count: int) -> None:
        self.left = count
        self.done = asyncio.Event()

    def reconciled(self, _claim: Claim, _outcome: Outcome, _seconds: float) -> None:
        self.left -= 1
        if not self.left:
            self.done.set()


async def worked_off(filled: WorkQueue, all_keys: list[Key]) -> None:
    """Let the operator's workers run every key; a run only lets the others go on."""

    async def reconcile(_key: Key) -> Outcome:
        await asyncio.sleep(0)
        return Done()

    for key in all_keys:
        filled.add(key)
    observer = UntilAllRan(len(all_keys))
    running = asyncio.create_task(
        Workers(filled, reconcile, pace=Pace(), chance=random.random, observer=observer).run()
    )
    await observer.done.wait()
    running.cancel()


async def workers_no_store(all_keys: list[Key]) -> None:
    await worked_off(queue(), all_keys)


async def workers_twenty_stores(all_keys: list[Key]) -> None:
    await worked_off(queue(lambda key: f"store-{int(key.name[-6:]) % 20}"), all_keys)


async def workers_one_store(all_keys: list[Key]) -> None:
    await worked_off(queue(lambda _key: "store"), all_keys)


def best(use: Callable[[list[Key]], Coroutine[Any, Any, None]], all_keys: list[Key]) -> float:
    """Return the least CPU time in microseconds a key."""
    times = []
    for _ in range(REPEATS):
        began = time.process_time()
        asyncio.run(use(all_keys))
        times.append(time.process_time() - began)
    return min(times) / len(all_keys) * 1e6


USES = (
    all_at_once,
    each_added_ten_times,
    due_later_then_changed,
    workers_no_store,
    workers_twenty_stores,
    workers_one_store,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=20_000)
    all_keys = keys(parser.parse_args().keys)
    bare = best(bare_heap, all_keys)
    print(f"{len(all_keys)} keys; microseconds of CPU a key, and how many times a bare heap's")
    print(f"{'bare heapq push and pop':28} {bare:8.2f}")
    for use in USES:
        cost = best(use, all_keys)
        print(f"{use.__name__.replace('_', ' '):28} {cost:8.2f}  x {cost / bare:6.1f}")


if __name__ == "__main__":
    main()
