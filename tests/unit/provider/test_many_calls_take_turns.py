"""Many calls for one query: a few at a time, in order, and no more once there is trouble."""

import asyncio

import pytest

from secrets_operator.provider.parallel import in_parallel

pytestmark = pytest.mark.looptime


class Calls:
    """Takes a second for each call, and counts those under way."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.under_way = self.most = 0

    async def __call__(self, item: int) -> int:
        self.begun.append(item)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(1 + (item % 3) / 10)
        self.under_way -= 1
        return item * 10


@pytest.mark.parametrize(
    ("count", "at_once", "most"),
    [
        pytest.param(0, 4, 0, id="nothing to do"),
        pytest.param(3, 8, 3, id="fewer than may be under way"),
        pytest.param(50, 8, 8, id="more"),
    ],
)
async def test_results_come_in_order_of_their_items(count: int, at_once: int, most: int) -> None:
    calls = Calls()
    results = await in_parallel(calls, range(count), at_once=at_once)
    assert results == [(item, item * 10) for item in range(count)]
    assert calls.most == most


async def test_after_trouble_nothing_is_begun_and_the_first_trouble_in_order_is_there() -> None:
    calls = Calls()
    results = await in_parallel(calls, range(50), at_once=4, enough=lambda result: result >= 100)
    assert len(calls.begun) <= 14
    assert next(item for item, result in results if result >= 100) == 10
    assert [item for item, _ in results] == calls.begun
    assert calls.under_way == 0


async def test_a_query_that_is_given_up_leaves_no_call_behind() -> None:
    calls = Calls()
    running = asyncio.create_task(in_parallel(calls, range(50), at_once=4))
    await asyncio.sleep(1.5)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    begun = list(calls.begun)
    await asyncio.sleep(10)
    assert calls.begun == begun
