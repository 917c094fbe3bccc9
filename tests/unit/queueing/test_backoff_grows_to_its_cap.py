"""Backoff doubles, stops at its cap, and jitter only ever shortens a wait."""

import pytest

from secrets_operator.queueing.backoff import Backoff


@pytest.mark.parametrize(
    ("failures", "chance", "expected"),
    [
        pytest.param(1, 0.0, 1.0, id="the first failure waits the base"),
        pytest.param(2, 0.0, 2.0, id="the second waits twice the base"),
        pytest.param(9, 0.0, 256.0, id="each failure doubles the wait"),
        pytest.param(10, 0.0, 420.0, id="the cap holds"),
        pytest.param(100_000, 0.0, 420.0, id="weeks of failures do not overflow"),
        pytest.param(3, 0.5, 3.0, id="jitter takes up to half away"),
    ],
)
def test_delay(failures: int, chance: float, expected: float) -> None:
    assert Backoff().delay(failures, chance) == expected
