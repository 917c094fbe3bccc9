"""Sealing again with the newest key loses nothing and widens nothing."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from secrets_operator.flow import Object, SecretBytes
from secrets_operator.resources.labels import FACTS_ANNOTATION
from secrets_operator.sealing.errors import KeySecretError
from secrets_operator.sealing.facts import Facts, Sealing, facts_annotation, facts_of
from secrets_operator.sealing.failures import UnsealError
from secrets_operator.sealing.keyring import Keyring
from secrets_operator.sealing.rotation import rotate
from secrets_operator.sealing.scopes import Scope, scope_annotations
from secrets_operator.sealing.unseal import unseal
from tests.builders import NOW, at
from tests.sealing_data import other_key, sealed, sealed_secret, small_key

BOTH = Keyring([small_key(), other_key()])
VALUES = {"password": SecretBytes(b"first"), "user": SecretBytes(b"admin")}
TEMPLATE: Object = {
    "metadata": {"labels": {"a": "b"}, "annotations": {"sealedsecrets.bitnami.com/managed": "true"}, "name": "x"},
    "type": "kubernetes.io/basic-auth",
    "immutable": True,
    "data": {"url": "{{ fail .password }}"},
}


def again(resource: Object, keyring: Keyring = BOTH) -> Object:
    return rotate(resource, keyring, random=os.urandom, now=at(3600))


def example(scope: Scope = Scope.STRICT, **metadata: Any) -> Object:
    resource = sealed_secret({"password": "first", "user": "admin"}, scope=scope, template=TEMPLATE)
    resource["metadata"] |= metadata
    return resource


@pytest.mark.parametrize("scope", list(Scope))
def test_every_value_is_under_the_newest_key_and_the_rest_as_it_was(scope: Scope) -> None:
    made = again(example(scope))
    unsealed = unseal(made, Keyring([other_key()]))
    assert unsealed.data == VALUES
    assert made["spec"]["template"] == TEMPLATE
    assert (made["kind"], made["apiVersion"]) == ("SealedSecret", "bitnami.com/v1alpha1")
    assert made["metadata"]["annotations"] == scope_annotations(scope)


def test_labels_and_annotations_of_the_object_stay_and_what_a_server_added_goes() -> None:
    annotations = {"argocd.argoproj.io/sync-wave": "3", "kubectl.kubernetes.io/last-applied-configuration": "{}"}
    live = example(
        labels={"l": "1"}, annotations=annotations, resourceVersion="7", creationTimestamp=None, managedFields=[{}]
    )
    live["status"] = {"conditions": []}
    live["spec"]["template"] = {"metadata": {"creationTimestamp": None, "resourceVersion": "7", "labels": {"a": "b"}}}
    made = again(live)
    assert made["metadata"] == {
        "name": "app",
        "namespace": "team",
        "labels": {"l": "1"},
        "annotations": {"argocd.argoproj.io/sync-wave": "3"},
    }
    assert made["spec"]["template"] == {"metadata": {"labels": {"a": "b"}}}
    assert "status" not in made


@pytest.mark.parametrize("claimed", [Scope.NAMESPACE_WIDE, Scope.CLUSTER_WIDE])
def test_a_scope_that_only_the_template_claims_does_not_widen_anything(claimed: Scope) -> None:
    resource = example()
    resource["spec"]["template"] = {"metadata": {"annotations": {**scope_annotations(claimed), "kept": "x"}}}
    made = again(resource)
    assert made["spec"]["template"] == {"metadata": {"annotations": {"kept": "x"}}}
    assert unseal(made, BOTH).data == VALUES
    moved = {**made, "metadata": {**made["metadata"], "annotations": scope_annotations(claimed)}}
    with pytest.raises(UnsealError):
        unseal(moved, BOTH)


def test_the_old_form_becomes_the_new_one() -> None:
    inner = {
        "kind": "Secret",
        "apiVersion": "v1",
        "metadata": {"labels": {"a": "b"}},
        "type": "kubernetes.io/basic-auth",
        "data": {"user": "YWRtaW4="},
        "stringData": {"password": "first"},
    }
    resource = sealed_secret({})
    resource["spec"]["data"] = sealed(json.dumps(inner).encode(), name="app", namespace="team")
    made = again(resource)
    assert made["spec"].keys() == {"encryptedData", "template"}
    assert made["spec"]["template"] == {"metadata": {"labels": {"a": "b"}}, "type": "kubernetes.io/basic-auth"}
    assert unseal(made, BOTH).data == VALUES


def test_a_secret_of_the_old_form_that_outlives_its_sealed_secret_still_does() -> None:
    """The one annotation that counts there stays; what else the template says never counted."""
    skip = {"sealedsecrets.bitnami.com/skip-set-owner-references": "true"}
    inner = {"kind": "Secret", "apiVersion": "v1", "metadata": {"annotations": {"c": "d"}}, "data": {"a": "YQ=="}}
    resource = sealed_secret({}, template={"metadata": {"annotations": {**skip, "never": "counted"}}})
    resource["spec"]["data"] = sealed(json.dumps(inner).encode(), name="app", namespace="team")
    assert again(resource)["spec"]["template"] == {"metadata": {"annotations": {"c": "d", **skip}}}


def test_the_record_of_the_sealing_is_brought_up_to_date() -> None:
    old = Sealing(small_key().fingerprint, NOW)
    facts = Facts("app", "team", Scope.STRICT, {"password": old, "user": old, "gone": old})
    found = facts_of(again(example(annotations=facts_annotation(facts)))["metadata"]["annotations"])
    assert found is not None
    assert found.items == dict.fromkeys(["password", "user"], Sealing(other_key().fingerprint, at(3600)))


def test_a_record_that_nobody_can_read_is_dropped() -> None:
    assert FACTS_ANNOTATION not in again(example(annotations={FACTS_ANNOTATION: "x"}))["metadata"]["annotations"]


def test_what_does_not_open_is_not_sealed_again() -> None:
    with pytest.raises(UnsealError):
        again(example(), Keyring([other_key()]))


def test_without_a_key_there_is_nothing_to_seal_with() -> None:
    with pytest.raises(KeySecretError):
        again(example(), Keyring())
