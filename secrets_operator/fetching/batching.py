"""Coalesces what many resources ask of one session: each reference once, many references a call.

Reads that arrive within a short window go out together; a read of a reference that is already on its way joins it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from secrets_operator.errors import OperatorError
from secrets_operator.provider import Answer, Failed, Reference

Fetch = Callable[[Sequence[Reference]], Awaitable[Sequence[Answer]]]


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
