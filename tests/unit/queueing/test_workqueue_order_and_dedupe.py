"""The queue's promises: no duplicates, lanes, earliest due first, serial keys, limits per group."""

import asyncio
from collections.abc import Callable

import pytest

from secrets_operator.flow import Key, Lane
from secrets_operator.queueing.workqueue import Limits, WorkQueue, limits_of


class HandClock:
    """Seconds that pass only when a test says so."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def key(name: str, namespace: str = "") -> Key:
    return Key("ExternalSecret", namespace, name)


def by_namespace(item: Key) -> str:
    return item.namespace


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def queue(clock: Callable[[], float], limits: Limits | None = None) -> WorkQueue:
    return WorkQueue(now=clock, group_of=by_namespace, limits=limits)


async def is_idle(work: WorkQueue) -> bool:
    try:
        async with asyncio.timeout(0):
            await work.get()
    except TimeoutError:
        return True
    return False


async def test_a_key_added_twice_runs_once(clock: HandClock) -> None:
    work = queue(clock)
    work.add(key("a"))
    work.add(key("a"), Lane.REFRESH)
    work.done(await work.get())
    assert await is_idle(work)


@pytest.mark.parametrize(
    ("added", "expected"),
    [
        pytest.param(
            [("refresh", Lane.REFRESH), ("retry", Lane.RETRY), ("drift", Lane.DRIFT), ("new", Lane.CHANGED)],
            ["new", "drift", "retry", "refresh"],
            id="lanes go new, drift, retry, refresh whatever came first",
        ),
        pytest.param(
            [("x", Lane.REFRESH), ("y", Lane.REFRESH), ("x", Lane.CHANGED)],
            ["x", "y"],
            id="a queued refresh that changes moves to the front",
        ),
        pytest.param(
            [("x", Lane.CHANGED), ("y", Lane.CHANGED), ("x", Lane.REFRESH)],
            ["x", "y"],
            id="a less urgent request leaves the place of the key",
        ),
    ],
)
async def test_order(clock: HandClock, added: list[tuple[str, Lane]], expected: list[str]) -> None:
    work = queue(clock)
    for name, lane in added:
        work.add(key(name), lane)
        clock.seconds += 0.001
    assert [(await work.get()).key.name for _ in expected] == expected


async def test_within_a_lane_the_earliest_due_is_first(clock: HandClock) -> None:
    work = queue(clock)
    work.add(key("late"), Lane.REFRESH, delay=20)
    work.add(key("early"), Lane.REFRESH, delay=10)
    clock.seconds += 30
    assert [(await work.get()).key.name for _ in range(2)] == ["early", "late"]


async def test_a_delayed_key_waits_until_it_is_due(clock: HandClock) -> None:
    work = queue(clock)
    work.add(key("a"), Lane.REFRESH, delay=10)
    assert await is_idle(work)
    clock.seconds += 10.5
    claim = await work.get()
    assert (claim.key, claim.waited) == (key("a"), 0.5)


async def test_an_earlier_request_wins_over_a_refresh_far_ahead(clock: HandClock) -> None:
    work = queue(clock)
    work.add(key("a"), Lane.REFRESH, delay=3600)
    work.add(key("a"), Lane.RETRY, delay=1)
    clock.seconds += 1
    assert (await work.get()).lane == Lane.RETRY


async def test_a_running_key_is_not_given_out_again_before_it_is_done(clock: HandClock) -> None:
    work = queue(clock)
    work.add(key("a"))
    claim = await work.get()
    work.add(key("a"))
    assert await is_idle(work)
    work.done(claim)
    assert (await work.get()).key == key("a")


async def test_a_full_group_does_not_hold_up_another_group(clock: HandClock) -> None:
    work = queue(clock, Limits(group=2, newcomers=2))
    for name in ("1", "2", "3"):
        work.add(key(name, "hung"))
    work.add(key("4", "fine"))
    hung = [await work.get(), await work.get()]
    assert (await work.get()).key == key("4", "fine")
    assert await is_idle(work)
    work.done(hung[0])
    assert (await work.get()).key == key("3", "hung")


async def test_a_group_has_more_places_for_newcomers_than_for_refreshes(clock: HandClock) -> None:
    work = queue(clock, Limits(group=1, newcomers=2))
    for name in ("1", "2", "3"):
        work.add(key(name, "store"), Lane.REFRESH)
    work.add(key("new", "store"))
    work.add(key("newer", "store"))
    work.add(key("newest", "store"))
    assert [(await work.get()).key.name for _ in range(2)] == ["new", "newer"]
    assert await is_idle(work)


@pytest.mark.parametrize(
    ("workers", "of_one_store", "limits"),
    [
        pytest.param(64, 16, Limits(16, 32, 48), id="the defaults"),
        pytest.param(64, 4, Limits(4, 8, 48), id="newcomers: twice as many as the store may have"),
        pytest.param(16, 16, Limits(16, 16, 12), id="never fewer of a store than were asked for"),
        pytest.param(1, 1, Limits(1, 1, 1), id="one worker takes anything"),
    ],
)
def test_a_quarter_of_the_workers_is_kept_free(workers: int, of_one_store: int, limits: Limits) -> None:
    assert limits_of(concurrency=workers, of_one_store=of_one_store) == limits


@pytest.mark.parametrize("lane", [Lane.STORE, Lane.RETRY, Lane.REFRESH], ids=lambda lane: lane.name.lower())
async def test_background_runs_leave_room_for_a_new_resource(clock: HandClock, lane: Lane) -> None:
    work = queue(clock, Limits(background=2))
    for name in ("1", "2", "3"):
        work.add(key(name), lane)
    claims = [await work.get(), await work.get()]
    assert await is_idle(work)
    work.add(key("new"))
    assert (await work.get()).key.name == "new"
    for claim in claims:
        work.done(claim)
    assert (await work.get()).key.name == "3"


async def test_a_waiting_get_wakes_for_a_new_key(clock: HandClock) -> None:
    work = queue(clock)
    waiting = asyncio.create_task(work.get())
    await asyncio.sleep(0)
    work.add(key("a"))
    async with asyncio.timeout(5):
        assert (await waiting).key == key("a")


async def test_depth_and_age_count_what_is_due(clock: HandClock) -> None:
    work = queue(clock)
    work.add(key("a"))
    work.add(key("b"), Lane.REFRESH)
    work.add(key("c"), Lane.REFRESH, delay=60)
    clock.seconds += 5
    assert (dict(work.depth()), work.oldest()) == (
        {Lane.CHANGED: 1, Lane.REFRESH: 1},
        {Lane.CHANGED: 5, Lane.DRIFT: 0, Lane.STORE: 0, Lane.RETRY: 0, Lane.REFRESH: 5},
    )


async def test_a_discarded_key_is_not_given_out(clock: HandClock) -> None:
    work = queue(clock)
    work.add(key("a"))
    work.discard(key("a"))
    assert await is_idle(work)


@pytest.mark.parametrize(
    ("again", "lane", "delay", "asked"),
    [
        pytest.param(None, Lane.CHANGED, 0, 100, id="asked once"),
        pytest.param(5, Lane.CHANGED, 0, 105, id="asked again while it waits -> the later time"),
        pytest.param(5, Lane.REFRESH, 60, 100, id="a refresh far ahead says nothing about now"),
    ],
)
async def test_a_claim_says_when_it_was_last_asked_for(
    clock: HandClock, again: float | None, lane: Lane, delay: float, asked: float
) -> None:
    work = queue(clock)
    work.add(key("a"))
    if again is not None:
        clock.seconds += again
        work.add(key("a"), lane, delay=delay)
    clock.seconds += 5
    claim = await work.get()
    assert (claim.asked, work.claimed(key("a"))) == (asked, claim)
    work.done(claim)
    assert work.claimed(key("a")) is None


async def test_what_is_due_later_was_asked_for_when_it_is_due(clock: HandClock) -> None:
    work = queue(clock)
    work.add(key("a"), Lane.REFRESH, delay=60)
    clock.seconds += 90
    assert (await work.get()).asked == 160


async def test_the_keys_that_wait_for_room_in_their_group_can_be_seen(clock: HandClock) -> None:
    work = queue(clock, Limits(group=1, newcomers=1))
    for name in ("a", "b", "c"):
        work.add(key(name, "full"), Lane.STORE)
    work.add(key("x", "other"))
    await work.get()
    await work.get()
    assert await is_idle(work)
    assert {(group, one.key.name, one.lane, one.asked) for group, one in work.waiting({"full"}, 10)} == {
        ("full", "b", Lane.STORE, 100),
        ("full", "c", Lane.STORE, 100),
    }
    assert [one.key.name for _, one in work.waiting({"full"}, 1)] == ["b"]
    work.discard(key("b", "full"))
    assert [one.key.name for _, one in work.waiting({"full"}, 10)] == ["c"]
    assert list(work.waiting({"nobody"}, 10)) == []


async def test_whoever_looks_often_at_the_keys_that_wait_looks_at_each_once(clock: HandClock) -> None:
    work = queue(clock, Limits(group=1, newcomers=1))
    for name in ("a", "b", "c"):
        work.add(key(name, "full"))
    await work.get()
    assert await is_idle(work)
    _, first = next(work.waiting({"full"}, 1))
    assert [one.key.name for _, one in work.waiting({"full"}, 10, seen={first.ticket})] == ["c"]
    work.add(key("d", "full"))
    (_, one), (_, other) = work.waiting({"full"}, 10, seen={first.ticket})
    assert {one.key.name, other.key.name} == {"c", "d"}
    assert list(work.waiting({"full"}, 10, seen={first.ticket, one.ticket, other.ticket})) == []


async def test_none_of_a_thousand_keys_that_wait_is_passed_over(clock: HandClock) -> None:
    work = queue(clock, Limits(group=5000, newcomers=5000))
    for number in range(1000):
        work.add(key(str(number), "a"))
    taken, seen = 0, set[int]()
    while found := [one for _, one in work.waiting({"a"}, 100, seen=seen)]:
        seen |= {one.ticket for one in found}
        await work.get()
        taken += 1
    assert len(seen) >= 1000 - taken


async def test_the_keys_that_wait_for_a_worker_can_be_seen(clock: HandClock) -> None:
    work = queue(clock, Limits(group=2, newcomers=2))
    for group in ("a", "b", "c"):
        for name in ("1", "2", "3"):
            work.add(key(name, group))
    assert [(await work.get()).group for _ in range(3)] == ["a", "a", "b"]
    seen = sorted((group, one.key.name) for group, one in work.waiting({"a", "c"}, 10))
    assert seen == [("a", "3"), ("c", "1"), ("c", "2"), ("c", "3")]
    work.add(key("later", "c"), delay=1)
    assert len(list(work.waiting({"c"}, 10))) == 3


async def test_the_refreshes_that_are_due_soon_can_be_seen(clock: HandClock) -> None:
    work = queue(clock)
    work.add(key("soon", "a"), Lane.REFRESH, delay=30)
    work.add(key("later", "a"), Lane.REFRESH, delay=90)
    work.add(key("failed", "a"), Lane.RETRY, delay=30)
    work.add(key("elsewhere", "b"), Lane.REFRESH, delay=30)
    work.add(key("gone", "a"), Lane.REFRESH, delay=30)
    work.discard(key("gone", "a"))
    assert [(group, one.name, due) for group, one, due in work.soon({"a"}, 60)] == [("a", "soon", 130)]


async def test_a_run_set_aside_leaves_its_room_to_background_work_and_keeps_its_place_in_its_group(
    clock: HandClock,
) -> None:
    work = queue(clock, Limits(group=1, newcomers=1, background=1))
    work.add(key("a", "hung"), Lane.REFRESH)
    hung = await work.get()
    work.add(key("b", "hung"), Lane.REFRESH)
    work.add(key("c", "fine"), Lane.REFRESH)
    assert await is_idle(work)
    work.set_aside(hung)
    fine = await work.get()
    assert fine.key == key("c", "fine")
    work.done(fine)
    assert await is_idle(work)
    work.done(hung)
    assert (await work.get()).key == key("b", "hung")
