"""The metrics of External Secrets Operator, by the names and labels that people's alerts and dashboards know.

Names, labels and units are those of https://github.com/external-secrets/external-secrets, ``pkg/controllers``:
durations are nanoseconds of the last run; a condition has one series for each status. Where a counter's name does
not end in ``_total`` the family is untyped, since the text format of counters cannot say it; queries do not notice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric, UntypedMetricFamily

from secrets_operator.reporting.snapshot import ResourceState, Snapshot, conditions_of
from secrets_operator.resources.names import (
    CLUSTER_EXTERNAL_SECRET,
    CLUSTER_PUSH_SECRET,
    CLUSTER_SECRET_STORE,
    EXTERNAL_SECRET,
    PUSH_SECRET,
    SECRET_STORE,
)

_KINDS = (
    EXTERNAL_SECRET,
    SECRET_STORE,
    CLUSTER_SECRET_STORE,
    CLUSTER_EXTERNAL_SECRET,
    PUSH_SECRET,
    CLUSTER_PUSH_SECRET,
)
_PLACE = ["name", "namespace"]
_RESULTS = {"done": "success", "again": "requeue_after", "retry": "error", "never": "error"}


def eso_families(snapshot: Snapshot, *, calls: Iterable[Metric], reconciles: Iterable[Metric]) -> Iterator[Metric]:
    """Yield every family; ``calls`` and ``reconciles`` are our own counters of the same things."""
    for kind in _KINDS:
        states = snapshot.states(kind.kind)
        yield _conditions(kind.singular, states)
        yield _durations(kind.singular, states)
        if kind is EXTERNAL_SECRET:
            yield from _sync_calls(states)
    yield _provider_calls(calls)
    yield from _controller_runtime(reconciles)


def _conditions(kind: str, states: Iterable[ResourceState]) -> Metric:
    family = GaugeMetricFamily(
        f"{kind}_status_condition", "Whether a condition has a status.", labels=[*_PLACE, "condition", "status"]
    )
    for state in states:
        for condition in conditions_of(state.resource):
            for status in ("True", "False"):
                labels = [state.key.name, state.key.namespace, condition["type"], status]
                family.add_metric(labels, condition.get("status") == status)
    return family


def _durations(kind: str, states: Iterable[ResourceState]) -> Metric:
    family = GaugeMetricFamily(
        f"{kind}_reconcile_duration", "Nanoseconds that the last reconcile of a resource took.", labels=_PLACE
    )
    for state in states:
        if state.tally is not None:
            family.add_metric([state.key.name, state.key.namespace], round(state.tally.seconds * 1e9))
    return family


def _sync_calls(states: Iterable[ResourceState]) -> Iterator[Metric]:
    runs = CounterMetricFamily("externalsecret_sync_calls", "Reconciles of an ExternalSecret.", labels=_PLACE)
    errors = UntypedMetricFamily(
        "externalsecret_sync_calls_error", "Reconciles of an ExternalSecret that failed.", labels=_PLACE
    )
    for state in states:
        if state.tally is not None:
            runs.add_metric([state.key.name, state.key.namespace], state.tally.runs)
            if state.tally.errors:
                errors.add_metric([state.key.name, state.key.namespace], state.tally.errors)
    yield runs
    yield errors


def _provider_calls(calls: Iterable[Metric]) -> Metric:
    family = UntypedMetricFamily(
        "externalsecret_provider_api_calls_count",
        "Calls that providers made.",
        labels=["provider", "call", "status"],
    )
    for sample in (sample for metric in calls for sample in metric.samples if sample.name.endswith("_total")):
        labels = sample.labels
        family.add_metric([labels["provider"], labels["call"], labels["status"]], sample.value)
    return family


def _controller_runtime(reconciles: Iterable[Metric]) -> Iterator[Metric]:
    counts: dict[tuple[str, str], float] = {}
    controllers = {kind.kind: kind.singular for kind in _KINDS}
    for sample in (sample for metric in reconciles for sample in metric.samples if sample.name.endswith("_total")):
        controller = controllers.get(sample.labels["kind"])
        if controller is not None:
            place = controller, _RESULTS[sample.labels["outcome"]]
            counts[place] = counts.get(place, 0) + sample.value
    family = CounterMetricFamily(
        "controller_runtime_reconcile", "Reconciles by controller and result.", labels=["controller", "result"]
    )
    errors = CounterMetricFamily(
        "controller_runtime_reconcile_errors", "Reconciles that failed, by controller.", labels=["controller"]
    )
    for (controller, result), count in sorted(counts.items()):
        family.add_metric([controller, result], count)
        if result == "error":
            errors.add_metric([controller], count)
    yield family
    yield errors
