"""Attempts at a call: as many as a store allows, so far apart, and all within the deadline of a read."""

import asyncio

import pytest

from secrets_operator.provider.retrying import RetryPolicy

pytestmark = pytest.mark.looptime


@pytest.mark.parametrize(
    ("policy", "attempts", "seconds"),
    [
        pytest.param(RetryPolicy(), 1, 0, id="one attempt"),
        pytest.param(RetryPolicy(most=4, interval=2), 4, 6, id="several, an interval apart"),
        pytest.param(RetryPolicy(most=0, interval=3), 7, 18, id="0 -> as many as there is time for"),
        pytest.param(RetryPolicy(most=50, interval=3), 7, 18, id="never more than there is time for"),
        pytest.param(RetryPolicy(most=9, interval=60), 1, 0, id="a wait there is no time for is not begun"),
        pytest.param(RetryPolicy(most=3, interval=0), 3, 0.2, id="never without a pause"),
    ],
)
async def test_attempts(policy: RetryPolicy, attempts: int, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    started, made = loop.time(), 1
    trying = policy.start()
    while await trying.another():
        made += 1
    assert made == attempts
    assert loop.time() - started == pytest.approx(seconds)


async def test_time_that_the_calls_take_counts() -> None:
    trying = RetryPolicy(most=9, interval=1, budget=20).start()
    await asyncio.sleep(18.5)
    assert await trying.another()
    assert not await trying.another()
