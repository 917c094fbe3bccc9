"""The metrics of the Sealed Secrets controller, by the names and labels that people's alerts and dashboards know.

They are those of https://github.com/bitnami-labs/sealed-secrets, ``pkg/controller/metrics.go``, but that ``build_info``
is 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from secrets_operator.reporting.snapshot import Snapshot
from secrets_operator.resources.names import SEALED_SECRET

_PREFIX = "sealed_secrets_controller_"
_INSTANCE_LABEL = "app.kubernetes.io/instance"
_VALUES = {"True": 1, "False": -1}
# Only these are counted there; what we serve beside them has our own metrics.
_PATHS = ("/v1/cert.pem", "/v1/verify", "/v1/rotate")


def sealed_secrets_families(
    snapshot: Snapshot,
    version: str,
    *,
    errors: Mapping[tuple[str, str], int],
    reconciles: Iterable[Metric],
    requests: tuple[Iterable[Metric], Iterable[Metric]],
) -> Iterator[Metric]:
    """Yield every family.

    ``errors`` are counts by reason and namespace; ``reconciles`` and ``requests`` (counter and histogram) are our own
    metrics of the same things.
    """
    build = GaugeMetricFamily(f"{_PREFIX}build_info", "The running version; always 1.", labels=["revision"])
    build.add_metric([version], 1)
    yield build
    yield _unseal_requests(reconciles)
    family = CounterMetricFamily(
        f"{_PREFIX}unseal_errors", "Failures of SealedSecrets by reason.", labels=["reason", "namespace"]
    )
    for place, count in sorted(errors.items()):
        family.add_metric(place, count)
    yield family
    yield _conditions(snapshot)
    yield _http_requests(requests[0])
    yield _http_durations(requests[1])


def _unseal_requests(reconciles: Iterable[Metric]) -> Metric:
    count = sum(
        sample.value
        for metric in reconciles
        for sample in metric.samples
        if sample.name.endswith("_total") and sample.labels["kind"] == SEALED_SECRET.kind
    )
    return CounterMetricFamily(
        f"{_PREFIX}unseal_requests", "Runs for SealedSecrets, those that were deleted and retries too.", value=count
    )


def _conditions(snapshot: Snapshot) -> Metric:
    family = GaugeMetricFamily(
        f"{_PREFIX}condition_info",
        "The condition of a SealedSecret: 1 true, 0 unknown or absent, -1 false.",
        labels=["namespace", "name", "condition", "ss_app_kubernetes_io_instance"],
    )
    for state in snapshot.states(SEALED_SECRET.kind):
        instance = (state.resource["metadata"].get("labels") or {}).get(_INSTANCE_LABEL, "")
        family.add_metric([state.key.namespace, state.key.name, "Synced", instance], _VALUES.get(state.ready, 0))
    return family


def _http_requests(requests: Iterable[Metric]) -> Metric:
    family = CounterMetricFamily(
        f"{_PREFIX}http_requests", "Requests to the sealing API.", labels=["path", "code", "method"]
    )
    for sample in (sample for metric in requests for sample in metric.samples if sample.name.endswith("_total")):
        if sample.labels["path"] in _PATHS:
            family.add_metric([sample.labels[name] for name in ("path", "code", "method")], sample.value)
    return family


def _http_durations(durations: Iterable[Metric]) -> Metric:
    name = f"{_PREFIX}http_request_duration_seconds"
    family = HistogramMetricFamily(name, "How long requests to the sealing API took.", labels=["path", "method"])
    for metric in durations:
        for sample in metric.samples:
            suffix = sample.name.removeprefix(metric.name)
            if sample.labels.get("path") in _PATHS and suffix in ("_bucket", "_sum", "_count"):
                family.add_sample(name + suffix, sample.labels, sample.value)
    return family
