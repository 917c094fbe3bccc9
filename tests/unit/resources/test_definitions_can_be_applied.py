from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from devcluster.structural import definition_errors
from ruamel.yaml import YAML

from secrets_operator.resources.definitions.documents import document, file_name
from secrets_operator.resources.definitions.kinds import DEFINITIONS, Definition
from secrets_operator.resources.definitions.structural_schema import structural_schema
from secrets_operator.resources.definitions.yaml_text import yaml_document

REPOSITORY = Path(__file__).parents[3]
EVERY = pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda definition: definition.resource.kind)
READY = '.status.conditions[?(@.type=="Ready")]'
STORE_COLUMNS = [
    ("AGE", "date", ".metadata.creationTimestamp"),
    ("Status", "string", f"{READY}.reason"),
    ("Capabilities", "string", ".status.capabilities"),
    ("Ready", "string", f"{READY}.status"),
]
COLUMNS = {
    "ExternalSecret": [
        ("StoreType", "string", ".spec.secretStoreRef.kind"),
        ("Store", "string", ".spec.secretStoreRef.name"),
        ("Refresh Interval", "string", ".spec.refreshInterval"),
        ("Status", "string", f"{READY}.reason"),
        ("Ready", "string", f"{READY}.status"),
        ("Last Sync", "date", ".status.refreshTime"),
    ],
    "SecretStore": STORE_COLUMNS,
    "ClusterSecretStore": STORE_COLUMNS,
    "ClusterExternalSecret": [
        ("Store", "string", ".spec.externalSecretSpec.secretStoreRef.name"),
        ("Refresh Interval", "string", ".spec.refreshTime"),
        ("Ready", "string", f"{READY}.status"),
    ],
    "PushSecret": [
        ("AGE", "date", ".metadata.creationTimestamp"),
        ("Status", "string", f"{READY}.reason"),
        ("Last Sync", "date", ".status.refreshTime"),
    ],
    "ClusterPushSecret": [
        ("AGE", "date", ".metadata.creationTimestamp"),
        ("Status", "string", f"{READY}.reason"),
        ("Ready", "string", f"{READY}.status"),
    ],
    "GeneratorState": [
        ("GC Deadline", "string", ".spec.garbageCollectionDeadline"),
        ("Age", "date", ".metadata.creationTimestamp"),
    ],
    "SealedSecret": [
        ("Status", "string", ".status.conditions[0].message"),
        ("Synced", "string", ".status.conditions[0].status"),
        ("Age", "date", ".metadata.creationTimestamp"),
    ],
}
SELECTABLE = {
    "ExternalSecret": [
        ".spec.secretStoreRef.name",
        ".spec.secretStoreRef.kind",
        ".spec.target.name",
        ".spec.refreshInterval",
    ]
}
NAMES = {
    "ExternalSecret": ("external-secrets.io", "externalsecrets", ["es"], ["external-secrets"], "Namespaced"),
    "SecretStore": ("external-secrets.io", "secretstores", ["ss"], ["external-secrets"], "Namespaced"),
    "ClusterSecretStore": ("external-secrets.io", "clustersecretstores", ["css"], ["external-secrets"], "Cluster"),
    "ClusterExternalSecret": (
        "external-secrets.io",
        "clusterexternalsecrets",
        ["ces"],
        ["external-secrets"],
        "Cluster",
    ),
    "PushSecret": ("external-secrets.io", "pushsecrets", ["ps"], ["external-secrets"], "Namespaced"),
    "ClusterPushSecret": ("external-secrets.io", "clusterpushsecrets", None, ["external-secrets"], "Cluster"),
    "SealedSecret": ("bitnami.com", "sealedsecrets", None, None, "Namespaced"),
    "GeneratorState": (
        "generators.external-secrets.io",
        "generatorstates",
        ["gs"],
        ["external-secrets", "external-secrets-generators"],
        "Namespaced",
    ),
    **{
        kind: (
            "generators.external-secrets.io",
            f"{kind.lower()}s",
            None,
            ["external-secrets", "external-secrets-generators"],
            "Cluster" if kind == "ClusterGenerator" else "Namespaced",
        )
        for kind in (
            "ClusterGenerator",
            "ACRAccessToken",
            "BeyondtrustWorkloadCredentialsDynamicSecret",
            "CloudsmithAccessToken",
            "ECRAuthorizationToken",
            "Fake",
            "GCRAccessToken",
            "GithubAccessToken",
            "GitlabDeployToken",
            "Grafana",
            "MFA",
            "Password",
            "QuayAccessToken",
            "SSHKey",
            "STSSessionToken",
            "UUID",
            "VaultDynamicSecret",
            "Webhook",
        )
    },
}
# Every field with its type, as users know it. A line that disappears is a field that their manifests lose.
PUBLIC_FIELDS = Path(__file__).parent / "public_fields.txt"


def versions(definition: Definition) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = document(definition)["spec"]["versions"]
    return found


def root(definition: Definition) -> dict[str, Any]:
    schema: dict[str, Any] = versions(definition)[0]["schema"]["openAPIV3Schema"]
    return schema


def nodes(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, schema
    for name, part in schema.get("properties", {}).items():
        yield from nodes(part, f"{path}.{name}")
    for member, mark in (("items", "[]"), ("additionalProperties", "{}")):
        if member in schema:
            yield from nodes(schema[member], f"{path}{mark}")


def public_fields(definition: Definition) -> Iterator[str]:
    for path, node in nodes(root(definition)):
        kind = "int-or-string" if node.get("x-kubernetes-int-or-string") else node["type"]
        yield f"{definition.resource.kind}{path}: {kind}"


def text_of(definition: Definition) -> str:
    return texts()[definition.resource.kind]


@cache
def texts() -> dict[str, str]:
    """The text of each definition by its kind; they take long to make."""
    return {definition.resource.kind: yaml_document(document(definition)) for definition in DEFINITIONS}


@EVERY
def test_the_file_in_the_repository_is_what_the_models_say(definition: Definition) -> None:
    text = (REPOSITORY / "crds" / file_name(definition)).read_text(encoding="utf-8")
    assert text == text_of(definition), "stale: run secrets-operator crds --output crds"


@EVERY
def test_the_text_reads_back_as_the_document(definition: Definition) -> None:
    assert YAML(typ="safe").load(text_of(definition)) == document(definition)


@EVERY
def test_the_api_server_finds_nothing_wrong_with_it(definition: Definition) -> None:
    assert definition_errors(document(definition)) == []


@EVERY
def test_it_stays_well_below_what_client_side_apply_can_carry(definition: Definition) -> None:
    # What kubectl keeps in an annotation, of 256 KiB at most, is compact JSON; a file is longer by how deep it nests.
    assert len(json.dumps(document(definition), separators=(",", ":"))) < 100_000
    assert len(text_of(definition).encode()) < 150_000


@EVERY
def test_no_default_is_written_into_users_objects(definition: Definition) -> None:
    assert [path for path, node in nodes(root(definition)) if "default" in node] == []


@EVERY
def test_every_field_explains_itself_in_one_paragraph(definition: Definition) -> None:
    for path, node in nodes(root(definition)):
        if path.endswith(("[]", "{}")) or path == ".metadata":
            continue
        description = node.get("description", "")
        assert re.fullmatch(r"[^<>\n]{8,}\.", description), f"{path}: {description!r}"


@EVERY
def test_every_rule_says_what_to_do_in_one_line(definition: Definition) -> None:
    for path, node in nodes(root(definition)):
        for rule in node.get("x-kubernetes-validations", ()):
            assert "\n" not in rule["message"], path
            assert re.search(r"\b(set|must|add|remove|choose|make|name|use)\b", rule["message"]), rule["message"]


@EVERY
def test_every_version_is_served_with_the_same_schema_and_the_first_one_stored(definition: Definition) -> None:
    first, *others = versions(definition)
    names = [version["name"] for version in versions(definition)]
    both = definition.resource.group == "external-secrets.io" and "Push" not in definition.resource.kind
    assert names == (["v1", "v1beta1"] if both else ["v1alpha1"])
    assert [version["storage"] for version in versions(definition)] == [True] + [False] * len(others)
    assert all(version["served"] for version in versions(definition))
    assert all("deprecated" not in version for version in versions(definition))
    assert all(version["subresources"] == {"status": {}} for version in versions(definition))
    assert all(version["schema"] == first["schema"] for version in others)
    assert document(definition)["spec"]["conversion"] == {"strategy": "None"}


@EVERY
def test_the_columns_are_those_that_users_know(definition: Definition) -> None:
    for version in versions(definition):
        columns = [(one["name"], one["type"], one["jsonPath"]) for one in version["additionalPrinterColumns"]]
        assert columns == COLUMNS.get(definition.resource.kind, [])


@EVERY
def test_the_selectable_fields_are_those_that_users_know(definition: Definition) -> None:
    for version in versions(definition):
        fields = [one["jsonPath"] for one in version.get("selectableFields", [])]
        assert fields == SELECTABLE.get(definition.resource.kind, [])


@EVERY
def test_the_names_are_those_that_users_know(definition: Definition) -> None:
    crd = document(definition)
    spec, names = crd["spec"], crd["spec"]["names"]
    found = (spec["group"], names["plural"], names.get("shortNames"), names.get("categories"), spec["scope"])
    assert found == NAMES[definition.resource.kind]
    assert crd["metadata"]["name"] == f"{names['plural']}.{spec['group']}"
    assert file_name(definition) == f"{spec['group']}_{names['plural']}.yaml"
    label = {"external-secrets.io/component": "controller"} if spec["group"].endswith("external-secrets.io") else None
    assert crd["metadata"].get("labels") == label


@EVERY
def test_a_condition_field_that_kubectl_prints_exists(definition: Definition) -> None:
    known = {path for path, _ in nodes(root(definition))}
    for column in definition.columns:
        path = re.sub(r"\[[^]]*\]", "[]", column.path)
        assert path in known or path.startswith(".metadata."), path


def test_no_public_field_appears_or_disappears_unnoticed() -> None:
    fields = sorted(line for definition in DEFINITIONS for line in public_fields(definition))
    recorded = PUBLIC_FIELDS.read_text(encoding="utf-8").splitlines()
    assert fields == recorded, "write the new list to public_fields.txt if the change is meant"


def test_both_kinds_of_store_have_one_spec() -> None:
    one, other = (root(definition) for definition in DEFINITIONS if definition.resource.kind.endswith("SecretStore"))
    assert one["properties"] == other["properties"]


def test_a_map_of_anything_keeps_what_is_in_it() -> None:
    from pydantic import create_model

    model = create_model("Anything", members=(dict[str, Any], ...))
    members = structural_schema(model)["properties"]["members"]
    assert members == {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
