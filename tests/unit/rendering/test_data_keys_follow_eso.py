"""Names of data keys: conversion, collisions, and what a Secret cannot hold."""

import pytest

from secrets_operator.errors import InvalidSpec
from secrets_operator.rendering.data_keys import check_keys, convert_keys


@pytest.mark.parametrize(
    ("name", "strategy", "expected"),
    [
        pytest.param("db.user-1_x", "Default", "db.user-1_x", id="an allowed name stays"),
        pytest.param("a/b c", "Default", "a_b_c", id="Default puts an underscore for each"),
        pytest.param("a/b", "Unicode", "a_U002f_b", id="Unicode puts the code point"),
        pytest.param("😀", "Unicode", "_U1f600_", id="a long code point is not cut"),
        pytest.param("é日²", "Default", "é日²", id="letters and numbers of any script stay"),
        pytest.param("½Ⅷ", "Default", "½Ⅷ", id="number forms are numbers"),
        pytest.param("a\u0301", "Default", "a_", id="a combining mark is no letter"),
        pytest.param("", "Default", "", id="an empty name stays empty"),
    ],
)
def test_convert(name: str, strategy: str, expected: str) -> None:
    assert convert_keys({name: 1}, strategy, field="f") == {expected: 1}


def test_two_names_that_become_one_key_are_refused_with_both_names_and_the_way_out() -> None:
    with pytest.raises(InvalidSpec, match=r"f: the remote keys 'a/b' and 'a b' both become 'a_b'; .*Unicode"):
        convert_keys({"a/b": 1, "a b": 2}, "Default", field="f")


@pytest.mark.parametrize(
    ("strategy", "names"),
    [
        pytest.param("Default", ("a_b", "a/b"), id="by Default, with a name that stays as it is"),
        pytest.param("Unicode", ("a_U002f_b", "a/b"), id="by Unicode, with a name that looks converted"),
    ],
)
def test_one_converted_name_collides(strategy: str, names: tuple[str, str]) -> None:
    with pytest.raises(InvalidSpec, match=rf"^f: the remote keys '{names[0]}' and '{names[1]}' both become"):
        convert_keys(dict.fromkeys(names, 1), strategy, field="f")


def test_unicode_keeps_them_apart() -> None:
    assert convert_keys({"a/b": 1, "a b": 2}, "Unicode", field="f") == {"a_U002f_b": 1, "a_U0020_b": 2}


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("a.b-c_D0", id="all kinds of allowed characters"),
        pytest.param("k" * 253, id="253 characters"),
        pytest.param(".dockerconfigjson", id="a dot in front"),
        pytest.param("a..b", id="two dots inside"),
    ],
)
def test_a_key_a_secret_can_hold(key: str) -> None:
    assert check_keys({key: 1}, field="f") == {key: 1}


def test_an_empty_key_is_dropped() -> None:
    assert check_keys({"": 1, "a": 2}, field="f") == {"a": 2}


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("a/b", id="a slash"),
        pytest.param("k" * 254, id="254 characters"),
        pytest.param("é", id="a letter outside ASCII"),
        pytest.param("a\n", id="a newline at the end"),
        pytest.param(".", id="a dot alone"),
        pytest.param("..", id="two dots alone"),
        pytest.param("..data", id="two dots in front"),
    ],
)
def test_a_key_no_secret_can_hold_is_refused(key: str) -> None:
    with pytest.raises(InvalidSpec, match=r"^f: .* is no valid key of a Secret"):
        check_keys({key: 1}, field="f")
