"""Label and field selectors: what they select, and what is no selector."""

import pytest
from devcluster.statuses import ApiError
from devcluster.strategy import fields_with

from devcluster import field_selectors, label_selectors

LABELS = {"app": "web", "tier": "3", "empty": ""}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        pytest.param("", True, id="the empty selector selects everything"),
        pytest.param("app=web", True, id="equality"),
        pytest.param("app==web", True, id="double equality"),
        pytest.param("app=db", False, id="equality with another value"),
        pytest.param("app!=db", True, id="inequality"),
        pytest.param("absent!=db", True, id="inequality holds where the label is absent"),
        pytest.param("empty=", True, id="an empty value"),
        pytest.param("app=", False, id="an empty value is not any value"),
        pytest.param("app in (db, web)", True, id="in"),
        pytest.param("app in (db)", False, id="in without the value"),
        pytest.param("app notin (db)", True, id="notin"),
        pytest.param("absent notin (db)", True, id="notin holds where the label is absent"),
        pytest.param("app", True, id="existence"),
        pytest.param("absent", False, id="existence of an absent label"),
        pytest.param("!absent", True, id="absence"),
        pytest.param("!app", False, id="absence of a label that is there"),
        pytest.param("tier>2", True, id="greater"),
        pytest.param("tier<2", False, id="less"),
        pytest.param("app>2", False, id="a comparison with what is no number"),
        pytest.param("app=web,tier=3,!absent", True, id="all terms hold"),
        pytest.param("app=web,tier=4", False, id="one term does not"),
        pytest.param("a.b/c-d_e notin (x)", True, id="a qualified key"),
    ],
)
def test_label_selector(text: str, matches: bool) -> None:
    assert label_selectors.matches(label_selectors.parse(text), LABELS) is matches


@pytest.mark.parametrize(
    "text", ["a b", "app in web", "app in (web", "=x", "app=web,", "!", "a/b/c", "app=w!b", "tier>x", "app=web tier=3"]
)
def test_what_is_no_label_selector(text: str) -> None:
    with pytest.raises(ApiError) as refused:
        label_selectors.parse(text)
    assert refused.value.code == 400


READERS = fields_with("type", "spec.on", alias="spec.deep")
DOCUMENT = {"metadata": {"name": "n"}, "type": "a,b=c", "spec": {"on": True}}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        pytest.param("", True, id="the empty selector selects everything"),
        pytest.param("metadata.name=n", True, id="equality"),
        pytest.param("metadata.name==m", False, id="another name"),
        pytest.param("metadata.name!=m", True, id="inequality"),
        pytest.param(r"type=a\,b\=c", True, id="escaped separators"),
        pytest.param("spec.on=true", True, id="a boolean reads as text"),
        pytest.param("metadata.namespace=", True, id="an absent field is empty"),
        pytest.param("alias=", True, id="a field under another label"),
        pytest.param("metadata.name=n,type=x", False, id="one term does not hold"),
    ],
)
def test_field_selector(text: str, matches: bool) -> None:
    assert field_selectors.matches(field_selectors.parse(text, READERS), DOCUMENT) is matches


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("data=x", "field label not supported: data", id="a field that cannot be selected by"),
        pytest.param("nonsense", "can't understand 'nonsense'", id="no operator"),
    ],
)
def test_what_is_no_field_selector(text: str, message: str) -> None:
    with pytest.raises(ApiError, match=message):
        field_selectors.parse(text, READERS)
