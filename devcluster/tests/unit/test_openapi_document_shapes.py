import json
from typing import Any

import pytest
from devcluster.builtin_types import builtin_schema
from devcluster.openapi import ServedKind, document_v2, document_v3

WIDGET_SCHEMA = {"type": "object", "properties": {"spec": {"type": "object", "description": "What is wanted."}}}
SECRET = ServedKind("", "v1", "Secret", "secrets", namespaced=True, schema={})
NAMESPACE = ServedKind("", "v1", "Namespace", "namespaces", namespaced=False, schema={})
WIDGET = ServedKind("example.dev", "v1", "Widget", "widgets", namespaced=True, schema=WIDGET_SCHEMA)
ROLE = ServedKind("rbac.authorization.k8s.io", "v1", "Role", "roles", namespaced=True, schema={})
DEPLOYMENT = ServedKind("apps", "v1", "Deployment", "deployments", namespaced=True, schema={})


@pytest.mark.parametrize(
    ("kind", "model"),
    [
        pytest.param(SECRET, "io.k8s.api.core.v1.Secret", id="core"),
        pytest.param(ROLE, "io.k8s.api.rbac.v1.Role", id="a group of Kubernetes"),
        pytest.param(DEPLOYMENT, "io.k8s.api.apps.v1.Deployment", id="a group without dots"),
        pytest.param(WIDGET, "dev.example.v1.Widget", id="a custom group, reversed"),
    ],
)
def test_models_are_named_and_carry_their_kind(kind: ServedKind, model: str) -> None:
    schema = document_v3([kind])["components"]["schemas"][model]
    assert schema["x-kubernetes-group-version-kind"] == [{"group": kind.group, "version": "v1", "kind": kind.kind}]
    assert set(schema["properties"]) >= {"apiVersion", "kind", "metadata"}


def parameters(operation: dict[str, Any]) -> set[str]:
    return {parameter["name"] for parameter in operation["parameters"]}


@pytest.mark.parametrize(
    "document", [pytest.param(document_v3, id="version 3"), pytest.param(document_v2, id="version 2")]
)
def test_patch_operations_name_the_parameters_that_kubectl_looks_for(document: Any) -> None:
    patch = document([SECRET])["paths"]["/api/v1/namespaces/{namespace}/secrets/{name}"]["patch"]
    assert patch["x-kubernetes-action"] == "patch"
    assert patch["x-kubernetes-group-version-kind"] == {"group": "", "version": "v1", "kind": "Secret"}
    assert parameters(patch) >= {"fieldValidation", "dryRun", "fieldManager", "force"}


def test_paths_follow_the_scope() -> None:
    paths = document_v3([NAMESPACE, SECRET])["paths"]
    assert set(paths) == {
        "/api/v1/namespaces",
        "/api/v1/namespaces/{name}",
        "/api/v1/namespaces/{namespace}/secrets",
        "/api/v1/namespaces/{namespace}/secrets/{name}",
    }
    assert paths["/api/v1/namespaces"]["get"]["x-kubernetes-action"] == "list"
    assert paths["/api/v1/namespaces"]["post"]["requestBody"]["required"] is True


def test_references_lead_somewhere_and_nothing_private_is_published() -> None:
    for document, models in (
        (document_v3([SECRET, WIDGET, DEPLOYMENT]), "components/schemas"),
        (document_v2([SECRET, WIDGET, DEPLOYMENT]), "definitions"),
    ):
        text = json.dumps(document)
        assert "x-devcluster" not in text
        found = document
        for part in models.split("/"):
            found = found[part]
        prefix = f"#/{models}/"
        references = [piece.split('"')[0] for piece in text.split(f'"$ref": "{prefix}')[1:]]
        assert references
        assert set(references) <= set(found)


def test_explain_finds_descriptions() -> None:
    schemas = document_v3([SECRET, WIDGET])["components"]["schemas"]
    secret = schemas["io.k8s.api.core.v1.Secret"]
    assert all(field.get("description") for field in secret["properties"].values())
    assert schemas["dev.example.v1.Widget"]["properties"]["spec"]["description"] == "What is wanted."


def test_publishing_does_not_change_the_schema() -> None:
    before = json.dumps(builtin_schema("apps", "v1", "Deployment").raw)
    document_v2([DEPLOYMENT])
    assert json.dumps(builtin_schema("apps", "v1", "Deployment").raw) == before
