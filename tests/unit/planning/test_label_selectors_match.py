"""Label selectors as Kubernetes reads them: what matches, and what is no selector at all."""

from typing import Any

import pytest

from secrets_operator.planning.label_selectors import selector_problems, selects
from secrets_operator.resources.label_selectors import LabelSelector
from secrets_operator.resources.problems import FieldProblem

RED = {"team": "red", "stage": "prod"}


def selector(raw: dict[str, Any]) -> LabelSelector:
    return LabelSelector.model_validate(raw)


def expressions(*rows: tuple[str, str, list[str]]) -> dict[str, Any]:
    return {"matchExpressions": [{"key": key, "operator": how, "values": values} for key, how, values in rows]}


@pytest.mark.parametrize(
    ("raw", "labels", "expected"),
    [
        pytest.param({}, RED, True, id="an empty selector matches all"),
        pytest.param({}, {}, True, id="an empty selector matches what has no labels"),
        pytest.param({"matchLabels": {"team": "red"}}, RED, True, id="the label has the value"),
        pytest.param({"matchLabels": {"team": "red", "stage": "test"}}, RED, False, id="one of two labels differs"),
        pytest.param({"matchLabels": {"team": ""}}, {}, False, id="an empty value is not a missing label"),
        pytest.param(expressions(("team", "In", ["blue", "red"])), RED, True, id="In: one of the values"),
        pytest.param(expressions(("team", "In", ["blue"])), RED, False, id="In: none of the values"),
        pytest.param(expressions(("team", "In", ["red"])), {}, False, id="In: no such label"),
        pytest.param(expressions(("team", "NotIn", ["blue"])), RED, True, id="NotIn: another value"),
        pytest.param(expressions(("team", "NotIn", ["red"])), RED, False, id="NotIn: that value"),
        pytest.param(expressions(("team", "NotIn", ["red"])), {}, True, id="NotIn: a missing label counts"),
        pytest.param(expressions(("team", "Exists", [])), RED, True, id="Exists: it does"),
        pytest.param(expressions(("team", "Exists", [])), {"team": ""}, True, id="Exists: even when empty"),
        pytest.param(expressions(("team", "Exists", [])), {}, False, id="Exists: it does not"),
        pytest.param(expressions(("team", "DoesNotExist", [])), {}, True, id="DoesNotExist: it does not"),
        pytest.param(expressions(("team", "DoesNotExist", [])), {"team": ""}, False, id="DoesNotExist: it does"),
        pytest.param(
            expressions(("team", "In", ["red"]), ("stage", "In", ["test"])), RED, False, id="all expressions must hold"
        ),
        pytest.param(
            {"matchLabels": {"team": "red"}, **expressions(("stage", "Exists", []))},
            RED,
            True,
            id="labels and expressions together",
        ),
    ],
)
def test_selects(raw: dict[str, Any], labels: dict[str, str], *, expected: bool) -> None:
    assert selects(selector(raw), labels) is expected


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param({"matchLabels": {"example.com/team": "Red_1.x-Y", "a": ""}}, id="prefix, mixed case, empty value"),
        pytest.param({"matchLabels": {"a" * 63: "b" * 63}}, id="63 characters"),
        pytest.param(expressions(("a", "NotIn", ["b", ""]), ("c", "Exists", [])), id="expressions"),
    ],
)
def test_nothing_is_wrong_with(raw: dict[str, Any]) -> None:
    assert selector_problems(selector(raw), "s") == ()


NO_KEY = "is no label name"
NO_VALUE = "is no label value"


@pytest.mark.parametrize(
    ("raw", "path", "message"),
    [
        pytest.param({"matchLabels": {"a b": "c"}}, "s.matchLabels[a b]", NO_KEY, id="a space in a name"),
        pytest.param({"matchLabels": {"a" * 64: "c"}}, f"s.matchLabels.{'a' * 64}", NO_KEY, id="a long name"),
        pytest.param({"matchLabels": {"Up.com/a": "c"}}, "s.matchLabels[Up.com/a]", NO_KEY, id="no DNS name before /"),
        pytest.param({"matchLabels": {"/a": "c"}}, "s.matchLabels[/a]", NO_KEY, id="nothing before /"),
        pytest.param({"matchLabels": {"a/b/c": "c"}}, "s.matchLabels[a/b/c]", NO_KEY, id="two slashes"),
        pytest.param({"matchLabels": {"a": "b c"}}, "s.matchLabels.a", NO_VALUE, id="a space in a value"),
        pytest.param({"matchLabels": {"a": "b\n"}}, "s.matchLabels.a", NO_VALUE, id="a line break after a value"),
        pytest.param({"matchLabels": {"a": "b" * 64}}, "s.matchLabels.a", NO_VALUE, id="a long value"),
        pytest.param(expressions(("-a", "Exists", [])), "s.matchExpressions[0].key", NO_KEY, id="a name in a term"),
        pytest.param(
            expressions(("a", "In", ["b", "?"])), "s.matchExpressions[0].values[1]", NO_VALUE, id="a value in a term"
        ),
        pytest.param(
            expressions(("a", "NotIn", [])),
            "s.matchExpressions[0].values",
            "must not be empty for the operator In or NotIn",
            id="NotIn nothing",
        ),
        pytest.param(
            expressions(("a", "In", ["b"]), ("a", "Exists", ["b"])),
            "s.matchExpressions[1].values",
            "must be empty for the operator Exists or DoesNotExist",
            id="Exists with a value",
        ),
    ],
)
def test_a_selector_that_the_api_server_would_refuse_is_named(raw: dict[str, Any], path: str, message: str) -> None:
    [problem] = selector_problems(selector(raw), "s")
    assert problem.path == path
    assert problem.message.startswith(message)


def test_all_problems_are_reported_together() -> None:
    raw = {"matchLabels": {"?": "!"}, **expressions(("a", "In", []))}
    problems = selector_problems(selector(raw), "s")
    assert all(isinstance(problem, FieldProblem) for problem in problems)
    assert [problem.path for problem in problems] == [
        "s.matchLabels[?]",
        "s.matchLabels[?]",
        "s.matchExpressions[0].values",
    ]
