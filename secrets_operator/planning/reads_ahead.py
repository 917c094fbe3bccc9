"""What resources that wait for their turn are going to read, told from their raw form. Pure.

A hint for filling batches and nothing more: it is cheap and may be wrong either way. Whether a resource is synced, and
what it then reads, is decided when its turn comes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from secrets_operator.flow import Key, Object
from secrets_operator.planning.refresh import last_sync, synced_version
from secrets_operator.resources.durations import DurationError, parse_timedelta


class Likely(NamedTuple):
    """A resource that is going to read values."""

    is_first: bool
    """It was never synced."""

    interval: float
    """Seconds between its periodic refreshes, 0 for none."""


def likely(resource: Object, now: datetime) -> Likely | None:
    """Tell whether a resource is going to read values: never synced, changed since, or its interval is over."""
    last, interval = last_sync(resource), interval_of(resource["spec"])
    if not last.version or last.refreshed_at is None or last.version != synced_version(resource):
        return Likely(not last.version, interval)
    is_over = 0 < interval <= (now - last.refreshed_at).total_seconds()
    return Likely(is_first=False, interval=interval) if is_over else None


def interval_of(spec: Mapping[str, Any]) -> float:
    """Return the seconds between periodic refreshes, 0 for none."""
    if spec.get("refreshPolicy") not in (None, "Periodic"):
        return 0.0
    try:
        return parse_timedelta(spec.get("refreshInterval") or "1h").total_seconds()
    except DurationError:
        return 0.0


def references(resource: Object, store: Key) -> Iterator[tuple[str, str, bool]]:
    """Yield key, version and whether metadata is meant of what ``data`` and ``extract`` read from ``store``."""
    spec, namespace = resource["spec"], resource["metadata"]["namespace"]
    default = spec.get("secretStoreRef") or {}
    entries = [(entry, entry.get("remoteRef")) for entry in spec.get("data") or ()]
    entries += [(entry, entry.get("extract")) for entry in spec.get("dataFrom") or ()]
    for entry, remote in entries:
        own = (entry.get("sourceRef") or {}).get("storeRef") or default
        if remote and remote.get("key") and _is(store, own, namespace):
            yield remote["key"], remote.get("version") or "", remote.get("metadataPolicy") == "Fetch"


def _is(store: Key, reference: Mapping[str, Any], namespace: str) -> bool:
    kind = reference.get("kind") or "SecretStore"
    place = "" if kind == "ClusterSecretStore" else namespace
    return store == (kind, place, reference.get("name"))
