"""When is a resource due? Pure: the time is an argument.

Refreshes are spread by a hash of the key, so that resources created together (or found at a restart) do not all refresh
at the same moment for ever.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from secrets_operator.flow import Key, Object
from secrets_operator.planning.sync_windows import Windows
from secrets_operator.resources.policies import RefreshPolicy

SHORTEST_INTERVAL = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Synced:
    """What the status says about the last sync."""

    version: str
    refreshed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often the spec asks for remote values: by which policy, how far apart, and in which windows."""

    policy: RefreshPolicy
    interval: timedelta
    windows: Windows | None = None


def synced_version(resource: Object) -> str:
    """Return ``<generation>-<hash of annotations and labels>``, byte for byte as External Secrets Operator writes it.

    The hash is SHA3-224 over Go's text form of the two maps, so that a resource synced by that operator counts as
    synced here.
    """
    metadata = resource["metadata"]
    text = f"{{annotations:{_go_map(metadata.get('annotations'))} labels:{_go_map(metadata.get('labels'))}}}"
    return f"{metadata.get('generation', 0)}-{hashlib.sha3_224(text.encode()).hexdigest()}"


def last_sync(resource: Object) -> Synced:
    """Read the last sync from the status of a resource."""
    status = resource.get("status") or {}
    return Synced(status.get("syncedResourceVersion") or "", parse_time(status.get("refreshTime")))


def refresh_is_due(last: Synced, *, version: str, cadence: Cadence, key: Key, now: datetime) -> bool:
    """Decide by ``spec.refreshPolicy`` whether the remote values are to be read now.

    Windows hold back only what is periodic, neither the first sync nor a changed spec.
    """
    never = not last.version or last.refreshed_at is None
    if cadence.policy == "CreatedOnce":
        return never
    if cadence.policy == "OnChange":
        return never or last.version != version
    if cadence.interval <= timedelta(0):
        # As in External Secrets Operator an interval of 0 means once: later changes of the spec do not refresh.
        return not last.version
    if never or last.version != version or last.refreshed_at is None:
        return True
    if last.refreshed_at > now:
        return True
    past = next_refresh(last.refreshed_at, cadence.interval, key) <= now
    return past and (cadence.windows is None or cadence.windows.permit(now))


def next_refresh(last: datetime, interval: timedelta, key: Key) -> datetime:
    """Return the time of the refresh after ``last``: never later than one interval, spread by the hash of ``key``.

    The times lie on a grid of half intervals whose offset is the hash; the refresh is the last grid point within one
    interval. So the first gap is between half an interval and a whole one, and every later gap is the interval itself.
    """
    step = interval.total_seconds() / 2
    offset = fraction_of(key) * step
    # The status keeps whole seconds: without this allowance a sync at a grid point would seem to lie before it.
    latest = last.timestamp() + 2 * step + min(1.0, step / 2)
    return datetime.fromtimestamp(math.floor((latest - offset) / step) * step + offset, UTC)


def kept_up(last: Synced, *, cadence: Cadence, key: Key, until: datetime) -> Synced:
    """Return the last sync of a resource that another replica has refreshed since, up to ``until``.

    The status does not tell of refreshes that found nothing new. They lie on the grid of :func:`next_refresh`, so the
    first grid point after ``until`` is never later than the next one due, and the resources of a replica that left do
    not all seem overdue.
    """
    interval = cadence.interval
    if last.refreshed_at is None or cadence.policy != "Periodic" or interval <= timedelta(0):
        return last
    if next_refresh(last.refreshed_at, interval, key) > until:
        return last
    step = interval.total_seconds() / 2
    offset = fraction_of(key) * step
    following = (math.floor((until.timestamp() - offset) / step) + 1) * step + offset
    return Synced(last.version, datetime.fromtimestamp(following - 2 * step, UTC))


def later(known: Synced, reported: Synced) -> Synced:
    """Return what is newer: what this process did, or what the status tells of another replica's work."""
    if known.refreshed_at is None or reported.refreshed_at is None or known.version != reported.version:
        return known
    return reported if reported.refreshed_at > known.refreshed_at else known


def next_refresh_in(last: Synced, *, cadence: Cadence, key: Key, now: datetime) -> float | None:
    """Return the seconds until the periodic refresh after ``last``; None when there is none to come.

    A refresh that falls where the windows forbid it happens as soon as they permit it.
    """
    if cadence.policy != "Periodic" or cadence.interval <= timedelta(0) or last.refreshed_at is None:
        return None
    moment: datetime | None = max(next_refresh(last.refreshed_at, cadence.interval, key), now)
    if moment is not None and cadence.windows is not None:
        moment = cadence.windows.next_permitted(moment)
    return None if moment is None else (moment - now).total_seconds()


def is_younger(resource: Object, seconds: float, now: datetime) -> bool:
    """Tell whether a resource was created less than ``seconds`` ago; creation times are whole seconds, rounded down."""
    created = parse_time(resource["metadata"].get("creationTimestamp"))
    return created is not None and (now - created).total_seconds() < seconds + 1.0


def format_time(moment: datetime) -> str:
    """Return RFC 3339 in UTC with second precision, as Kubernetes prints times in a status."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(text: str | None) -> datetime | None:
    """Read an RFC 3339 time; None when absent or unreadable."""
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


def fraction_of(key: Key) -> float:
    """Return a number in [0, 1) that is always the same for one key, and spread evenly over many."""
    digest = hashlib.blake2b(str(key).encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64


def _go_map(entries: Mapping[str, str] | None) -> str:
    return "map[" + " ".join(f"{name}:{value}" for name, value in sorted((entries or {}).items())) + "]"
