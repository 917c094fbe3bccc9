"""Many rows of one pure function in one test, for where pytest's own work for a test is more than the test's.

Every row that fails is named, with what it said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any, NamedTuple

import pytest


class Row(NamedTuple):
    """One row: its sentence, and what is checked of it."""

    name: str
    values: tuple[Any, ...]


def check_each(rows: Iterable[Row], check: Callable[..., None]) -> None:
    """Call ``check`` with the values of each row, and fail with the names of all rows of which it fails."""
    failures = {}
    for row in rows:
        try:
            check(*row.values)
        except (Exception, pytest.fail.Exception) as failure:  # noqa: BLE001 - whatever it is, the others are checked
            failures[row.name] = f"{type(failure).__name__}: {failure}"
    if failures:
        pytest.fail("\n\n".join(f"{name}\n{said}" for name, said in failures.items()), pytrace=False)


def grouped(rows: Iterable[Row], by: Callable[[Row], str]) -> list[Any]:
    """Return a parameter for each group of rows, in order, called as ``by`` calls the rows of it."""
    ordered = sorted(rows, key=by)
    return [pytest.param(list(group), id=name) for name, group in groupby(ordered, key=by)]
