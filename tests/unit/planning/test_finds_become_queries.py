"""``dataFrom[].find`` as the query that providers answer, and what is refused before any is asked."""

from typing import Any

import pytest

from secrets_operator.flow import Query
from secrets_operator.planning.external_secret import Unusable, Wanted, wanted
from tests.builders import external_secret


def read(find: dict[str, Any]) -> Wanted | Unusable:
    return wanted(external_secret(spec={"data": [], "dataFrom": [{"find": find}]}))


@pytest.mark.parametrize(
    ("find", "query"),
    [
        pytest.param({"name": {"regexp": "^db"}}, Query(name="^db"), id="a name"),
        pytest.param({"name": {}}, Query(name=".*"), id="a condition on the name that says nothing matches every name"),
        pytest.param({"name": {"regexp": ""}}, Query(name=".*"), id="as does an empty one"),
        pytest.param({"path": "team/"}, Query(path="team/"), id="a path"),
        pytest.param({"tags": {"b": "2", "a": "1"}}, Query(tags=(("a", "1"), ("b", "2"))), id="tags in one order"),
        pytest.param({}, Query(), id="nothing, which the provider has to judge"),
    ],
)
def test_query(find: dict[str, Any], query: Query) -> None:
    want = read(find)
    assert isinstance(want, Wanted)
    (made,) = want.reads
    assert (made.field, made.key, made.secret_key, made.find) == ("spec.dataFrom[0].find", "", "", query)


@pytest.mark.parametrize(
    ("find", "message"),
    [
        pytest.param(
            {"name": {"regexp": "("}},
            "spec.dataFrom[0].find.name.regexp: is no regular expression in the syntax of RE2",
            id="a name that is no expression",
        ),
        pytest.param({"tags": {"a": 1}}, "spec.dataFrom[0].find.tags.a: must be a string", id="a tag that is no text"),
        pytest.param({"where": "x"}, "not supported yet: spec.dataFrom[0].find.where", id="a field nobody knows"),
    ],
)
def test_what_cannot_be_asked_is_told(find: dict[str, Any], message: str) -> None:
    refused = read(find)
    assert isinstance(refused, Unusable)
    assert refused.message.startswith(message)
