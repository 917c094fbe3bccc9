"""Remembers which stores were opened a moment ago: where there are several, their resources come one after the other.

A store whose session was just opened turns ready soon, and then brings resources that were never synced. Of stores that
were applied together each is ready a few milliseconds after the one before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from secrets_operator.flow import Key

# From the session to the first read of a store: its check, its status, and the way of that to us.
_MOMENT_SECONDS = 5.0


class Newcomers:
    """See the module's docstring."""

    def __init__(self, *, now: Callable[[], float]) -> None:
        """Read monotonic seconds from ``now``."""
        self._now = now
        self._seen: defaultdict[str, dict[Key, float]] = defaultdict(dict)

    def note(self, provider: str, store: Key) -> None:
        """A session of a store is being opened, or is open."""
        seen = self._seen[provider]
        seen.pop(store, None)
        seen[store] = self._now()

    def are_several(self, provider: str) -> bool:
        """Tell whether more than one store of a provider was opened a moment ago."""
        seen, since = self._seen[provider], self._now() - _MOMENT_SECONDS
        # In the order of their times.
        while seen and next(iter(seen.values())) < since:
            del seen[next(iter(seen))]
        return len(seen) > 1
