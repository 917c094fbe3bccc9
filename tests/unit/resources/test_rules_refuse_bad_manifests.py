"""The rules of the CRDs, evaluated as the API server does, and the same rules checked on the models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from devcluster.structural import StructuralSchema
from pydantic import ValidationError
from ruamel.yaml import YAML

from secrets_operator.resources.external_secret import ExternalSecretSpec
from secrets_operator.resources.external_secret_checks import DUPLICATE_KEY, spec_problems, target_problems
from secrets_operator.resources.problems import FieldProblem, problems_in
from secrets_operator.resources.push_secret import PushSecretSpec
from secrets_operator.resources.push_secret_checks import (
    NO_REMOTE_KEY,
    NOT_A_STORE_OF_THE_SPEC,
    SAME_PLACE,
    push_spec_problems,
)
from secrets_operator.resources.targets import Target

Row = dict[str, Any]


def rows(name: str) -> list[Any]:
    text = (Path(__file__).parent / "manifests" / name).read_text(encoding="utf-8")
    return [pytest.param(row, id=row["behaviour"]) for row in YAML(typ="safe", pure=True).load(text)]


def rules_in(schema: Any) -> Iterator[dict[str, str]]:
    if isinstance(schema, dict):
        yield from schema.get("x-kubernetes-validations", ())
        for part in schema.values():
            yield from rules_in(part)


def manifest(kind: str, row: Row) -> dict[str, Any]:
    return {"apiVersion": "external-secrets.io/v1", "kind": kind, "metadata": {"name": "a"}, "spec": row["spec"]}


def model_problems(spec: dict[str, Any]) -> list[FieldProblem]:
    try:
        return list(spec_problems(ExternalSecretSpec.model_validate(spec)))
    except ValidationError as error:
        return [FieldProblem(f"spec.{problem.path}", problem.message) for problem in problems_in(error)]


def push_problems(spec: dict[str, Any]) -> list[FieldProblem]:
    try:
        return list(push_spec_problems(PushSecretSpec.model_validate(spec)))
    except ValidationError as error:
        return [FieldProblem(f"spec.{problem.path}", problem.message) for problem in problems_in(error)]


def refused(kind: str, row: Row, schema: StructuralSchema) -> None:
    error, *others = schema.validate(manifest(kind, row))
    assert error.field == row["field"]
    assert row["message"] in error.message
    # When the shape is wrong the API server says that it did not look at the rules; nothing else may be wrong.
    assert all("rules were not checked" in other.message for other in others)


@pytest.mark.parametrize("row", rows("refused_external_secrets.yaml"))
def test_the_api_server_refuses_an_external_secret_with(row: Row, schemas: dict[str, StructuralSchema]) -> None:
    refused("ExternalSecret", row, schemas["ExternalSecret"])


@pytest.mark.parametrize("row", rows("refused_external_secrets.yaml"))
def test_the_models_refuse_an_external_secret_with(row: Row) -> None:
    [problem] = model_problems(row["spec"])
    assert problem.path.startswith(row["field"])
    assert row["message"] in problem.message


@pytest.mark.parametrize("row", rows("accepted_external_secrets.yaml"))
def test_the_api_server_and_the_models_accept_an_external_secret_with(
    row: Row, schemas: dict[str, StructuralSchema]
) -> None:
    assert schemas["ExternalSecret"].validate(manifest("ExternalSecret", row)) == []
    assert model_problems(row["spec"]) == []


@pytest.mark.parametrize("row", rows("refused_push_secrets.yaml"))
def test_the_api_server_and_the_models_refuse_a_push_secret_with(
    row: Row, schemas: dict[str, StructuralSchema]
) -> None:
    refused("PushSecret", row, schemas["PushSecret"])
    [problem] = push_problems(row["spec"])
    assert problem.path.startswith(row["field"])


@pytest.mark.parametrize(
    ("spec", "field", "message"),
    [
        pytest.param(
            {"data": [{"match": {"remoteRef": {"remoteKey": ""}}}]},
            "spec.data[0].match.remoteRef.remoteKey",
            NO_REMOTE_KEY,
            id="an empty remote key is refused",
        ),
        pytest.param(
            {"data": [{"match": {"secretKey": key, "remoteRef": {"remoteKey": "a"}}} for key in "ab"]},
            "spec.data[1].match.remoteRef",
            SAME_PLACE,
            id="two entries of one place are refused",
        ),
        pytest.param(
            {"dataTo": [{"storeRef": {"name": "vault", "kind": "ClusterSecretStore"}}]},
            "spec.dataTo[0].storeRef.name",
            NOT_A_STORE_OF_THE_SPEC,
            id="a store that is pushed to by name must be listed, kind and all",
        ),
        pytest.param(
            {"dataTo": [{"storeRef": {"name": "vault"}, "match": {"regexp": "("}}]},
            "spec.dataTo[0].match.regexp",
            "missing )",
            id="an expression that does not compile is refused",
        ),
        pytest.param(
            {"selector": {"generatorRef": {"apiVersion": "v1", "kind": "UUID", "name": "a"}}},
            "spec.selector.generatorRef.apiVersion",
            "must be generators.external-secrets.io/v1alpha1",
            id="a generator of another group is refused",
        ),
    ],
)
def test_the_models_refuse_of_a_push_secret_what_a_schema_cannot_say(
    spec: dict[str, Any], field: str, message: str
) -> None:
    usable = {"secretStoreRefs": [{"name": "vault"}], "selector": {"secret": {"name": "db"}}}
    [problem] = push_problems(usable | spec)
    assert problem.path == field
    assert message in problem.message


@pytest.mark.parametrize("kind", ["SecretStore", "ClusterSecretStore"])
@pytest.mark.parametrize("row", rows("refused_stores.yaml"))
def test_the_api_server_refuses_a_store_with(row: Row, kind: str, schemas: dict[str, StructuralSchema]) -> None:
    refused(kind, row, schemas[kind])


@pytest.mark.parametrize("row", rows("accepted_stores.yaml"))
def test_the_api_server_accepts_a_store_with(row: Row, schemas: dict[str, StructuralSchema]) -> None:
    assert schemas["SecretStore"].validate(manifest("SecretStore", row)) == []


@pytest.mark.parametrize(
    ("kind", "file"),
    [
        pytest.param("ExternalSecret", "refused_external_secrets.yaml", id="ExternalSecret"),
        pytest.param("SecretStore", "refused_stores.yaml", id="SecretStore"),
    ],
)
def test_no_rule_is_left_without_a_row_above(kind: str, file: str, schemas: dict[str, StructuralSchema]) -> None:
    messages = {rule["message"] for rule in rules_in(schemas[kind].raw)}
    rows_messages = [row.values[0]["message"] for row in rows(file)]
    assert {message for message in messages if not any(part in message for part in rows_messages)} == set()


def test_a_secret_key_given_twice_is_refused_by_the_models_when_the_secret_is_retained() -> None:
    entry = {"secretKey": "a", "remoteRef": {"key": "a"}}
    spec = ExternalSecretSpec.model_validate({"data": [entry, entry, {**entry, "secretKey": "b"}]})
    assert spec_problems(spec) == (FieldProblem("spec.data[1].secretKey", DUPLICATE_KEY),)


def test_every_wrong_part_of_a_target_is_named_by_its_index() -> None:
    template = {
        "type": "bootstrap.kubernetes.io/token",
        "templateFrom": [{"target": "Data"}, {"target": "spec"}, {"target": "status"}],
    }
    found = target_problems(Target.model_validate({"template": template}))
    assert [problem.path for problem in found] == [
        "spec.target.template.type",
        "spec.target.template.templateFrom[1].target",
        "spec.target.template.templateFrom[2].target",
    ]
