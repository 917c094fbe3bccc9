import copy
from typing import Any

import pytest
from devcluster.builtin_types import builtin_schema
from devcluster.strategic_merge import StrategicMergeInvalid, strategic_merge

POD = builtin_schema("", "v1", "Pod")
DEPLOYMENT = builtin_schema("apps", "v1", "Deployment")


def containers(*names: str, **members: Any) -> dict[str, Any]:
    return {"containers": [{"name": name, **members} for name in names]}


@pytest.mark.parametrize(
    ("live", "patch", "expected"),
    [
        pytest.param({"nodeName": "n", "hostname": "h"}, {"nodeName": None}, {"hostname": "h"}, id="null deletes"),
        pytest.param(
            {"nodeSelector": {"a": "1"}},
            {"nodeSelector": {"b": "2"}},
            {"nodeSelector": {"a": "1", "b": "2"}},
            id="maps are merged",
        ),
        pytest.param(
            containers("a", image="x"),
            containers("a", image="y"),
            containers("a", image="y"),
            id="items are merged by key",
        ),
        pytest.param(containers("a"), containers("b"), containers("b", "a"), id="new items come first"),
        pytest.param(
            containers("a", "b"),
            {"containers": [{"name": "a", "$patch": "delete"}]},
            containers("b"),
            id="an item is deleted",
        ),
        pytest.param(
            containers("a", "b"),
            {"containers": [{"name": "c"}, {"$patch": "replace"}]},
            containers("c"),
            id="a list is replaced",
        ),
        pytest.param(
            {"nodeSelector": {"a": "1"}},
            {"nodeSelector": {"$patch": "replace", "b": "2"}},
            {"nodeSelector": {"b": "2"}},
            id="a map is replaced",
        ),
        pytest.param({"nodeSelector": {"a": "1"}}, {"nodeSelector": {"$patch": "delete"}}, {}, id="a map is deleted"),
        pytest.param(
            containers("a", "b", "c"),
            {
                "$setElementOrder/containers": [{"name": "c"}, {"name": "a"}],
                "containers": [{"name": "c", "image": "z"}],
            },
            {"containers": [{"name": "b"}, {"name": "c", "image": "z"}, {"name": "a"}]},
            id="the order of elements is set, others keep their place",
        ),
        pytest.param(
            containers("a", "b"),
            {"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}]},
            containers("b", "a"),
            id="the order alone",
        ),
        pytest.param(
            {"tolerations": [{"key": "a"}]},
            {"tolerations": [{"key": "b"}]},
            {"tolerations": [{"key": "b"}]},
            id="other lists are replaced",
        ),
        pytest.param(
            {"volumes": [{"name": "v", "emptyDir": {}}]},
            {"volumes": [{"name": "v", "secret": {"secretName": "s"}, "$retainKeys": ["name", "secret"]}]},
            {"volumes": [{"name": "v", "secret": {"secretName": "s"}}]},
            id="retained keys drop the others",
        ),
        pytest.param(
            {
                "containers": [
                    {"name": "a", "ports": [{"containerPort": 80, "name": "x"}], "env": [{"name": "E", "value": "1"}]}
                ]
            },
            {
                "containers": [
                    {"name": "a", "ports": [{"containerPort": 80, "name": "y"}], "env": [{"name": "F", "value": "2"}]}
                ]
            },
            {
                "containers": [
                    {
                        "name": "a",
                        "ports": [{"containerPort": 80, "name": "y"}],
                        "env": [{"name": "F", "value": "2"}, {"name": "E", "value": "1"}],
                    }
                ]
            },
            id="lists inside items have their own keys",
        ),
    ],
)
def test_patch(live: dict[str, Any], patch: dict[str, Any], expected: dict[str, Any]) -> None:
    before, given = {"spec": copy.deepcopy(live)}, {"spec": copy.deepcopy(patch)}
    assert strategic_merge({"spec": live}, {"spec": patch}, POD) == {"spec": expected}
    assert ({"spec": live}, {"spec": patch}) == (before, given), "the arguments were changed"


def test_finalizers_are_a_list_of_primitives() -> None:
    live = {"metadata": {"finalizers": ["a", "b"]}}
    assert strategic_merge(live, {"metadata": {"finalizers": ["c", "a"]}}, POD) == {
        "metadata": {"finalizers": ["c", "a", "b"]}
    }
    patch = {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}}
    assert strategic_merge(live, patch, POD) == {"metadata": {"finalizers": ["b"]}}


def test_owner_references_are_merged_by_uid() -> None:
    live = {"metadata": {"ownerReferences": [{"uid": "1", "name": "a"}, {"uid": "2", "name": "b"}]}}
    patch = {"metadata": {"ownerReferences": [{"uid": "1", "$patch": "delete"}]}}
    assert strategic_merge(live, patch, POD) == {"metadata": {"ownerReferences": [{"uid": "2", "name": "b"}]}}


def test_conditions_are_merged_by_type() -> None:
    live = {"status": {"conditions": [{"type": "A", "status": "False"}, {"type": "B", "status": "True"}]}}
    patch = {"status": {"conditions": [{"type": "A", "status": "True"}]}}
    merged = strategic_merge(live, patch, DEPLOYMENT)
    assert merged["status"]["conditions"] == [{"type": "A", "status": "True"}, {"type": "B", "status": "True"}]


@pytest.mark.parametrize(
    "patch",
    [
        pytest.param({"spec": {"containers": [{"image": "x"}]}}, id="an item without its key"),
        pytest.param({"spec": {"$patch": "explode"}}, id="an unknown directive"),
    ],
)
def test_a_patch_that_cannot_be_understood(patch: dict[str, Any]) -> None:
    with pytest.raises(StrategicMergeInvalid):
        strategic_merge({"spec": {}}, patch, POD)
