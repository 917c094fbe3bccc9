"""What alerts and dashboards made for External Secrets Operator and Sealed Secrets find."""

from dataclasses import replace

import pytest

from secrets_operator.settings import Settings
from tests.exported_metrics import Resources, families, full_metrics, live, resource, series, value

PLACE = {"name", "namespace"}
CONDITION = PLACE | {"condition", "status"}
PREFIX = "sealed_secrets_controller_"

ESO = {
    "externalsecret_sync_calls_total": PLACE,
    "externalsecret_sync_calls_error": PLACE,
    "externalsecret_status_condition": CONDITION,
    "externalsecret_reconcile_duration": PLACE,
    "externalsecret_provider_api_calls_count": {"provider", "call", "status"},
    "secretstore_status_condition": CONDITION,
    "secretstore_reconcile_duration": PLACE,
    "clustersecretstore_status_condition": CONDITION,
    "clustersecretstore_reconcile_duration": PLACE,
    "clusterexternalsecret_status_condition": CONDITION,
    "clusterexternalsecret_reconcile_duration": PLACE,
    "pushsecret_status_condition": CONDITION,
    "pushsecret_reconcile_duration": PLACE,
    "clusterpushsecret_status_condition": CONDITION,
    "clusterpushsecret_reconcile_duration": PLACE,
    "controller_runtime_reconcile_total": {"controller", "result"},
    "controller_runtime_reconcile_errors_total": {"controller"},
}
SEALED_SECRETS = {
    f"{PREFIX}build_info": {"revision"},
    f"{PREFIX}unseal_requests_total": set(),
    f"{PREFIX}unseal_errors_total": {"reason", "namespace"},
    f"{PREFIX}condition_info": {"namespace", "name", "condition", "ss_app_kubernetes_io_instance"},
    f"{PREFIX}http_requests_total": {"path", "code", "method"},
    f"{PREFIX}http_request_duration_seconds_bucket": {"path", "method", "le"},
    f"{PREFIX}http_request_duration_seconds_sum": {"path", "method"},
    f"{PREFIX}http_request_duration_seconds_count": {"path", "method"},
}


@pytest.mark.parametrize(("name", "labels"), [pytest.param(*row, id=row[0]) for row in (ESO | SEALED_SECRETS).items()])
def test_a_metric_of_others_has_their_labels(name: str, labels: set[str]) -> None:
    assert series()[name] == labels


@pytest.mark.parametrize(
    ("setting", "names"),
    [
        pytest.param("both", ESO | SEALED_SECRETS, id="both"),
        pytest.param("eso", ESO, id="only those of External Secrets Operator"),
        pytest.param("sealed-secrets", SEALED_SECRETS, id="only those of Sealed Secrets"),
        pytest.param("none", {}, id="none"),
    ],
)
def test_the_setting_chooses_whose_names_are_exported(setting: str, names: dict[str, set[str]]) -> None:
    found = {sample.name for one in families(full_metrics(Settings(compat_metrics=setting))) for sample in one.samples}
    assert {name for name in found if not name.startswith("secrets_operator_")} == set(names)


ONE = {"name": "one", "namespace": "team"}
WHERE = {"namespace": "team", "name": "one", "condition": "Synced"}


@pytest.mark.parametrize(
    ("name", "labels", "expected"),
    [
        pytest.param("externalsecret_sync_calls_total", ONE, 2, id="every reconcile is a sync call"),
        pytest.param("externalsecret_sync_calls_error", ONE, 1, id="each that failed is an error"),
        pytest.param("externalsecret_reconcile_duration", ONE, 5e8, id="the last one took so many nanoseconds"),
        pytest.param(
            "externalsecret_status_condition",
            {**ONE, "condition": "Ready", "status": "True"},
            1,
            id="the status a condition has is 1",
        ),
        pytest.param(
            "externalsecret_status_condition",
            {**ONE, "condition": "Ready", "status": "False"},
            0,
            id="the opposite is 0",
        ),
        pytest.param(
            "clustersecretstore_status_condition",
            {"name": "one", "namespace": "", "condition": "Ready", "status": "True"},
            1,
            id="what belongs to no namespace has an empty one",
        ),
        pytest.param(
            "externalsecret_provider_api_calls_count",
            {"provider": "AWS/SecretsManager", "call": "GetSecretValue", "status": "error"},
            1,
            id="a throttled call is an error",
        ),
        pytest.param(
            "controller_runtime_reconcile_total",
            {"controller": "externalsecret", "result": "error"},
            1,
            id="controllers are in lower case",
        ),
        pytest.param(
            "controller_runtime_reconcile_errors_total", {"controller": "externalsecret"}, 1, id="errors by controller"
        ),
        pytest.param(f"{PREFIX}build_info", {"revision": "1.2.3"}, 1, id="build_info is 1, not 0"),
        pytest.param(f"{PREFIX}unseal_requests_total", {}, 2, id="every run for a SealedSecret is a request"),
        pytest.param(
            f"{PREFIX}unseal_errors_total", {"reason": "unseal", "namespace": "team"}, 1, id="an unseal error"
        ),
        pytest.param(
            f"{PREFIX}condition_info", {**WHERE, "ss_app_kubernetes_io_instance": ""}, 1, id="a true condition is 1"
        ),
        pytest.param(
            f"{PREFIX}http_requests_total", {"path": "/v1/verify", "code": "409", "method": "post"}, 1, id="a request"
        ),
        pytest.param(
            f"{PREFIX}http_request_duration_seconds_count", {"path": "/v1/verify", "method": "post"}, 1, id="its time"
        ),
    ],
)
def test_a_metric_of_others_says_what_theirs_says(name: str, labels: dict[str, str], expected: float) -> None:
    assert value(full_metrics(), name, **labels) == expected


@pytest.mark.parametrize(
    ("status", "number"),
    [
        pytest.param("True", 1, id="true"),
        pytest.param("False", -1, id="false"),
        pytest.param("Unknown", 0, id="unknown"),
        pytest.param(None, 0, id="not looked at yet"),
    ],
)
def test_the_condition_of_a_sealed_secret_is_a_number(status: str | None, number: int) -> None:
    state = live()
    sealed = resource("SealedSecret", "one", status)
    sealed["metadata"]["labels"] = {"app.kubernetes.io/instance": "shop"}
    metrics = full_metrics(state=replace(state, resources={**state.resources, "SealedSecret": Resources(sealed)}))
    assert value(metrics, f"{PREFIX}condition_info", **WHERE, ss_app_kubernetes_io_instance="shop") == number


def test_a_resource_without_a_status_has_no_condition() -> None:
    state = live(ExternalSecret=[resource("ExternalSecret", "one", None)])
    metrics = full_metrics(state=state)
    assert value(metrics, "externalsecret_status_condition", **ONE, condition="Ready", status="True") is None


def test_paths_that_sealed_secrets_has_not_are_not_counted_for_it() -> None:
    metrics = full_metrics()
    metrics.sealing_answered(path="/v1/verify/batch", method="post", code=200, seconds=0.1)
    labels = {"path": "/v1/verify/batch", "code": "200", "method": "post"}
    assert value(metrics, "secrets_operator_sealing_requests_total", **labels) == 1
    assert value(metrics, f"{PREFIX}http_requests_total", **labels) is None
