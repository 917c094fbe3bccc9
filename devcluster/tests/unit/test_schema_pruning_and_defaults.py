import copy
from typing import Any

import pytest
from devcluster.builtin_types import builtin_schema
from devcluster.structural import StructuralSchema
from hypothesis import given
from hypothesis import strategies as st

TEXT = {"type": "string"}
SPEC = {
    "type": "object",
    "properties": {
        "known": TEXT,
        "items": {"type": "array", "items": {"type": "object", "properties": {"key": TEXT}}},
        "free": {"type": "object", "additionalProperties": {"type": "object", "properties": {"a": TEXT}}},
        "open": {
            "type": "object",
            "x-kubernetes-preserve-unknown-fields": True,
            "properties": {"closed": {"type": "object", "properties": {"a": TEXT}}},
        },
        "embedded": {
            "type": "object",
            "x-kubernetes-embedded-resource": True,
            "properties": {"spec": {"type": "object", "properties": {"a": TEXT}}},
        },
        "port": {"x-kubernetes-int-or-string": True},
    },
}
SCHEMA = StructuralSchema.compile({"type": "object", "properties": {"spec": SPEC}})


@pytest.mark.parametrize(
    ("spec", "dropped", "left"),
    [
        pytest.param({"known": "a", "odd": 1}, ["spec.odd"], {"known": "a"}, id="an unknown field"),
        pytest.param(
            {"items": [{"key": "k", "x": 1}]}, ["spec.items[0].x"], {"items": [{"key": "k"}]}, id="inside an item"
        ),
        pytest.param(
            {"free": {"m": {"a": "1", "b": 1}}}, ["spec.free.m.b"], {"free": {"m": {"a": "1"}}}, id="inside a free map"
        ),
        pytest.param(
            {"open": {"any": {"deep": [{"x": 1}]}}},
            [],
            {"open": {"any": {"deep": [{"x": 1}]}}},
            id="nothing in an open object",
        ),
        pytest.param(
            {"open": {"closed": {"b": 1}}},
            ["spec.open.closed.b"],
            {"open": {"closed": {}}},
            id="declared parts of an open object",
        ),
        pytest.param(
            {
                "embedded": {
                    "apiVersion": "v1",
                    "kind": "K",
                    "metadata": {"name": "a", "odd": 1},
                    "spec": {"a": "1"},
                    "x": 1,
                }
            },
            ["spec.embedded.metadata.odd", "spec.embedded.x"],
            {"embedded": {"apiVersion": "v1", "kind": "K", "metadata": {"name": "a"}, "spec": {"a": "1"}}},
            id="an embedded resource keeps its type and metadata",
        ),
        pytest.param({"port": 80}, [], {"port": 80}, id="int-or-string stays"),
    ],
)
def test_prune(spec: dict[str, Any], dropped: list[str], left: dict[str, Any]) -> None:
    obj = {"apiVersion": "g/v1", "kind": "K", "metadata": {"name": "a"}, "spec": spec}
    assert SCHEMA.prune(obj) == dropped
    assert obj["spec"] == left


def test_metadata_is_pruned_to_object_metadata_and_paths_are_sorted() -> None:
    obj = {
        "apiVersion": "g/v1",
        "kind": "K",
        "zzz": 1,
        "metadata": {"name": "a", "odd": 1, "labels": {"l": "1"}},
        "aaa": 1,
    }
    assert SCHEMA.prune(obj) == ["aaa", "metadata.odd", "zzz"]
    assert obj == {"apiVersion": "g/v1", "kind": "K", "metadata": {"name": "a", "labels": {"l": "1"}}}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "v"]),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(st.sampled_from([*SPEC["properties"], "spec", "a", "x"]), below, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([*SPEC["properties"], "x"]), JSON, max_size=5))
def test_pruning_twice_is_pruning_once(spec: dict[str, Any]) -> None:
    obj = {"apiVersion": "g/v1", "kind": "K", "metadata": {"name": "a"}, "spec": spec}
    SCHEMA.prune(obj)
    once = copy.deepcopy(obj)
    assert SCHEMA.prune(obj) == []
    assert obj == once


@pytest.mark.parametrize(
    ("schema", "given_value", "expected"),
    [
        pytest.param(
            {"properties": {"a": {**TEXT, "default": "d"}}}, {}, {"a": "d"}, id="an absent field gets its default"
        ),
        pytest.param(
            {"properties": {"a": {**TEXT, "default": "d"}}}, {"a": ""}, {"a": ""}, id="an empty text is a value"
        ),
        pytest.param(
            {"properties": {"a": {**TEXT, "default": "d"}}}, {"a": None}, {"a": "d"}, id="null gives way to the default"
        ),
        pytest.param(
            {"properties": {"a": {**TEXT, "default": "d", "nullable": True}}},
            {"a": None},
            {"a": None},
            id="null stays where it is nullable",
        ),
        pytest.param({"properties": {"a": TEXT}}, {"a": None}, {}, id="null goes where it is not nullable"),
        pytest.param(
            {"properties": {"o": {"type": "object", "default": {}, "properties": {"a": {**TEXT, "default": "d"}}}}},
            {},
            {"o": {"a": "d"}},
            id="defaults below a default",
        ),
        pytest.param(
            {"properties": {"o": {"type": "object", "properties": {"a": {**TEXT, "default": "d"}}}}},
            {},
            {},
            id="no defaults below what is absent",
        ),
        pytest.param(
            {
                "properties": {
                    "l": {"type": "array", "items": {"type": "object", "properties": {"a": {**TEXT, "default": "d"}}}}
                }
            },
            {"l": [{}, {"a": "x"}]},
            {"l": [{"a": "d"}, {"a": "x"}]},
            id="defaults in items",
        ),
        pytest.param(
            {"additionalProperties": {"type": "object", "properties": {"a": {**TEXT, "default": "d"}}}},
            {"m": {}},
            {"m": {"a": "d"}},
            id="defaults in a free map",
        ),
        pytest.param(
            {"properties": {"a": {"type": "array", "items": TEXT}}},
            {"a": []},
            {"a": []},
            id="empty lists of custom resources stay",
        ),
    ],
)
def test_default(schema: dict[str, Any], given_value: dict[str, Any], expected: dict[str, Any]) -> None:
    compiled = StructuralSchema.compile({"type": "object", "properties": {"spec": {"type": "object", **schema}}})
    obj = {"metadata": {}, "spec": given_value}
    compiled.default(obj)
    assert obj["spec"] == expected


def test_a_default_is_not_shared_between_objects() -> None:
    raw = {
        "type": "object",
        "properties": {"spec": {"type": "object", "default": {"l": []}, "x-kubernetes-preserve-unknown-fields": True}},
    }
    schema = StructuralSchema.compile(raw)
    one: dict[str, Any] = {}
    other: dict[str, Any] = {}
    schema.default(one)
    one["spec"]["l"].append(1)
    schema.default(other)
    assert other["spec"] == {"l": []}


def test_built_in_kinds_lose_empty_maps_and_show_zero_values() -> None:
    secret: dict[str, Any] = {"metadata": {"labels": {}, "finalizers": []}, "data": {}, "stringData": None}
    builtin_schema("", "v1", "Secret").default(secret)
    assert secret == {"metadata": {}, "type": "Opaque"}
    config = {"metadata": {}, "data": {"empty": ""}}
    builtin_schema("", "v1", "ConfigMap").default(config)
    assert config["data"] == {"empty": ""}
    lease: dict[str, Any] = {"metadata": {}}
    builtin_schema("coordination.k8s.io", "v1", "Lease").default(lease)
    assert lease["spec"] == {}
    pod: dict[str, Any] = {
        "metadata": {},
        "spec": {"volumes": [{"name": "v", "emptyDir": {}}], "containers": [{"name": "c"}]},
    }
    builtin_schema("", "v1", "Pod").default(pod)
    assert pod["spec"]["volumes"][0]["emptyDir"] == {}
    assert pod["spec"]["containers"][0]["resources"] == {}
