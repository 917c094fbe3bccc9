"""The wrapper around the metadata of a PushSecret's entry."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from pydantic import Field

from secrets_operator.errors import InvalidSpec
from secrets_operator.provider.push_metadata import metadata_spec
from secrets_operator.resources.model import Model

HEAD = {"apiVersion": "kubernetes.external-secrets.io/v1alpha1", "kind": "PushSecretMetadata"}


class Inner(Model):
    region: str


class Spec(Model):
    key_id: str = "default"
    policy: Literal["Merge", "Replace"] = "Merge"
    tags: dict[str, str] = Field(default_factory=dict)
    one: Inner | None = None
    many: tuple[Inner, ...] = ()


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        pytest.param({}, Spec(), id="none -> defaults"),
        pytest.param(HEAD, Spec(), id="no spec -> defaults"),
        pytest.param({**HEAD, "spec": None}, Spec(), id="an empty spec: -> defaults"),
        pytest.param({**HEAD, "spec": {"keyId": "k"}}, Spec(keyId="k"), id="a field -> its value"),
        pytest.param({**HEAD, "spec": {"keyId": None}}, Spec(), id="null -> the default"),
        pytest.param({**HEAD, "spec": {"KEYID": "k"}}, Spec(keyId="k"), id="another case -> the same field"),
        pytest.param(
            {"APIVersion": HEAD["apiVersion"], "Kind": HEAD["kind"], "Spec": {"keyid": "k"}},
            Spec(keyId="k"),
            id="the wrapper's own names in another case -> the same",
        ),
        pytest.param({**HEAD, "spec": {"tags": {"Team": "a"}}}, Spec(tags={"Team": "a"}), id="keys of a map stay"),
        pytest.param(
            {**HEAD, "spec": {"one": {"Region": "a"}, "many": [{"REGION": "b"}, {"region": "c"}]}},
            Spec(one=Inner(region="a"), many=(Inner(region="b"), Inner(region="c"))),
            id="objects and lists of objects -> the same at any depth",
        ),
    ],
)
def test_metadata_is_read(metadata: dict[str, Any], expected: Spec) -> None:
    assert metadata_spec(metadata, Spec) == expected


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        pytest.param(
            {"spec": {}},
            "metadata.apiVersion: must be kubernetes.external-secrets.io/v1alpha1",
            id="no apiVersion",
        ),
        pytest.param({**HEAD, "kind": "pushsecretmetadata"}, "metadata.kind: must be PushSecretMetadata", id="no kind"),
        pytest.param(
            {**HEAD, "metadata": {}},
            "metadata.metadata: unknown field: there are apiVersion, kind, spec",
            id="a field the wrapper does not have",
        ),
        pytest.param(
            {**HEAD, "spec": {"keyIdd": "k"}},
            "metadata.spec.keyIdd: unknown field: there are keyId, policy, tags, one, many",
            id="a field the spec does not have",
        ),
        pytest.param(
            {**HEAD, "spec": {"many": [{"region": "a"}, {"zone": "b"}]}},
            "metadata.spec.many[1].zone: unknown field: there are region",
            id="a field that an object in a list does not have",
        ),
        pytest.param(
            {**HEAD, "spec": {"keyId": "a", "keyid": "b"}},
            "metadata.spec.keyid: is the same field as metadata.spec.keyId: remove one of them",
            id="a field twice",
        ),
        pytest.param({**HEAD, "spec": []}, "metadata.spec: must be an object (key: value pairs)", id="a list"),
        pytest.param(
            {**HEAD, "spec": {"policy": "Mix"}}, "metadata.spec.policy: must be one of Merge or Replace", id="a choice"
        ),
        pytest.param(
            {**HEAD, "spec": {"tags": {"a": 1}}},
            "metadata.spec.tags.a: must be a string: put the value in quotes",
            id="a number for text",
        ),
        pytest.param({**HEAD, "spec": {"many": [{}]}}, "metadata.spec.many[0].region: is required: add it", id="a gap"),
    ],
)
def test_metadata_that_cannot_be_acted_on_is_named(metadata: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidSpec) as raised:
        metadata_spec(metadata, Spec)
    assert str(raised.value) == message
