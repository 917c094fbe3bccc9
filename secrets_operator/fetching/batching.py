"""Coalesces what many resources ask of one session: each reference once, many references a call, each query once.

Reads that arrive within a short window go out together; a read of a reference that is already on its way joins it, and
so does a query.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from secrets_operator.errors import OperatorError
from secrets_operator.flow import Query
from secrets_operator.provider import MOST_MATCHES, TOO_MANY_MATCHES, Answer, Failed, FindAnswer, Matches, Reference

Fetch = Callable[[Sequence[Reference]], Awaitable[Sequence[Answer]]]
Find = Callable[[Query], Awaitable[FindAnswer]]


class Batcher:
    """Turns single reads into batched calls of ``fetch``."""

    def __init__(self, fetch: Fetch, *, window: float = 0.002, size: int = 100, deadline: float = 30.0) -> None:
        """Collect reads for ``window`` seconds, at most ``size`` a call; a call may take ``deadline`` seconds."""
        self._fetch = fetch
        self._window = window
        self._size = size
        self._deadline = deadline
        self._collecting: dict[Reference, asyncio.Future[Answer]] = {}
        self._asked: dict[Reference, asyncio.Future[Answer]] = {}
        self._calls: set[asyncio.Task[None]] = set()

    async def read(self, reference: Reference) -> Answer:
        """Return the answer to one reference. Raises what the provider raises against its contract."""
        loop = asyncio.get_running_loop()
        future = self._asked.get(reference)
        if future is None:
            future = self._asked[reference] = loop.create_future()
            if not self._collecting:
                loop.call_later(self._window, self._send)
            self._collecting[reference] = future
        # One reader giving up must not take the answer from the others.
        return await asyncio.shield(future)

    def _send(self) -> None:
        collected, self._collecting = list(self._collecting.items()), {}
        for start in range(0, len(collected), self._size):
            call = asyncio.create_task(self._call(dict(collected[start : start + self._size])))
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)

    async def _call(self, batch: dict[Reference, asyncio.Future[Answer]]) -> None:
        try:
            answers = await self._ask(list(batch))
        except Exception as error:  # noqa: BLE001 - a plug-in's defect reaches every reader, not the loop
            for future in batch.values():
                future.set_exception(error)
                future.exception()  # every reader may have gone; an unread exception is not news then
        else:
            for future, answer in zip(batch.values(), answers, strict=True):
                future.set_result(answer)
        finally:
            for reference, future in batch.items():
                future.cancel()  # only when this call itself was cancelled is one still pending
                del self._asked[reference]

    async def _ask(self, references: Sequence[Reference]) -> Sequence[Answer]:
        try:
            async with asyncio.timeout(self._deadline):
                answers = await self._fetch(references)
        except TimeoutError:
            return [Failed(f"no answer within {self._deadline:g} s")] * len(references)
        if len(answers) != len(references):
            message = f"the provider gave {len(answers)} answers to {len(references)} references"
            raise OperatorError(message)
        return answers


@dataclass(slots=True, eq=False)
class _Asked:
    task: asyncio.Task[FindAnswer]
    waiting: int = 0


class Finder:
    """Asks each query once, however many wait for the answer, and stops asking when nobody does any more."""

    def __init__(self, find: Find, *, deadline: float = 30.0) -> None:
        """Give each query ``deadline`` seconds."""
        self._find = find
        self._deadline = deadline
        self._asked: dict[Query, _Asked] = {}

    async def find(self, query: Query) -> FindAnswer:
        """Return the answer to one query. Raises what the provider raises against its contract."""
        asked = self._asked.get(query)
        if asked is None:
            asked = self._asked[query] = _Asked(asyncio.create_task(self._ask(query)))
        asked.waiting += 1
        try:
            return await asyncio.shield(asked.task)
        finally:
            asked.waiting -= 1
            # Answered, or cancelled and of no use to who comes next: either way it is not to be joined.
            if not asked.waiting or asked.task.done():
                asked.task.cancel()
                if self._asked.get(query) is asked:
                    del self._asked[query]

    async def _ask(self, query: Query) -> FindAnswer:
        try:
            async with asyncio.timeout(self._deadline):
                answer = await self._find(query)
        except TimeoutError:
            return Failed(f"no answer within {self._deadline:g} s: narrow the query")
        if isinstance(answer, Matches) and len(answer.payloads) > MOST_MATCHES:
            return TOO_MANY_MATCHES
        return answer
