"""rewrite of a dataFrom entry: operations in order, collisions, errors with the path of their operation."""

from typing import Any

import pytest

from secrets_operator.errors import InvalidSpec
from secrets_operator.rendering.allowance import Allowance
from secrets_operator.rendering.gotemplate import TemplateError
from secrets_operator.rendering.rewriting import Transform, rewrite_keys
from secrets_operator.resources.rewrites import Rewrite
from tests.builders import values

UPPER = "upper"


def render(template: str, key: bytes) -> bytes:
    """Stand in for the template engine."""
    if template != UPPER:
        raise TemplateError("function is not defined")
    return key.upper()


def regexp(source: str, target: str) -> dict[str, Any]:
    return {"regexp": {"source": source, "target": target}}


def transform(template: str) -> dict[str, Any]:
    return {"transform": {"template": template}}


def rewritten(
    data: dict[str, str], *operations: dict[str, Any], engine: Transform | None = render, work: int = 10_000_000
) -> dict[str, str]:
    done = rewrite_keys(
        values(**data),
        [Rewrite.model_validate(operation) for operation in operations],
        field="f",
        transform=engine,
        allowance=Allowance(work),
    )
    return {key: value.reveal().decode() for key, value in done.items()}


@pytest.mark.parametrize(
    ("data", "operations", "expected"),
    [
        pytest.param({"a/b": "1"}, [], {"a/b": "1"}, id="no operation changes nothing"),
        pytest.param(
            {"prod/a": "1", "b": "2"}, [regexp("^prod/", "")], {"a": "1", "b": "2"}, id="matches are replaced"
        ),
        pytest.param({"a": "1"}, [regexp("a", "b"), regexp("b", "c")], {"c": "1"}, id="operations go on in order"),
        pytest.param({"a": "1", "b": "2"}, [regexp("a|b", "$0$0")], {"aa": "1", "bb": "2"}, id="keys stay apart"),
        pytest.param({"a": "1"}, [transform(UPPER)], {"A": "1"}, id="a template gives the new key"),
        pytest.param(
            {"a": '{"user":"u"}'},
            [{"merge": {}}, transform(UPPER), regexp("^", "DB_")],
            {"DB_USER": "u"},
            id="members of a merge are renamed by what follows",
        ),
        pytest.param(
            {"tmp1": "1", "tmp2": "2", "a": "3"},
            [regexp("^tmp.*", "")],
            {"": "2", "a": "3"},
            id="several keys may become empty, which drops them later",
        ),
        pytest.param({"\ud800": "1"}, [regexp("x", "y")], {"\ufffd": "1"}, id="half a character is replaced"),
    ],
)
def test_rewrite(data: dict[str, str], operations: list[dict[str, Any]], expected: dict[str, str]) -> None:
    assert rewritten(data, *operations) == expected


@pytest.mark.parametrize(
    ("data", "operations", "message"),
    [
        pytest.param(
            {"a-x": "1", "a-y": "2"},
            [regexp("q", "r"), regexp("-.*", "")],
            r"^f\[1\]\.regexp: the keys 'a-x' and 'a-y' both become 'a': keep them apart$",
            id="two keys that become one are both named",
        ),
        pytest.param(
            {"a": "1", "b": "2"},
            [regexp("a", "b"), regexp("b", "$0")],
            r"^f\[0\]\.regexp: the keys 'a' and 'b' both become 'b'",
            id="a key that takes the place of another one is a collision",
        ),
        pytest.param(
            {"a": "1", "A": "2"},
            [transform(UPPER)],
            r"^f\[0\]\.transform: the keys 'a' and 'A' both become 'A'",
            id="so are those of a template",
        ),
        pytest.param(
            {"a": "1"},
            [regexp("(", "")],
            r"^f\[0\]\.regexp\.source: is no regular expression in the syntax of RE2: missing \)",
            id="an expression that is none is named by its field",
        ),
        pytest.param(
            {"a": "1"},
            [transform("nope")],
            r"^f\[0\]\.transform\.template: the key 'a' could not be rendered: function is not defined$",
            id="a template that fails is named by its field",
        ),
        pytest.param(
            {"a": "hunter2"}, [{"merge": {}}], r"^f\[0\]\.merge: the value of 'a'", id="a merge that fails is named too"
        ),
        pytest.param(
            {"a": "1"},
            [regexp(".*", "$0$0")] * 100,
            r"^f\[\d+\]\.regexp: the keys grow too large",
            id="doubling again and again is stopped",
        ),
    ],
)
def test_what_cannot_be_rewritten_is_explained(
    data: dict[str, str], operations: list[dict[str, Any]], message: str
) -> None:
    with pytest.raises(InvalidSpec, match=message):
        rewritten(data, *operations)


def test_templates_are_counted_against_the_allowance() -> None:
    with pytest.raises(InvalidSpec, match=r"^f\[0\]\.transform: the keys grow too large or are too many"):
        rewritten({f"k{index}": "" for index in range(10)}, transform(UPPER), work=2000)


def test_without_a_template_engine_a_transform_is_refused() -> None:
    with pytest.raises(InvalidSpec, match=r"^f\[0\]\.transform: cannot be rendered: no template engine"):
        rewritten({"a": "1"}, transform(UPPER), engine=None)
