"""What protects a store from us, and us from the store: its breaker, its call rate and its pace, one of each per store.

They outlive sessions: a store whose credential is renewed, or that is opened for another namespace, is the same server.
They do not outlive an edit of the store: what failed may be what was mended. What several stores have in common has a
breaker of their own, and an account that has told who it is has a pace of its own; both last as long as their users.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from weakref import WeakValueDictionary

from secrets_operator.call_rate import CallRate
from secrets_operator.fetching.breaker import Breaker, Limits
from secrets_operator.fetching.throttle import Throttle
from secrets_operator.flow import Key


@dataclass(frozen=True, slots=True)
class Guard:
    """What protects one store."""

    revision: tuple[str, int]
    breaker: Breaker
    rate: CallRate
    throttle: Throttle


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
        self._throttles: WeakValueDictionary[Hashable, Throttle] = WeakValueDictionary()

    def of(self, store: Key, revision: tuple[str, int]) -> Guard:
        """Return the guard of a store in one revision: its uid and generation."""
        guard = self._guards.get(store)
        if guard is None or guard.revision != revision:
            breaker = self.breaker_of(lambda: [store])
            rate = CallRate(self._calls_per_second, now=self._now)
            guard = self._guards[store] = Guard(revision, breaker, rate, Throttle(now=self._now))
        return guard

    def breaker_of(self, stores: Callable[[], Iterable[Key]]) -> Breaker:
        """Return a new breaker of ``stores``, each of which is told when it opens or closes."""

        def changed() -> None:
            for store in stores():
                self._changed(store)

        return Breaker(now=self._now, limits=self._limits, changed=changed)

    def throttle_of(self, account: Hashable) -> Throttle:
        """Return the pace at which an account is called; it is kept for as long as somebody has it."""
        throttle = self._throttles.get(account)
        if throttle is None:
            throttle = self._throttles[account] = Throttle(now=self._now)
        return throttle

    def forget(self, store: Key) -> None:
        """Drop the guard of a store that is gone."""
        self._guards.pop(store, None)

    def items(self) -> Iterator[tuple[Key, Guard]]:
        """Yield the guard of every store."""
        return iter(self._guards.items())
