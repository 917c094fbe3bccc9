"""Noting an Event takes no time; it is emitted in its turn, and what is too much is dropped."""

import asyncio

import pytest

from secrets_operator.flow import Object
from secrets_operator.reporting.event_queue import EventQueue
from secrets_operator.reporting.events import Event

pytestmark = pytest.mark.looptime

TARGET: Object = {"metadata": {"name": "app"}}


class Slow:
    """Takes a second for each Event."""

    def __init__(self) -> None:
        self.emitted: list[str] = []

    async def emit(self, _target: Object, event: Event) -> None:
        await asyncio.sleep(1)
        self.emitted.append(event.reason)


async def noted(queue: EventQueue, count: int) -> None:
    for number in range(count):
        await queue.emit(TARGET, Event(str(number), ""))


async def test_events_are_emitted_one_after_the_other_in_their_order() -> None:
    slow = Slow()
    queue = EventQueue(slow)
    running = asyncio.create_task(queue.run())
    await noted(queue, 3)
    assert (asyncio.get_running_loop().time(), slow.emitted) == (0, [])
    await asyncio.sleep(3.5)
    running.cancel()
    assert slow.emitted == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("seconds", "emitted"),
    [pytest.param(10, ["0", "1", "2"], id="all in time"), pytest.param(1.5, ["0"], id="as many as there is time for")],
)
async def test_what_waits_at_the_end_is_emitted_while_there_is_time(seconds: float, emitted: list[str]) -> None:
    slow = Slow()
    queue = EventQueue(slow)
    await noted(queue, 3)
    await queue.drain(seconds)
    assert slow.emitted == emitted


async def test_what_is_too_much_is_dropped_and_nobody_waits() -> None:
    slow = Slow()
    queue = EventQueue(slow, most=2)
    await noted(queue, 5)
    await queue.drain(10)
    assert slow.emitted == ["0", "1"]
