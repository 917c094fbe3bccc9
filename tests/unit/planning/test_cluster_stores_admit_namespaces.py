"""The conditions of a ClusterSecretStore: which namespaces they admit, and what is wrong with some."""

from typing import Any

import pytest

from secrets_operator.planning.namespace_conditions import admits, condition_problems, denied, has_conditions
from secrets_operator.planning.namespaces import Namespace, namespace
from tests import builders
from tests.builders import store

TEAM = builders.namespace("my-team-x", team="red")


def cluster_store(*conditions: dict[str, Any], kind: str = "") -> dict[str, Any]:
    return store(namespace=kind, spec={"conditions": list(conditions)})


@pytest.mark.parametrize(
    ("conditions", "admitted"),
    [
        pytest.param([], True, id="no conditions admit all"),
        pytest.param([{}], False, id="a condition without a field matches nothing"),
        pytest.param([{"namespaces": []}], False, id="nor does an empty list"),
        pytest.param([{"namespaceSelector": {}}], True, id="an empty selector matches all"),
        pytest.param([{"namespaceSelector": {"matchLabels": {"team": "red"}}}], True, id="a label"),
        pytest.param([{"namespaceSelector": {"matchLabels": {"team": "blue"}}}], False, id="another label"),
        pytest.param([{"namespaces": ["other", "my-team-x"]}], True, id="a name"),
        pytest.param([{"namespaces": ["team"]}], False, id="a part of a name is not a name"),
        pytest.param([{"namespaceRegexes": ["team"]}], True, id="a regular expression matches anywhere"),
        pytest.param([{"namespaceRegexes": ["^team"]}], False, id="unless it is anchored"),
        pytest.param([{"namespaceRegexes": ["^x$", r"^my-\w+-x$"]}], True, id="one of two regular expressions"),
        pytest.param(
            [{"namespaces": ["other"], "namespaceRegexes": ["^my-"]}], True, id="any kind within a condition is enough"
        ),
        pytest.param([{"namespaces": ["other"]}, {"namespaces": ["my-team-x"]}], True, id="any condition is enough"),
        pytest.param(
            [{"namespaceSelector": {"matchLabels": {"team": "blue"}}, "namespaces": ["other"]}, {}], False, id="none"
        ),
    ],
)
def test_admits(conditions: list[dict[str, Any]], *, admitted: bool) -> None:
    assert admits(cluster_store(*conditions), TEAM) is admitted


def test_names_are_compared_with_the_label_that_the_api_server_sets() -> None:
    found = cluster_store({"namespaces": ["team"]})
    assert not admits(found, Namespace("team", {}))
    assert admits(found, namespace({"metadata": {"name": "x", "labels": {"kubernetes.io/metadata.name": "team"}}}))


def test_conditions_of_a_secret_store_mean_nothing() -> None:
    found = cluster_store({"namespaces": ["other"], "namespaceRegexes": ["("]}, kind="team")
    assert (has_conditions(found), admits(found, TEAM), condition_problems(found)) == (False, True, ())


def test_the_denial_names_the_store_and_the_namespace() -> None:
    assert denied(cluster_store(), "team") == (
        "using ClusterSecretStore store from namespace team is denied by its conditions"
    )


NO_REGEXP = "is no regular expression in the syntax of RE2: "
PATH = "spec.conditions[1]"


@pytest.mark.parametrize(
    ("condition", "problems"),
    [
        pytest.param({"namespaces": ["a"], "namespaceRegexes": ["^a"], "namespaceSelector": {}}, {}, id="nothing"),
        pytest.param(
            {"namespaceRegexes": ["(", "a", "b(?=c)"]},
            {
                f"{PATH}.namespaceRegexes[0]": f"{NO_REGEXP}missing ): (",
                f"{PATH}.namespaceRegexes[2]": f"{NO_REGEXP}invalid perl operator: (?=",
            },
            id="every regular expression that is none",
        ),
        pytest.param(
            {"namespaceSelector": {"matchExpressions": [{"key": "a", "operator": "In"}]}},
            {f"{PATH}.namespaceSelector.matchExpressions[0].values": "must not be empty for the operator In or NotIn"},
            id="a selector that selects nothing",
        ),
        pytest.param(
            {"namespaces": ["Team_A"]}, {f"{PATH}.namespaces[0]": "must be a DNS label"}, id="a name that is none"
        ),
    ],
)
def test_condition_problems(condition: dict[str, Any], problems: dict[str, str]) -> None:
    found = {one.path: one.message for one in condition_problems(cluster_store({"namespaces": ["a"]}, condition))}
    assert found.keys() == problems.keys()
    assert [path for path, message in found.items() if not message.startswith(problems[path])] == []
