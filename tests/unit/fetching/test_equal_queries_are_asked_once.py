"""Queries of one session are coalesced: equal ones are asked once, and one that nobody waits for is asked no more."""

import asyncio

import pytest

from secrets_operator.fetching.batching import Finder
from secrets_operator.flow import Query, SecretBytes
from secrets_operator.provider import MOST_MATCHES, TOO_MANY_MATCHES, FindAnswer, Matches
from tests.shared_reading import now, share

pytestmark = pytest.mark.looptime

QUERY = Query(name="^db")


class Remote:
    """Answers with a match named as the query's pattern after ``delay`` seconds; knows what it is doing."""

    def __init__(self, delay: float = 10.0) -> None:
        self.delay = delay
        self.asked: list[Query] = []
        self.under_way = 0

    async def find(self, query: Query) -> FindAnswer:
        self.asked.append(query)
        self.under_way += 1
        try:
            await asyncio.sleep(self.delay)
        finally:
            self.under_way -= 1
        return Matches({query.name: SecretBytes(b"v")})


async def answer(finder: Finder, query: Query) -> FindAnswer:
    """Ask a query and accept nothing that was read before."""
    return (await finder.find(query, now())).answer


async def test_equal_queries_in_flight_are_one_and_a_later_one_asks_again() -> None:
    remote = Remote()
    finder = Finder(remote.find, share())
    first = asyncio.create_task(answer(finder, QUERY))
    await asyncio.sleep(5)
    assert (await finder.find(Query(name="^db"), since=0)).answer == await first == Matches({"^db": SecretBytes(b"v")})
    assert remote.asked == [QUERY]
    await answer(finder, QUERY)
    assert remote.asked == [QUERY, QUERY]


async def test_an_answer_is_shared_with_who_accepts_its_age() -> None:
    remote = Remote()
    finder = Finder(remote.find, share())
    first = await finder.find(QUERY, now())
    assert await finder.find(QUERY, since=first.read_at) == first
    assert remote.asked == [QUERY]


async def test_different_queries_do_not_wait_for_each_other() -> None:
    remote = Remote()
    finder = Finder(remote.find, share())
    queries = [QUERY, Query(name="^db", path="p"), Query(name="^db", tags=(("a", "b"),))]
    async with asyncio.timeout(11):
        await asyncio.gather(*(answer(finder, query) for query in queries))
    assert remote.asked == queries


async def test_one_asker_giving_up_takes_the_answer_from_nobody() -> None:
    finder = Finder(Remote().find, share())
    leaving, staying = (asyncio.create_task(answer(finder, QUERY)) for _ in range(2))
    await asyncio.sleep(5)
    leaving.cancel()
    assert isinstance(await staying, Matches)
    assert leaving.cancelled()


async def test_a_query_that_nobody_waits_for_is_given_up_and_does_not_harm_the_next() -> None:
    remote = Remote()
    finder = Finder(remote.find, share())
    leaving = asyncio.create_task(answer(finder, QUERY))
    await asyncio.sleep(5)
    leaving.cancel()
    next_one = asyncio.create_task(answer(finder, QUERY))
    assert isinstance(await next_one, Matches)
    assert (len(remote.asked), remote.under_way) == (2, 0)


async def test_a_defect_of_the_provider_reaches_every_asker_and_is_forgotten() -> None:
    async def breaks(_query: Query) -> FindAnswer:
        await asyncio.sleep(1)
        raise ZeroDivisionError

    finder = Finder(breaks, share())
    for _ in range(2):
        results = await asyncio.gather(*(answer(finder, QUERY) for _ in range(2)), return_exceptions=True)
        assert [type(result) for result in results] == [ZeroDivisionError] * 2


@pytest.mark.parametrize(
    ("count", "accepted"),
    [
        pytest.param(MOST_MATCHES, True, id="as many as may be"),
        pytest.param(MOST_MATCHES + 1, False, id="one more"),
    ],
)
async def test_an_answer_is_bounded_whatever_the_provider_does(count: int, accepted: bool) -> None:
    given = Matches({str(index): SecretBytes(b"v") for index in range(count)})

    async def overflows(_query: Query) -> FindAnswer:
        return given

    assert await answer(Finder(overflows, share()), QUERY) is (given if accepted else TOO_MANY_MATCHES)
