"""Keeps the share of this replica near the mean, by the weight that it gives itself.

Each replica judges its own share only, by its own caches, and tells the others on its Lease. Who owns a key still
follows from the Leases alone, so replicas whose caches differ for a moment agree all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import NoReturn

import structlog

from secrets_operator.flow import Key
from secrets_operator.planning.sharing import weight_for
from secrets_operator.settings import Settings
from secrets_operator.watching.membership import Membership
from secrets_operator.watching.shares import Shares

log = structlog.get_logger(__name__)

# How many renewals of its Lease a replica lets go by between two looks at the size of its share.
_RENEWALS = 5
# After how many keys others get their turn on the event loop.
_AT_ONCE = 500


class Balancing:
    """See the module's docstring."""

    def __init__(self, membership: Membership, shares: Shares, settings: Settings) -> None:
        self._membership = membership
        self._shares = shares
        # Long enough for a weight to be told, and to come back.
        self._period = _RENEWALS * settings.replicas.retry_period.total_seconds()

    async def run(self, keys: Callable[[], Iterable[Key]]) -> NoReturn:
        """Weigh anew whenever the share of ``keys`` is too large or too small, until cancelled."""
        seen = self._membership.members
        while True:
            await asyncio.sleep(self._period)
            members = self._membership.members
            # While members come and go, shares are not what they are going to be.
            if members is seen and len(members) > 1:
                await self._weigh(keys())
            seen = members

    async def _weigh(self, keys: Iterable[Key]) -> None:
        me, members = self._membership.me, self._membership.members
        own, total = list[str](), 0
        for total, key in enumerate(keys, start=1):
            if total % _AT_ONCE == 0:
                await asyncio.sleep(0)
            if self._shares.owns(key):
                own.append(str(key))
        if members is not self._membership.members:
            return
        weight = weight_for(me, members, own, total)
        if weight != members[me]:
            log.info("share is evened out", share=len(own), of=total, members=len(members), weight=weight)
        self._membership.weight = weight
