"""Who is at work, by the leases that were seen. Pure: the time is an argument, in seconds of one monotonic clock.

A member lives for the duration of its lease after the lease was last seen to change; what its clock says does not
matter, so clocks may differ (as in client-go's leader election). The own lease comes back through the same watch as all
others: while it does not, the watch is behind, and nobody is taken for dead by what it does not show.
"""

from __future__ import annotations

from dataclasses import dataclass

from secrets_operator.flow import Object
from secrets_operator.planning.sharing import FULL_WEIGHT, Members
from secrets_operator.resources.labels import WEIGHT_ANNOTATION

_REMEMBER_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class LeaseRecord:
    """A lease as it stands; it was renewed when anything of it has changed."""

    renewed: str
    seconds: float
    version: str
    """Its resourceVersion."""

    weight: int = FULL_WEIGHT
    """How much of what comes to its holder the holder keeps (:mod:`secrets_operator.planning.sharing`)."""


def lease_record(lease: Object) -> LeaseRecord:
    """Read a Lease (https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/)."""
    spec = lease.get("spec") or {}
    return LeaseRecord(
        f"{spec.get('holderIdentity')} {spec.get('renewTime')}",
        float(spec.get("leaseDurationSeconds") or 0),
        lease["metadata"].get("resourceVersion", ""),
        _weight((lease["metadata"].get("annotations") or {}).get(WEIGHT_ANNOTATION, "")),
    )


def _weight(text: str) -> int:
    """Read what all replicas must read alike, whoever wrote it."""
    return min(int(text), FULL_WEIGHT) if len(text) < 5 and text.isascii() and text.isdigit() else FULL_WEIGHT


@dataclass(frozen=True, slots=True)
class _Sighting:
    record: LeaseRecord
    at: float


class Roster:
    """The members as one replica sees them."""

    def __init__(self, me: str, *, patience: float) -> None:
        """Take the watch for behind when the own lease was not seen to change for ``patience`` seconds."""
        self._me = me
        self._patience = patience
        self._seen: dict[str, _Sighting] = {}
        self._left: dict[str, float] = {}
        self._is_in = False

    def saw(self, name: str, record: LeaseRecord, now: float) -> None:
        """A lease came or changed."""
        known = self._seen.get(name)
        changed = known is None or known.record.renewed != record.renewed
        if name == self._me and changed:
            if not self._is_in or self._is_behind(now):
                # What the watch did not show meanwhile is no evidence: all get the time of one lease.
                self._seen = {other: _Sighting(one.record, now) for other, one in self._seen.items()}
            self._is_in = True
        self._seen[name] = _Sighting(record, now if known is None or changed else known.at)

    def gone(self, name: str, now: float) -> None:
        """A lease was deleted: its holder left, or was cleared away."""
        known = self._seen.pop(name, None)
        self._left = {left: at for left, at in self._left.items() if now - at < _REMEMBER_SECONDS}
        if known is not None:
            self._left[name] = known.at
        if name == self._me:
            self._is_in = False

    def out(self) -> None:
        """The own lease may have run out: this replica is no member until it has seen its lease renewed."""
        self._is_in = False

    def live(self, now: float) -> Members:
        """Return who is at work, with weights; nobody while this replica is no member itself."""
        if not self._is_in:
            return {}
        everybody = self._is_behind(now)
        return {
            name: one.record.weight
            for name, one in self._seen.items()
            if everybody or name == self._me or _lives(one, now)
        }

    def expired(self, now: float) -> dict[str, str]:
        """Return the leases that ran out, each with the resourceVersion in which it did."""
        live = self.live(now)
        return {name: one.record.version for name, one in self._seen.items() if live and name not in live}

    def last_seen(self, name: str) -> float | None:
        """Return when a member last renewed its lease, by the clock of this replica; None when nobody knows."""
        known = self._seen.get(name)
        return known.at if known is not None else self._left.get(name)

    def next_expiry(self, now: float) -> float | None:
        """Return when the next lease runs out if it is not renewed."""
        ends = (one.at + one.record.seconds for name, one in self._seen.items() if name != self._me)
        return min((end for end in ends if end > now), default=None)

    def _is_behind(self, now: float) -> bool:
        own = self._seen.get(self._me)
        return own is None or now - own.at >= self._patience


def _lives(sighting: _Sighting, now: float) -> bool:
    return now - sighting.at < sighting.record.seconds
