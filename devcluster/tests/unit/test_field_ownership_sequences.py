import copy
from typing import Any

import pytest
from devcluster.builtin_types import builtin_schema
from devcluster.field_management import (
    ApplyConflict,
    ApplyInvalid,
    ApplyOptions,
    UpdateOptions,
    apply,
    record_update,
)
from devcluster.field_management.field_sets import difference, intersection, paths, union
from devcluster.structural import StructuralSchema
from hypothesis import assume, given, settings
from hypothesis import strategies as st

SECRET = builtin_schema("", "v1", "Secret")
POD = builtin_schema("", "v1", "Pod")
DEPLOYMENT = builtin_schema("apps", "v1", "Deployment")
T1, T2, T3 = "2026-01-01T00:00:01Z", "2026-01-01T00:00:02Z", "2026-01-01T00:00:03Z"


def secret(**members: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, **members}


def applied(
    live: dict[str, Any] | None,
    obj: dict[str, Any],
    manager: str,
    *,
    schema: StructuralSchema = SECRET,
    now: str = T1,
    force: bool = False,
) -> dict[str, Any]:
    return apply(live, obj, options=ApplyOptions(manager, force, obj["apiVersion"], "", now), schema=schema)


def updated(
    live: dict[str, Any] | None,
    new: dict[str, Any],
    manager: str,
    *,
    schema: StructuralSchema = SECRET,
    now: str = T1,
    subresource: str = "",
) -> dict[str, Any]:
    result = copy.deepcopy(new)
    record_update(live, result, options=UpdateOptions(manager, new["apiVersion"], subresource, now), schema=schema)
    return result


def owners(obj: dict[str, Any]) -> dict[str, list[str]]:
    return {
        entry["manager"]: ["/".join(path) for path in paths(entry["fieldsV1"])]
        for entry in obj["metadata"].get("managedFields", ())
    }


def times(obj: dict[str, Any]) -> dict[str, str]:
    return {entry["manager"]: entry["time"] for entry in obj["metadata"]["managedFields"]}


def test_several_conflicts_are_listed_by_manager() -> None:
    live = applied(None, secret(data={"a": "MQ==", "b": "MQ=="}), "alpha")
    live = updated(live, {**live, "data": {**live["data"], "c": "MQ=="}}, "editor", now=T2)
    with pytest.raises(ApplyConflict) as raised:
        applied(live, secret(data={"a": "Mg==", "b": "Mg==", "c": "Mg=="}), "beta")
    assert str(raised.value) == (
        "Apply failed with 3 conflicts: "
        'conflicts with "alpha":\n- .data.a\n- .data.b\nconflicts with "editor" using v1:\n- .data.c'
    )
    assert raised.value.causes[0] == {
        "reason": "FieldManagerConflict",
        "message": 'conflict with "alpha"',
        "field": ".data.a",
    }


def test_force_takes_the_field_from_its_owner() -> None:
    live = applied(None, secret(data={"a": "MQ=="}), "alpha")
    result = applied(live, secret(data={"a": "Mg=="}), "beta", force=True, now=T2)
    assert result["data"] == {"a": "Mg=="}
    assert owners(result) == {"beta": ["f:data/f:a"]}


def test_applying_the_same_again_changes_nothing() -> None:
    live = applied(None, secret(data={"a": "MQ=="}), "alpha")
    again = applied(live, secret(data={"a": "MQ=="}), "alpha", now=T3)
    assert again == live
    assert again is not live
    assert again["data"] is not live["data"]


def test_sharing_a_field_is_recorded_with_its_time() -> None:
    live = applied(None, secret(data={"a": "MQ=="}), "alpha")
    shared = applied(live, secret(data={"a": "MQ=="}), "beta", now=T2)
    assert owners(shared) == {"alpha": ["f:data/f:a"], "beta": ["f:data/f:a"]}
    assert times(shared) == {"alpha": T1, "beta": T2}


def test_what_nobody_applied_stays_when_its_neighbours_go() -> None:
    live = applied(None, secret(data={"a": "MQ==", "b": "MQ=="}), "alpha")
    live = applied(live, secret(data={"c": "MQ=="}), "beta")
    result = applied(live, secret(), "alpha")
    assert result["data"] == {"c": "MQ=="}
    assert owners(result) == {"beta": ["f:data/f:c"]}


def test_dropping_all_labels_keeps_the_metadata() -> None:
    live = applied(None, {**secret(), "metadata": {"name": "s", "labels": {"a": "1"}}}, "alpha")
    result = applied(live, secret(), "alpha")
    assert result["metadata"] == {"name": "s"}


def test_an_apply_does_not_touch_what_the_server_keeps() -> None:
    live = applied(None, secret(data={"a": "MQ=="}), "alpha")
    live["metadata"] |= {"uid": "u", "resourceVersion": "7", "creationTimestamp": T1}
    patch = {**secret(data={"a": "MQ=="}), "metadata": {"name": "s", "creationTimestamp": None}}
    assert applied(live, patch, "alpha") == live


def test_an_object_without_owners_belongs_to_whoever_wrote_it_before() -> None:
    live = secret(data={"a": "MQ=="}, type="Opaque")
    with pytest.raises(ApplyConflict) as raised:
        applied(live, secret(data={"a": "Mg=="}), "alpha")
    assert 'conflict with "before-first-apply" using v1: .data.a' in str(raised.value)


def test_an_update_takes_what_it_changes_and_keeps_the_time_of_what_it_takes_from() -> None:
    live = applied(None, secret(data={"a": "MQ==", "b": "MQ=="}), "alpha")
    result = updated(live, {**live, "data": {"a": "Mg==", "b": "MQ=="}}, "editor", now=T2)
    assert owners(result) == {"alpha": ["f:data/f:b"], "editor": ["f:data/f:a"]}
    assert times(result) == {"alpha": T1, "editor": T2}


def test_an_update_that_only_removes_keeps_all_times() -> None:
    live = updated(None, secret(data={"a": "MQ==", "b": "MQ=="}), "editor")
    result = updated(live, {**live, "data": {"a": "MQ=="}}, "editor", now=T2)
    assert owners(result)["editor"] == ["f:data", "f:data/f:a"]
    assert times(result) == {"editor": T1}


def test_an_update_without_managed_fields_does_not_lose_them_and_an_empty_entry_does() -> None:
    live = applied(None, secret(data={"a": "MQ=="}), "alpha")
    put = secret(data={"a": "MQ=="})
    assert owners(updated(live, put, "editor")) == owners(live)
    reset = {**put, "metadata": {"name": "s", "managedFields": [{}]}}
    assert "managedFields" not in updated(live, reset, "editor")["metadata"]


def test_a_subresource_has_entries_of_its_own() -> None:
    live = updated(
        None, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"nodeName": "n"}}, "m", schema=POD
    )
    result = updated(live, {**live, "status": {"phase": "Running"}}, "m", schema=POD, subresource="status")
    entries = result["metadata"]["managedFields"]
    assert [(entry.get("subresource"), entry["fieldsV1"]) for entry in entries] == [
        (None, {"f:spec": {"f:nodeName": {}}}),
        ("status", {"f:status": {"f:phase": {}}}),
    ]


def pod(*containers: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": list(containers)}}


def test_items_of_list_maps_have_owners_and_ports_count_their_default_protocol() -> None:
    live = applied(None, pod({"name": "a", "image": "i", "ports": [{"containerPort": 80}]}), "alpha", schema=POD)
    key = 'k:{"containerPort":80,"protocol":"TCP"}'
    assert f'f:spec/f:containers/k:{{"name":"a"}}/f:ports/{key}' in owners(live)["alpha"]
    live = applied(live, pod({"name": "b", "image": "i"}), "beta", schema=POD)
    assert [container["name"] for container in live["spec"]["containers"]] == ["a", "b"]
    with pytest.raises(ApplyConflict) as raised:
        applied(live, pod({"name": "a", "image": "other"}), "beta", schema=POD)
    assert '.spec.containers[name="a"].image' in str(raised.value)
    gone = applied(live, {**pod(), "spec": {}}, "alpha", schema=POD)
    assert [container["name"] for container in gone["spec"]["containers"]] == ["b"]


@pytest.mark.parametrize(
    ("live", "patch", "expected"),
    [
        pytest.param("ab", "bc", "abc", id="new ones follow what they follow in the patch"),
        pytest.param("abc", "ca", "bca", id="the patch decides the order of what it names"),
        pytest.param("ab", "xa", "xab", id="a new one may come first"),
        pytest.param("axb", "ab", "axb", id="others keep their place"),
        pytest.param("", "ab", "ab", id="nothing there before"),
    ],
)
def test_the_order_of_merged_lists(live: str, patch: str, expected: str) -> None:
    def obj(names: str) -> dict[str, Any]:
        return {**secret(), "metadata": {"name": "s", "finalizers": list(names)}}

    before = updated(None, obj(live), "editor") if live else secret()
    result = applied(before, obj(patch), "alpha")
    assert "".join(result["metadata"]["finalizers"]) == expected


@pytest.mark.parametrize(
    ("obj", "message"),
    [
        pytest.param(
            {**secret(), "metadata": {"name": "s", "managedFields": []}},
            "metadata.managedFields must be nil",
            id="managedFields are not applied",
        ),
        pytest.param(
            pod({"name": "a"}, {"name": "a"}),
            "failed to create typed patch object (p; /v1, Kind=Pod): "
            '.spec.containers: duplicate entries for key [name="a"]',
            id="a key twice",
        ),
        pytest.param(
            pod({"image": "a"}),
            "failed to create typed patch object (p; /v1, Kind=Pod): .spec.containers: element 0: associative list "
            'with keys has an element that omits key field "name" (and doesn\'t have default value)',
            id="no key",
        ),
    ],
)
def test_what_cannot_be_applied(obj: dict[str, Any], message: str) -> None:
    with pytest.raises(ApplyInvalid) as raised:
        applied(None, obj, "alpha", schema=POD)
    assert raised.value.message == message


def test_the_spec_of_a_deployment_is_printed_without_struct_members() -> None:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    obj = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": {"template": template}}
    DEPLOYMENT.default(obj)
    fields = owners(updated(None, obj, "m", schema=DEPLOYMENT))["m"]
    assert "f:spec/f:replicas" in fields
    assert "f:spec/f:template/f:metadata/f:labels" in fields
    assert 'f:spec/f:template/f:spec/f:containers/k:{"name":"c"}/f:resources' in fields
    assert not {"f:spec", "f:spec/f:template", "f:spec/f:template/f:metadata", "f:spec/f:strategy"} & set(fields)


KEYS = st.sampled_from("abc")
DATA = st.dictionaries(KEYS, st.sampled_from(["MQ==", "Mg=="]), max_size=3)
STEPS = st.lists(st.tuples(st.sampled_from(["alpha", "beta", "gamma"]), st.booleans(), DATA, DATA), max_size=6)


def body(data: dict[str, str], labels: dict[str, str]) -> dict[str, Any]:
    obj = secret(data=data) if data else secret()
    if labels:
        obj["metadata"] = {"name": "s", "labels": labels}
    return obj


def state_after(steps: list[tuple[str, bool, dict[str, str], dict[str, str]]]) -> dict[str, Any]:
    live = secret()
    for manager, update, data, labels in steps:
        obj = body(data, labels)
        live = updated(live, obj, manager) if update else applied(live, obj, manager, force=True)
        SECRET.default(live)
    return live


@settings(max_examples=60, deadline=None)
@given(STEPS, DATA, DATA)
def test_apply_is_idempotent(steps: Any, data: dict[str, str], labels: dict[str, str]) -> None:
    once = applied(state_after(steps), body(data, labels), "alpha", force=True)
    # Who gives up the last field leaves an object without managers, which the next apply attributes as Kubernetes does.
    assume("managedFields" in once["metadata"])
    assert applied(once, body(data, labels), "alpha", force=True, now=T3) == once


@settings(max_examples=60, deadline=None)
@given(STEPS, DATA)
def test_apply_by_one_never_removes_what_only_another_owns(steps: Any, data: dict[str, str]) -> None:
    live = applied(state_after(steps), body({"z": "MQ=="}, {"z": "1"}), "other", force=True)
    result = applied(live, body(data, {}), "alpha", force=True)
    assert result["data"]["z"] == "MQ=="
    assert result["metadata"]["labels"]["z"] == "1"


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_owned_fields_exist(steps: Any) -> None:
    live = state_after(steps)
    for fields in owners(live).values():
        for path in fields:
            parts = path.split("/")
            if parts[0] == "f:data" and len(parts) == 2:
                assert parts[1][2:] in live["data"]


SETS = st.recursive(
    st.just({}),
    lambda below: st.dictionaries(st.sampled_from(["f:a", "f:b", "."]), below, min_size=1, max_size=3).map(
        lambda found: {key: {} if key == "." else value for key, value in found.items()}
    ),
    max_leaves=8,
).map(lambda found: {key: value for key, value in found.items() if key != "."})


def members(fields: dict[str, Any]) -> set[tuple[str, ...]]:
    return set(paths(fields))


@given(SETS, SETS)
def test_set_algebra_is_that_of_sets_of_paths(left: dict[str, Any], right: dict[str, Any]) -> None:
    assert members(union(left, right)) == members(left) | members(right)
    assert members(difference(left, right)) == members(left) - members(right)
    assert members(intersection(left, right)) == members(left) & members(right)
