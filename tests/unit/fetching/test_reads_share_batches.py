"""Reads of one session are coalesced: each reference once, many a call, and no reader harms another."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from secrets_operator.errors import OperatorError
from secrets_operator.fetching.batching import Batcher
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Answer, Failed, Found, Reference

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
    return await asyncio.gather(*(batcher.read(Reference(name)) for name in names))


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
    answers = await read(Batcher(remote.fetch, size=size), *names)
    assert (remote.calls, answers) == (calls, [found(name) for name in names])


async def test_versions_and_metadata_are_references_of_their_own() -> None:
    remote = Remote()
    batcher = Batcher(remote.fetch)
    references = [Reference("a"), Reference("a", "2"), Reference("a", metadata=True)]
    await asyncio.gather(*map(batcher.read, references))
    assert remote.calls == [["a", "a", "a"]]


async def test_a_read_joins_one_that_is_on_its_way_and_a_later_one_asks_again() -> None:
    remote = Remote(delay=10)
    batcher = Batcher(remote.fetch)
    first = asyncio.create_task(batcher.read(Reference("a")))
    await asyncio.sleep(5)
    assert await batcher.read(Reference("a")) == await first
    assert remote.calls == [["a"]]
    await batcher.read(Reference("a"))
    assert remote.calls == [["a"], ["a"]]


async def test_a_slow_call_holds_up_no_other() -> None:
    remote = Remote(delay=10)
    batcher = Batcher(remote.fetch)
    slow = asyncio.create_task(batcher.read(Reference("slow")))
    await asyncio.sleep(1)
    remote.delay = 0
    async with asyncio.timeout(1):
        await batcher.read(Reference("quick"))
    assert not slow.done()
    await slow


async def test_one_reader_giving_up_takes_the_answer_from_nobody() -> None:
    remote = Remote(delay=10)
    batcher = Batcher(remote.fetch)
    leaving, staying = (asyncio.create_task(batcher.read(Reference("a"))) for _ in range(2))
    await asyncio.sleep(5)
    leaving.cancel()
    assert await staying == found("a")
    assert leaving.cancelled()


async def test_a_call_whose_readers_have_all_gone_ends_in_silence() -> None:
    async def breaks(_references: Sequence[Reference]) -> Sequence[Answer]:
        await asyncio.sleep(5)
        raise RuntimeError

    batcher = Batcher(breaks)
    leaving = asyncio.create_task(batcher.read(Reference("a")))
    await asyncio.sleep(1)
    leaving.cancel()
    await asyncio.sleep(10)
    with pytest.raises(RuntimeError):
        await batcher.read(Reference("a"))


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
    batcher = Batcher(fetch)
    results = await asyncio.gather(*(batcher.read(Reference(name)) for name in "ab"), return_exceptions=True)
    assert [(type(result), str(result)[-len(text) :]) for result in results] == [(error, text)] * 2


async def test_a_call_without_an_answer_fails_at_its_deadline_and_the_next_asks_again() -> None:
    remote = Remote(delay=1000)
    batcher = Batcher(remote.fetch, deadline=30)
    started = asyncio.get_running_loop().time()
    assert await read(batcher, "a", "b") == [Failed("no answer within 30 s")] * 2
    assert asyncio.get_running_loop().time() - started == pytest.approx(30, abs=0.01)
    remote.delay = 0
    assert await read(batcher, "a") == [found("a")]
