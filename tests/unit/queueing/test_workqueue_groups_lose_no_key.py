"""Groups at their limit: whatever happens meanwhile, the most urgent key that may run runs, and none is forgotten."""

from __future__ import annotations

import asyncio
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from secrets_operator.flow import Key, Lane
from secrets_operator.queueing.workqueue import Claim, Limits, WorkQueue

LIMITS = Limits(group=1, newcomers=2)
GROUPS = ("a", "b")
KEYS = [Key("ExternalSecret", group, str(number)) for group in GROUPS for number in range(5)]

ADD = st.tuples(st.just("add"), st.sampled_from(KEYS), st.sampled_from([Lane.CHANGED, Lane.DRIFT, Lane.REFRESH]))
DISCARD = st.tuples(st.just("discard"), st.sampled_from(KEYS), st.none())
TAKE = st.tuples(st.just("take"), st.none(), st.none())
FINISH = st.tuples(st.just("finish"), st.integers(0, len(KEYS)), st.none())
MOVE = st.tuples(st.just("move"), st.sampled_from(KEYS), st.sampled_from(GROUPS))


class Model:
    """The queue beside the plainest account of what it must do."""

    def __init__(self) -> None:
        self.group = {key: key.namespace for key in KEYS}
        self.wanted: dict[Key, Lane] = {}
        self.claims: list[Claim] = []
        self.queue = WorkQueue(now=lambda: 0.0, group_of=self.group.__getitem__, limits=LIMITS)

    def add(self, key: Key, lane: Lane) -> None:
        self.queue.add(key, lane)
        self.wanted[key] = min(lane, self.wanted.get(key, lane))

    def discard(self, key: Key, _: None) -> None:
        self.queue.discard(key)
        self.wanted.pop(key, None)

    def move(self, key: Key, group: str) -> None:
        self.group[key] = group

    def finish(self, index: int, _: None) -> None:
        if self.claims:
            claim = self.claims.pop(index % len(self.claims))
            self.queue.done(claim)

    async def take(self) -> Claim | None:
        """Return the next claim, or None when the queue has none to give."""
        getting = asyncio.create_task(self.queue.get())
        await asyncio.sleep(0)
        if not getting.done():
            getting.cancel()
            await asyncio.gather(getting, return_exceptions=True)
            return None
        claim = getting.result()
        self.claims.append(claim)
        assert self.wanted.pop(claim.key) is claim.lane
        return claim

    def may_run(self) -> list[Lane]:
        """Return the lanes of the keys that could run now."""
        running = {claim.key for claim in self.claims}
        used = Counter(claim.group for claim in self.claims)
        limit = {lane: LIMITS.newcomers if lane is Lane.CHANGED else LIMITS.group for lane in Lane}
        free = (key for key in self.wanted if key not in running and used[self.group[key]] < limit[self.wanted[key]])
        return [self.wanted[key] for key in free]


async def play(model: Model, steps: list[tuple[str, object, object]], *, exactly: bool) -> None:
    for name, what, how in steps:
        if name != "take":
            getattr(model, name)(what, how)
            continue
        expected = min(model.may_run(), default=None)
        claim = await model.take()
        if exactly:
            assert (claim and claim.lane) == expected


@given(st.lists(st.one_of(ADD, DISCARD, TAKE, FINISH), max_size=60))
def test_the_most_urgent_key_with_room_is_claimed(steps: list[tuple[str, object, object]]) -> None:
    asyncio.run(play(Model(), steps, exactly=True))


@given(st.lists(st.one_of(ADD, DISCARD, TAKE, FINISH, MOVE), max_size=60))
def test_no_key_is_forgotten_even_when_its_group_changes(steps: list[tuple[str, object, object]]) -> None:
    async def play_to_the_end() -> None:
        model = Model()
        await play(model, steps, exactly=False)
        while model.claims or await model.take():
            model.finish(0, None)
            while await model.take():
                pass
        assert model.wanted == {}

    asyncio.run(play_to_the_end())


async def test_a_key_that_left_its_group_gives_its_place_to_the_next() -> None:
    model = Model()
    first, second, leaving, staying, other, another = (*KEYS[:4], *KEYS[5:7])
    for key in (first, second, other, another):
        model.add(key, Lane.CHANGED)
        assert await model.take()
    for key in (leaving, staying):
        model.add(key, Lane.CHANGED)
    assert await model.take() is None
    model.move(leaving, "b")
    model.finish(0, None)
    claim = await model.take()
    assert claim
    assert claim.key == staying


async def test_a_storm_on_one_group_is_no_more_work_a_key() -> None:
    asked: Counter[Key] = Counter()

    def group_of(key: Key) -> str:
        asked[key] += 1
        return "store"

    work = WorkQueue(now=lambda: 0.0, group_of=group_of, limits=Limits(group=1, newcomers=1))
    keys = [Key("ExternalSecret", "a", str(number)) for number in range(300)]
    for key in keys:
        work.add(key)
    claim = await work.get()
    for _ in keys[1:]:
        # A worker waits for the next key while the group is full, which is what makes keys be put aside.
        waiting = asyncio.create_task(work.get())
        await asyncio.sleep(0)
        assert not waiting.done()
        work.done(claim)
        claim = await waiting
    assert max(asked.values()) <= 3
