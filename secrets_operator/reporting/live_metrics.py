"""What is read from the state of the moment when metrics are scraped, so that nothing goes stale.

In: a :class:`.snapshot.Snapshot`. Out: metric families. Times are Unix timestamps, as Prometheus would have them: an
age is ``time()`` less the value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily, Metric

from secrets_operator.flow import Key, Lane
from secrets_operator.reporting.sealing_key_metrics import backup_families
from secrets_operator.reporting.sealing_key_metrics import families as sealing_key_families
from secrets_operator.reporting.snapshot import Refreshes, ResourceState, Snapshot, key_of
from secrets_operator.resources.names import CLUSTER_EXTERNAL_SECRET, CLUSTER_PUSH_SECRET, SEALED_SECRET

_NAMED = ["kind", "namespace", "name"]
_DONE_IS_SUCCESS = (SEALED_SECRET.kind, CLUSTER_EXTERNAL_SECRET.kind, CLUSTER_PUSH_SECRET.kind)


def gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    """Return an empty family of gauges under our prefix."""
    return GaugeMetricFamily(f"secrets_operator_{name}", text, labels=labels)


def single(name: str, text: str, value: float) -> GaugeMetricFamily:
    """Return one gauge without labels."""
    family = gauge(name, text)
    family.add_metric([], value)
    return family


def live_families(snapshot: Snapshot) -> Iterator[Metric]:
    """Yield every family that is read from the state."""
    yield from _queue(snapshot)
    yield single("members", "Replicas that share the work, as this one sees them.", snapshot.members)
    owned = sum(map(len, snapshot.resources.values()))
    yield single("owned_keys", "Resources that this replica works on.", owned)
    yield from _resources(snapshot)
    yield from _stores(snapshot)
    if snapshot.sealing_keys is not None:
        yield from sealing_key_families(snapshot.sealing_keys)
    if snapshot.key_backup is not None:
        yield from backup_families(snapshot.key_backup)
    yield from _single_resources(snapshot)


def _queue(snapshot: Snapshot) -> Iterator[Metric]:
    depth = gauge("queue_depth", "Due keys that wait, by lane.", "lane")
    oldest = gauge("queue_oldest_seconds", "How long the oldest due key of a lane has waited.", "lane")
    for lane in Lane:
        depth.add_metric([lane.name.lower()], snapshot.depth[lane])
        oldest.add_metric([lane.name.lower()], snapshot.oldest[lane])
    yield depth
    yield oldest
    yield single("reconciles_running", "Reconciles under way.", snapshot.running)


def _resources(snapshot: Snapshot) -> Iterator[Metric]:
    resources = gauge("resources", "Resources by kind and status of their main condition.", "kind", "ready")
    omitted = gauge(
        "resources_without_series", "Resources that have no series of their own, --metrics-per-resource.", "kind"
    )
    for kind, states in snapshot.counts().items():
        for state in ("True", "False", "Unknown"):
            resources.add_metric([kind, state], states[state])
        omitted.add_metric([kind], snapshot.omitted(kind))
    yield resources
    yield omitted
    overdue = gauge(
        "refresh_overdue_seconds", "How long the refresh is overdue that has been so for the longest time.", "kind"
    )
    for kind, refreshes in snapshot.refreshes.items():
        overdue.add_metric([kind], max(_overdue(snapshot, kind, refreshes), default=0.0))
    yield overdue


def _overdue(snapshot: Snapshot, kind: str, refreshes: Callable[[Key], Refreshes | None]) -> Iterator[float]:
    for resource in snapshot.resources.get(kind, ()):
        known = refreshes(key_of(resource))
        if known is not None and known.due is not None:
            yield max(0.0, (snapshot.now - known.due).total_seconds())


def _stores(snapshot: Snapshot) -> Iterator[Metric]:
    circuits = gauge(
        "store_circuit_state", "State of the circuit breaker of a store: 0 closed, 1 half open, 2 open.", *_NAMED
    )
    for store, state in snapshot.circuits:
        circuits.add_metric(store, state)
    yield circuits
    yield single("value_cache_bytes", "Bytes of values kept for sharing reads.", snapshot.cached_bytes)


def _single_resources(snapshot: Snapshot) -> Iterator[Metric]:
    ready = gauge("resource_ready", "Whether a resource is as it should be: 1, or 0 if not or not known yet.", *_NAMED)
    success = gauge(
        "resource_last_success_timestamp_seconds",
        "When values were last read or pushed, and any other resource was last brought in line.",
        *_NAMED,
    )
    for kind in snapshot.resources:
        for state in snapshot.states(kind):
            ready.add_metric(state.key, state.ready == "True")
            last = _last_success(state, snapshot)
            if last is not None:
                success.add_metric(state.key, last.timestamp())
    yield ready
    yield success


def _last_success(state: ResourceState, snapshot: Snapshot) -> datetime | None:
    refreshes = snapshot.refreshes.get(state.key.kind)
    if refreshes is not None:
        return (refreshes(state.key) or Refreshes(None, None)).last
    # A run of a store may end well without asking it: while its breaker is open, say.
    if state.key.kind in _DONE_IS_SUCCESS and state.tally is not None and state.tally.succeeded_at is not None:
        return state.tally.succeeded_at
    return None
