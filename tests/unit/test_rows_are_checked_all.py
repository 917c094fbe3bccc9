"""Of rows that share a test, each is checked, and each that fails is named."""

from __future__ import annotations

import pytest

from tests.rows import Row, check_each, grouped


def is_even(number: int) -> None:
    assert number % 2 == 0


def test_every_row_that_fails_is_named() -> None:
    rows = [Row("one", (1,)), Row("two", (2,)), Row("no number", ("x",)), Row("five", (5,))]
    with pytest.raises(pytest.fail.Exception) as failed:
        check_each(rows, is_even)
    blocks = [block.splitlines()[0] for block in str(failed.value).split("\n\n")]
    assert blocks == ["one", "no number", "five"]


def test_a_row_that_expects_an_error_and_gets_none_fails() -> None:
    def refuses(number: int) -> None:
        with pytest.raises(ValueError, match="odd"):
            is_even(number)

    with pytest.raises(pytest.fail.Exception, match="two"):
        check_each([Row("two", (2,))], refuses)


def test_rows_that_hold_pass() -> None:
    check_each([Row("two", (2,)), Row("four", (4,))], is_even)


def test_rows_are_put_together_by_name() -> None:
    rows = [Row("a 1", (1,)), Row("b 2", (2,)), Row("a 3", (3,))]
    groups = grouped(rows, lambda row: row.name[0])
    assert [(group.id, group.values) for group in groups] == [("a", ([rows[0], rows[2]],)), ("b", ([rows[1]],))]
