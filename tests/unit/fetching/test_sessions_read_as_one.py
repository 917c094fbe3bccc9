"""Stores whose sessions the remote side answers alike read as one: one call, one value, one breaker."""

import asyncio
from collections.abc import AsyncIterator, Container, Iterable, Mapping
from typing import Any

import pytest

from secrets_operator.errors import Refused
from secrets_operator.fetching.batching import Ahead, Ask
from secrets_operator.fetching.blocking import Blocking
from secrets_operator.fetching.breaker import Limits, State
from secrets_operator.fetching.gather import gather
from secrets_operator.fetching.host import Outside
from secrets_operator.fetching.read_pools import Shared
from secrets_operator.fetching.referents import Referents
from secrets_operator.fetching.sessions import Sessions
from secrets_operator.fetching.store_guards import StoreGuards
from secrets_operator.fetching.store_objects import key_of
from secrets_operator.fetching.value_cache import ValueCache
from secrets_operator.flow import Fetched, Key, Object, Query, Read
from secrets_operator.provider import Failed, Matches, Reference, Rejected
from secrets_operator.provider.discovery import Providers
from secrets_operator.reporting.metrics import Metrics
from tests.builders import store, values
from tests.memory_cluster import MemoryCluster
from tests.scripted_provider import ScriptedProvider
from tests.shared_reading import now, session_of, settle


class World:
    """Sessions of two providers that share by what the stores say."""

    def __init__(self) -> None:
        self.provider, self.other = ScriptedProvider(), ScriptedProvider(name="other")
        self.blocking = Blocking(1)
        self.changed: list[Key] = []
        self.waiting: list[Ahead] = []
        self.looked_without: list[set[int]] = []
        self.soon: list[Ahead] = []
        guards = StoreGuards(now=now, calls_per_second=0, limits=Limits(failures=2), changed=self.changed.append)
        self.sessions = Sessions(
            Providers.from_mapping({"scripted": self.provider, "other": self.other}),
            Outside(Referents(MemoryCluster().client), self.blocking, Metrics("1")),
            Shared(guards, ValueCache(1_000_000, now=now), self.backlog, self.due),
            denial=self.speaks_against,
            limit=1,
        )

    def backlog(self, stores: Mapping[str, Key], seen: Container[int]) -> Iterable[Ahead]:
        self.looked_without.append({ticket for ticket in range(10) if ticket in seen})
        return [one for one in self.waiting if one.ticket not in seen and stores.get(str(one.store)) == one.store]

    def due(self, stores: Mapping[str, Key]) -> Iterable[Ahead]:
        return [ahead for ahead in self.soon if str(ahead.store) in stores]

    async def speaks_against(self, _store: Object, namespace: str) -> str:
        return "not for you" if namespace == "kept-out" else ""

    async def read(self, found: Object, key: str = "db", *, since: float | None = None) -> Fetched:
        namespace = found["metadata"]["namespace"]
        async with self.sessions.use(found, namespace) as current:
            return await gather([Read("f", key, secret_key="k")], current, now() if since is None else since)

    async def find(self, found: Object, query: Query, *, since: float | None = None) -> Fetched:
        async with self.sessions.use(found, found["metadata"]["namespace"]) as current:
            return await gather([Read("f", "", find=query)], current, now() if since is None else since)

    async def all_read(self, *stores: Object, key: str = "db") -> list[Fetched]:
        since = now()
        return await asyncio.gather(*(self.read(found, key, since=since) for found in stores))

    def asked(self) -> list[list[str]]:
        return [[reference.key for reference in call] for call in (*self.provider.fetched, *self.other.fetched)]


def store_in(namespace: str, *, provider: str = "scripted", generation: int = 1, **spec: Any) -> Object:
    fields = {"identity": "same", **spec}
    retry = fields.pop("retry", None)
    whole = {"provider": {provider: fields}, **({"retrySettings": retry} if retry else {})}
    return store(namespace=namespace, spec=whole, generation=generation)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    made.provider.holds(db="value", **{"a/db": "of a"})
    made.other.holds(db="value")
    yield made
    await made.sessions.close()
    made.blocking.close()
    assert {session.closed for session in made.provider.sessions} <= {1}, "every session is closed once"


A, B = store_in("a"), store_in("b")


async def test_what_is_asked_at_one_moment_is_one_call_of_one_session(world: World) -> None:
    assert [len(fetched.values) for fetched in await world.all_read(A, B, A)] == [1, 1, 1]
    assert world.asked() == [["db"]]


async def test_what_one_read_serves_the_other_for_as_long_as_it_accepts_it(world: World) -> None:
    since = now()
    await world.read(A)
    await world.read(B, since=since)
    assert world.asked() == [["db"]]
    await world.read(B)
    assert world.asked() == [["db"], ["db"]]


async def test_what_a_query_found_is_kept_for_all(world: World) -> None:
    query, since = Query(name="^db"), now()
    world.provider.matches[query] = Matches(values(db="value"))
    for found in (A, B):
        assert (await world.find(found, query, since=since)).values[0].data == values(db="value")
    assert world.provider.found == [query]


async def test_a_store_whose_queries_fail_is_in_the_way_of_its_own_only(world: World) -> None:
    await world.all_read(A, B)
    query = Query(name="^everything")
    world.provider.matches[query] = Failed("no answer: narrow the query")
    for _ in range(3):
        await world.find(A, query)
    assert [world.sessions.breaker(found).state for found in (A, B)] == [State.OPEN, State.CLOSED]
    assert [len(fetched.values) for fetched in await world.all_read(A, B)] == [1, 1]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(store_in("b", identity="another"), id="who is somebody else"),
        pytest.param(store_in("b", provider="other"), id="who is so named elsewhere"),
        pytest.param(store_in("b", retry={"maxRetries": 1}), id="who is to try again in another way"),
        pytest.param(store(namespace="b", spec={"provider": {"scripted": {}}}), id="who shares nothing"),
    ],
)
async def test_nothing_is_shared_with(world: World, other: Object) -> None:
    since = now()
    await world.all_read(A, other)
    await world.read(A, since=since)
    await world.read(other, since=since)
    assert world.asked() == [["db"], ["db"]]


async def test_two_stores_that_share_nothing_do_not_share_with_each_other(world: World) -> None:
    await world.all_read(*(store(namespace=name, spec={"provider": {"scripted": {}}}) for name in ("a", "b")))
    assert world.asked() == [["db"], ["db"]]


async def test_a_key_is_another_key_below_another_prefix(world: World) -> None:
    below = store_in("b", prefix="a/")
    ours, theirs = await world.all_read(A, below)
    assert (ours.values[0].data, theirs.values[0].data) == (values(k="value"), values(k="of a"))
    assert world.asked() == [["db", "a/db"]], "and still one call"
    assert (await world.read(A, "a/db", since=0)).values[0].data == values(k="of a")
    assert len(world.asked()) == 1, "the same secret, however it is named"


async def test_who_may_not_use_a_store_gets_nothing_of_what_others_read(world: World) -> None:
    await world.read(A)
    with pytest.raises(Refused, match="not for you"):
        await world.read(store_in("kept-out"), since=0)


async def test_what_waits_for_any_of_the_stores_goes_along(world: World) -> None:
    below = store_in("b", prefix="b/")
    await world.read(below, "a")
    world.waiting = [Ahead(key_of(A), "a", Ask(Reference("x"), 0)), Ahead(key_of(below), "b", Ask(Reference("y"), 0))]
    await world.read(below, "next")
    await world.read(A)
    assert world.asked()[1] == ["b/next", "b/y"], "a store that nobody opened yet may hold others out"
    assert sorted(world.asked()[2]) == ["b/y", "db", "x"]


async def test_who_waits_is_looked_at_once_and_again_when_another_store_has_joined(world: World) -> None:
    world.waiting = [Ahead(key_of(A), "a", Ask(Reference("x"), 0), ticket) for ticket in (3, 5)]
    await world.read(A, "one")
    await world.read(A, "two")
    assert world.looked_without == [set(), {3, 5}]
    await world.read(B, "three")
    assert world.looked_without == [set(), {3, 5}, set()]


async def test_a_batch_with_room_takes_along_what_any_of_the_stores_refreshes_soon(world: World) -> None:
    below = store_in("b", prefix="b/", batch=3)
    await world.read(below, "a")
    world.soon = [Ahead(key_of(below), "b", Ask(Reference(key), 0)) for key in "xyz"]
    await world.read(store_in("a", batch=3))
    assert world.asked()[1] == ["db", "b/x", "b/y"]


async def ready_one_after_the_other(world: World, count: int, *, apart: float) -> list[float]:
    """Open stores with 4 keys of their own each and read them; return how long each store waited for its values."""

    async def read_all(number: int) -> float:
        await asyncio.sleep(number * apart)
        found = store_in(f"n{number}", prefix=f"{number}/", batch=10)
        began = now()
        await asyncio.gather(*(world.read(found, key, since=began) for key in "abcd"))
        return now() - began

    return await asyncio.gather(*map(read_all, range(count)))


@pytest.mark.looptime
async def test_new_stores_that_are_ready_one_after_the_other_fill_batches_and_wait_a_moment_at_most(
    world: World,
) -> None:
    waited = await ready_one_after_the_other(world, 10, apart=0.01)
    # The first is alone in the world when it asks: it waits for nobody.
    assert [len(call) for call in world.asked()] == [4, 10, 10, 10, 6]
    assert waited[0] < 0.005
    assert max(waited) < 0.05


@pytest.mark.looptime
async def test_new_stores_that_are_far_apart_wait_for_nobody(world: World) -> None:
    waited = await ready_one_after_the_other(world, 3, apart=6)
    assert [len(call) for call in world.asked()] == [4, 4, 4]
    assert max(waited) < 0.005


@pytest.mark.looptime
async def test_what_no_batch_is_for_is_not_held_back(world: World) -> None:
    alone = store_in("c", identity="alone")
    await world.all_read(store_in("a", batch=10), store_in("b", batch=10), alone)
    began = now()
    await world.read(alone)
    assert now() - began < 0.005


@pytest.mark.looptime
async def test_the_store_that_is_deleted_hands_over_to_the_next_and_is_closed_after_its_call(world: World) -> None:
    world.provider.slowness = 0.02
    await world.all_read(A, B)
    first, second = world.provider.sessions
    reading = asyncio.create_task(world.read(B))
    await asyncio.sleep(0.01)
    world.sessions.forget(key_of(A))
    await settle()
    assert (first.fetches, first.closed) == (2, 0), "its call is under way"
    assert (await reading).values
    await settle()
    assert first.closed == 1
    assert (await world.read(B)).values
    assert (first.fetches, second.fetches) == (2, 1)


async def test_a_deleted_store_is_asked_no_more_while_somebody_still_uses_it(world: World) -> None:
    async with world.sessions.use(A, "a") as first:
        await world.read(B, "open")
        world.sessions.forget(key_of(A))
        fetches = session_of(first).fetches
        await world.read(B)
        assert session_of(first).fetches == fetches


async def test_an_edited_store_goes_on_with_what_its_twin_has(world: World) -> None:
    since = now()
    await world.all_read(A, B)
    await world.read(store_in("a", generation=2), since=since)
    assert world.asked() == [["db"]]


async def test_the_value_is_gone_with_the_last_store(world: World) -> None:
    since = now()
    await world.all_read(A, B)
    for found in (A, B):
        world.sessions.forget(key_of(found))
    await world.read(A, since=since)
    assert world.asked() == [["db"], ["db"]]


async def test_a_credential_that_is_turned_down_is_opened_anew_by_who_asked_with_it(world: World) -> None:
    await world.all_read(A, B)
    world.provider.remote["db"] = Rejected("expired", credentials=True)
    async with world.sessions.use(B, "b") as current:
        await world.read(B)
        assert current.session is world.provider.sessions[1]
    world.provider.holds(db="value")
    assert (await world.read(A)).values
    assert len(world.provider.sessions) == 3, "A was asked, so it is A that was opened anew"


async def test_the_breaker_is_one_shows_on_every_store_and_on_no_other(world: World) -> None:
    elsewhere = store_in("c", identity="another")
    await world.all_read(A, B, elsewhere)
    world.provider.remote["db"] = Failed("slow down")
    for found in (A, B):
        await world.read(found)
    assert sorted(world.changed) == [key_of(A), key_of(B)]
    assert [world.sessions.breaker(found).state for found in (A, B, elsewhere)] == [State.OPEN, State.OPEN, 0]
    assert "slow down" in world.sessions.breaker(B).message
    assert dict(world.sessions.circuits()) == {
        key_of(A): State.OPEN,
        key_of(B): State.OPEN,
        key_of(elsewhere): State.CLOSED,
    }
    calls = len(world.asked())
    await world.all_read(A, B)
    assert len(world.asked()) == calls, "neither is asked while it is open"


@pytest.mark.looptime
async def test_closing_ends_a_call_that_nobody_waits_for_any_more(world: World) -> None:
    world.provider.slowness = 60
    reading = asyncio.create_task(world.read(A))
    await asyncio.sleep(0.01)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    async with asyncio.timeout(1):
        await world.sessions.close()
    assert [session.closed for session in world.provider.sessions] == [1]
