"""The replicas that share the work, as this one sees them, and its own place among them.

Each replica renews a Lease of its own and watches those of all. It is a member while its renewals go through and come
back by the watch. When they do not go through until the renew deadline, it stops writing and owns nothing, which is
before the others take its share over. Decisions are in ``planning/roster.py``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

import structlog

from secrets_operator.clock import Clock
from secrets_operator.errors import OperatorError
from secrets_operator.kube.client import Client
from secrets_operator.kube.errors import Forbidden
from secrets_operator.kube.fence import Fence
from secrets_operator.kube.member_lease import MemberLease
from secrets_operator.kube.resources import LEASES
from secrets_operator.planning.roster import LeaseRecord, Roster, lease_record
from secrets_operator.planning.sharing import FULL_WEIGHT, Members, owner_of
from secrets_operator.resources.labels import MEMBER_LABEL
from secrets_operator.settings import Settings
from secrets_operator.watching.cache import Change
from secrets_operator.watching.collections import Collection
from secrets_operator.watching.reflector import Reflector, Selection

log = structlog.get_logger(__name__)

_RELEASE_SECONDS = 2.0
_RULE = (
    "several replicas need a Role in the operator's namespace for leases of coordination.k8s.io with the verbs list, "
    "watch, create, patch and delete"
)


class Membership:
    """See the module's docstring."""

    def __init__(
        self, client: Client, settings: Settings, *, fence: Fence, clock: Clock, chance: Callable[[], float]
    ) -> None:
        """Open ``fence`` while this replica may write; it stays as it is until :meth:`start`."""
        replicas = settings.replicas
        self.me = replicas.identity
        self.members: Members = {}
        """Who shares the work now; empty while this replica is no member. Another object after every change."""
        self.weight = FULL_WEIGHT
        """What the others are told with the next renewal; it holds from when the Lease comes back with it."""
        self.changed = asyncio.Event()
        """Set whenever ``members`` changes; cleared by who acts on it."""
        self.joined = asyncio.Event()
        """Set once this replica has been a member."""
        self._lease = MemberLease(client, replicas, namespace=settings.namespace, clock=clock)
        self._fence = fence
        self._clock = clock
        self._deadline = replicas.renew_deadline.total_seconds()
        self._period = replicas.retry_period.total_seconds()
        self._roster = Roster(self.me, patience=self._deadline)
        self._reflector = Reflector(
            client,
            Selection(LEASES, settings.namespace, f"{MEMBER_LABEL}={replicas.group}"),
            project=lease_record,
            on_change=self._saw,
            clock=clock,
            chance=chance,
        )
        self.leases = Collection(LEASES.kind, [self._reflector])
        self._tasks: list[asyncio.Task[None]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._trouble: Exception | None = None

    def start(self) -> None:
        """Join the others; from here on nothing is written without the lease."""
        log.info("joining the other replicas", replica=self.me)
        self._fence.close()
        self._tasks = [asyncio.create_task(self._reflector.run()), asyncio.create_task(self._stay())]

    async def leave(self) -> None:
        """Take the own lease away, so that the others take over at once; nothing must be written any more."""
        for task in self._tasks:
            task.cancel()
        # A renewal under way must have ended, or it could come after the deletion.
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._timer is not None:
            self._timer.cancel()
        with suppress(OperatorError, TimeoutError):
            async with asyncio.timeout(_RELEASE_SECONDS):
                await self._lease.release()

    def kept_for(self, name: str) -> float:
        """Return for how many seconds up to now nobody is known to have done the work of a member: 0 while it lives."""
        now = self._clock.monotonic()
        seen = self._roster.last_seen(name)
        if name in self.members or seen is None:
            return 0.0
        return max(0.0, now - seen)

    async def _stay(self) -> None:
        while True:
            await self._renew()
            self._look()
            await self._clear_away()
            await asyncio.sleep(self._period)

    async def _renew(self) -> None:
        # Before the call: the others may see the lease from the moment it is sent.
        began = self._clock.monotonic()
        try:
            async with asyncio.timeout(self._deadline / 2):
                await self._lease.renew(self.weight)
        except (OperatorError, TimeoutError) as error:
            self._report(error)
            return
        self._report(None)
        self._fence.open_until(began + self._deadline)

    async def _clear_away(self) -> None:
        for name, version in self._roster.expired(self._clock.monotonic()).items():
            if owner_of(name, self.members) == self.me:
                with suppress(OperatorError):  # renewed after all, or somebody else was quicker
                    await self._lease.clear(name, version)

    def _saw(self, change: Change[LeaseRecord]) -> None:
        now = self._clock.monotonic()
        if change.new is None:
            self._roster.gone(change.name, now)
        else:
            self._roster.saw(change.name, change.new, now)
        # Later: what came in one piece is judged as a whole.
        asyncio.get_running_loop().call_soon(self._look)

    def _look(self) -> None:
        """See who is a member now, and when that may change without a word."""
        loop, now = asyncio.get_running_loop(), self._clock.monotonic()
        if not self._fence.is_open:
            self._roster.out()
        members = self._roster.live(now)
        if members != self.members:
            if members.keys() != self.members.keys():
                log.info("members", now=sorted(members), before=sorted(self.members))
            self.members = members
            self.changed.set()
            if members:
                self.joined.set()
        if self._timer is not None:
            self._timer.cancel()
        ends = [end for end in (self._roster.next_expiry(now), self._fence.until) if end is not None and end > now]
        self._timer = loop.call_later(min(ends) - now + 0.001, self._look) if ends else None

    def missing(self) -> list[str]:
        """Return why this replica is not to be called ready.

        Once it has been a member, an API server that fails is no reason: all replicas would be called unready at once.
        """
        if self.members or (self.joined.is_set() and not isinstance(self._trouble, Forbidden)):
            return []
        why = _said(self._trouble or self._reflector.fault) or "this replica is not among the others yet"
        return [f"{LEASES.kind}: {why}"]

    def _report(self, trouble: Exception | None) -> None:
        if _said(trouble) != _said(self._trouble):
            if isinstance(trouble, Forbidden):
                log.error("the lease was not renewed", error=_said(trouble))
            elif trouble is not None:
                log.warning("the lease was not renewed", error=_said(trouble))
            else:
                log.info("the lease is renewed again")
        self._trouble = trouble


def _said(trouble: Exception | None) -> str:
    if isinstance(trouble, Forbidden):
        return f"{trouble}; {_RULE}"
    return "" if trouble is None else str(trouble) or "no answer in time"
