"""Every recorded case of language.json ends as Go ended: the same bytes, or a failure in the same phase."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.rows import Row, check_each
from tests.template_recordings import recorded_cases


@pytest.mark.parametrize("rows", recorded_cases("language"))
def test_every_case_of_a_category_ends_as_go_ended(outcome: Callable[..., tuple[str, bytes]], rows: list[Row]) -> None:
    def check(data: dict[str, bytes], template: str, recorded: tuple[str, bytes]) -> None:
        assert outcome(template, data) == recorded

    check_each(rows, check)
