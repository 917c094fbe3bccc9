from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from secrets_operator.resources.external_secret import ExternalSecret
from secrets_operator.resources.problems import FieldProblem, field_path, problems_in
from secrets_operator.resources.sealed_secret import SealedSecret
from secrets_operator.resources.secret_store import SecretStore

# Stands wherever a wrong value stands; it may show up nowhere.
VALUE = "hunter2 !"
DATA = [{"secretKey": "a", "remoteRef": {"key": "a"}}]


def problems(model: Any, spec: Any, **members: Any) -> tuple[FieldProblem, ...]:
    manifest = {"apiVersion": "v1", "kind": model.__name__, "metadata": {"name": "a"}, "spec": spec, **members}
    with pytest.raises(ValidationError) as caught:
        model.model_validate(manifest)
    assert VALUE not in str(caught.value)
    return problems_in(caught.value)


EXTERNAL_SECRETS = [
    pytest.param(
        {"data": [{"secretKey": "a", "remoteRef": {}}]},
        "spec.data[0].remoteRef.key",
        "is required: add it",
        id="a missing field",
    ),
    pytest.param(
        {"data": [{"secretKey": "a", "remoteRef": {"key": 5}}]},
        "spec.data[0].remoteRef.key",
        "must be a string: put the value in quotes",
        id="a number for a string",
    ),
    pytest.param(
        {"data": [{"secretKey": VALUE, "remoteRef": {"key": "a"}}]},
        "spec.data[0].secretKey",
        "must consist of letters, digits, '-', '_' and '.'",
        id="a key with a space",
    ),
    pytest.param(
        {"data": [{"secretKey": "", "remoteRef": {"key": "a"}}]},
        "spec.data[0].secretKey",
        "must not be empty",
        id="an empty key",
    ),
    pytest.param(
        {"data": [{"secretKey": "a" * 254, "remoteRef": {"key": "a"}}]},
        "spec.data[0].secretKey",
        "must have at most 253 characters: shorten it",
        id="a long key",
    ),
    pytest.param(
        {"data": DATA, "secretStoreRef": {"name": VALUE}},
        "spec.secretStoreRef.name",
        "must be a DNS name",
        id="a store name that is no name",
    ),
    pytest.param(
        {"data": DATA, "secretStoreRef": {"name": "a", "kind": VALUE}},
        "spec.secretStoreRef.kind",
        "must be one of SecretStore or ClusterSecretStore",
        id="an unknown store kind",
    ),
    pytest.param(
        {"data": DATA, "target": {"creationPolicy": VALUE}},
        "spec.target.creationPolicy",
        "must be one of Owner, Orphan, Merge, None or CreateOrMerge",
        id="an unknown policy",
    ),
    pytest.param(
        {"data": DATA, "target": {"immutable": "true"}},
        "spec.target.immutable",
        "must be true or false, without quotes",
        id="a boolean in quotes",
    ),
    pytest.param({"data": DATA, "target": VALUE}, "spec.target", "must be an object", id="text for an object"),
    pytest.param({"data": VALUE}, "spec.data", "must be a list", id="text for a list"),
    pytest.param(
        {"data": DATA, "target": {"template": {"data": VALUE}}},
        "spec.target.template.data",
        "must be an object",
        id="text for a map",
    ),
    pytest.param(
        {"data": DATA, "target": {"template": {"data": {"a.b/c": 5}}}},
        "spec.target.template.data[a.b/c]",
        "must be a string: put the value in quotes",
        id="a number in a map, under a key with dots",
    ),
    pytest.param(
        {"data": DATA, "refreshInterval": VALUE},
        "spec.refreshInterval",
        "must be a Go duration",
        id="text that is no duration",
    ),
    pytest.param(
        {"data": DATA, "syncWindows": {"kind": "allow", "windows": []}},
        "spec.syncWindows.windows",
        "must have at least 1 item(s): add one",
        id="an empty list of windows",
    ),
    pytest.param(
        {"data": DATA, "syncWindows": {"kind": "allow", "windows": [{"schedule": VALUE, "duration": "1h"}]}},
        "spec.syncWindows.windows[0].schedule",
        "must be five fields",
        id="text that is no schedule",
    ),
    pytest.param(
        {"dataFrom": [{"extract": {"key": "a"}, "rewrite": [{"regexp": {"source": "a", "target": "b"}}] * 101}]},
        "spec.dataFrom[0].rewrite",
        "must have at most 100 items: remove some",
        id="a list that is too long",
    ),
    pytest.param(VALUE, "spec", "must be an object", id="text for the spec"),
    pytest.param(
        {"data": DATA, "target": {"manifest": {"apiVersion": "v1", "kind": ""}}},
        "spec.target.manifest.kind",
        "must not be empty",
        id="an empty kind of a manifest",
    ),
    pytest.param(
        {"data": DATA, "target": {"manifest": {"kind": "ConfigMap"}}},
        "spec.target.manifest.apiVersion",
        "is required: add it",
        id="a manifest without apiVersion",
    ),
    pytest.param(
        {"data": DATA, "target": {"template": {"templateFrom": [{"secret": {"name": "a"}}]}}},
        "spec.target.template.templateFrom[0].secret.items",
        "is required: add it",
        id="a source of templates without items",
    ),
    pytest.param(
        {"dataFrom": [{"sourceRef": {"generatorRef": {"kind": "UUID"}}}]},
        "spec.dataFrom[0].sourceRef.generatorRef.name",
        "is required: add it",
        id="a generator without name",
    ),
]
CHOICES = [
    pytest.param("refreshPolicy", "CreatedOnce, Periodic or OnChange", id="when to refresh"),
    pytest.param("target.creationPolicy", "Owner, Orphan, Merge, None or CreateOrMerge", id="how to write"),
    pytest.param("target.deletionPolicy", "Delete, Merge or Retain", id="what to do when the values are gone"),
    pytest.param("target.template.engineVersion", "v2", id="the engine"),
    pytest.param("target.template.mergePolicy", "Replace or Merge", id="whether fetched keys stay"),
    pytest.param(
        "target.template.templateFrom.0.valuesDecodingStrategy", "Auto, Base64, Base64URL or None", id="printed values"
    ),
    pytest.param(
        "target.template.templateFrom.0.configMap.items.0.templateAs", "Values or KeysAndValues", id="what is printed"
    ),
    pytest.param("syncWindows.kind", "allow or deny", id="what a window does"),
    pytest.param("data.0.remoteRef.metadataPolicy", "None or Fetch", id="value or metadata"),
    pytest.param("data.0.remoteRef.nullBytePolicy", "Ignore or Fail", id="zero bytes"),
    pytest.param("dataFrom.0.extract.decodingStrategy", "Auto, Base64, Base64URL or None", id="read values"),
    pytest.param("dataFrom.0.find.conversionStrategy", "Default or Unicode", id="found names"),
    pytest.param("dataFrom.0.rewrite.0.merge.priorityPolicy", "Strict or IgnoreNotFound", id="keys that are missing"),
    pytest.param("dataFrom.0.rewrite.0.merge.conflictPolicy", "Error or Ignore", id="keys that are there twice"),
    pytest.param("dataFrom.0.rewrite.0.merge.strategy", "Extract or JSON", id="what becomes of the objects"),
]
STORES = [
    pytest.param({}, "spec.provider", "is required: add it", id="no provider"),
    pytest.param({"provider": VALUE}, "spec.provider", "must be an object", id="text for the provider"),
    pytest.param({"provider": {}}, "spec.provider", "must have exactly one property", id="an empty provider"),
    pytest.param(
        {"provider": {"vault": {"server": "a"}, "other": {}}},
        "spec.provider",
        "must have exactly one property",
        id="two providers",
    ),
    pytest.param(
        {"provider": {"other": VALUE}}, "spec.provider", "settings must be an object", id="text for an unknown provider"
    ),
    pytest.param(
        {"provider": {"fake": {"data": [{"key": "a", "value": [VALUE]}]}}},
        "spec.provider.fake.data[0].value",
        "must be a string",
        id="a fake value of the wrong type",
    ),
    pytest.param(
        {"provider": {"fake": {"data": []}}, "refreshInterval": VALUE},
        "spec.refreshInterval",
        "must be a number of seconds",
        id="an interval that is none",
    ),
    pytest.param(
        {"provider": {"fake": {"data": []}}, "refreshInterval": True},
        "spec.refreshInterval",
        "must be a number of seconds",
        id="a boolean for an interval",
    ),
    pytest.param(
        {"provider": {"fake": {"data": []}}, "retrySettings": {"maxRetries": "5"}},
        "spec.retrySettings.maxRetries",
        "must be a whole number, without quotes",
        id="a number in quotes",
    ),
    pytest.param(
        {"provider": {"fake": {"data": []}}, "conditions": [{"namespaces": ["A"]}]},
        "spec.conditions[0].namespaces[0]",
        "must be a DNS label",
        id="a namespace that is no name",
    ),
]


@pytest.mark.parametrize(("spec", "path", "message"), EXTERNAL_SECRETS)
def test_a_wrong_external_secret_is_answered_with(spec: Any, path: str, message: str) -> None:
    [problem] = problems(ExternalSecret, spec)
    assert problem.path == path
    assert problem.message.startswith(message)
    assert VALUE not in str(problem)


@pytest.mark.parametrize(("spec", "path", "message"), STORES)
def test_a_wrong_store_is_answered_with(spec: Any, path: str, message: str) -> None:
    [problem] = problems(SecretStore, spec)
    assert problem.path == path
    assert message in problem.message
    assert VALUE not in str(problem)


@pytest.mark.parametrize(("path", "choices"), CHOICES)
def test_a_field_of_few_values_names_them(path: str, choices: str) -> None:
    spec: Any = VALUE
    for name in reversed(path.split(".")):
        spec = [spec] if name == "0" else {name: spec}
    field = "spec." + path.replace(".0", "[0]")
    assert f"must be one of {choices}" in [
        found.message for found in problems(ExternalSecret, spec) if found.path == field
    ]


def test_all_problems_are_named_at_once_in_the_order_of_the_fields() -> None:
    found = problems(ExternalSecret, {"refreshInterval": "1d", "data": [{"secretKey": "a"}, {"remoteRef": {}}]})
    assert [problem.path for problem in found] == [
        "spec.refreshInterval",
        "spec.data[0].remoteRef",
        "spec.data[1].secretKey",
        "spec.data[1].remoteRef.key",
    ]


def test_a_missing_spec_and_a_wrong_kind_are_problems_of_the_object() -> None:
    manifest = {"apiVersion": "bitnami.com/v1alpha1", "kind": "Secret", "metadata": {"name": "a"}}
    with pytest.raises(ValidationError) as caught:
        SealedSecret.model_validate(manifest)
    assert [str(problem) for problem in problems_in(caught.value)] == [
        "kind: must be one of SealedSecret",
        "spec: is required: add it",
    ]


def test_a_time_that_is_none_is_a_problem_of_the_status() -> None:
    [problem] = problems(ExternalSecret, {"data": DATA}, status={"refreshTime": VALUE})
    assert str(problem) == "status.refreshTime: must be an RFC 3339 time such as 2026-01-31T08:00:00Z"


@pytest.mark.parametrize(
    ("location", "path"),
    [
        pytest.param((), "", id="the object itself"),
        pytest.param(("spec", "data", 0, "remoteRef", "key"), "spec.data[0].remoteRef.key", id="lists and fields"),
        pytest.param(("metadata", "labels", "a.b/c"), "metadata.labels[a.b/c]", id="a map key with dots"),
        pytest.param(("spec", "data", "a", "[key]"), "spec.data.a", id="a wrong map key"),
    ],
)
def test_a_path_is_written_as_kubernetes_writes_it(location: tuple[str | int, ...], path: str) -> None:
    assert field_path(location) == path
