"""What protects a store from us, and us from the store: its breaker and its call rate, one of each per store.

They outlive sessions: a store whose credential is renewed, or that is opened for another namespace, is the same server.
They do not outlive an edit of the store: what failed may be what was mended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from secrets_operator.fetching.breaker import Breaker, Limits
from secrets_operator.fetching.call_rate import CallRate
from secrets_operator.flow import Key


@dataclass(frozen=True, slots=True)
class Guard:
    """What protects one store."""

    revision: tuple[str, int]
    breaker: Breaker
    rate: CallRate


class StoreGuards:
    """Keeps one guard for each store that was ever asked for, until the store is forgotten."""

    def __init__(
        self,
        *,
        now: Callable[[], float],
        calls_per_second: float,
        limits: Limits | None = None,
        changed: Callable[[Key], None] = lambda _: None,
    ) -> None:
        """Read monotonic seconds from ``now``; call ``changed`` with the store whose breaker opened or closed."""
        self._now = now
        self._calls_per_second = calls_per_second
        self._limits = limits or Limits()
        self._changed = changed
        self._guards: dict[Key, Guard] = {}

    def of(self, store: Key, revision: tuple[str, int]) -> Guard:
        """Return the guard of a store in one revision: its uid and generation."""
        guard = self._guards.get(store)
        if guard is None or guard.revision != revision:
            breaker = Breaker(now=self._now, limits=self._limits, changed=lambda: self._changed(store))
            guard = Guard(revision, breaker, CallRate(self._calls_per_second, now=self._now))
            self._guards[store] = guard
        return guard

    def forget(self, store: Key) -> None:
        """Drop the guard of a store that is gone."""
        self._guards.pop(store, None)

    def breakers(self) -> Iterator[tuple[Key, Breaker]]:
        """Yield the breaker of every store."""
        return ((store, guard.breaker) for store, guard in self._guards.items())
