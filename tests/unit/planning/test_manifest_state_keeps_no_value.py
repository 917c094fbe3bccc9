"""An object that is no Secret, in the terms of a Secret: leaves by path, as digests, with who wrote them."""

from __future__ import annotations

from typing import Any

import pytest

from secrets_operator.flow import Object
from secrets_operator.planning.manifest_state import applied_fields, leaves, manifest_state
from secrets_operator.planning.secret_state import SecretState
from tests.builders import DIGESTER, metadata

OURS = "externalsecrets.external-secrets.io/app"


def widget(fields: Object, *managers: Object, **meta: Any) -> SecretState:
    made = metadata("app", "team", managedFields=list(managers), **meta)
    return manifest_state({"apiVersion": "example.test/v1", "kind": "Widget", "metadata": made, **fields}, DIGESTER)


def entry(fields: Object, manager: str = OURS, operation: str = "Apply", **more: Any) -> Object:
    return {"manager": manager, "operation": operation, "fieldsV1": fields, **more}


SPEC: Object = {"f:spec": {".": {}, "f:host": {}, "f:ports": {}}}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({"spec": {"a": {"b": 1}}}, {"spec.a.b": b"1"}, id="a scalar below maps"),
        pytest.param({"spec": {"l": [{"b": 1, "a": 2}]}}, {"spec.l": b'[{"a":2,"b":1}]'}, id="a list is one leaf"),
        pytest.param({"spec": {}}, {"spec": b"{}"}, id="an empty map is one"),
        pytest.param({}, {}, id="no field, no leaf"),
        pytest.param({"data": {"a.b": "x"}}, {"data.a.b": b'"x"'}, id="a key with a dot"),
        pytest.param({"spec": {"x": None}}, {"spec.x": b"null"}, id="null"),
    ],
)
def test_the_leaves_of_an_object(fields: Object, expected: dict[str, bytes]) -> None:
    assert {path: json.reveal() for path, json in leaves(fields).items()} == expected


def test_values_are_kept_as_digests_and_show_nowhere() -> None:
    state = widget({"spec": {"host": "hunter2"}}, entry(SPEC))
    assert state.digests == {"spec.host": DIGESTER.digest(b'"hunter2"')}
    assert "hunter2" not in repr(state)


def test_metadata_and_status_are_no_leaves() -> None:
    state = widget({"status": {"ready": True}}, entry({"f:status": {"f:ready": {}}, "f:metadata": {"f:labels": {}}}))
    assert (state.digests, state.owned_by(OURS).data) == ({}, frozenset())


@pytest.mark.parametrize(
    ("fields", "owned"),
    [
        pytest.param({"f:spec": {".": {}, "f:host": {}}}, {"spec.host"}, id="a leaf below a map"),
        pytest.param(
            {"f:spec": {"f:rules": {'k:{"name":"a"}': {".": {}, "f:x": {}}}}},
            {"spec.rules"},
            id="items of a list count as the list",
        ),
        pytest.param({"f:spec": {"f:set": {'v:"a"': {}}}}, {"spec.set"}, id="members of a set too"),
        pytest.param({"f:spec": {".": {}}}, {"spec"}, id="an empty map"),
        pytest.param(
            {"f:data": {"f:a": {}}, "f:immutable": {}}, {"data.a"}, id="whether it is frozen is looked at by itself"
        ),
    ],
)
def test_what_a_manager_owns(fields: Object, owned: set[str]) -> None:
    assert widget({}, entry(fields)).owned_by(OURS).data == owned


def test_labels_and_annotations_of_a_manager_are_known() -> None:
    fields: Object = {"f:metadata": {"f:labels": {".": {}, "f:l": {}}, "f:annotations": {"f:a": {}}}}
    owned = widget({}, entry(fields)).owned_by(OURS)
    assert (owned.labels, owned.annotations) == (frozenset({"l"}), frozenset({"a"}))


def test_a_default_that_nobody_wrote_is_nobodys() -> None:
    state = widget({"spec": {"host": "h", "replicas": 1}}, entry(SPEC))
    assert set(state.digests) == {"spec.host"}


def test_writers_are_named_but_for_those_of_subresources() -> None:
    state = widget(
        {"spec": {"host": "h"}},
        entry(SPEC),
        entry({"f:spec": {"f:host": {}}}, "kubectl-edit", "Update"),
        entry({"f:spec": {"f:host": {}}}, "scaler", "Update", subresource="scale"),
    )
    assert state.writers["spec.host"] == (OURS, "kubectl-edit")


@pytest.mark.parametrize(
    ("owned", "expected"),
    [
        pytest.param({"f:spec": {".": {}, "f:host": {}}}, {"spec": {"host": "h"}}, id="a scalar"),
        pytest.param({"f:data": {"f:tls.crt": {}}}, {"data": {"tls.crt": "c"}}, id="a key with a dot"),
        pytest.param({"f:spec": {"f:ports": {}}}, {"spec": {"ports": [1, 2]}}, id="a list with one owner"),
        pytest.param({"f:spec": {"f:atomic": {}}}, {"spec": {"atomic": {"a": 1, "b": 2}}}, id="a map with one owner"),
        pytest.param(
            {"f:spec": {"f:rules": {'k:{"name":"a"}': {".": {}, "f:name": {}, "f:x": {}}}}},
            {"spec": {"rules": [{"name": "a", "x": 1}]}},
            id="one item of a list, without what others or defaults added to it",
        ),
        pytest.param({"f:spec": {"f:set": {'v:"q"': {}}}}, {"spec": {"set": ["q"]}}, id="one member of a set"),
        pytest.param({"f:spec": {"f:gone": {}, "f:host": {}}}, {"spec": {"host": "h"}}, id="a field that is gone"),
        pytest.param({"f:metadata": {"f:labels": {"f:l": {}}}, "f:immutable": {}}, {}, id="what is no field of ours"),
    ],
)
def test_what_a_manager_applied_as_it_is_now(owned: Object, expected: Object) -> None:
    spec = {
        "host": "h",
        "ports": [1, 2],
        "atomic": {"a": 1, "b": 2},
        "rules": [{"name": "b", "x": 2}, {"name": "a", "x": 1, "y": 9}],
        "set": ["p", "q"],
    }
    managers = [entry(owned), entry({"f:spec": {"f:host": {}, "f:replicas": {}}}, "kubectl-edit", "Update")]
    made = metadata("app", "team", managedFields=managers, labels={"l": "v"})
    found = {"kind": "Widget", "metadata": made, "spec": spec, "data": {"tls.crt": "c", "x": "y"}, "immutable": True}
    assert applied_fields(found, OURS) == expected


def test_an_object_on_its_way_out_says_so() -> None:
    assert widget({}, deletionTimestamp="2026-03-01T12:00:00Z").deleting
