"""Every recorded case of language.json ends as Go ended: the same bytes, or a failure in the same phase."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.template_recordings import recorded_cases


@pytest.mark.parametrize(("data", "template", "recorded"), recorded_cases("language"))
def test_ends_as_go_ended(
    outcome: Callable[..., tuple[str, bytes]], data: dict[str, bytes], template: str, recorded: tuple[str, bytes]
) -> None:
    assert outcome(template, data) == recorded
