"""The keys of a Secret that is pushed: turned back, and renamed."""

from __future__ import annotations

from typing import Any

import pytest

from secrets_operator.errors import InvalidSpec
from secrets_operator.rendering.push_keys import original_keys, remote_names
from secrets_operator.resources.push_secret import PushRewrite


@pytest.mark.parametrize(
    ("key", "original"),
    [
        pytest.param("a_U002f_b", "a/b", id="an escape -> its character"),
        pytest.param("_U1f600_", "\U0001f600", id="five digits -> a character beyond the first plane"),
        pytest.param("a_U002F_b", "a/b", id="capital digits -> the same"),
        pytest.param("_U0041__U0042_", "AB", id="two escapes side by side -> both"),
        pytest.param("a_u002f_b", "a_u002f_b", id="a small u -> no escape"),
        pytest.param("a_U2f_b", "a_U2f_b", id="three digits or fewer -> no escape"),
        pytest.param("a_U1f6000_b", "a_U1f6000_b", id="six digits -> no escape"),
        pytest.param("a_Ud800_b", "a_Ud800_b", id="half a pair -> no escape"),
        pytest.param("plain.key", "plain.key", id="nothing escaped -> as it is"),
    ],
)
def test_reverse_unicode_makes_of_a_key(key: str, original: str) -> None:
    assert original_keys({key: 1}, "ReverseUnicode", field="spec.data[0]") == {original: 1}


def test_without_a_strategy_keys_stay() -> None:
    assert original_keys({"a_U002f_b": 1}, "None", field="spec.data[0]") == {"a_U002f_b": 1}


def test_two_keys_that_become_one_are_refused() -> None:
    with pytest.raises(InvalidSpec, match=r"spec\.data\[0\]: the keys 'A' and '_U0041_' both become 'A'"):
        original_keys({"A": 1, "_U0041_": 2}, "ReverseUnicode", field="spec.data[0]")


def upper(_source: str, key: bytes) -> bytes:
    return key.upper()


def operations(*given: dict[str, Any]) -> list[PushRewrite]:
    return [PushRewrite.model_validate(one) for one in given]


REGEXP = {"regexp": {"source": "^db_", "target": "team/"}}
TRANSFORM = {"transform": {"template": "{{ .value | upper }}"}}


@pytest.mark.parametrize(
    ("keys", "given", "names"),
    [
        pytest.param(["a", "b"], [], {"a": "a", "b": "b"}, id="no operation -> the keys"),
        pytest.param(["db_a", "b"], [REGEXP], {"db_a": "team/a", "b": "b"}, id="an expression -> where it matches"),
        pytest.param(["db_a"], [REGEXP, TRANSFORM], {"db_a": "TEAM/A"}, id="several -> one after the other"),
        pytest.param([], [REGEXP], {}, id="no keys -> no names"),
    ],
)
def test_remote_names_are(keys: list[str], given: list[dict[str, Any]], names: dict[str, str]) -> None:
    assert remote_names(keys, operations(*given), field="spec.dataTo[0].rewrite", transform=upper) == names


@pytest.mark.parametrize(
    ("keys", "given", "message"),
    [
        pytest.param(["a", "A"], [TRANSFORM], "both become 'A'", id="the same name twice"),
        pytest.param(["db_"], [{"regexp": {"source": ".*", "target": ""}}], "becomes empty", id="no name at all"),
        pytest.param(["a"], [{"regexp": {"source": "(", "target": ""}}], "missing )", id="an expression that is none"),
    ],
)
def test_names_are_refused_for(keys: list[str], given: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(InvalidSpec) as refused:
        remote_names(keys, operations(*given), field="spec.dataTo[0].rewrite", transform=upper)
    assert message in str(refused.value)
    assert refused.value.field.startswith("spec.dataTo[0].rewrite")
