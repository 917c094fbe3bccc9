"""Who writes to one place waits for whoever is there; others do not."""

from __future__ import annotations

import asyncio

from secrets_operator.provider.one_at_a_time import OneAtATime


async def test_at_one_place_one_after_the_other_and_elsewhere_at_once() -> None:
    turns, steps = OneAtATime(), []

    async def write(place: str, name: str) -> None:
        async with turns.at(place):
            steps.append(f"{name} begins")
            await asyncio.sleep(0)
            steps.append(f"{name} ends")

    await asyncio.gather(write("a", "first"), write("a", "second"), write("b", "other"))
    assert steps == ["first begins", "other begins", "first ends", "other ends", "second begins", "second ends"]


async def test_who_gives_up_or_fails_lets_the_next_one_in() -> None:
    turns = OneAtATime()
    entered = asyncio.Event()

    async def stay() -> None:
        async with turns.at("a"):
            entered.set()
            await asyncio.Event().wait()

    async def enter() -> str:
        async with turns.at("a"):
            return "in"

    first = asyncio.create_task(stay())
    await entered.wait()
    waiting, next_one = asyncio.create_task(enter()), asyncio.create_task(enter())
    await asyncio.sleep(0)
    waiting.cancel()
    first.cancel()
    assert await asyncio.wait_for(next_one, 5) == "in"
    assert await asyncio.wait_for(enter(), 5) == "in"
