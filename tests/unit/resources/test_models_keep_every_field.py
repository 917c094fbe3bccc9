from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from devcluster.structural import StructuralSchema

from secrets_operator.resources.definitions.kinds import DEFINITIONS, GENERATORS, Definition
from secrets_operator.resources.resource import Resource, without_nulls

Manifests = Callable[[str], list[dict[str, Any]]]

FILES = [
    pytest.param("complete_external_secrets.yaml", "ExternalSecret", id="ExternalSecret"),
    pytest.param("complete_stores.yaml", "SecretStore", id="SecretStore"),
    pytest.param("complete_stores.yaml", "ClusterSecretStore", id="ClusterSecretStore"),
    pytest.param("complete_cluster_external_secrets.yaml", "ClusterExternalSecret", id="ClusterExternalSecret"),
    pytest.param("complete_push_secrets.yaml", "PushSecret", id="PushSecret"),
    pytest.param("complete_cluster_push_secrets.yaml", "ClusterPushSecret", id="ClusterPushSecret"),
    pytest.param("complete_sealed_secrets.yaml", "SealedSecret", id="SealedSecret"),
    *(
        pytest.param(
            f"complete_{definition.resource.plural}.yaml", definition.resource.kind, id=definition.resource.kind
        )
        for definition in GENERATORS
    ),
]


def definition_of(kind: str) -> Definition:
    return next(one for one in DEFINITIONS if one.resource.kind == kind)


def of_kind(manifests: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [{**manifest, "kind": kind} for manifest in manifests]


def parse(manifest: dict[str, Any]) -> Resource:
    return definition_of(manifest["kind"]).model.model_validate(manifest)


def schema_fields(schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """Every field of a schema, lists and maps marked by what stands in them."""
    for name, part in schema.get("properties", {}).items():
        yield f"{path}.{name}"
        yield from schema_fields(part, f"{path}.{name}")
    if "items" in schema:
        yield from schema_fields(schema["items"], f"{path}[]")


def value_fields(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield f"{path}.{name}"
            yield from value_fields(part, f"{path}.{name}")
    if isinstance(value, list):
        for part in value:
            yield from value_fields(part, f"{path}[]")


@pytest.mark.parametrize(("file", "kind"), FILES)
def test_what_was_read_is_what_comes_out_again(file: str, kind: str, manifests: Manifests) -> None:
    for manifest in of_kind(manifests(file), kind):
        again = parse(manifest).model_dump(by_alias=True, exclude_unset=True, mode="json")
        expected = without_nulls(manifest)
        if again.get("status", {}).get("refreshTime", ...) is None:
            again["status"].pop("refreshTime")
        assert again == expected


@pytest.mark.parametrize(("file", "kind"), FILES)
def test_the_manifests_above_name_every_field_there_is(
    file: str, kind: str, manifests: Manifests, schemas: dict[str, StructuralSchema]
) -> None:
    known = {field for field in schema_fields(schemas[kind].raw) if field.startswith((".spec", ".status"))}
    named = {field for manifest in manifests(file) for field in value_fields(manifest)}
    assert known - named == set()


@pytest.mark.parametrize(("file", "kind"), FILES)
def test_the_api_server_accepts_and_keeps_the_same_manifests(
    file: str, kind: str, manifests: Manifests, schemas: dict[str, StructuralSchema]
) -> None:
    for manifest in of_kind(manifests(file), kind):
        assert schemas[kind].prune(manifest) == []
        assert schemas[kind].validate(manifest) == []


def test_nulls_that_template_engines_leave_behind_count_as_absent(manifests: Manifests) -> None:
    [manifest] = manifests("nulls_of_helm.yaml")
    assert parse(manifest) == parse(without_nulls(manifest))


def test_a_schema_and_its_model_agree_on_what_is_unknown() -> None:
    manifest = {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": {"name": "a"},
        "spec": {"data": [{"secretKey": "a", "remoteRef": {"key": "a", "colour": "blue"}}], "colour": "blue"},
    }
    dumped = parse(manifest).model_dump(by_alias=True, exclude_unset=True)
    assert "colour" not in str(dumped)
