"""Workers queue what an outcome asks for, keep to the deadline, and lose no key."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from secrets_operator.errors import InvalidSpec, NotFound, Retryable
from secrets_operator.flow import Again, Done, Key, Lane, Never, Outcome, Retry
from secrets_operator.queueing.backoff import Backoff
from secrets_operator.queueing.workers import Pace, Workers
from secrets_operator.queueing.workqueue import Claim, Limits, WorkQueue

A, B, C = (Key("ExternalSecret", "team", name) for name in "abc")
PACE = Pace(concurrency=2, deadline=60.0, backoff=Backoff(base=1.0, cap=420.0))

pytestmark = pytest.mark.looptime


@dataclass
class Log:
    """The observer: what ran when."""

    runs: list[tuple[float, str, Lane, Outcome]] = field(default_factory=list)

    def reconciled(self, claim: Claim, outcome: Outcome, seconds: float) -> None:
        assert seconds >= 0
        self.runs.append((round(now(), 3), claim.key.name, claim.lane, outcome))

    def times(self) -> list[float]:
        return [time for time, *_ in self.runs]


@dataclass
class Running:
    queue: WorkQueue
    workers: Workers
    task: asyncio.Task[None]
    log: Log


def now() -> float:
    return asyncio.get_running_loop().time()


@asynccontextmanager
async def running(
    reconcile: Callable[[Key], Awaitable[Outcome]], *, group_of: Callable[[Key], str] = lambda _: ""
) -> AsyncIterator[Running]:
    queue = WorkQueue(now=now, group_of=group_of, limits=Limits(background=2))
    log = Log()
    workers = Workers(queue, reconcile, pace=PACE, chance=lambda: 0.0, observer=log)
    task = asyncio.create_task(workers.run())
    yield Running(queue, workers, task, log)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await workers.drain(0)


def answering(*outcomes: Outcome | Exception) -> Callable[[Key], Awaitable[Outcome]]:
    """Return a reconcile that gives these outcomes one after the other, and Done from then on."""
    left = deque(outcomes)

    async def reconcile(_key: Key) -> Outcome:
        outcome = left.popleft() if left else Done()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return reconcile


@pytest.mark.parametrize(
    ("outcomes", "lane", "times"),
    [
        pytest.param([Done()], None, [0], id="done -> not again"),
        pytest.param([Never("x")], None, [0], id="never -> not again"),
        pytest.param([Again(30)], Lane.REFRESH, [0, 30], id="again -> as a refresh, after its seconds"),
        pytest.param([Retry("x")], Lane.RETRY, [0, 1], id="retry -> as a retry, after the backoff"),
        pytest.param(
            [Retry("x"), Retry("x"), Retry("x")], Lane.RETRY, [0, 1, 3, 7], id="each failure doubles the wait"
        ),
        pytest.param([Retry("x", after=17)], Lane.RETRY, [0, 17], id="the wait the other side asked for counts"),
        pytest.param([Retry("x", after=0)], Lane.RETRY, [0, 1], id="a wait of 0 is no licence to hammer"),
        pytest.param(
            [Retry("x"), Retry("x"), Again(10), Retry("x")],
            Lane.RETRY,
            [0, 1, 3, 13, 14],
            id="a success lets the backoff start anew",
        ),
        pytest.param([InvalidSpec("x")], None, [0], id="a terminal error -> not again"),
        pytest.param([Retryable("x", after=5)], Lane.RETRY, [0, 5], id="a retryable error -> after its wait"),
        pytest.param([NotFound("x")], Lane.RETRY, [0, 1], id="another error of ours -> retry"),
        pytest.param([KeyError("x"), RuntimeError("x")], Lane.RETRY, [0, 1, 3], id="a defect -> retry with backoff"),
    ],
)
async def test_outcomes(outcomes: list[Outcome | Exception], lane: Lane | None, times: list[float]) -> None:
    async with running(answering(*outcomes)) as world:
        world.queue.add(A)
        await asyncio.sleep(1000)
    assert world.log.times() == times
    assert [run[2] for run in world.log.runs[-1:]] == [Lane.CHANGED if lane is None else lane]


async def test_a_run_that_takes_too_long_is_ended_and_tried_again() -> None:
    async def hangs(_key: Key) -> Outcome:
        await asyncio.sleep(10_000)
        return Done()

    async with running(hangs) as world:
        world.queue.add(A)
        await asyncio.sleep(130)
    assert world.log.runs == [
        (60, "a", Lane.CHANGED, Retry("did not finish within 60 s")),
        (121, "a", Lane.RETRY, Retry("did not finish within 60 s")),
    ]


async def test_a_cancellation_from_within_does_not_lose_the_key() -> None:
    cancelled = asyncio.get_running_loop().create_future()
    cancelled.cancel()
    outcomes: deque[Awaitable[Outcome]] = deque([cancelled])

    async def waits(_key: Key) -> Outcome:
        return await outcomes.popleft() if outcomes else Done()

    async with running(waits) as world:
        world.queue.add(A)
        await asyncio.sleep(10)
    assert [(run[0], run[3]) for run in world.log.runs] == [
        (0, Retry("what it waited for was cancelled")),
        (1, Done()),
    ]


async def test_no_more_run_at_once_than_allowed() -> None:
    peak: list[int] = []

    async def slow(_key: Key) -> Outcome:
        peak.append(world.queue.running)
        await asyncio.sleep(10)
        return Done()

    async with running(slow) as world:
        for key in (A, B, C):
            world.queue.add(key)
        await asyncio.sleep(25)
    assert (max(peak), world.log.times()) == (2, [10, 10, 20])


async def test_a_key_added_while_it_runs_runs_again() -> None:
    async def slow(_key: Key) -> Outcome:
        await asyncio.sleep(10)
        return Done()

    async with running(slow) as world:
        world.queue.add(A)
        await asyncio.sleep(5)
        world.queue.add(A)
        await asyncio.sleep(20)
    assert world.log.times() == [10, 20]


async def test_stopping_takes_no_new_key_and_lets_runs_end() -> None:
    async def slow(_key: Key) -> Outcome:
        await asyncio.sleep(3)
        return Done()

    async with running(slow) as world:
        world.queue.add(A)
        await asyncio.sleep(1)
        world.task.cancel()
        await asyncio.sleep(0)
        world.queue.add(B)
        await world.workers.drain(5)
        assert now() == 3
    assert [run[1] for run in world.log.runs] == ["a"]
    assert world.queue.depth().total() == 1


async def test_runs_that_do_not_end_in_time_are_abandoned() -> None:
    ended: list[str] = []

    async def hangs(_key: Key) -> Outcome:
        try:
            await asyncio.sleep(50)
        finally:
            ended.append("abandoned")
        return Done()

    async with running(hangs) as world:
        world.queue.add(A)
        await asyncio.sleep(1)
        world.task.cancel()
        await world.workers.drain(5)
        assert (now(), ended, world.queue.running, world.log.runs) == (6, ["abandoned"], 0, [])


async def test_cancelling_the_workers_while_they_wait_leaves_every_key_in_the_queue() -> None:
    async with running(answering()) as world:
        await asyncio.sleep(1)
        world.task.cancel()
        await asyncio.gather(world.task, return_exceptions=True)
        world.queue.add(A)
        assert (await world.queue.get()).key == A


async def test_a_run_that_waits_for_its_store_gives_its_place_to_others() -> None:
    async def hangs(key: Key) -> Outcome:
        await asyncio.sleep(0 if key == C else 30)
        return Done()

    async with running(hangs, group_of=lambda key: "" if key == C else key.name) as world:
        for key in (A, B, C):
            world.queue.add(key)
        await asyncio.sleep(40)
    assert sorted((run[0], run[1]) for run in world.log.runs) == [(0.25, "c"), (30, "a"), (30, "b")]


async def test_a_run_without_a_group_keeps_its_place_however_long_it_takes() -> None:
    async def works(key: Key) -> Outcome:
        await asyncio.sleep(0 if key == C else 30)
        return Done()

    async with running(works) as world:
        for key in (A, B, C):
            world.queue.add(key)
        await asyncio.sleep(40)
    assert [(run[1], run[0]) for run in world.log.runs] == [("a", 30), ("b", 30), ("c", 30)]
