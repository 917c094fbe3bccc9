"""A store that does not answer is given up at its deadline, a failure; a caller that leaves is none."""

import asyncio
from collections.abc import Sequence

import pytest

from secrets_operator.fetching.breaker import Breaker, Limits, State
from secrets_operator.fetching.guarded_calls import GuardedCalls
from secrets_operator.flow import Query
from secrets_operator.provider import Answer, Failed, FindAnswer, Reference
from tests.scripted_provider import ScriptedProvider, ScriptedSession
from tests.shared_reading import now

pytestmark = pytest.mark.looptime


class Hanging(ScriptedSession):
    """Never answers."""

    def __init__(self) -> None:
        super().__init__(ScriptedProvider(), None)  # type: ignore[arg-type] # it asks nothing of its host

    async def fetch(self, _references: Sequence[Reference]) -> Sequence[Answer]:
        await asyncio.sleep(100_000)
        return []

    async def find(self, _query: Query) -> FindAnswer:
        await asyncio.sleep(100_000)
        return Failed("never")


@pytest.fixture
def breaker() -> Breaker:
    return Breaker(now=now, limits=Limits(failures=2))


async def test_reads_and_queries_fail_at_their_deadline_and_open_the_breaker(breaker: Breaker) -> None:
    hanging, calls = Hanging(), GuardedCalls(breaker, deadline=30)
    assert await calls.fetch(hanging.fetch, [Reference("a"), Reference("b")]) == [Failed("no answer within 30 s")] * 2
    assert await calls.find(hanging.find, Query(name="x")) == Failed("no answer within 30 s: narrow the query")
    assert now() == pytest.approx(60, abs=0.1)
    assert breaker.state is State.OPEN


async def test_a_caller_that_leaves_says_nothing_about_the_store(breaker: Breaker) -> None:
    hanging, calls = Hanging(), GuardedCalls(breaker, deadline=30)
    for _ in range(5):
        leaving = asyncio.create_task(calls.find(hanging.find, Query(name="x")))
        await asyncio.sleep(1)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
    assert breaker.state is State.CLOSED
