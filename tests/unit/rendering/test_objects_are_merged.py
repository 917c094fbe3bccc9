"""rewrite.merge: which object wins, what counts as a conflict, and what becomes of the members."""

from typing import Any

import pytest

from secrets_operator.errors import InvalidSpec
from secrets_operator.rendering.allowance import Allowance
from secrets_operator.rendering.merging import merge_values
from secrets_operator.resources.rewrites import RewriteMerge
from tests.builders import values

IGNORE = {"conflictPolicy": "Ignore"}


def merged(data: dict[str, str], **merge: Any) -> dict[str, str]:
    done = merge_values(
        values(**data), RewriteMerge.model_validate(merge), field="f.merge", allowance=Allowance(1_000_000)
    )
    return {key: value.reveal().decode() for key, value in done.items()}


@pytest.mark.parametrize(
    ("data", "merge", "expected"),
    [
        pytest.param(
            {"one": '{"a":"1","n":1.50}', "two": '{"b":{"y":"<","x":null}}'},
            {},
            {"a": "1", "n": "1.5", "b": '{"x":null,"y":"\\u003c"}'},
            id="Extract replaces all keys by the members",
        ),
        pytest.param({}, {}, {}, id="nothing merges to nothing"),
        pytest.param({"one": "null", "two": '{"a":"1"}'}, {}, {"a": "1"}, id="null counts as an empty object"),
        pytest.param(
            {"b": '{"x":"b"}', "a": '{"x":"a"}'}, IGNORE, {"x": "b"}, id="of conflicting members the last key wins"
        ),
        pytest.param(
            {"b": '{"x":"b"}', "a": '{"x":"a"}', "c": '{"x":"c"}'},
            {**IGNORE, "priority": ["b", "a"]},
            {"x": "a"},
            id="keys of priority come after all others, in their order",
        ),
        pytest.param(
            {"a": '{"x":"1"}'},
            {"priority": ["gone", "a"], "priorityPolicy": "IgnoreNotFound"},
            {"x": "1"},
            id="IgnoreNotFound passes over a key that does not exist",
        ),
        pytest.param(
            {"a": '{"x":"<1>","n":12345678901234567890}', "b": '{"l":[1, 2]}'},
            {"strategy": "JSON", "into": "all"},
            {
                "a": '{"x":"<1>","n":12345678901234567890}',
                "b": '{"l":[1, 2]}',
                "all": '{"l":[1,2],"n":12345678901234567890,"x":"<1>"}',
            },
            id="JSON adds a key with the merged object, HTML as it is, and keeps the others",
        ),
        pytest.param(
            {"a": '{"x":"1"}'}, {"strategy": "JSON", "into": "a"}, {"a": '{"x":"1"}'}, id="into may override a key"
        ),
        pytest.param({}, {"strategy": "JSON", "into": "all"}, {"all": "{}"}, id="JSON of nothing is an empty object"),
    ],
)
def test_merge(data: dict[str, str], merge: dict[str, Any], expected: dict[str, str]) -> None:
    assert merged(data, **merge) == expected


@pytest.mark.parametrize(
    ("data", "merge", "message"),
    [
        pytest.param(
            {"a": '{"x":1,"y":2}', "b": '{"y":1,"x":1}'},
            {},
            r"f\.merge: several values have the members 'x', 'y': set conflictPolicy: Ignore and a priority",
            id="conflicting members are all named",
        ),
        pytest.param(
            {"a": '{"x":1}', "b": '{"x":1}'},
            {"priority": ["b"]},
            r"f\.merge: several values have the members 'x'",
            id="a priority by itself settles no conflict",
        ),
        pytest.param(
            {"a": "{" + ",".join(f'"k{index}":1' for index in range(30)) + "}"},
            {"priority": ["a", "a"]},
            "'k0', .* and 20 more",
            id="of many conflicts some are named",
        ),
        pytest.param(
            {"a": "{}"},
            {"priority": ["z", "a", "y"]},
            r"f\.merge\.priority: there are no keys 'y', 'z': .*IgnoreNotFound",
            id="keys of priority that do not exist are all named",
        ),
        pytest.param(
            {"a": "hunter2"}, {}, r"f\.merge: the value of 'a' is not a JSON object", id="a text is no object"
        ),
        pytest.param(
            {"a": "{}"},
            {"strategy": "JSON"},
            r"f\.merge\.into: strategy JSON needs into",
            id="JSON needs a key to go to",
        ),
        pytest.param(
            {"a": '{"x":"' + "x" * 10_000 + '"}'},
            {**IGNORE, "priority": ["a"] * 1000},
            r"f\.merge: the keys grow too large or are too many",
            id="work without end is refused",
        ),
    ],
)
def test_what_cannot_be_merged_is_explained(data: dict[str, str], merge: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidSpec, match=message) as caught:
        merged(data, **merge)
    assert "hunter2" not in str(caught.value)
