"""Prometheus metrics: what is counted as it happens. Whoever has something to count is handed the one object.

Labels of our own counters are bounded: kinds, lanes, outcomes, stores; never remote keys or users. Neighbours:
``snapshot`` takes the state of the moment; ``live_metrics``, ``eso_metrics`` and ``sealed_secrets_metrics`` turn it
into families.
"""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from secrets_operator.flow import Key, Outcome
from secrets_operator.queueing.workqueue import Claim
from secrets_operator.reporting.eso_metrics import eso_families
from secrets_operator.reporting.live_metrics import live_families
from secrets_operator.reporting.run_tallies import RunTallies
from secrets_operator.reporting.sealed_secrets_metrics import sealed_secrets_families
from secrets_operator.reporting.snapshot import Live, Snapshot, take
from secrets_operator.resources.names import CLUSTER_SECRET_STORE, SECRET_STORE
from secrets_operator.settings import Settings

_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_STORES = (SECRET_STORE.kind, CLUSTER_SECRET_STORE.kind)


class Stage(StrEnum):
    """The parts of a reconcile whose time is taken."""

    OBSERVE = "observe"
    FETCH = "fetch"
    RENDER = "render"
    APPLY = "apply"
    REPORT = "report"


class Metrics:
    """All metrics of one operator process."""

    def __init__(self, version: str, settings: Settings | None = None) -> None:
        self._version = version
        self._settings = settings or Settings()
        self._live: Live | None = None
        self._tallies = RunTallies()
        self._unseal_errors: Counts[tuple[str, str]] = Counts()
        self._store_calls: Counts[tuple[Key, str]] = Counts()
        self.registry = CollectorRegistry()
        self._make_reconcile_metrics()
        self._make_request_metrics()
        self._make_provider_metrics()
        self._make_secret_metrics()
        self._gauge("build_info", "The running version; always 1.", "version").labels(version).set(1)
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)

    def _make_reconcile_metrics(self) -> None:
        self._reconciles = self._counter(
            "reconciles", "Finished reconciles by kind, lane and outcome.", "kind", "lane", "outcome"
        )
        self._durations = self._histogram("reconcile_duration_seconds", "How long reconciles took.", "kind")
        self._stages = self._histogram(
            "reconcile_stage_duration_seconds", "How long the stages of reconciles took.", "kind", "stage"
        )
        self._timed: dict[tuple[str, Stage], Histogram] = {}
        self._waits = self._histogram("queue_wait_seconds", "How long due keys waited for a worker, by lane.", "lane")

    def _make_request_metrics(self) -> None:
        self._requests = self._counter(
            "kubernetes_requests", "Requests to the API server by verb, kind and status code.", "verb", "kind", "code"
        )
        self._request_durations = self._histogram(
            "kubernetes_request_duration_seconds", "How long the API server took to answer, by verb.", "verb"
        )
        self._sealing_requests = self._counter(
            "sealing_requests",
            "Requests to the sealing API by path, method and code.",
            "path",
            "method",
            "code",
        )
        self._sealing_durations = Histogram(
            "secrets_operator_sealing_request_duration_seconds",
            "How long requests to the sealing API took.",
            ["path", "method"],
            registry=self.registry,
        )

        self._reviews = self._counter(
            "admission_reviews",
            "Admission reviews by kind and outcome: allowed, refused or unjudged.",
            "kind",
            "outcome",
        )
        self._review_durations = self._histogram(
            "admission_review_duration_seconds", "How long admission reviews took, by kind.", "kind"
        )

    def _make_provider_metrics(self) -> None:
        self._reads = self._counter(
            "provider_reads", "Remote references answered, by provider and result.", "provider", "result"
        )
        self._asked = self._counter(
            "provider_references",
            "References and queries that went to a provider, each once however many resources wanted the answer.",
            "provider",
        )
        self._calls = self._counter(
            "provider_calls",
            "Calls that providers made, by service, call and status (success or error).",
            "provider",
            "call",
            "status",
        )
        self._throttles = self._counter(
            "provider_throttles", "Calls that the other side answered with: slow down.", "provider"
        )
        self._leases = self._gauge("provider_leases", "Logins that providers hold open on the remote side.", "provider")

    def _make_secret_metrics(self) -> None:
        self._writes = self._counter("secret_writes", "Native Secrets written, by kind of their owner.", "kind")
        self._drift_found = self._counter(
            "drift_found",
            "Attempts to put a Secret right that somebody else had changed or deleted, by kind of its owner.",
            "kind",
        )
        self._drift = self._counter("drift_healed", "Of these, those that went through, by kind of the owner.", "kind")
        self._handed_over = self._counter(
            "keys_handed_over", "Keys that came to this replica or went from it when the members changed.", "direction"
        )
        self._private_key_operations = self._counter(
            "sealing_private_key_operations", "Attempts to open a sealed value with a sealing key."
        )

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"secrets_operator_{name}_total", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"secrets_operator_{name}", text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, *labels: str) -> Histogram:
        return Histogram(f"secrets_operator_{name}", text, labels, buckets=_SECONDS, registry=self.registry)

    def operated_private_key(self) -> None:
        """Record a private-key operation of a sealing key; may be called from any thread."""
        self._private_key_operations.inc()

    def reconciled(self, claim: Claim, outcome: Outcome, seconds: float) -> None:
        """Record a finished reconcile of ``seconds``."""
        kind, lane = claim.key.kind, claim.lane.name.lower()
        self._reconciles.labels(kind, lane, type(outcome).__name__.lower()).inc()
        self._durations.labels(kind).observe(seconds)
        self._waits.labels(lane).observe(claim.waited)
        if self._live is None:
            return
        if self._live.exists(claim.key):
            self._tallies.add(claim.key, outcome, seconds, self._live.now())
        else:
            self._forget(claim.key)

    def timed(self, kind: str, stage: Stage) -> AbstractContextManager[object]:
        """Return what takes the time of one stage of a reconcile of ``kind``."""
        known = self._timed.get((kind, stage))
        if known is None:
            known = self._timed[kind, stage] = self._stages.labels(kind, stage)
        timer: AbstractContextManager[object] = known.time()
        return timer

    def requested(self, *, verb: str, kind: str, code: int, seconds: float) -> None:
        """Record a request to the API server that took ``seconds``; code 0 stands for no answer."""
        self._requests.labels(verb, kind, str(code)).inc()
        self._request_durations.labels(verb).observe(seconds)

    def sealing_answered(self, *, path: str, method: str, code: int, seconds: float) -> None:
        """Record an answer of the sealing API; ``path`` and ``method`` are of a bounded number."""
        self._sealing_requests.labels(path, method, str(code)).inc()
        self._sealing_durations.labels(path, method).observe(seconds)

    def reviewed(self, kind: str, outcome: str, seconds: float) -> None:
        """Record an answered admission review; may be called from any thread."""
        self._reviews.labels(kind, outcome).inc()
        self._review_durations.labels(kind).observe(seconds)

    def read(self, provider: str, results: Mapping[str, int]) -> None:
        """Record how many references a provider answered in which way."""
        for result, count in results.items():
            self._reads.labels(provider, result).inc(count)

    def provider_asked(self, provider: str, count: int) -> None:
        """Record how many references and queries went to a provider."""
        self._asked.labels(provider).inc(count)

    def provider_called(self, service: str, call: str, *, ok: bool, throttled: bool, store: Key) -> None:
        """Record one call of a provider to the service behind it, for a store or a generator."""
        self._calls.labels(service, call, "success" if ok else "error").inc()
        if throttled:
            self._throttles.labels(service).inc()
        if store.kind in _STORES:
            self._store_calls[store, "throttled" if throttled else "success" if ok else "error"] += 1

    def provider_leases_changed(self, service: str, change: int) -> None:
        """Record that a provider has ``change`` more or fewer logins open."""
        self._leases.labels(service).inc(change)

    def wrote_secret(self, kind: str, *, healed: bool) -> None:
        """Record that a native Secret was written for an owner of ``kind``."""
        self._writes.labels(kind).inc()
        if healed:
            self._drift_found.labels(kind).inc()
            self._drift.labels(kind).inc()

    def drift_stayed(self, kind: str) -> None:
        """Record that what somebody else changed of an owner of ``kind`` could not be put right."""
        self._drift_found.labels(kind).inc()
        # It is there from now on, with 0 if need be: an alert compares the two.
        self._drift.labels(kind)

    def handed_over(self, came: int, went: int) -> None:
        """Record that keys came to this replica and went from it, because the members changed."""
        self._handed_over.labels("gained").inc(came)
        self._handed_over.labels("lost").inc(went)

    def unseal_failed(self, reason: str, namespace: str) -> None:
        """Record a failure of a SealedSecret: fetch, status, unseal, unmanaged or update, as Sealed Secrets counts."""
        self._unseal_errors[reason, namespace] += 1

    def watch(self, live: Live) -> None:
        """Export the live state at each scrape from here on: the queue, the resources, the stores, the keys."""
        self._live = live

    def take(self) -> Scrape:
        """Take what one scrape is to show, quickly; call it on the event loop, and collect it in any thread."""
        snapshot = None if self._live is None else take(self._live, self._tallies, self._settings)
        return Scrape(self, snapshot)

    def families(self, snapshot: Snapshot | None) -> Iterator[Metric]:
        """Yield the families of one scrape; of the state only when there is one."""
        yield from self.registry.collect()
        if snapshot is None:
            return
        snapshot = snapshot.ours()
        yield from live_families(snapshot)
        yield self._calls_by_store()
        compatible = self._settings.compat_metrics
        reconciles = list(self._reconciles.collect())
        if compatible in ("eso", "both"):
            yield from eso_families(snapshot, calls=self._calls.collect(), reconciles=reconciles)
        if compatible in ("sealed-secrets", "both"):
            yield from sealed_secrets_families(
                snapshot,
                self._version,
                errors=dict(self._unseal_errors),
                reconciles=reconciles,
                requests=(self._sealing_requests.collect(), self._sealing_durations.collect()),
            )

    def _calls_by_store(self) -> Metric:
        family = CounterMetricFamily(
            "secrets_operator_store_calls",
            "Calls to the service behind a store, by status: success, error or throttled.",
            labels=["kind", "namespace", "name", "status"],
        )
        for (store, status), count in dict(self._store_calls).items():
            family.add_metric([*store, status], count)
        return family

    def _forget(self, key: Key) -> None:
        self._tallies.drop(key)
        if key.kind in _STORES:
            for status in ("success", "error", "throttled"):
                self._store_calls.pop((key, status), None)


class Scrape(Collector):
    """What one scrape shows; :meth:`collect` may run in any thread, and takes as long as there are resources."""

    def __init__(self, metrics: Metrics, snapshot: Snapshot | None) -> None:
        self._metrics = metrics
        self._snapshot = snapshot

    def collect(self) -> Sequence[Metric]:
        """Build the metric families."""
        return list(self._metrics.families(self._snapshot))
