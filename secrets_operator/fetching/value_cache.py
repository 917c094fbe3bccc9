"""Keeps what was read for a short time, so that one remote read serves all who ask for it within that time.

Bounded in bytes over all stores and fair among them: when the whole is full, the store that holds most gives up its
oldest values. A share belongs to one open session, so that no value outlives or outgrows the credential that read it.
Only what was found is kept: that something is absent, or that it failed, is asked anew each time.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from secrets_operator.flow import Query
from secrets_operator.provider import Answer, FindAnswer, Found, Matches

LONGEST_SECONDS = 60.0
"""Nobody accepts a value that is older; see ``planning.freshness``."""

SWEEP_SECONDS = 15.0
"""How often what is too old is looked for."""

# What an entry costs beside its value, roughly: without it a million empty values would be free.
_OVERHEAD_BYTES = 256


@dataclass(frozen=True, slots=True)
class _Entry:
    answer: Answer | FindAnswer
    read_at: float
    size: int


class Share:
    """What one session has read; oldest first."""

    def __init__(self, cache: ValueCache, store: str) -> None:
        self._cache = cache
        self.store = store
        self.size = 0
        self._entries: dict[Hashable, _Entry] = {}
        self._written_at = -math.inf

    @property
    def keeps(self) -> bool:
        """Whether anything is kept at all."""
        return self._cache.keeps

    def now(self) -> float:
        """Return the monotonic time that all times here are of."""
        return self._cache.now()

    def get(self, asked: Hashable, since: float) -> tuple[Answer | FindAnswer, float] | None:
        """Return the answer to ``asked`` and when it was read, unless that was before ``since``."""
        entry = self._entries.get(asked)
        return (entry.answer, entry.read_at) if entry is not None and entry.read_at >= since else None

    def put(self, asked: Hashable, answer: Answer | FindAnswer, read_at: float) -> None:
        """Keep an answer whose reading began at ``read_at``; in place of an older one to the same."""
        if not isinstance(answer, Found | Matches):
            self._drop(asked)
            return
        if read_at <= self._written_at:
            return
        known = self._entries.get(asked)
        if known is not None and known.read_at > read_at:
            return
        self._drop(asked)
        entry = self._entries[asked] = _Entry(answer, read_at, _size(answer))
        self.size += entry.size
        self._cache.added(self, entry.size)

    def written(self, key: str) -> None:
        """Forget what was read of the remote secret ``key``, which was written to; also what is being read now."""
        self._written_at = self.now()
        for asked in [one for one in self._entries if isinstance(one, Query) or getattr(one, "key", "") == key]:
            self._drop(asked)

    def close(self) -> None:
        """Forget everything; the credential is no longer to be used."""
        self._cache.closed(self)
        self._entries.clear()
        self.size = 0

    def drop_oldest(self) -> int:
        """Forget the value kept longest and return its bytes; 0 when there is none."""
        oldest = next(iter(self._entries), None)
        return 0 if oldest is None else self._drop(oldest)

    def expire(self, before: float) -> int:
        """Forget what was read before ``before`` and return its bytes."""
        old = [asked for asked, entry in self._entries.items() if entry.read_at < before]
        return sum(self._drop(asked) for asked in old)

    def _drop(self, asked: Hashable) -> int:
        entry = self._entries.pop(asked, None)
        if entry is None:
            return 0
        self.size -= entry.size
        self._cache.dropped(entry.size)
        return entry.size


class ValueCache:
    """The shares of all sessions, and the bound on their sum."""

    def __init__(self, most_bytes: int, *, now: Callable[[], float]) -> None:
        """Keep at most ``most_bytes`` of values, 0 for none; read monotonic seconds from ``now``."""
        self._most = most_bytes
        self.keeps = most_bytes > 0
        self.now = now
        self._shares: set[Share] = set()
        self._sweeping: asyncio.TimerHandle | None = None
        self.size = 0
        """The bytes kept now."""

    def share(self, store: str) -> Share:
        """Open the share of one session of ``store``."""
        opened = Share(self, store)
        self._shares.add(opened)
        return opened

    def added(self, share: Share, size: int) -> None:
        """Account for bytes added to ``share``, and make room where that is too much."""
        self.size += size
        while self.size > self._most and self._largest(share).drop_oldest():
            pass
        if self._sweeping is None and self.size:
            self._sweeping = asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._sweep)

    def dropped(self, size: int) -> None:
        """Account for bytes that are gone."""
        self.size -= size

    def closed(self, share: Share) -> None:
        """Forget a share with all it holds."""
        self._shares.discard(share)
        self.size -= share.size

    def _largest(self, adding: Share) -> Share:
        """Return a share of the store that holds most; of equals, of the one that is adding."""
        held: dict[str, int] = {}
        for share in self._shares:
            held[share.store] = held.get(share.store, 0) + share.size
        most = max(held.values())
        if held.get(adding.store) == most and adding.size:
            return adding
        return max((share for share in self._shares if held[share.store] == most), key=lambda share: share.size)

    def _sweep(self) -> None:
        # Values that nobody may use any more must not stay in memory until somebody asks for them.
        self._sweeping = None
        for share in self._shares:
            share.expire(self.now() - LONGEST_SECONDS)
        if self.size:
            self._sweeping = asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._sweep)


def _size(answer: Found | Matches) -> int:
    if isinstance(answer, Found):
        return len(answer.payload) + _OVERHEAD_BYTES
    return sum(len(name) + len(value) + _OVERHEAD_BYTES for name, value in answer.payloads.items()) + _OVERHEAD_BYTES
