"""Scopes: labels, and what annotations mean."""

from __future__ import annotations

import pytest

from secrets_operator.sealing.scopes import Scope, label, scope_annotations, scope_of, with_scope

CLUSTER = "sealedsecrets.bitnami.com/cluster-wide"
NAMESPACE = "sealedsecrets.bitnami.com/namespace-wide"


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        pytest.param(Scope.STRICT, b"team-a/db", id="strict binds to namespace and name"),
        pytest.param(Scope.NAMESPACE_WIDE, b"team-a", id="namespace-wide binds to the namespace"),
        pytest.param(Scope.CLUSTER_WIDE, b"", id="cluster-wide binds to nothing"),
    ],
)
def test_label_of_a_scope(scope: Scope, expected: bytes) -> None:
    assert label(scope, namespace="team-a", name="db") == expected


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        pytest.param({}, Scope.STRICT, id="no annotation -> strict"),
        pytest.param({NAMESPACE: "true"}, Scope.NAMESPACE_WIDE, id="namespace-wide"),
        pytest.param({CLUSTER: "true"}, Scope.CLUSTER_WIDE, id="cluster-wide"),
        pytest.param({NAMESPACE: "true", CLUSTER: "true"}, Scope.CLUSTER_WIDE, id="both -> cluster-wide"),
        pytest.param({NAMESPACE: "true", CLUSTER: "false"}, Scope.NAMESPACE_WIDE, id="cluster-wide false -> the other"),
        pytest.param({CLUSTER: "True"}, Scope.STRICT, id="True with a capital counts as absent"),
        pytest.param({CLUSTER: "1"}, Scope.STRICT, id="1 counts as absent"),
        pytest.param({CLUSTER: True}, Scope.STRICT, id="a boolean counts as absent"),
    ],
)
def test_scope_that_annotations_declare(annotations: dict[str, object], expected: Scope) -> None:
    assert scope_of(annotations) is expected


@pytest.mark.parametrize("scope", list(Scope))
def test_replacing_a_scope_leaves_other_annotations_alone(scope: Scope) -> None:
    replaced = with_scope({NAMESPACE: "true", CLUSTER: "true", "note": "kept"}, scope)
    assert replaced == {"note": "kept"} | scope_annotations(scope)
    assert scope_of(replaced) is scope
