"""Many calls for one query, a few at a time, so that the other users of a session get their turn in between."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


async def in_parallel(
    call: Callable[[Item], Awaitable[Result]],
    items: Iterable[Item],
    *,
    at_once: int,
    enough: Callable[[Result], bool] = lambda _: False,
) -> list[tuple[Item, Result]]:
    """Call for every item, ``at_once`` at a time, and return items with results in their order.

    After a result that is ``enough`` no further call is begun, and items without one are missing. Raises what a call
    raises, as an ExceptionGroup.
    """
    waiting = enumerate(items)
    done: dict[int, tuple[Item, Result]] = {}
    stopped = False

    async def work() -> None:
        nonlocal stopped
        for index, item in waiting:
            result = await call(item)
            done[index] = (item, result)
            stopped = stopped or enough(result)
            if stopped:
                return

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(work())
    return [done[index] for index in sorted(done)]
