"""Coalesces what many resources ask of one session: each reference once, many references a call, each query once.

Reads that arrive within a short window go out together, and with them what the resources that still wait for their
turn are going to ask. Where more is on its way, what would not fill a call of the remote side is held back a moment. A
read joins one that is on its way, or takes what was read a moment ago, if that began late enough for whoever asks:
nothing that was read before ``since``, a monotonic time, will do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from secrets_operator.errors import OperatorError
from secrets_operator.fetching.value_cache import Share
from secrets_operator.flow import Key, Query
from secrets_operator.provider import MOST_MATCHES, TOO_MANY_MATCHES, Answer, FindAnswer, Matches, Reference

# Little against the second in which a new resource is to be synced, and longer than from one new store to the next.
_HELD_SECONDS = 0.04

Fetch = Callable[[Sequence[Reference]], Awaitable[Sequence[Answer]]]
Find = Callable[[Query], Awaitable[FindAnswer]]


class Ask(NamedTuple):
    """A reference that a waiting resource is going to read, and since when."""

    reference: Reference
    since: float


class Ahead(NamedTuple):
    """What a resource in a namespace is going to read from a store."""

    store: Key
    namespace: str
    ask: Ask
    ticket: int = 0
    """That of its place among those that wait, of which later ones have higher ones."""


@dataclass(frozen=True, slots=True)
class Supply:
    """What a call can take along, asked for whenever one goes out."""

    waiting: Callable[[], Iterable[Ask]] = tuple
    """What waiting resources are going to ask."""

    soon: Callable[[], Iterable[Ask]] = tuple
    """What is going to be refreshed so soon that it may be read now as well; for calls with room only."""

    batch_of: Callable[[Reference], int] = lambda _: 1
    """How many references a call of the remote side answers together with one; see ``Sharing``."""

    more_to_come: Callable[[], bool] = lambda: False
    """Whether others are about to ask, so that what does not fill a call had better wait for them."""


class Got(NamedTuple):
    """An answer, and the monotonic time at which its reading began."""

    answer: Answer
    read_at: float


class GotMatches(NamedTuple):
    """An answer to a query, and the monotonic time at which its reading began."""

    answer: FindAnswer
    read_at: float


@dataclass(slots=True, eq=False)
class _Reading:
    future: asyncio.Future[Got]
    sent_at: float | None = None
    """None while it is being collected."""

    held_until: float | None = None
    """By the time of the loop; None while nothing held it back."""

    def serves(self, since: float) -> bool:
        """Tell whether whoever accepts nothing read before ``since`` may wait for it."""
        return self.sent_at is None or self.sent_at >= since


class Batcher:
    """Turns single reads into batched calls of ``fetch``."""

    def __init__(
        self,
        fetch: Fetch,
        share: Share,
        *,
        supply: Supply | None = None,
        window: float = 0.002,
        size: int = 100,
    ) -> None:
        """Collect reads for ``window`` seconds, at most ``size`` a call."""
        self._fetch = fetch
        self._share = share
        self._supply = supply or Supply()
        self._window = window
        self._size = size
        self._collecting: dict[Reference, _Reading] = {}
        self._asked: dict[Reference, _Reading] = {}
        self._calls: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def read(self, reference: Reference, since: float) -> Got:
        """Return the answer to one reference. Raises what the provider raises against its contract."""
        known = self._known(reference, since)
        if known is not None:
            return known
        reading = self._asked.get(reference)
        if reading is None or not reading.serves(since):
            self._send_within(self._window)
            reading = self._collect(reference)
        # One reader giving up must not take the answer from the others.
        return await asyncio.shield(reading.future)

    async def stop(self) -> None:
        """Break off the calls under way; who reads is told that they were cancelled."""
        if self._timer is not None:
            self._timer.cancel()
        for reading in self._collecting.values():
            reading.future.cancel()
        calls = list(self._calls)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

    def _send_within(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        if self._timer is not None:
            if self._timer.when() <= loop.time() + seconds:
                return
            self._timer.cancel()
        self._timer = loop.call_later(seconds, self._send)

    def _known(self, reference: Reference, since: float) -> Got | None:
        found = self._share.get(reference, since)
        if found is None or isinstance(found[0], Matches):
            return None
        return Got(found[0], found[1])

    def _collect(self, reference: Reference) -> _Reading:
        reading = _Reading(asyncio.get_running_loop().create_future())
        self._collecting[reference] = self._asked[reference] = reading
        return reading

    def _take_along(self, reference: Reference, since: float) -> bool:
        """Collect what nobody waits for yet; tell whether it has to be read at all."""
        reading = self._asked.get(reference)
        if self._known(reference, since) is not None or (reading is not None and reading.serves(since)):
            return False
        self._collect(reference)
        return True

    def _fill_up(self) -> None:
        """Use the room that is left in a call of the remote side, where there is no more than one."""
        sizes = [size for size in map(self._supply.batch_of, self._collecting) if size > 1]
        room = max(sizes, default=0) - len(sizes)
        if room <= 0 or not self._share.keeps:
            return
        for reference, since in self._supply.soon():
            if self._supply.batch_of(reference) > 1 and self._take_along(reference, since):
                room -= 1
            if not room:
                return

    def _held(self) -> dict[Reference, _Reading]:
        """Return what is to wait for others, each once and not for long: the rest of a batch that is not full."""
        if not self._supply.more_to_come():
            return {}
        sizes = {reference: self._supply.batch_of(reference) for reference in self._collecting}
        batched = [reference for reference, size in sizes.items() if size > 1]
        full = max(sizes.values(), default=1)
        rest = {reference: self._collecting[reference] for reference in batched[len(batched) // full * full :]}
        now = asyncio.get_running_loop().time()
        for reading in rest.values():
            reading.held_until = reading.held_until or now + _HELD_SECONDS
        until = min((reading.held_until or now for reading in rest.values()), default=now)
        if until <= now:
            return {}
        self._send_within(until - now)
        return rest

    def _send(self) -> None:
        self._timer = None
        for reference, since in self._supply.waiting():
            self._take_along(reference, since)
        self._fill_up()
        held = self._held()
        collected = [(reference, reading) for reference, reading in self._collecting.items() if reference not in held]
        self._collecting = held
        now = self._share.now()
        for _, reading in collected:
            reading.sent_at = now
        for start in range(0, len(collected), self._size):
            call = asyncio.create_task(self._call(dict(collected[start : start + self._size]), now))
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)

    async def _call(self, batch: dict[Reference, _Reading], now: float) -> None:
        try:
            answers = await self._ask(list(batch))
        except Exception as error:  # noqa: BLE001 - a plug-in's defect reaches every reader, not the loop
            for reading in batch.values():
                reading.future.set_exception(error)
                reading.future.exception()  # every reader may have gone; an unread exception is not news then
        else:
            for (reference, reading), answer in zip(batch.items(), answers, strict=True):
                self._share.put(reference, answer, now)
                reading.future.set_result(Got(answer, now))
        finally:
            for reference, reading in batch.items():
                reading.future.cancel()  # only when this call itself was cancelled is one still pending
                if self._asked.get(reference) is reading:
                    del self._asked[reference]

    async def _ask(self, references: Sequence[Reference]) -> Sequence[Answer]:
        answers = await self._fetch(references)
        if len(answers) != len(references):
            message = f"the provider gave {len(answers)} answers to {len(references)} references"
            raise OperatorError(message)
        return answers


@dataclass(slots=True, eq=False)
class _Asked:
    task: asyncio.Task[FindAnswer]
    began: float
    waiting: int = 0


class Finder:
    """Asks each query once, however many wait for the answer, and stops asking when nobody does any more."""

    def __init__(self, find: Find, share: Share) -> None:
        self._find = find
        self._share = share
        self._asked: dict[Query, _Asked] = {}

    async def find(self, query: Query, since: float) -> GotMatches:
        """Return the answer to one query. Raises what the provider raises against its contract."""
        known = self._share.get(query, since)
        if known is not None and isinstance(known[0], Matches):
            return GotMatches(known[0], known[1])
        asked = self._asked.get(query)
        if asked is None or asked.began < since:
            now = self._share.now()
            asked = self._asked[query] = _Asked(asyncio.create_task(self._ask(query)), now)
        asked.waiting += 1
        try:
            answer = await asyncio.shield(asked.task)
        finally:
            asked.waiting -= 1
            # Answered, or cancelled and of no use to who comes next: either way it is not to be joined.
            if not asked.waiting or asked.task.done():
                asked.task.cancel()
                if self._asked.get(query) is asked:
                    del self._asked[query]
        self._share.put(query, answer, asked.began)
        return GotMatches(answer, asked.began)

    async def _ask(self, query: Query) -> FindAnswer:
        answer = await self._find(query)
        if isinstance(answer, Matches) and len(answer.payloads) > MOST_MATCHES:
            return TOO_MANY_MATCHES
        return answer
