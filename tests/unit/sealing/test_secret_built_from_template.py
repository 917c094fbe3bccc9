"""What of a SealedSecret's template reaches the Secret."""

from __future__ import annotations

from typing import Any

import pytest

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import SecretBytes
from secrets_operator.sealing.secret_manifest import secret_manifest

SKIP = "sealedsecrets.bitnami.com/skip-set-owner-references"
OWNER = {"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "name": "db", "uid": "u-1", "controller": True}
FOREIGN_OWNER = {"apiVersion": "v1", "kind": "ConfigMap", "name": "c", "uid": "u-2"}


def secret(template: Any = None) -> dict[str, Any]:
    sealed = {
        "metadata": {"name": "db", "namespace": "team-a", "uid": "u-1", "labels": {"own": "x"}},
        "spec": {"encryptedData": {}, "template": template},
    }
    return secret_manifest(sealed, {"b": SecretBytes(b"\xff"), "a": SecretBytes(b"")})


def test_without_a_template_the_secret_is_name_owner_and_data() -> None:
    assert secret() == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "db", "namespace": "team-a", "ownerReferences": [OWNER]},
        "data": {"a": "", "b": "/w=="},
    }


def test_labels_annotations_type_and_immutable_are_taken_over() -> None:
    metadata = {"labels": {"app": "web"}, "annotations": {"note": "kept"}}
    built = secret({"metadata": metadata, "type": "kubernetes.io/tls", "immutable": True})
    assert built["metadata"] == {"name": "db", "namespace": "team-a", "ownerReferences": [OWNER]} | metadata
    assert (built["type"], built["immutable"]) == ("kubernetes.io/tls", True)


def test_name_and_namespace_of_the_template_are_ignored() -> None:
    built = secret({"metadata": {"name": "other", "namespace": "other", "generateName": "x"}})
    assert built["metadata"] == {"name": "db", "namespace": "team-a", "ownerReferences": [OWNER]}


@pytest.mark.parametrize(
    "field",
    ["uid", "resourceVersion", "managedFields", "creationTimestamp", "generation", "selfLink", "finalizers"],
)
def test_what_a_live_object_left_in_the_template_stays_behind(field: str) -> None:
    assert field not in secret({"metadata": {field: "x"}})["metadata"]


@pytest.mark.parametrize(
    ("annotations", "owners"),
    [
        pytest.param({}, [OWNER], id="owned by the SealedSecret alone"),
        pytest.param({SKIP: "True"}, [OWNER], id="a skip annotation other than true does not count"),
        pytest.param({SKIP: "true"}, [FOREIGN_OWNER], id="skip annotation -> the owners of the template"),
    ],
)
def test_owner_of_the_secret(annotations: dict[str, str], owners: list[Any]) -> None:
    built = secret({"metadata": {"annotations": annotations, "ownerReferences": [FOREIGN_OWNER]}})
    assert built["metadata"]["ownerReferences"] == owners


def test_skip_annotation_without_owners_in_the_template_leaves_the_secret_without_owner() -> None:
    assert "ownerReferences" not in secret({"metadata": {"annotations": {SKIP: "true"}}})["metadata"]


@pytest.mark.parametrize(
    ("template", "field"),
    [
        pytest.param({"type": 7}, "spec.template.type", id="type is a number"),
        pytest.param({"immutable": "yes"}, "spec.template.immutable", id="immutable is a string"),
        pytest.param({"metadata": {"labels": {"a": 1}}}, "spec.template.metadata.labels", id="a label is a number"),
        pytest.param(
            {"metadata": {"annotations": ["x"]}}, "spec.template.metadata.annotations", id="annotations: list"
        ),
    ],
)
def test_an_odd_field_is_named(template: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidSpec) as caught:
        secret(template)
    assert caught.value.field == field
