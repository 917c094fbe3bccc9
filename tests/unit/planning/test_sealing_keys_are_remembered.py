"""Which key opened which item, as the generated Secret remembers it."""

import pytest

from secrets_operator.planning.sealing_key_memory import key_memory, remembered_keys


@pytest.mark.parametrize(
    ("opened_by", "text"),
    [
        pytest.param({"a": "K1", "b": "K1"}, '{"K1":[]}', id="one key for all"),
        pytest.param({"": "K1"}, '{"K1":[]}', id="the one value of the old form"),
        pytest.param({"c": "K2", "a": "K1", "b": "K1"}, '{"K1":[],"K2":["c"]}', id="the most used is the rule"),
        pytest.param({"b": "K2", "a": "K1"}, '{"K1":[],"K2":["b"]}', id="of two equal ones the first by name"),
    ],
)
def test_the_memory_names_exceptions_only_and_gives_everything_back(opened_by: dict[str, str], text: str) -> None:
    assert key_memory(opened_by) == text
    assert remembered_keys(text, opened_by) == opened_by


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"K1":"a"}', "7"])
def test_what_is_no_memory_is_no_hint(text: str) -> None:
    assert remembered_keys(text, ["a"]) == {}


def test_an_item_added_since_gets_the_rule() -> None:
    assert remembered_keys('{"K1":[],"K2":["c",7]}', ["new", "c"]) == {"new": "K1", "c": "K2"}
