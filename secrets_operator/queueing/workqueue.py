"""The queue of keys: de-duplicated, in lanes, one run per key at a time; see :mod:`.line` for the order within a lane.

A key is in the queue at most once, with the most urgent lane and the earliest due time it was added with. A key added
while it runs is queued again when the run ends. Of the keys of one group (the resources of one store) only so many run
at a time, so that a store that hangs holds up nobody else; and only so many runs may be for changed stores, retries and
refreshes, so that a new resource always finds a free worker. A run that waits for others can be set aside: it keeps its
place in its group and counts no more towards that limit. Newcomers get more places of a group: most of what they do,
and all of it where the value is known, is asked of the API server, which serves each client by what it has under way.
Too many would make each of them slow. Knows neither Kubernetes nor providers.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from itertools import chain, count, islice

from secrets_operator.flow import Key, Lane
from secrets_operator.queueing.line import Entry, Line

# About as many keys as workers take next; looking at all that are ready would cost more than it is worth.
_NEXT = 128
# Whoever waits can be read for by others, whose call is cheaper than a look; still there must be an end to it.
_LOOKED_AT = 2048


@dataclass(frozen=True, slots=True)
class Limits:
    """How many runs may be under way at once."""

    group: int = 16
    """Of changed stores, retries and refreshes of one group."""

    newcomers: int = 32
    """Of one group, as long as newcomers come to it."""

    background: int = 48
    """Of changed stores, retries and refreshes in all."""


def limits_of(*, concurrency: int, of_one_store: int) -> Limits:
    """Return the limits for so many workers: a quarter of them is always there for new resources of other stores."""
    most = max(concurrency * 3 // 4, 1)
    return Limits(of_one_store, max(of_one_store, min(2 * of_one_store, most)), most)


@dataclass(frozen=True, slots=True)
class Claim:
    """A key taken from the queue; give it back with :meth:`WorkQueue.done`."""

    key: Key
    lane: Lane
    group: str
    waited: float
    """Seconds between the time the key was due and the time it was taken."""

    asked: float = 0.0
    """The monotonic time of the last request for this run: what was read since then is new to whoever asked."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A key that is due and has to wait: its group has all the runs it may have, or no worker is free."""

    key: Key
    lane: Lane
    asked: float
    ticket: int
    """Grows with every key that comes to wait; one that is asked for anew may have another."""


@dataclass(slots=True)
class _Wanted:
    lane: Lane
    due: float
    asked: float
    # The entry with this number is the valid one; older entries of the key are skipped when their turn comes.
    ticket: int


class WorkQueue:
    """See the module's docstring. Not thread-safe: lives on one event loop, with one task calling :meth:`get`."""

    def __init__(
        self,
        *,
        now: Callable[[], float],
        group_of: Callable[[Key], str],
        limits: Limits | None = None,
        accepts: Callable[[Key], bool] = lambda _: True,
    ) -> None:
        """Read monotonic seconds from ``now`` and the group of a key from ``group_of`` (``""``: no limit).

        A key that is not accepted, when it is added or when its turn comes, is dropped: it is another replica's.
        """
        self._accepts = accepts
        self._now = now
        self._group_of = group_of
        self._limits = limits or Limits()
        self._tickets = count()
        self._wanted: dict[Key, _Wanted] = {}
        self._ready = Line()
        self._later: list[tuple[float, int, Key]] = []
        self._parked: defaultdict[str, Line] = defaultdict(Line)
        self._running: dict[Key, Claim] = {}
        self._running_per_group: Counter[str] = Counter()
        self._aside: set[Key] = set()
        self._wake = asyncio.Event()

    def add(self, key: Key, lane: Lane = Lane.CHANGED, *, delay: float = 0.0) -> None:
        """Queue ``key``, due after ``delay`` seconds; an earlier or more urgent request for it stands."""
        if not self._accepts(key):
            return
        asked = due = self._now() + delay
        wanted = self._wanted.get(key)
        if wanted is not None:
            if wanted.lane <= lane and wanted.due <= due:
                wanted.asked = wanted.asked if delay else asked
                return
            # A periodic refresh far ahead must not make a failed key wait, nor a retry lose its urgency.
            lane, due = min(wanted.lane, lane), min(wanted.due, due)
        self._wanted[key] = _Wanted(lane, due, asked, next(self._tickets))
        if key not in self._running:
            self._push(key)

    def discard(self, key: Key) -> None:
        """Forget that ``key`` is wanted; a run under way goes on."""
        self._wanted.pop(key, None)

    async def get(self) -> Claim:
        """Wait for the most urgent key that may run, and claim it."""
        while True:
            self._wake.clear()
            self._promote()
            claim = self._take()
            if claim is not None:
                return claim
            await self._wait()

    def done(self, claim: Claim) -> None:
        """End the run of a claimed key; a request made meanwhile is queued now."""
        del self._running[claim.key]
        self._aside.discard(claim.key)
        self._running_per_group[claim.group] -= 1
        if not self._running_per_group[claim.group]:
            del self._running_per_group[claim.group]
        if claim.key in self._wanted:
            self._push(claim.key)
        self._wake.set()

    def set_aside(self, claim: Claim) -> None:
        """Let a run that only waits for somebody else's answer count no more towards the limit of background runs."""
        self._aside.add(claim.key)
        self._wake.set()

    def claimed(self, key: Key) -> Claim | None:
        """Return the claim under which ``key`` runs; None when it does not run."""
        return self._running.get(key)

    def waiting(
        self, groups: Container[str], most: int, *, seen: Container[int] = frozenset()
    ) -> Iterator[tuple[str, Waiting]]:
        """Yield up to ``most`` of the due keys of ``groups`` that no worker has, with their group, in no order.

        All that a group has no room for, and many of those for whom no worker is free; but not the tickets that were
        ``seen``, so that whoever looks often looks at each key once.
        """
        for group, entry in islice(self._waiting(groups, seen), most):
            yield group, Waiting(entry.key, entry.lane, self._wanted[entry.key].asked, entry.ticket)

    def soon(self, groups: Container[str], within: float) -> Iterator[tuple[str, Key, float]]:
        """Yield keys of ``groups`` that are to be refreshed within so many seconds, with their group and the time.

        Not all: only those that are among the next.
        """
        latest = self._now() + within
        for due, ticket, key in self._later[:_NEXT]:
            if due > latest or not self._is_current(Entry(Lane.REFRESH, due, ticket, key)):
                continue
            group = self._group_of(key)
            if group in groups and self._wanted[key].lane is Lane.REFRESH:
                yield group, key, due

    def _waiting(self, groups: Container[str], seen: Container[int]) -> Iterator[tuple[str, Entry]]:
        parked = ((group, entry) for group, entries in self._parked.items() if group in groups for entry in entries)
        fresh = (entry for entry in islice(self._ready, _LOOKED_AT) if entry.ticket not in seen)
        ready = ((self._group_of(entry.key), entry) for entry in fresh)
        for group, entry in chain(parked, ready):
            if entry.ticket not in seen and group in groups and self._is_current(entry):
                yield group, entry

    @property
    def running(self) -> int:
        """How many claimed keys are not done."""
        return len(self._running)

    def depth(self) -> Counter[Lane]:
        """Count the keys that are due and wait, by lane."""
        now = self._now()
        return Counter(wanted.lane for wanted in self._wanted.values() if wanted.due <= now)

    def oldest(self) -> dict[Lane, float]:
        """Return for how many seconds the longest-waiting due key of each lane has been due; 0 where none waits."""
        now, oldest = self._now(), dict.fromkeys(Lane, 0.0)
        for wanted in self._wanted.values():
            oldest[wanted.lane] = max(oldest[wanted.lane], now - wanted.due)
        return oldest

    def _push(self, key: Key) -> None:
        wanted = self._wanted[key]
        if wanted.due <= self._now():
            self._ready.push(Entry(wanted.lane, wanted.due, wanted.ticket, key))
        else:
            heapq.heappush(self._later, (wanted.due, wanted.ticket, key))
        self._wake.set()

    def _promote(self) -> None:
        now = self._now()
        while self._later and self._later[0][0] <= now:
            due, ticket, key = heapq.heappop(self._later)
            wanted = self._wanted.get(key)
            if wanted is not None and wanted.ticket == ticket and key not in self._running:
                self._ready.push(Entry(wanted.lane, due, ticket, key))

    def _unpark(self, now: float) -> bool:
        """Bring back from each group as many keys as it has room for; say whether there were any.

        Never more: in a storm on one store, moving all of them at every end of a run would take quadratic time.
        """
        found = False
        for group, waiting in list(self._parked.items()):
            moved = 0
            while (entry := waiting.peek(now)) is not None and self._room(group, entry.lane) > moved:
                waiting.serve(entry)
                if self._is_current(entry):
                    self._ready.push(entry)
                    found, moved = True, moved + 1
            if not waiting:
                del self._parked[group]
        return found

    def _room(self, group: str, lane: Lane) -> int:
        limit = self._limits.newcomers if lane is Lane.CHANGED else self._limits.group
        return limit - self._running_per_group.get(group, 0)

    def _take(self) -> Claim | None:
        now = self._now()
        self._unpark(now)
        # The second time for those whose group has changed since they were parked: they leave room for others.
        while (entry := self._ready.peek(now)) is not None or self._unpark(now):
            if entry is None:
                continue
            # Lanes are served in their order: once it is a background key's turn, nothing urgent is waiting.
            if self._is_current(entry) and entry.lane >= Lane.STORE and self._is_full_of_background():
                return None
            self._ready.serve(entry)
            claim = self._claim_of(entry, now)
            if claim is not None:
                return claim
        return None

    def _is_full_of_background(self) -> bool:
        return len(self._running) - len(self._aside) >= self._limits.background

    def _claim_of(self, entry: Entry, now: float) -> Claim | None:
        """Claim the key whose turn it is; None when it is not wanted any more, or its group has no room."""
        if not self._is_current(entry):
            return None
        key = entry.key
        if not self._accepts(key):
            del self._wanted[key]
            return None
        group = self._group_of(key)
        if group and self._room(group, entry.lane) <= 0:
            self._parked[group].push(entry)
            return None
        return self._claim(key, Claim(key, entry.lane, group, max(0.0, now - entry.due), self._wanted[key].asked))

    def _claim(self, key: Key, claim: Claim) -> Claim:
        del self._wanted[key]
        self._running[key] = claim
        self._running_per_group[claim.group] += 1
        return claim

    def _is_current(self, entry: Entry) -> bool:
        wanted = self._wanted.get(entry.key)
        return wanted is not None and wanted.ticket == entry.ticket and entry.key not in self._running

    async def _wait(self) -> None:
        # Until something changes, or the next delayed key is due.
        timeout = self._later[0][0] - self._now() if self._later else None
        try:
            async with asyncio.timeout(timeout):
                await self._wake.wait()
        except TimeoutError:
            return
