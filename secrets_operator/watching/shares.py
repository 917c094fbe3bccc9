"""What this replica works on, and what a change of the members brings it and takes from it.

A replica keeps every cache, so a hand-over reads nothing from the API server. What comes to a replica is queued; what
is in order then only gets the time of its next refresh. What goes is forgotten, and runs under way end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

import structlog

from secrets_operator.clock import Clock
from secrets_operator.flow import Key, Lane
from secrets_operator.planning.refresh import fraction_of
from secrets_operator.planning.sharing import Share
from secrets_operator.queueing.workqueue import WorkQueue
from secrets_operator.watching.membership import Membership

log = structlog.get_logger(__name__)

# After how many keys of a hand-over others get their turn on the event loop.
_AT_ONCE = 500
# How many answers are kept: a metrics scrape asks about every resource.
_REMEMBERED = 200_000


@dataclass(frozen=True, slots=True)
class Held:
    """A key that there is work for. What is in order may wait for ``spread`` seconds at most, by a hash of the key."""

    key: Key
    in_order: bool
    spread: float = 0.0
    everywhere: bool = False
    """Whether every replica keeps something for it, such as the session of a store."""


class Shares:
    """Who owns what; everything is this replica's while there is no ``membership``."""

    def __init__(self, membership: Membership | None, *, everywhere: frozenset[str]) -> None:
        """Accept the kinds of ``everywhere`` on each replica; only their owner writes for them."""
        self._membership = membership
        self._everywhere = everywhere
        self._share = Share("")
        self._known: dict[Key, bool] = {}

    @property
    def alone(self) -> bool:
        """Whether there is nobody to share with, ever."""
        return self._membership is None

    def owns(self, key: Key) -> bool:
        """Tell whether it is this replica that works on ``key``."""
        if self._membership is None:
            return True
        if self._share.members is not self._membership.members or len(self._known) > _REMEMBERED:
            self._share, self._known = Share(self._membership.me, self._membership.members), {}
        owned = self._known.get(key)
        if owned is None:
            owned = self._known[key] = self._share.owns(key)
        return owned

    def accepts(self, key: Key) -> bool:
        """Tell whether ``key`` is to be reconciled here: as its owner, or because every replica keeps up with it."""
        if self._membership is None:
            return True
        return self.members > 0 if key.kind in self._everywhere else self.owns(key)

    def lost(self, key: Key) -> bool:
        """Tell whether another replica has ``key`` now, so that the end of a run must leave nothing behind.

        While this one is no member, nobody can tell.
        """
        return self.members > 0 and not self.owns(key)

    @property
    def members(self) -> int:
        """How many replicas share the work; 0 while this one may not."""
        return 1 if self._membership is None else len(self._membership.members)


@dataclass(frozen=True, slots=True)
class Actions:
    """What a hand-over does: called for each key that comes, and for each that another replica has."""

    take_over: Callable[[Key, datetime], None]
    """A key comes that another replica kept up to date until then."""

    forget: Callable[[Key], None]
    moved: Callable[[int, int], None]
    """Told how many keys came and went."""


class HandOver:
    """Acts on each change of the members."""

    def __init__(self, membership: Membership, queue: WorkQueue, clock: Clock, *, margin: timedelta) -> None:
        """Trust the work of a member up to ``margin`` before its last sign of life."""
        self._membership = membership
        self._queue = queue
        self._clock = clock
        self._margin = margin
        self._was_member = False

    async def run(self, held: Callable[[], Iterable[Held]], actions: Actions) -> NoReturn:
        """Compare what is ``held`` with the members whenever they change, until cancelled."""
        me = self._membership.me
        before = Share(me)
        while True:
            await self._membership.changed.wait()
            self._membership.changed.clear()
            after = Share(me, self._membership.members)
            if after.members:
                await self._sweep(list(held()), before, after, actions)
                self._was_member = True
            # A replica that is no member at the moment takes no keys, and remembers what it did.
            before = after

    async def _sweep(self, held: list[Held], before: Share, after: Share, actions: Actions) -> None:
        came = went = 0
        until = self._kept_until(before, after)
        for index, one in enumerate(held):
            if index % _AT_ONCE == _AT_ONCE - 1:
                await asyncio.sleep(0)
            had, has = before.owns(one.key), after.owns(one.key)
            if has and not had:
                came += 1
                former = (before if before.members else after).former_owner(one.key)
                if former in until:
                    actions.take_over(one.key, until[former])
            elif had and not has:
                went += 1
            if not has and not one.everywhere:
                actions.forget(one.key)
            elif has != had or not before.members:
                self._queue_up(one)
        actions.moved(came, went)
        log.info("handed over", came=came, went=went, members=len(after.members))

    def _kept_until(self, before: Share, after: Share) -> dict[str | None, datetime]:
        """Return for each other member until when it surely did its work."""
        if not before.members and self._was_member:
            # Out for a while, as all others may have been: only the own memory and the statuses are certain.
            return {}
        now = self._clock.now() - self._margin
        others = (before.members.keys() | after.members.keys()) - {after.me}
        return {name: now - timedelta(seconds=self._membership.kept_for(name)) for name in others}

    def _queue_up(self, one: Held) -> None:
        if one.in_order:
            self._queue.add(one.key, Lane.REFRESH, delay=one.spread * fraction_of(one.key))
        else:
            self._queue.add(one.key, Lane.CHANGED)
