"""Writes through a session: judged like reads, and what was read before them is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from secrets_operator.errors import InvalidSpec, Retryable
from secrets_operator.fetching.breaker import Breaker, Limits, State
from secrets_operator.fetching.guarded_calls import GuardedCalls
from secrets_operator.fetching.pushes import Pushes
from secrets_operator.fetching.value_cache import ValueCache
from secrets_operator.flow import Query, SecretBytes
from secrets_operator.provider import Failed, Found, Matches, Reference, Rejected
from secrets_operator.provider.push_contract import Deleted, Present, Push, Pushed, PushedSecret, Pushing, RemoteEntry

PLACE = RemoteEntry("db")
FOUND = Found(SecretBytes(b"v"))


async def nothing(*_: str) -> SecretBytes:
    return SecretBytes(b"")


WHAT = Push(PLACE, "", PushedSecret("team", "source", {}, "Opaque", {}, {}), {}, "team", nothing)


class Side:
    """A remote side that answers as told, and what stands in front of it."""

    def __init__(self, answer: Any) -> None:
        self.time, self.answer = 100.0, answer
        self.breaker = Breaker(now=lambda: self.time, limits=Limits(failures=1))
        self.share = ValueCache(10_000, now=lambda: self.time).share("store")
        self.calls = 0

    async def act(self, _what: Any) -> Any:
        self.calls += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def pushes(self, complete: Callable[[Reference], Reference] = lambda reference: reference) -> Pushes:
        return Pushes(Pushing(self.act, self.act, self.act), GuardedCalls(self.breaker), self.share, complete)


def prefixed(reference: Reference) -> Reference:
    return replace(reference, key=f"prod/{reference.key}")


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        pytest.param(Pushed(changed=True), False, id="written -> forgotten"),
        pytest.param(Failed("no answer"), False, id="no answer, so it may have arrived -> forgotten"),
        pytest.param(Pushed(changed=False), True, id="nothing written -> kept"),
    ],
)
async def test_what_was_read_of_a_place_that_is_pushed_to_is(answer: Any, *, kept: bool) -> None:
    side = Side(answer)
    for asked in (Reference("prod/db"), Reference("prod/db", "v1"), Reference("db")):
        side.share.put(asked, FOUND, 99.0)
    side.share.put(Query(name="x"), Matches({}), 99.0)
    await side.pushes(prefixed).push(WHAT)
    gone: list[Reference | Query] = [Reference("prod/db"), Reference("prod/db", "v1"), Query(name="x")]
    assert [side.share.get(one, 0.0) is not None for one in gone] == [kept] * 3
    assert side.share.get(Reference("db"), 0.0) is not None
    # What began to be read before the write ends after it.
    side.share.put(Reference("prod/db"), FOUND, 99.5)
    assert (side.share.get(Reference("prod/db"), 0.0) is not None) is kept


async def test_what_was_read_of_a_place_that_is_deleted_is_forgotten() -> None:
    side = Side(Deleted(changed=True))
    side.share.put(Reference("db"), FOUND, 99.0)
    await side.pushes().delete(PLACE)
    assert side.share.get(Reference("db"), 0.0) is None


async def test_a_side_that_does_not_answer_is_left_alone_for_a_while() -> None:
    side = Side(Failed("down"))
    pushes = side.pushes()
    assert await pushes.push(WHAT) == Failed("down")
    assert side.breaker.state is State.OPEN
    answer = await pushes.exists(PLACE)
    assert (isinstance(answer, Failed), side.calls) == (True, 1)


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        pytest.param(Retryable("slow down", after=3.0), Failed("slow down", 3.0), id="it asks to slow down"),
        pytest.param(InvalidSpec("is wrong", field="spec"), Rejected("spec: is wrong"), id="the user must act"),
    ],
)
async def test_what_is_raised_becomes_an_answer(error: Exception, answer: Any) -> None:
    assert await Side(error).pushes().push(WHAT) == answer


async def test_a_session_that_only_reads_refuses() -> None:
    side = Side(Present())
    pushes = replace(side.pushes(), pushing=None)
    answers = [await pushes.push(WHAT), await pushes.exists(PLACE), await pushes.delete(PLACE)]
    assert answers == [Rejected("its provider only reads: name a store that can be pushed to")] * 3
