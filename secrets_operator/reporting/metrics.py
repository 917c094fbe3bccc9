"""Prometheus metrics. One object owns the registry; whoever has something to count is handed that object.

Labels are bounded: kinds, lanes, outcomes, stores; never the names of resources, remote keys or users.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from secrets_operator.flow import Key, Lane, Outcome
from secrets_operator.queueing.workqueue import Claim, WorkQueue
from secrets_operator.reporting.sealing_key_metrics import KeyNumbers, families

_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """All metrics of one operator process."""

    def __init__(self, version: str) -> None:
        self.registry = CollectorRegistry()
        Gauge(
            "secrets_operator_build_info", "The running version; always 1.", ["version"], registry=self.registry
        ).labels(version).set(1)
        self._reconciles = Counter(
            "secrets_operator_reconciles_total",
            "Finished reconciles by kind, lane and outcome.",
            ["kind", "lane", "outcome"],
            registry=self.registry,
        )
        self._durations = Histogram(
            "secrets_operator_reconcile_duration_seconds",
            "How long reconciles took.",
            ["kind"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._waits = Histogram(
            "secrets_operator_queue_wait_seconds",
            "How long due keys waited for a worker, by lane.",
            ["lane"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._requests = Counter(
            "secrets_operator_kubernetes_requests_total",
            "Requests to the API server by verb, kind and status code.",
            ["verb", "kind", "code"],
            registry=self.registry,
        )
        self._request_durations = Histogram(
            "secrets_operator_kubernetes_request_duration_seconds",
            "How long the API server took to answer, by verb.",
            ["verb"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._reads, self._asked, self._calls = _provider_counters(self.registry)
        self._leases = Gauge(
            "secrets_operator_provider_leases",
            "Logins that providers hold open on the remote side.",
            ["provider"],
            registry=self.registry,
        )
        self._drift = Counter(
            "secrets_operator_drift_healed_total",
            "Secrets changed or deleted by somebody else and put right again, by kind of their owner.",
            ["kind"],
            registry=self.registry,
        )
        self._private_key_operations = self._counter(
            "sealing_private_key_operations", "Attempts to open a sealed value with a sealing key."
        )
        self._writes = Counter(
            "secrets_operator_secret_writes_total",
            "Native Secrets written, by kind of their owner.",
            ["kind"],
            registry=self.registry,
        )

    def _counter(self, name: str, text: str) -> Counter:
        return Counter(f"secrets_operator_{name}_total", text, registry=self.registry)

    def operated_private_key(self) -> None:
        """Record a private-key operation of a sealing key; may be called from any thread."""
        self._private_key_operations.inc()

    def reconciled(self, claim: Claim, outcome: Outcome, seconds: float) -> None:
        """Record a finished reconcile of ``seconds``."""
        kind, lane = claim.key.kind, claim.lane.name.lower()
        self._reconciles.labels(kind, lane, type(outcome).__name__.lower()).inc()
        self._durations.labels(kind).observe(seconds)
        self._waits.labels(lane).observe(claim.waited)

    def requested(self, *, verb: str, kind: str, code: int, seconds: float) -> None:
        """Record a request to the API server that took ``seconds``; code 0 stands for no answer."""
        self._requests.labels(verb, kind, str(code)).inc()
        self._request_durations.labels(verb).observe(seconds)

    def read(self, provider: str, results: Mapping[str, int]) -> None:
        """Record how many references a provider answered in which way."""
        for result, count in results.items():
            self._reads.labels(provider, result).inc(count)

    def provider_asked(self, provider: str, count: int) -> None:
        """Record how many references and queries went to a provider."""
        self._asked.labels(provider).inc(count)

    def provider_called(self, service: str, call: str, *, ok: bool) -> None:
        """Record one call of a provider to the service behind it."""
        self._calls.labels(service, call, "success" if ok else "error").inc()

    def provider_leases_changed(self, service: str, change: int) -> None:
        """Record that a provider has ``change`` more or fewer logins open."""
        self._leases.labels(service).inc(change)

    def wrote_secret(self, kind: str, *, healed: bool) -> None:
        """Record that a native Secret was written for an owner of ``kind``."""
        self._writes.labels(kind).inc()
        if healed:
            self._drift.labels(kind).inc()

    def watch(self, live: Live) -> None:
        """Export the live state at each scrape: the queue, the resources, the stores."""
        self.registry.register(_LiveState(live))


def _provider_counters(registry: CollectorRegistry) -> tuple[Counter, Counter, Counter]:
    reads = Counter(
        "secrets_operator_provider_reads_total",
        "Remote references answered, by provider and result.",
        ["provider", "result"],
        registry=registry,
    )
    asked = Counter(
        "secrets_operator_provider_references_total",
        "References and queries that went to a provider, each once however many resources wanted the answer.",
        ["provider"],
        registry=registry,
    )
    calls = Counter(
        "secrets_operator_provider_calls_total",
        "Calls that providers made, by service, call and status (success or error).",
        ["provider", "call", "status"],
        registry=registry,
    )
    return reads, asked, calls


@dataclass(frozen=True, slots=True)
class Live:
    """Where the state is read at each scrape."""

    queue: WorkQueue
    ready: Callable[[], Mapping[str, Mapping[str, int]]]
    """Per kind how many resources are in which state."""

    circuits: Callable[[], Iterable[tuple[Key, int]]]
    """The state of the breaker of each store: 0 closed, 1 half open, 2 open."""

    cached_bytes: Callable[[], int]
    sealing_keys: Callable[[], KeyNumbers]


class _LiveState(Collector):
    """Reads the state when it is scraped, so that nothing goes stale."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._queue = live.queue

    def collect(self) -> list[Metric]:
        """Build the metric families."""
        depth = GaugeMetricFamily("secrets_operator_queue_depth", "Due keys that wait, by lane.", labels=["lane"])
        counts = self._queue.depth()
        for lane in Lane:
            depth.add_metric([lane.name.lower()], counts[lane])
        oldest = GaugeMetricFamily("secrets_operator_queue_oldest_seconds", "How long the oldest due key has waited.")
        oldest.add_metric([], self._queue.oldest())
        running = GaugeMetricFamily("secrets_operator_reconciles_running", "Reconciles under way.")
        running.add_metric([], self._queue.running)
        resources = GaugeMetricFamily(
            "secrets_operator_resources",
            "Resources by kind and state of their main condition.",
            labels=["kind", "ready"],
        )
        for kind, states in self._live.ready().items():
            for state, count in states.items():
                resources.add_metric([kind, state], count)
        return [depth, oldest, running, resources, *self._stores(), *families(self._live.sealing_keys())]

    def _stores(self) -> list[Metric]:
        circuits = GaugeMetricFamily(
            "secrets_operator_store_circuit_state",
            "State of the circuit breaker of a store: 0 closed, 1 half open, 2 open.",
            labels=["kind", "namespace", "name"],
        )
        for store, state in self._live.circuits():
            circuits.add_metric(store, state)
        cached = GaugeMetricFamily("secrets_operator_value_cache_bytes", "Bytes of values kept for sharing reads.")
        cached.add_metric([], self._live.cached_bytes())
        return [circuits, cached]
