"""Reads of one session are coalesced: each reference once, many a call, and no reader harms another."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from secrets_operator.errors import OperatorError
from secrets_operator.fetching.batching import Ask, Batcher, Supply
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Absent, Answer, Found, Reference
from tests.shared_reading import now, share

pytestmark = pytest.mark.looptime

Fetch = Callable[[Sequence[Reference]], Awaitable[Sequence[Answer]]]


def found(key: str) -> Found:
    return Found(SecretBytes(key.encode()))


class Remote:
    """Answers after ``delay`` seconds and remembers the keys of every call."""

    def __init__(self, delay: float = 1.0) -> None:
        self.delay = delay
        self.calls: list[list[str]] = []

    async def fetch(self, references: Sequence[Reference]) -> Sequence[Answer]:
        self.calls.append([reference.key for reference in references])
        await asyncio.sleep(self.delay)
        return [found(reference.key) for reference in references]


async def read(batcher: Batcher, *names: str) -> list[Answer]:
    return await asyncio.gather(*(answer(batcher, Reference(name)) for name in names))


async def answer(batcher: Batcher, reference: Reference) -> Answer:
    """Ask for a reference and accept nothing that was read before."""
    return (await batcher.read(reference, now())).answer


@pytest.mark.parametrize(
    ("names", "size", "calls"),
    [
        pytest.param("abc", 100, [["a", "b", "c"]], id="reads of one moment go out in one call"),
        pytest.param("aba", 100, [["a", "b"]], id="a reference asked for twice is read once"),
        pytest.param("abcde", 2, [["a", "b"], ["c", "d"], ["e"]], id="a call holds no more than the batch size"),
    ],
)
async def test_calls(names: str, size: int, calls: list[list[str]]) -> None:
    remote = Remote()
    answers = await read(Batcher(remote.fetch, share(), size=size), *names)
    assert (remote.calls, answers) == (calls, [found(name) for name in names])


async def test_versions_and_metadata_are_references_of_their_own() -> None:
    remote = Remote()
    batcher = Batcher(remote.fetch, share())
    references = [Reference("a"), Reference("a", "2"), Reference("a", metadata=True)]
    await asyncio.gather(*(answer(batcher, reference) for reference in references))
    assert remote.calls == [["a", "a", "a"]]


@pytest.mark.parametrize(
    ("wait", "age", "calls"),
    [
        pytest.param(5, 6, 1, id="on its way and begun late enough -> joined"),
        pytest.param(5, 4, 2, id="on its way and begun too early -> asked again"),
        pytest.param(15, 16, 1, id="answered and read late enough -> taken"),
        pytest.param(15, 14, 2, id="answered and read too early -> asked again"),
    ],
)
async def test_a_read_is_shared_with_who_accepts_its_age(wait: float, age: float, calls: int) -> None:
    remote = Remote(delay=10)
    batcher = Batcher(remote.fetch, share())
    first = asyncio.create_task(answer(batcher, Reference("a")))
    await asyncio.sleep(wait)
    got = await batcher.read(Reference("a"), now() - age)
    assert (got.answer, await first) == (found("a"), found("a"))
    assert remote.calls == [["a"]] * calls


async def test_a_read_that_is_asked_again_keeps_who_waits_for_the_former_one() -> None:
    remote = Remote(delay=10)
    batcher = Batcher(remote.fetch, share())
    first = asyncio.create_task(answer(batcher, Reference("a")))
    await asyncio.sleep(5)
    again = asyncio.create_task(answer(batcher, Reference("a")))
    assert await first == found("a")
    assert await again == found("a")
    assert now() == pytest.approx(15, abs=0.1)


async def test_what_was_not_found_is_asked_each_time() -> None:
    asked: list[int] = []

    async def absent(references: Sequence[Reference]) -> Sequence[Answer]:
        asked.append(len(references))
        return [Absent()] * len(references)

    batcher = Batcher(absent, share())
    for _ in range(2):
        await batcher.read(Reference("a"), since=0)
    assert asked == [1, 1]


async def test_a_call_takes_along_what_waiting_resources_are_going_to_ask() -> None:
    remote = Remote()
    waiting = [Ask(Reference(name), since=0) for name in "abc"]
    batcher = Batcher(remote.fetch, share(), supply=Supply(waiting=lambda: waiting))
    assert await read(batcher, "a") == [found("a")]
    got = await batcher.read(Reference("c"), since=0)
    assert (remote.calls, got.answer) == ([["a", "b", "c"]], found("c"))


async def test_what_waiting_resources_can_take_from_the_cache_is_not_asked_again() -> None:
    remote = Remote()
    waiting: list[Ask] = []
    batcher = Batcher(remote.fetch, share(), supply=Supply(waiting=lambda: waiting))
    await read(batcher, "a")
    waiting += [Ask(Reference("a"), since=0), Ask(Reference("b"), since=0)]
    await read(batcher, "c")
    assert remote.calls == [["a"], ["c", "b"]]


def by_four(reference: Reference) -> int:
    """Batches of four, for all but versions."""
    return 1 if reference.version else 4


SOON = [Ask(Reference(name, version), since=0) for name, version in (("a", ""), ("v", "1"), ("b", ""), ("c", ""))]


@pytest.mark.parametrize(
    ("wanted", "size", "calls"),
    [
        pytest.param("x", by_four, ["x", "a", "b", "c"], id="as many as there is room for, of those that fit"),
        pytest.param("xyz", by_four, ["x", "y", "z", "a"], id="no more than that"),
        pytest.param("wxyz", by_four, ["w", "x", "y", "z"], id="none where the call is full"),
        pytest.param("vwxyz", by_four, ["v", "w", "x", "y", "z"], id="none where there are several"),
        pytest.param("x", lambda _: 1, ["x"], id="none where each is a call of its own"),
        pytest.param("a", by_four, ["a", "b", "c"], id="nothing twice"),
    ],
)
async def test_a_call_with_room_takes_along_what_is_refreshed_soon(
    wanted: str, size: Callable[[Reference], int], calls: list[str]
) -> None:
    remote = Remote()
    batcher = Batcher(remote.fetch, share(), supply=Supply(soon=lambda: SOON, batch_of=size))
    await read(batcher, *wanted)
    assert remote.calls == [calls]


async def test_what_was_taken_along_serves_its_refresh() -> None:
    remote = Remote()
    batcher = Batcher(remote.fetch, share(), supply=Supply(soon=lambda: SOON, batch_of=by_four))
    got = [await batcher.read(Reference(name), since=0) for name in ("x", "a", "b")]
    assert [one.answer for one in got] == [found("x"), found("a"), found("b")]
    assert remote.calls == [["x", "a", "b", "c"]]


async def test_nothing_is_taken_along_where_nothing_is_kept() -> None:
    remote = Remote()
    batcher = Batcher(remote.fetch, share(0), supply=Supply(soon=lambda: SOON, batch_of=by_four))
    await read(batcher, "x")
    assert remote.calls == [["x"]]


async def test_a_read_that_takes_no_batch_takes_nothing_along() -> None:
    remote = Remote()
    batcher = Batcher(remote.fetch, share(), supply=Supply(soon=lambda: SOON, batch_of=by_four))
    await batcher.read(Reference("x", "1"), since=0)
    assert remote.calls == [["x"]]


async def test_a_slow_call_holds_up_no_other() -> None:
    remote = Remote(delay=10)
    batcher = Batcher(remote.fetch, share())
    slow = asyncio.create_task(answer(batcher, Reference("slow")))
    await asyncio.sleep(1)
    remote.delay = 0
    async with asyncio.timeout(1):
        await answer(batcher, Reference("quick"))
    assert not slow.done()
    await slow


async def test_one_reader_giving_up_takes_the_answer_from_nobody() -> None:
    remote = Remote(delay=10)
    batcher = Batcher(remote.fetch, share())
    leaving, staying = (asyncio.create_task(answer(batcher, Reference("a"))) for _ in range(2))
    await asyncio.sleep(5)
    leaving.cancel()
    assert await staying == found("a")
    assert leaving.cancelled()


async def test_a_call_whose_readers_have_all_gone_ends_in_silence() -> None:
    async def breaks(_references: Sequence[Reference]) -> Sequence[Answer]:
        await asyncio.sleep(5)
        raise RuntimeError

    batcher = Batcher(breaks, share())
    leaving = asyncio.create_task(answer(batcher, Reference("a")))
    await asyncio.sleep(1)
    leaving.cancel()
    await asyncio.sleep(10)
    with pytest.raises(RuntimeError):
        await answer(batcher, Reference("a"))


async def wrong_number(_references: Sequence[Reference]) -> Sequence[Answer]:
    return [found("a")]


async def raises(_references: Sequence[Reference]) -> Sequence[Answer]:
    message = "a defect"
    raise ZeroDivisionError(message)


@pytest.mark.parametrize(
    ("fetch", "error", "text"),
    [
        pytest.param(raises, ZeroDivisionError, "a defect", id="what the provider raises reaches every reader"),
        pytest.param(
            wrong_number,
            OperatorError,
            "gave 1 answers to 2 references",
            id="a wrong number of answers is matched to none",
        ),
    ],
)
async def test_a_provider_that_breaks_its_contract(fetch: Fetch, error: type[Exception], text: str) -> None:
    batcher = Batcher(fetch, share())
    results = await asyncio.gather(*(answer(batcher, Reference(name)) for name in "ab"), return_exceptions=True)
    assert [(type(result), str(result)[-len(text) :]) for result in results] == [(error, text)] * 2
