"""Values are kept for a minute at most, within a number of bytes that stores share fairly."""

import asyncio

import pytest

from secrets_operator.fetching.value_cache import LONGEST_SECONDS, SWEEP_SECONDS, Share, ValueCache
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Absent, Failed, Found, Matches, Reference
from tests.shared_reading import now

pytestmark = pytest.mark.looptime

KILOBYTE = 1024
ROOM = 10 * (KILOBYTE + 256)


def found(size: int = KILOBYTE) -> Found:
    return Found(SecretBytes(b"x" * size))


def fill(share: Share, names: str) -> None:
    for name in names:
        share.put(Reference(name), found(), now())


def held(share: Share, names: str) -> str:
    return "".join(name for name in names if share.get(Reference(name), 0) is not None)


async def test_an_answer_is_given_to_who_accepts_its_age() -> None:
    share = ValueCache(ROOM, now=now).share("a")
    share.put(Reference("k"), found(), 100)
    assert share.get(Reference("k"), 100) == (found(), 100)
    assert share.get(Reference("k"), 100.1) is None


async def test_a_newer_answer_replaces_an_older_one_and_not_the_other_way_round() -> None:
    cache = ValueCache(ROOM, now=now)
    share = cache.share("a")
    for size, read_at in ((10, 100), (20, 101), (30, 99)):
        share.put(Reference("k"), found(size), read_at)
    assert share.get(Reference("k"), 0) == (found(20), 101)
    assert cache.size == share.size == 20 + 256


@pytest.mark.parametrize("answer", [Absent(), Failed("x")], ids=["absent", "failed"])
async def test_only_what_was_found_is_kept_and_anything_else_ends_it(answer: Absent | Failed) -> None:
    cache = ValueCache(ROOM, now=now)
    share = cache.share("a")
    fill(share, "k")
    share.put(Reference("k"), answer, now())
    assert (share.get(Reference("k"), 0), cache.size) == (None, 0)


async def test_the_store_that_holds_most_gives_up_its_oldest() -> None:
    cache = ValueCache(ROOM, now=now)
    greedy, modest = cache.share("greedy"), cache.share("modest")
    fill(modest, "mn")
    fill(greedy, "abcdefghijkl")
    assert (held(modest, "mn"), held(greedy, "abcdefghijkl")) == ("mn", "efghijkl")
    fill(modest, "op")
    assert (held(modest, "mnop"), held(greedy, "abcdefghijkl")) == ("mnop", "ghijkl")
    assert cache.size <= ROOM


async def test_the_sessions_of_one_store_count_together() -> None:
    cache = ValueCache(ROOM, now=now)
    first, second, other = cache.share("a"), cache.share("a"), cache.share("b")
    fill(first, "abcd")
    fill(second, "efgh")
    fill(other, "mnopq")
    assert held(other, "mnopq") == "mnopq"
    assert len(held(first, "abcd") + held(second, "efgh")) == 5


async def test_a_value_larger_than_the_whole_is_not_kept() -> None:
    cache = ValueCache(ROOM, now=now)
    share = cache.share("a")
    share.put(Reference("k"), found(ROOM), now())
    assert (cache.size, share.get(Reference("k"), 0)) == (0, None)


async def test_without_room_nothing_is_kept() -> None:
    share = ValueCache(0, now=now).share("a")
    fill(share, "k")
    assert share.get(Reference("k"), 0) is None


async def test_all_matches_of_a_query_count() -> None:
    cache = ValueCache(ROOM, now=now)
    cache.share("a").put("query", Matches({"n": SecretBytes(b"12345")}), now())
    assert cache.size == 1 + 5 + 2 * 256


async def test_a_closed_session_takes_its_values_with_it() -> None:
    cache = ValueCache(ROOM, now=now)
    share = cache.share("a")
    fill(share, "abc")
    share.close()
    assert (cache.size, held(share, "abc")) == (0, "")


async def test_no_value_stays_in_memory_beyond_the_age_anybody_accepts() -> None:
    cache = ValueCache(ROOM, now=now)
    share = cache.share("a")
    fill(share, "a")
    await asyncio.sleep(2 * SWEEP_SECONDS + 1)
    fill(share, "b")
    await asyncio.sleep(LONGEST_SECONDS - SWEEP_SECONDS)
    assert held(share, "ab") == "b"
    await asyncio.sleep(2 * SWEEP_SECONDS)
    assert cache.size == 0
