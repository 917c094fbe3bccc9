"""Metrics in which everything happened once, and what they export: for tests of names, labels and values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from prometheus_client.core import Metric

from secrets_operator.flow import Again, Key, Lane, Retry
from secrets_operator.queueing.workqueue import Claim, WorkQueue
from secrets_operator.reporting.metrics import Metrics, Stage
from secrets_operator.reporting.sealing_key_metrics import BackupTimes, KeyNumbers
from secrets_operator.reporting.snapshot import Live, Refreshes
from secrets_operator.sealing.stored_keys import StoredKey, key_reports
from secrets_operator.settings import Settings
from tests.sealing_data import small_key

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
READ_AT = NOW - timedelta(minutes=90)
PUSHED_AT = NOW - timedelta(minutes=5)
STORE = Key("SecretStore", "team", "store")
KINDS = (
    "ExternalSecret",
    "ClusterExternalSecret",
    "PushSecret",
    "ClusterPushSecret",
    "SecretStore",
    "ClusterSecretStore",
    "SealedSecret",
)
PROCESS = ("process_", "python_")


ACTIVE = StoredKey("key-1", "u1", "", is_active=True, fingerprint="SHA256:a", certificate=small_key().certificate)
BAD = StoredKey("key-2", "u2", "", is_active=True, fault="no tls.key")
KEYS = KeyNumbers(
    key_reports([ACTIVE, BAD], newest="SHA256:a", items={"SHA256:a": 3, "SHA256:b": 1}, objects={"SHA256:a": 2}),
    unknown=4,
    next_renewal=NOW,
)


class Resources:
    """Resources of one kind."""

    def __init__(self, *resources: dict[str, Any]) -> None:
        self.objects = list(resources)

    def get(self, namespace: str, name: str) -> dict[str, Any] | None:
        found = (one for one in self.objects if one["metadata"]["name"] == name)
        return next((one for one in found if one["metadata"].get("namespace", "") == namespace), None)

    def values(self) -> Iterator[dict[str, Any]]:
        return iter(self.objects)


def resource(kind: str, name: str, status: str | None = "True") -> dict[str, Any]:
    """A resource whose main condition has ``status``; None is one without a status."""
    metadata: dict[str, Any] = {"name": name}
    if not kind.startswith("Cluster"):
        metadata["namespace"] = "team"
    made: dict[str, Any] = {"kind": kind, "metadata": metadata, "spec": {}}
    if status is not None:
        condition = "Synced" if kind == "SealedSecret" else "Ready"
        made["status"] = {"conditions": [{"type": condition, "status": status, "message": "a message"}]}
    return made


def live(**kinds: Sequence[dict[str, Any]]) -> Live:
    """The state of an operator with the resources of each kind, those left out having one that is ready."""
    resources = {kind: Resources(*kinds.get(kind, [resource(kind, "one")])) for kind in KINDS}
    return Live(
        WorkQueue(now=lambda: 0.0, group_of=lambda _: ""),
        now=lambda: NOW,
        resources=resources,
        sources=lambda: [*resources["SecretStore"].values(), *resources["ClusterSecretStore"].values()],
        refreshes={
            "ExternalSecret": lambda _: Refreshes(READ_AT, READ_AT + timedelta(hours=1)),
            "PushSecret": lambda _: Refreshes(PUSHED_AT, None),
        },
        circuits=lambda: [(STORE, 2)],
        cached_bytes=lambda: 512,
        sealing_keys=lambda: KEYS,
        key_backup=lambda: BackupTimes(NOW, NOW),
    )


def full_metrics(settings: Settings | None = None, state: Live | None = None) -> Metrics:
    """Metrics in which each thing happened that is counted."""
    metrics = Metrics("1.2.3", settings)
    metrics.watch(state or live())
    for kind in KINDS:
        key = Key(kind, "" if kind.startswith("Cluster") else "team", "one")
        metrics.reconciled(Claim(key, Lane.CHANGED, "", waited=0.2), Again(5), 0.25)
        metrics.reconciled(Claim(key, Lane.RETRY, "", waited=0.2), Retry("a message"), 0.5)
        for stage in Stage:
            with metrics.timed(kind, stage):
                pass
    metrics.requested(verb="apply", kind="Secret", code=200, seconds=0.1)
    metrics.sealing_answered(path="/v1/verify", method="post", code=409, seconds=0.1)
    metrics.reviewed("ExternalSecret", "refused", 0.1)
    metrics.read("aws", {"found": 3})
    metrics.provider_asked("aws", 4)
    metrics.provider_called("AWS/SecretsManager", "GetSecretValue", ok=True, throttled=False, store=STORE)
    metrics.provider_called("AWS/SecretsManager", "GetSecretValue", ok=False, throttled=True, store=STORE)
    metrics.provider_leases_changed("HashiCorp/Vault", 1)
    metrics.wrote_secret("ExternalSecret", healed=True)
    metrics.handed_over(came=3, went=1)
    metrics.unseal_failed("unseal", "team")
    return metrics


def families(metrics: Metrics) -> list[Metric]:
    """All families of a scrape, but those of the process and the interpreter."""
    return [family for family in metrics.take().collect() if not family.name.startswith(PROCESS)]


def value(metrics: Metrics, name: str, /, **labels: str) -> float | None:
    """The value of one sample, None when there is none."""
    samples = (sample for family in metrics.take().collect() for sample in family.samples)
    found = [sample.value for sample in samples if (sample.name, sample.labels) == (name, labels)]
    assert len(found) < 2, found
    return found[0] if found else None


def series() -> dict[str, frozenset[str]]:
    """The names of the labels of every sample that is exported, by its name."""
    known: dict[str, set[str]] = {}
    for family in full_metrics().take().collect():
        for sample in family.samples:
            known.setdefault(sample.name, set()).update(sample.labels)
    return {name: frozenset(labels) for name, labels in known.items()}
