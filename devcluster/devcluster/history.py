"""What happened to a collection lately: the changes that a watch can resume from, and past states.

Watches do not have queues of their own: each keeps a position in the shared history and waits for it to
grow, so that a change is stored and serialised once however many watch. Changes beyond the limit are
forgotten; a position that lies before the oldest one kept has expired.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import cached_property

from devcluster.documents import Document

LIMIT = 20_000
"""How many changes of a collection are kept at most; up to half as many again until the next trimming."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One version of one object. The document must not be changed.

    `created` is the creation instant in seconds since the epoch; `written_by` is the served resource through
    which it was written (None after a restore), so that readers know whether it needs converting.
    """

    document: Document
    revision: int
    created: float
    written_by: object = None
    encoded: dict[Hashable, bytes] = field(default_factory=dict, compare=False, repr=False)

    def at_revision(self, revision: int) -> "Entry":
        """Return the same content under another revision, as events of leaving objects show it."""
        meta = {**self.document["metadata"], "resourceVersion": str(revision)}
        return Entry({**self.document, "metadata": meta}, revision, self.created, self.written_by)


@dataclass(frozen=True)
class Change:
    """One write: ADDED, MODIFIED or DELETED, the state after it and the state before."""

    kind: str
    entry: Entry
    previous: Entry | None

    @property
    def revision(self) -> int:
        """Return the revision of the write."""
        return self.entry.revision

    @cached_property
    def departed(self) -> Entry:
        """Return the state before, under this revision: what a watch shows whose selector no longer matches."""
        return (self.previous or self.entry).at_revision(self.revision)


class HistoryExpired(Exception):
    """The position lies before the oldest change that is kept."""


class History:
    """The changes of one collection in order of revision."""

    def __init__(self) -> None:
        self.forgotten = 0
        self.closed = False
        self._changes: list[Change] = []
        self._waiting: set[asyncio.Future[None]] = set()

    @property
    def last(self) -> int:
        """Return the revision of the latest change ever."""
        return self._changes[-1].revision if self._changes else self.forgotten

    def append(self, change: Change) -> None:
        """Add a change and wake those who wait for it."""
        self._changes.append(change)
        if len(self._changes) > LIMIT * 3 // 2:
            self._forget(len(self._changes) - LIMIT)
        self.wake()

    def since(self, revision: int) -> list[Change]:
        """Return the changes after a revision.

        Raises:
            HistoryExpired: some of them are forgotten.

        """
        if revision < self.forgotten:
            raise HistoryExpired
        return self._changes[bisect_right(self._changes, revision, key=lambda change: change.revision) :]

    def expire(self, revision: int) -> None:
        """Forget every change: all positions before `revision` have expired, those of open watches too."""
        self._forget(len(self._changes))
        self.forget_until(revision)
        self.wake()

    def forget_until(self, revision: int) -> None:
        """Start an empty history after a revision, as a restored collection does."""
        self.forgotten = max(self.forgotten, revision)

    def close(self) -> None:
        """End the collection: those who wait find it closed."""
        self.closed = True
        self.wake()

    def wake(self) -> None:
        """Wake everybody who waits."""
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def changed(self, timeout_seconds: float) -> None:
        """Wait for a change or a wake-up, at most so many seconds."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        handle = asyncio.get_running_loop().call_later(timeout_seconds, _finish, future)
        try:
            await future
        finally:
            handle.cancel()
            self._waiting.discard(future)

    def _forget(self, count: int) -> None:
        if count:
            self.forgotten = self._changes[count - 1].revision
            del self._changes[:count]


def _finish(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
