"""Keys that are due and wait to be served: by lane, then oldest first, and in a jam every other turn the newest.

A jam is when a newcomer has waited for longer than :data:`PATIENCE_SECONDS`: a thousand resources were created at once.
Strictly oldest first, whoever comes now waits for all of them; so every other turn goes to the newest. The thousand are
done no later by that, and none of them waits for more than twice as long as it would otherwise. Before that the oldest
go first: they may still be Ready within the second that a first sync is to take.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import NamedTuple

from secrets_operator.flow import Key, Lane

PATIENCE_SECONDS = 0.8


class Entry(NamedTuple):
    """One key in the line, in the order in which it is compared; ``ticket`` grows with every entry ever made."""

    lane: Lane
    due: float
    ticket: int
    key: Key


class Line:
    """See the module's docstring. Times are those of the entries' ``due``."""

    def __init__(self) -> None:
        self._oldest: list[Entry] = []
        # In order of arrival. Who has left by this end stays in the heap until it surfaces there.
        self._newcomers: dict[int, Entry] = {}
        self._is_turn_of_newest = False

    def __bool__(self) -> bool:
        return self._first() is not None

    def __iter__(self) -> Iterator[Entry]:
        """Yield who waits, in no particular order."""
        return (entry for entry in self._oldest if not self._has_left(entry))

    def push(self, entry: Entry) -> None:
        """Let an entry wait."""
        heapq.heappush(self._oldest, entry)
        if entry.lane is Lane.CHANGED:
            self._newcomers[entry.ticket] = entry

    def peek(self, now: float) -> Entry | None:
        """Return whose turn it is, without serving it; None when nobody waits."""
        first = self._first()
        if first is None or first.lane is not Lane.CHANGED or not self._is_turn_of_newest:
            return first
        is_jammed = now - first.due > PATIENCE_SECONDS
        return next(reversed(self._newcomers.values())) if is_jammed else first

    def serve(self, entry: Entry) -> None:
        """Take out the entry that :meth:`peek` gave; the next turn is that of the other end."""
        if entry is self._oldest[0]:
            heapq.heappop(self._oldest)
        self._newcomers.pop(entry.ticket, None)
        self._is_turn_of_newest = not self._is_turn_of_newest

    def _first(self) -> Entry | None:
        while self._oldest and self._has_left(self._oldest[0]):
            heapq.heappop(self._oldest)
        return self._oldest[0] if self._oldest else None

    def _has_left(self, entry: Entry) -> bool:
        return entry.lane is Lane.CHANGED and entry.ticket not in self._newcomers
