from datetime import timedelta

import pytest
from devvault.durations import go_duration, parse_duration


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        pytest.param(90, 90, id="a number is seconds"),
        pytest.param("90", 90, id="digits are seconds"),
        pytest.param("1h30m", 5400, id="units add up"),
        pytest.param("2d", 172800, id="days are known"),
        pytest.param("1.5h", 5400, id="fractions are known"),
        pytest.param("250ms", 0.25, id="milliseconds are known"),
        pytest.param("-1s", -1, id="a sign turns it round"),
        pytest.param("", 0, id="nothing is zero"),
    ],
)
def test_reading(value: int | str, seconds: float) -> None:
    assert parse_duration(value) == timedelta(seconds=seconds)


@pytest.mark.parametrize("value", ["soon", "1x", "h", "1h soon"])
def test_anything_else_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        parse_duration(value)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (90, "1m30s"), (3600, "1h0m0s"), (5400.5, "1h30m0.5s"), (-1, "-1s")]
)
def test_writing(seconds: float, text: str) -> None:
    assert go_duration(timedelta(seconds=seconds)) == text
