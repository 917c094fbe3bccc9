"""So many calls a second, in bursts of a second's worth or of another size."""

import asyncio

import pytest

from secrets_operator.call_rate import CallRate
from tests.hand_clock import HandClock
from tests.shared_reading import now


@pytest.mark.parametrize(
    ("per_second", "waits"),
    [
        pytest.param(0, [0, 0, 0, 0, 0], id="no limit"),
        pytest.param(2, [0, 0, 0.5, 1.0, 1.5], id="two at once, then one every half second"),
        pytest.param(0.5, [1, 3, 5, 7, 9], id="fewer than one a second"),
    ],
)
def test_calls_of_one_moment(per_second: float, waits: list[float]) -> None:
    rate = CallRate(per_second, now=HandClock().monotonic)
    assert [max(0, rate.take()) for _ in waits] == pytest.approx(waits)


def test_a_pause_earns_a_burst_and_no_more() -> None:
    clock = HandClock()
    rate = CallRate(2, now=clock.monotonic)
    for _ in range(4):
        rate.take()
    clock.pass_by(60)
    assert [max(0, rate.take()) for _ in range(3)] == pytest.approx([0, 0, 0.5])


def test_a_burst_can_be_of_another_size() -> None:
    rate = CallRate(2, now=HandClock().monotonic, burst=3)
    assert [max(0, rate.take()) for _ in range(5)] == pytest.approx([0, 0, 0, 0.5, 1.0])


@pytest.mark.looptime
async def test_turns_come_at_their_time() -> None:
    rate, times = CallRate(2, now=now), []

    async def call() -> None:
        await rate.turn()
        times.append(round(now(), 3))

    await asyncio.gather(*(call() for _ in range(4)))
    assert times == [0, 0, 0.5, 1.0]
