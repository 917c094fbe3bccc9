"""The metrics an operator process exports: names, labels, and what makes them count."""

import asyncio
from dataclasses import replace

import pytest
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from secrets_operator.flow import Again, Done, Key, Lane, Never, Outcome, Retry
from secrets_operator.queueing.workqueue import Claim, WorkQueue
from secrets_operator.reporting.metrics import Metrics
from secrets_operator.settings import Settings
from tests.exported_metrics import NOW, PUSHED_AT, READ_AT, STORE, Resources, families, full_metrics, live, resource
from tests.exported_metrics import value as exported
from tests.hand_clock import HandClock

CLAIM = Claim(Key("ExternalSecret", "team", "app"), Lane.DRIFT, "SecretStore/team/store", waited=0.2)


def value(metrics: Metrics, sample: str, /, **labels: str) -> float | None:
    return exported(metrics, f"secrets_operator_{sample}", **labels)


def test_the_names_are_those_dashboards_use() -> None:
    found = {f"{family.name}:{family.type}" for family in families(full_metrics(Settings(compat_metrics="none")))}
    assert found == {
        "secrets_operator_build_info:gauge",
        "secrets_operator_reconciles:counter",
        "secrets_operator_reconcile_duration_seconds:histogram",
        "secrets_operator_reconcile_stage_duration_seconds:histogram",
        "secrets_operator_queue_wait_seconds:histogram",
        "secrets_operator_members:gauge",
        "secrets_operator_owned_keys:gauge",
        "secrets_operator_keys_handed_over:counter",
        "secrets_operator_queue_depth:gauge",
        "secrets_operator_queue_oldest_seconds:gauge",
        "secrets_operator_reconciles_running:gauge",
        "secrets_operator_resources:gauge",
        "secrets_operator_resources_without_series:gauge",
        "secrets_operator_refresh_overdue_seconds:gauge",
        "secrets_operator_resource_ready:gauge",
        "secrets_operator_resource_last_success_timestamp_seconds:gauge",
        "secrets_operator_secret_writes:counter",
        "secrets_operator_drift_found:counter",
        "secrets_operator_drift_healed:counter",
        "secrets_operator_sealing_private_key_operations:counter",
        "secrets_operator_sealing_requests:counter",
        "secrets_operator_sealing_request_duration_seconds:histogram",
        "secrets_operator_admission_reviews:counter",
        "secrets_operator_admission_review_duration_seconds:histogram",
        "secrets_operator_sealing_keys:gauge",
        "secrets_operator_sealing_key_items:gauge",
        "secrets_operator_sealing_key_objects:gauge",
        "secrets_operator_sealing_key_not_before_timestamp_seconds:gauge",
        "secrets_operator_sealing_key_not_after_timestamp_seconds:gauge",
        "secrets_operator_sealing_key_unknown_objects:gauge",
        "secrets_operator_sealing_key_backup_complete_timestamp_seconds:gauge",
        "secrets_operator_sealing_key_backup_made_timestamp_seconds:gauge",
        "secrets_operator_sealing_key_next_renewal_timestamp_seconds:gauge",
        "secrets_operator_store_circuit_state:gauge",
        "secrets_operator_store_calls:counter",
        "secrets_operator_value_cache_bytes:gauge",
        "secrets_operator_provider_reads:counter",
        "secrets_operator_provider_references:counter",
        "secrets_operator_provider_calls:counter",
        "secrets_operator_provider_throttles:counter",
        "secrets_operator_provider_leases:gauge",
        "secrets_operator_kubernetes_requests:counter",
        "secrets_operator_kubernetes_request_duration_seconds:histogram",
    }
    assert value(full_metrics(), "build_info", version="1.2.3") == 1


def test_no_two_families_have_the_same_name_and_the_format_can_be_read() -> None:
    text = generate_latest(full_metrics().take()).decode()
    read = list(text_string_to_metric_families(text))
    names = [family.name for family in read]
    assert len(names) == len(set(names))
    assert {"process_resident_memory_bytes", "python_info", "externalsecret_sync_calls"} <= set(names)


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
    for ok, throttled in ((True, False), (False, True), (False, False)):
        metrics.provider_called("AWS/SecretsManager", "GetSecretValue", ok=ok, throttled=throttled, store=STORE)
    metrics.wrote_secret("ExternalSecret", healed=False)
    metrics.wrote_secret("ExternalSecret", healed=True)
    metrics.drift_stayed("ExternalSecret")
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
        value(metrics, "provider_throttles_total", provider="AWS/SecretsManager"),
        value(metrics, "drift_found_total", kind="ExternalSecret"),
        value(metrics, "drift_healed_total", kind="ExternalSecret"),
    ]
    assert counted == [1, 1, 3, 1, 1, 2, 4, 2, 1, 2, 1]


async def test_the_queue_and_the_resources_are_read_when_scraped() -> None:
    clock = HandClock()
    queue, metrics = WorkQueue(now=clock.monotonic, group_of=lambda _: ""), Metrics("1")
    resources = [resource("ExternalSecret", f"r{number}", "True" if number < 7 else "False") for number in range(9)]
    metrics.watch(replace(live(ExternalSecret=resources), queue=queue))
    for name in ("a", "b"):
        queue.add(CLAIM.key._replace(name=name))
    queue.add(CLAIM.key._replace(name="later"), Lane.REFRESH, delay=60)
    await queue.get()
    clock.pass_by(3)
    scrape = metrics.take()
    found = await asyncio.to_thread(lambda: [sample for family in scrape.collect() for sample in family.samples])
    values = {(one.name.removeprefix("secrets_operator_"), *one.labels.values()): one.value for one in found}
    scraped = [
        values["queue_depth", "changed"],
        values["queue_depth", "refresh"],
        values["queue_oldest_seconds", "changed"],
        values["queue_oldest_seconds", "refresh"],
        values["reconciles_running",],
        values["resources", "ExternalSecret", "False"],
        values["store_circuit_state", "SecretStore", "team", "store"],
        values["value_cache_bytes",],
        values["refresh_overdue_seconds", "ExternalSecret"],
    ]
    assert scraped == [1, 0, 3, 0, 1, 2, 2, 512, 1800]


def test_sealing_keys_are_counted_by_state_and_by_what_is_under_them() -> None:
    metrics = full_metrics()
    states = {state: value(metrics, "sealing_keys", state=state) for state in ("newest", "old", "unusable", "missing")}
    assert states == {"newest": 1, "old": 0, "unusable": 1, "missing": 1}
    assert value(metrics, "sealing_key_items", fingerprint="SHA256:a", state="newest") == 3
    assert value(metrics, "sealing_key_objects", fingerprint="SHA256:a", state="newest") == 2
    assert value(metrics, "sealing_key_items", fingerprint="SHA256:b", state="missing") == 1
    assert value(metrics, "sealing_key_unknown_objects") == 4
    assert value(metrics, "sealing_key_next_renewal_timestamp_seconds") == NOW.timestamp()


def test_calls_count_by_store_until_the_store_is_gone() -> None:
    stores = Resources(resource("SecretStore", "store"))
    state = live()
    metrics = full_metrics(state=replace(state, resources={**state.resources, "SecretStore": stores}))
    labels = {"kind": "SecretStore", "namespace": "team", "name": "store"}
    assert value(metrics, "store_calls_total", **labels, status="throttled") == 1
    assert value(metrics, "store_calls_total", **labels, status="success") == 1
    stores.objects.clear()
    metrics.reconciled(Claim(STORE, Lane.CHANGED, "", waited=0), Done(), 0.1)
    assert value(metrics, "store_calls_total", **labels, status="success") is None


def test_of_a_push_secret_the_time_of_the_last_push_is_told() -> None:
    metrics = full_metrics()
    one = {"kind": "PushSecret", "namespace": "team", "name": "one"}
    assert value(metrics, "resource_last_success_timestamp_seconds", **one) == PUSHED_AT.timestamp()
    assert value(metrics, "refresh_overdue_seconds", kind="PushSecret") == 0


def test_a_resource_has_series_of_its_own_as_long_as_it_is_there() -> None:
    resources = Resources(resource("ExternalSecret", "one", "False"))
    state = live()
    metrics = full_metrics(state=replace(state, resources={**state.resources, "ExternalSecret": resources}))
    labels = {"kind": "ExternalSecret", "namespace": "team", "name": "one"}
    assert value(metrics, "resource_ready", **labels) == 0
    assert value(metrics, "resource_last_success_timestamp_seconds", **labels) == READ_AT.timestamp()
    gone = resources.objects.pop()
    assert value(metrics, "resource_ready", **labels) is None
    metrics.reconciled(Claim(Key("ExternalSecret", "team", "one"), Lane.CHANGED, "", waited=0), Done(), 0.1)
    resources.objects.append(gone)
    assert exported(metrics, "externalsecret_sync_calls_total", namespace="team", name="one") is None


@pytest.mark.parametrize(
    ("most", "named"),
    [
        pytest.param(0, set(), id="none when it is switched off"),
        pytest.param(2, {"bad", "new"}, id="those that are not ready first when there is no place for all"),
        pytest.param(9, {"good", "bad", "fine", "new"}, id="all when there is place"),
    ],
)
def test_so_many_resources_of_a_kind_have_series_of_their_own(most: int, named: set[str]) -> None:
    states = {"good": "True", "bad": "False", "fine": "True", "new": None}
    state = live(ExternalSecret=[resource("ExternalSecret", name, status) for name, status in states.items()])
    metrics = full_metrics(Settings(metrics_per_resource=most), state)
    samples = [sample for family in families(metrics) for sample in family.samples]
    found = {
        sample.labels["name"]
        for sample in samples
        if sample.name == "secrets_operator_resource_ready" and sample.labels["kind"] == "ExternalSecret"
    }
    assert found == named
    assert value(metrics, "resources_without_series", kind="ExternalSecret") == 4 - len(named)


@pytest.mark.parametrize("kind", ["SecretStore", "ExternalSecret"])
def test_what_is_of_another_controller_class_is_not_spoken_of(kind: str) -> None:
    theirs, reads_theirs = resource("SecretStore", "theirs", "False"), resource("ExternalSecret", "app", "False")
    theirs["spec"]["controller"] = "theirs"
    reads_theirs["spec"]["secretStoreRef"] = {"name": "theirs"}
    metrics = full_metrics(
        state=live(SecretStore=[theirs], ExternalSecret=[reads_theirs, resource("ExternalSecret", "b")])
    )
    named = {
        sample.labels["name"] for family in families(metrics) for sample in family.samples if "name" in sample.labels
    }
    assert named & {"theirs", "app", "b"} == {"b"}
    assert value(metrics, "resources", kind=kind, ready="False") == 0
    assert value(metrics, "resources", kind="ExternalSecret", ready="True") == 1


def test_no_name_of_a_resource_is_exported_when_that_is_switched_off() -> None:
    text = generate_latest(full_metrics(Settings(metrics_per_resource=0)).take()).decode()
    assert not [word for word in ("one", "a message") if f'"{word}"' in text]


def test_open_logins_are_counted_up_and_down() -> None:
    metrics = Metrics("1.2.3")
    for change in (1, 1, -1):
        metrics.provider_leases_changed("HashiCorp/Vault", change)
    assert value(metrics, "provider_leases", provider="HashiCorp/Vault") == 1
