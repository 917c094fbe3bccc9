"""What Prometheus reads from an operator at work."""

from __future__ import annotations

from functools import partial

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.cluster.manifests import external_secret, fake_store, push_secret, pushed_to
from tests.cluster_world import OperatorProcess, World, wait_for
from tests.exported_metrics import series

pytestmark = [pytest.mark.cluster, pytest.mark.process]


def scraped(operator: OperatorProcess) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    status, text = operator.get("/metrics")
    assert status == 200
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def of(operator: OperatorProcess, metric: str, /, **labels: str) -> float | None:
    return scraped(operator).get((metric, frozenset(labels.items())))


def test_a_resource_is_followed_until_it_is_gone(world: World, operator: OperatorProcess, namespace: str) -> None:
    place = {"namespace": namespace, "name": "db"}
    ready = partial(of, operator, "secrets_operator_resource_ready", kind="ExternalSecret", **place)
    condition = partial(of, operator, "externalsecret_status_condition", **place, condition="Ready")
    world.apply(fake_store(namespace, {"there": "value"}))
    world.apply(external_secret(namespace, {"password": "missing"}, name="db"))
    wait_for("the failure shows", lambda: condition(status="False") == 1)
    assert (ready(), condition(status="True")) == (0, 0)
    assert (of(operator, "externalsecret_sync_calls_error", **place) or 0) >= 1

    world.apply(external_secret(namespace, {"password": "there"}, name="db"))
    wait_for("the success shows", lambda: ready() == 1)
    assert (condition(status="True"), condition(status="False")) == (1, 0)
    success = "secrets_operator_resource_last_success_timestamp_seconds"
    assert (of(operator, success, kind="ExternalSecret", **place) or 0) > 1.7e9

    world.call("DELETE", f"/apis/external-secrets.io/v1/namespaces/{namespace}/externalsecrets/db")
    wait_for("nothing is left of it", lambda: not [key for key in scraped(operator) if place.items() <= key[1]])


def test_a_push_is_followed_until_it_is_gone(world: World, operator: OperatorProcess, namespace: str) -> None:
    place = {"namespace": namespace, "name": "push"}
    condition = partial(of, operator, "pushsecret_status_condition", **place, condition="Ready")
    world.apply(fake_store(namespace, {}))
    world.apply(push_secret(namespace, [pushed_to("remote", of="k")], name="push"))
    wait_for("the failure shows", lambda: condition(status="False") == 1)
    assert of(operator, "secrets_operator_resource_ready", kind="PushSecret", **place) == 0
    world.put_secret(namespace, "source", {"k": "value"})
    wait_for("the success shows", lambda: condition(status="True") == 1)
    success = "secrets_operator_resource_last_success_timestamp_seconds"
    assert (of(operator, success, kind="PushSecret", **place) or 0) > 1.7e9
    assert of(operator, "secrets_operator_refresh_overdue_seconds", kind="PushSecret") == 0
    assert (of(operator, "pushsecret_reconcile_duration", **place) or 0) > 0
    world.delete("PushSecret", namespace, "push")
    wait_for("nothing is left of it", lambda: not [key for key in scraped(operator) if place.items() <= key[1]])


def test_what_is_exported_is_what_the_documentation_and_the_alerts_are_held_against(operator: OperatorProcess) -> None:
    known = series()
    found = {(name, frozenset(label for label, _ in labels)) for name, labels in scraped(operator)}
    assert found
    assert {(name, labels) for name, labels in found if labels != known.get(name)} == set()


def test_one_replica_asks_for_no_lease(operator: OperatorProcess) -> None:
    asked = "secrets_operator_kubernetes_requests_total"
    kinds = {dict(labels)["kind"] for name, labels in scraped(operator) if name == asked}
    assert "Secret" in kinds
    assert "Lease" not in kinds
