"""A Secret manifest becomes a SealedSecret manifest."""

from __future__ import annotations

import os
from typing import Any

import pytest

from secrets_operator.sealing.errors import InputSecretError
from secrets_operator.sealing.keyring import Keyring, SealingKey
from secrets_operator.sealing.scopes import Scope, scope_annotations
from secrets_operator.sealing.seal import Overrides, seal_secret
from secrets_operator.sealing.unseal import unseal

CLUSTER = scope_annotations(Scope.CLUSTER_WIDE)
NAMESPACE = scope_annotations(Scope.NAMESPACE_WIDE)


def secret(metadata: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "db", "namespace": "team-a"} if metadata is None else metadata,
        "data": {"a": "YWRtaW4="},
        **fields,
    }


@pytest.fixture(scope="module")
def sealing(small_key: SealingKey) -> Any:
    """Return a function that seals with overrides."""

    def seal(manifest: dict[str, Any], **overrides: Any) -> dict[str, Any]:
        public_key = small_key.private_key.public_key()
        return seal_secret(manifest, public_key, overrides=Overrides(**overrides), random=os.urandom)

    return seal


def opened(sealed: dict[str, Any], keyring: Keyring) -> dict[str, bytes]:
    return {item: value.reveal() for item, value in unseal(sealed, keyring).data.items()}


def test_members_stand_in_the_order_kubeseal_writes_them(sealing: Any) -> None:
    metadata = {
        "managedFields": [{"manager": "kubectl"}],
        "annotations": {"b": "1", "a": "2"} | CLUSTER,
        "labels": {"z": "1", "y": "2"},
        "finalizers": ["x/y"],
        "namespace": "team-a",
        "generateName": "db-",
        "name": "db",
    }
    sealed = sealing(secret(metadata, immutable=True, type="Opaque", stringData={"b": "x"}))
    assert list(sealed) == ["kind", "apiVersion", "metadata", "spec"]
    assert list(sealed["metadata"].items()) == [("name", "db"), ("namespace", "team-a"), ("annotations", CLUSTER)]
    assert list(sealed["spec"]) == ["template", "encryptedData"]
    assert list(sealed["spec"]["template"]) == ["metadata", "type", "immutable"]
    template = sealed["spec"]["template"]["metadata"]
    assert list(template) == [
        "name", "generateName", "namespace", "labels", "annotations", "finalizers", "managedFields",
    ]  # fmt: skip
    assert list(template["labels"]) == ["y", "z"]
    assert list(template["annotations"]) == ["a", "b", *CLUSTER]
    assert list(sealed["spec"]["encryptedData"]) == ["a", "b"]


def test_string_data_wins_over_data_and_every_value_opens_again(sealing: Any, keyring: Keyring) -> None:
    data = {"a": "YWRtaW4=", "b": "/w==", "empty": "", "null": None}
    sealed = sealing(secret(data=data, stringData={"a": "über", "c": None}))
    assert opened(sealed, keyring) == {"a": "über".encode(), "b": b"\xff", "c": b"", "empty": b"", "null": b""}


@pytest.mark.parametrize(
    "field",
    [
        "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp",
        "deletionTimestamp", "deletionGracePeriodSeconds", "ownerReferences",
    ],
)  # fmt: skip
def test_what_belongs_to_the_live_object_is_stripped(sealing: Any, field: str) -> None:
    sealed = sealing(secret({"name": "db", "namespace": "team-a", field: "x"}))
    assert sealed["spec"]["template"]["metadata"] == {"name": "db", "namespace": "team-a"}


@pytest.mark.parametrize("applier", ["kubectl.kubernetes.io", "kubecfg.ksonnet.io"])
def test_copies_of_the_manifest_in_annotations_are_stripped(sealing: Any, applier: str) -> None:
    annotations = {f"{applier}/last-applied-configuration": "hunter2", "note": "kept"}
    sealed = sealing(secret({"name": "db", "namespace": "team-a", "annotations": annotations}))
    assert sealed["spec"]["template"]["metadata"]["annotations"] == {"note": "kept"}
    assert "hunter2" not in repr(sealed)


@pytest.mark.parametrize(
    ("annotations", "requested", "expected"),
    [
        pytest.param({}, Scope.STRICT, Scope.STRICT, id="nothing said -> strict"),
        pytest.param(NAMESPACE, Scope.STRICT, Scope.NAMESPACE_WIDE, id="the input's annotation decides"),
        pytest.param(CLUSTER, Scope.STRICT, Scope.CLUSTER_WIDE, id="strict is the default and undoes nothing"),
        pytest.param({}, Scope.NAMESPACE_WIDE, Scope.NAMESPACE_WIDE, id="a requested scope is added"),
        pytest.param(CLUSTER, Scope.NAMESPACE_WIDE, Scope.NAMESPACE_WIDE, id="a requested scope replaces the other"),
    ],
)
def test_scope_of_the_result(
    sealing: Any, keyring: Keyring, annotations: dict[str, str], requested: Scope, expected: Scope
) -> None:
    metadata = {"name": "db", "namespace": "team-a", "annotations": annotations}
    sealed = sealing(secret(metadata), scope=requested)
    assert sealed["metadata"].get("annotations", {}) == scope_annotations(expected)
    assert sealed["spec"]["template"]["metadata"].get("annotations", {}) == scope_annotations(expected)
    assert opened(sealed, keyring) == {"a": b"admin"}


@pytest.mark.parametrize(
    ("metadata", "overrides", "expected"),
    [
        pytest.param({"name": "db", "namespace": "a"}, {}, ("db", "a"), id="both declared"),
        pytest.param({"name": "db", "namespace": "a"}, {"name": "x"}, ("x", "a"), id="the name is overridden"),
        pytest.param({"name": "db"}, {"namespace": "b"}, ("db", "b"), id="the namespace is filled in"),
        pytest.param({"name": "db", "namespace": "a"}, {"namespace": "a"}, ("db", "a"), id="the same namespace twice"),
        pytest.param(
            {"name": "db", "namespace": "a"},
            {"namespace": "b", "scope": Scope.CLUSTER_WIDE},
            ("db", "a"),
            id="cluster-wide: the requested namespace is ignored",
        ),
        pytest.param(
            {"name": "db"},
            {"namespace": "b", "scope": Scope.CLUSTER_WIDE},
            ("db", None),
            id="cluster-wide: none is fine",
        ),
    ],
)
def test_name_and_namespace_of_the_result(
    sealing: Any, metadata: dict[str, str], overrides: dict[str, Any], expected: tuple[str, str | None]
) -> None:
    sealed = sealing(secret(metadata), **overrides)
    for section in (sealed["metadata"], sealed["spec"]["template"]["metadata"]):
        assert (section["name"], section.get("namespace")) == expected


def test_empty_data_is_sealed_when_allowed(sealing: Any) -> None:
    assert sealing(secret(data={}), allow_empty_data=True)["spec"]["encryptedData"] == {}


@pytest.mark.parametrize(
    ("manifest", "overrides", "message"),
    [
        pytest.param(secret(data={}), {}, "secret.data is empty in input Secret", id="no data"),
        pytest.param(secret({"generateName": "x-", "namespace": "a"}), {}, "missing metadata.name", id="no name"),
        pytest.param(secret({"name": "db"}), {}, "secret must declare a namespace", id="no namespace"),
        pytest.param(
            secret({"name": "db", "namespace": "a"}),
            {"namespace": "b"},
            'namespace mismatch: input secret is in namespace "a" but "b" was specified',
            id="another namespace",
        ),
        pytest.param(secret(data={"a": "hunter2"}), {}, "data[a]: illegal base64 data at input byte", id="bad base64"),
        pytest.param(secret(data={"a": 7}), {}, "data[a]: must be a string", id="data is a number"),
        pytest.param(secret(data=["a"]), {}, "data: must be a map of strings", id="data is a list"),
        pytest.param(secret(stringData={"a": 7}), {}, "stringData[a]: must be a string", id="stringData is a number"),
        pytest.param(secret(immutable="x"), {}, "immutable: must be true or false", id="immutable is a string"),
        pytest.param(secret(type=7), {}, "type: must be a string", id="type is a number"),
        pytest.param(
            secret({"name": "db", "namespace": "a", "labels": {"x": 1}}),
            {},
            "metadata.labels[x]: must be",
            id="a label",
        ),
        pytest.param(secret(metadata={"name": 7}), {}, "metadata.name: must be a string", id="name is a number"),
    ],
)
def test_a_secret_that_cannot_be_sealed_is_refused_by_field(
    sealing: Any, manifest: dict[str, Any], overrides: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputSecretError) as caught:
        sealing(manifest, **overrides)
    assert str(caught.value).startswith(message)
    assert "hunter2" not in str(caught.value)
