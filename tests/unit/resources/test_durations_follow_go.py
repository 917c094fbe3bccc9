"""Every row was checked against ``time.ParseDuration`` and ``Duration.String`` of Go 1.26."""

from __future__ import annotations

from datetime import timedelta

import pytest

from secrets_operator.resources.durations import DurationError, format_duration, parse_duration, parse_timedelta

PARSED = [
    ("0", 0),
    ("+0", 0),
    ("-0", 0),
    ("0s", 0),
    ("5s", 5_000_000_000),
    ("+5s", 5_000_000_000),
    ("-5s", -5_000_000_000),
    ("1h30m", 5_400_000_000_000),
    ("1.5h", 5_400_000_000_000),
    (".5s", 500_000_000),
    ("1.s", 1_000_000_000),
    ("-1.5h", -5_400_000_000_000),
    ("1m1h", 3_660_000_000_000),
    ("39h9m14.425s", 140_954_425_000_000),
    ("1us2µs3μs", 6_000),
    ("3ms4ns", 3_000_004),
    ("0.3333333333333333333h", 1_200_000_000_000),
    ("0.830103483285477580700h", 2_988_372_539_827),
    ("0.9ns", 0),
    ("0000000000000000000000001s", 1_000_000_000),
    ("9223372036854775807ns", 2**63 - 1),
    ("-9223372036854775808ns", -(2**63)),
    ("2562047h47m16.854775807s", 2**63 - 1),
]
REFUSED = [
    "",
    "5",
    "00",
    "-",
    "+",
    "--1s",
    "s",
    ".s",
    "1d",
    "1w",
    "1H",
    "1S",
    "1h 30m",
    " 1h",
    "1h ",
    "1h\n",
    "1e3s",
    "0x1s",
    "1_000s",
    "٣s",
    "1.2.3s",
    "9223372036854775808ns",
    "2562047h47m16.854775808s",
    "3000000h",
    "1" * 5000 + "s",
]
PRINTED = [
    (0, "0s"),
    (1, "1ns"),
    (-1, "-1ns"),
    (1_100, "1.1µs"),
    (2_000_000, "2ms"),
    (2_200_000, "2.2ms"),
    (999_999_999, "999.999999ms"),
    (1_000_000_000, "1s"),
    (1_500_000_000, "1.5s"),
    (60_000_000_000, "1m0s"),
    (3_600_000_000_000, "1h0m0s"),
    (5_400_000_000_000, "1h30m0s"),
    (140_954_425_000_000, "39h9m14.425s"),
    (-5_400_000_000_000, "-1h30m0s"),
    (2**63 - 1, "2562047h47m16.854775807s"),
    (-(2**63), "-2562047h47m16.854775808s"),
]


@pytest.mark.parametrize(("text", "nanoseconds"), [pytest.param(*row, id=f"{row[0]} is read") for row in PARSED])
def test_text_becomes_nanoseconds(text: str, nanoseconds: int) -> None:
    assert parse_duration(text) == nanoseconds


@pytest.mark.parametrize("text", [pytest.param(text, id=f"{text[:20]!r} is refused") for text in REFUSED])
def test_what_go_refuses_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(DurationError) as caught:
        parse_duration(text)
    assert len(str(caught.value)) < 250
    assert "must be" in str(caught.value)


@pytest.mark.parametrize(("nanoseconds", "text"), [pytest.param(*row, id=f"{row[1]} is printed") for row in PRINTED])
def test_nanoseconds_are_printed_as_go_prints_them(nanoseconds: int, text: str) -> None:
    assert format_duration(nanoseconds) == text
    assert parse_duration(text) == nanoseconds


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        pytest.param("1h30m", timedelta(hours=1, minutes=30), id="hours and minutes"),
        pytest.param("-5s", timedelta(seconds=-5), id="negative"),
        pytest.param("1ns", timedelta(microseconds=1), id="less than a microsecond does not become zero"),
        pytest.param("-1ns", timedelta(microseconds=-1), id="less than a negative microsecond does not become zero"),
        pytest.param("0", timedelta(0), id="zero"),
    ],
)
def test_text_becomes_a_timedelta_of_the_same_sign(text: str, duration: timedelta) -> None:
    assert parse_timedelta(text) == duration


def test_a_timedelta_is_printed_as_go_prints_it() -> None:
    assert format_duration(timedelta(minutes=5)) == "5m0s"
    assert format_duration(timedelta(seconds=-1, milliseconds=-500)) == "-1.5s"
