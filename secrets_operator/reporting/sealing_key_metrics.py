"""The sealing keys as metrics. There are as many series as keys: with the usual renewal one more a month."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily, Metric

from secrets_operator.sealing.stored_keys import KeyReport, KeyState


@dataclass(frozen=True, slots=True)
class KeyNumbers:
    """The keys with what is under them; SealedSecrets that no key has opened yet; when the next key is due."""

    reports: Sequence[KeyReport] = ()
    unknown: int = 0
    next_renewal: datetime | None = None


@dataclass(frozen=True, slots=True)
class BackupTimes:
    """When the backup of the keys was made, and when it was last seen to hold every key; None: not so far."""

    made: datetime | None = None
    complete: datetime | None = None


def backup_families(times: BackupTimes) -> Iterator[Metric]:
    """Yield the metric families of a backup that the operator is told to keep."""
    made = GaugeMetricFamily(
        "secrets_operator_sealing_key_backup_made_timestamp_seconds", "When the backup of the sealing keys was made."
    )
    if times.made is not None:
        made.add_metric([], times.made.timestamp())
    complete = GaugeMetricFamily(
        "secrets_operator_sealing_key_backup_complete_timestamp_seconds",
        "When the backup was last seen to hold every sealing key; 0: this replica has not seen it.",
    )
    # Not absent, which no alert would notice.
    complete.add_metric([], times.complete.timestamp() if times.complete else 0)
    yield from (made, complete)


def families(numbers: KeyNumbers) -> Iterator[Metric]:
    """Yield the metric families."""
    states = Counter(report.state for report in numbers.reports)
    count = _gauge("keys", "Sealing keys by state; missing: values were sealed with it and it is not there.", "state")
    for state in KeyState:
        count.add_metric([state], states[state])
    items = _gauge("key_items", "Sealed values that a key opened last.", "fingerprint", "state")
    objects = _gauge("key_objects", "SealedSecrets with such a value.", "fingerprint", "state")
    begin = _gauge("key_not_before_timestamp_seconds", "When a key was made: since then its certificate is valid.")
    end = _gauge("key_not_after_timestamp_seconds", "When the certificate of a key expires and seals no more.")
    for report in _with_fingerprint(numbers.reports):
        labels = [report.fingerprint, report.state]
        items.add_metric(labels, report.items)
        objects.add_metric(labels, report.objects)
        certificate = report.stored.certificate if report.stored else None
        if certificate is not None:
            begin.add_metric(labels, certificate.not_valid_before_utc.timestamp())
            end.add_metric(labels, certificate.not_valid_after_utc.timestamp())
    yield from (count, items, objects, begin, end)
    unknown = GaugeMetricFamily(
        "secrets_operator_sealing_key_unknown_objects", "SealedSecrets that no key has opened so far."
    )
    unknown.add_metric([], numbers.unknown)
    yield unknown
    renewal = GaugeMetricFamily(
        "secrets_operator_sealing_key_next_renewal_timestamp_seconds",
        "When the next sealing key is due; absent when none is.",
    )
    if numbers.next_renewal is not None:
        renewal.add_metric([], numbers.next_renewal.timestamp())
    yield renewal


def _gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"secrets_operator_sealing_{name}", text, labels=labels or ("fingerprint", "state"))


def _with_fingerprint(reports: Sequence[KeyReport]) -> Iterator[KeyReport]:
    """Yield one report a key: of two Secrets with the same key that which counts for more."""
    order = list(KeyState)
    found: dict[str, KeyReport] = {}
    for report in sorted(reports, key=lambda one: order.index(one.state)):
        if report.fingerprint:
            found.setdefault(report.fingerprint, report)
    yield from found.values()
