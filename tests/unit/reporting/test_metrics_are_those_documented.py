"""The metrics an operator process exports: names, labels, and what makes them count."""

import pytest
from prometheus_client.exposition import generate_latest

from secrets_operator.flow import Again, Done, Key, Lane, Never, Outcome, Retry
from secrets_operator.queueing.workqueue import Claim, WorkQueue
from secrets_operator.reporting.metrics import Live, Metrics
from secrets_operator.reporting.sealing_key_metrics import KeyNumbers
from secrets_operator.sealing.stored_keys import StoredKey, key_reports
from tests.builders import NOW
from tests.hand_clock import HandClock
from tests.sealing_data import small_key

CLAIM = Claim(Key("ExternalSecret", "team", "app"), Lane.DRIFT, "SecretStore/team/store", waited=0.2)

ACTIVE = StoredKey("key-1", "u1", "", is_active=True, fingerprint="SHA256:a", certificate=small_key().certificate)
BAD = StoredKey("key-2", "u2", "", is_active=True, fault="no tls.key")
KEYS = KeyNumbers(
    key_reports([ACTIVE, BAD], newest="SHA256:a", items={"SHA256:a": 3, "SHA256:b": 1}, objects={"SHA256:a": 2}),
    unknown=4,
    next_renewal=NOW,
)


def value(metrics: Metrics, sample: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"secrets_operator_{sample}", labels)


def live(queue: WorkQueue) -> Live:
    return Live(
        queue,
        ready=lambda: {"ExternalSecret": {"True": 7, "False": 2}},
        circuits=lambda: [(Key("SecretStore", "team", "store"), 2)],
        cached_bytes=lambda: 512,
        sealing_keys=lambda: KEYS,
    )


def test_the_names_are_those_dashboards_use() -> None:
    metrics = Metrics("1.2.3")
    metrics.watch(live(WorkQueue(now=lambda: 0.0, group_of=lambda _: "")))
    exported = {f"{family.name}:{family.type}" for family in metrics.registry.collect()}
    assert exported == {
        "secrets_operator_build_info:gauge",
        "secrets_operator_reconciles:counter",
        "secrets_operator_reconcile_duration_seconds:histogram",
        "secrets_operator_queue_wait_seconds:histogram",
        "secrets_operator_kubernetes_requests:counter",
        "secrets_operator_kubernetes_request_duration_seconds:histogram",
        "secrets_operator_provider_reads:counter",
        "secrets_operator_provider_references:counter",
        "secrets_operator_provider_calls:counter",
        "secrets_operator_provider_leases:gauge",
        "secrets_operator_drift_healed:counter",
        "secrets_operator_secret_writes:counter",
        "secrets_operator_sealing_private_key_operations:counter",
        "secrets_operator_queue_depth:gauge",
        "secrets_operator_queue_oldest_seconds:gauge",
        "secrets_operator_reconciles_running:gauge",
        "secrets_operator_resources:gauge",
        "secrets_operator_store_circuit_state:gauge",
        "secrets_operator_value_cache_bytes:gauge",
        "secrets_operator_sealing_keys:gauge",
        "secrets_operator_sealing_key_items:gauge",
        "secrets_operator_sealing_key_objects:gauge",
        "secrets_operator_sealing_key_not_before_timestamp_seconds:gauge",
        "secrets_operator_sealing_key_not_after_timestamp_seconds:gauge",
        "secrets_operator_sealing_key_unknown_objects:gauge",
        "secrets_operator_sealing_key_next_renewal_timestamp_seconds:gauge",
    }
    assert value(metrics, "build_info", version="1.2.3") == 1


@pytest.mark.parametrize(
    ("outcome", "label"),
    [
        pytest.param(Done(), "done", id="done"),
        pytest.param(Again(5), "again", id="again"),
        pytest.param(Retry("x"), "retry", id="retry"),
        pytest.param(Never("x"), "never", id="never"),
    ],
)
def test_a_reconcile_counts_by_kind_lane_and_outcome(outcome: Outcome, label: str) -> None:
    metrics = Metrics("1")
    metrics.reconciled(CLAIM, outcome, 0.5)
    assert value(metrics, "reconciles_total", kind="ExternalSecret", lane="drift", outcome=label) == 1
    assert value(metrics, "reconcile_duration_seconds_sum", kind="ExternalSecret") == 0.5
    assert value(metrics, "queue_wait_seconds_sum", lane="drift") == 0.2


def test_requests_reads_and_writes_count() -> None:
    metrics = Metrics("1")
    metrics.requested(verb="apply", kind="Secret", code=409, seconds=0.1)
    metrics.read("aws", {"found": 3, "absent": 1})
    metrics.provider_asked("aws", 4)
    metrics.provider_called("AWS/SecretsManager", "GetSecretValue", ok=True)
    metrics.provider_called("AWS/SecretsManager", "GetSecretValue", ok=False)
    metrics.wrote_secret("ExternalSecret", healed=False)
    metrics.wrote_secret("ExternalSecret", healed=True)
    counted = [
        value(metrics, "kubernetes_requests_total", verb="apply", kind="Secret", code="409"),
        value(metrics, "kubernetes_request_duration_seconds_count", verb="apply"),
        value(metrics, "provider_reads_total", provider="aws", result="found"),
        value(metrics, "provider_reads_total", provider="aws", result="absent"),
        *(
            value(metrics, "provider_calls_total", provider="AWS/SecretsManager", call="GetSecretValue", status=status)
            for status in ("success", "error")
        ),
        value(metrics, "provider_references_total", provider="aws"),
        value(metrics, "secret_writes_total", kind="ExternalSecret"),
        value(metrics, "drift_healed_total", kind="ExternalSecret"),
    ]
    assert counted == [1, 1, 3, 1, 1, 1, 4, 2, 1]


async def test_the_queue_and_the_resources_are_read_when_scraped() -> None:
    clock = HandClock()
    queue, metrics = WorkQueue(now=clock.monotonic, group_of=lambda _: ""), Metrics("1")
    metrics.watch(live(queue))
    for name in ("a", "b"):
        queue.add(CLAIM.key._replace(name=name))
    queue.add(CLAIM.key._replace(name="later"), Lane.REFRESH, delay=60)
    await queue.get()
    clock.pass_by(3)
    scraped = [
        value(metrics, "queue_depth", lane="changed"),
        value(metrics, "queue_depth", lane="refresh"),
        value(metrics, "queue_oldest_seconds"),
        value(metrics, "reconciles_running"),
        value(metrics, "resources", kind="ExternalSecret", ready="False"),
        value(metrics, "store_circuit_state", kind="SecretStore", namespace="team", name="store"),
        value(metrics, "value_cache_bytes"),
    ]
    assert scraped == [1, 0, 3, 1, 2, 2, 512]


def test_no_name_of_a_resource_is_exported() -> None:
    metrics = Metrics("1")
    metrics.reconciled(CLAIM, Retry("a message"), 0.5)
    text = generate_latest(metrics.registry).decode()
    assert not [word for word in ("team", "app", "store", "a message") if f'"{word}"' in text]


def test_open_logins_are_counted_up_and_down() -> None:
    metrics = Metrics("1.2.3")
    for change in (1, 1, -1):
        metrics.provider_leases_changed("HashiCorp/Vault", change)
    assert value(metrics, "provider_leases", provider="HashiCorp/Vault") == 1


def test_sealing_keys_are_counted_by_state_and_by_what_is_under_them() -> None:
    metrics = Metrics("1.2.3")
    metrics.watch(live(WorkQueue(now=lambda: 0.0, group_of=lambda _: "")))
    states = {state: value(metrics, "sealing_keys", state=state) for state in ("newest", "old", "unusable", "missing")}
    assert states == {"newest": 1, "old": 0, "unusable": 1, "missing": 1}
    assert value(metrics, "sealing_key_items", fingerprint="SHA256:a", state="newest") == 3
    assert value(metrics, "sealing_key_objects", fingerprint="SHA256:a", state="newest") == 2
    assert value(metrics, "sealing_key_items", fingerprint="SHA256:b", state="missing") == 1
    assert value(metrics, "sealing_key_unknown_objects") == 4
    assert value(metrics, "sealing_key_next_renewal_timestamp_seconds") == NOW.timestamp()
