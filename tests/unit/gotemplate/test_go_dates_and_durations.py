"""Times, durations, months and zones print, parse and calculate as Go's time package does."""

from __future__ import annotations

from typing import Any

import pytest

from secrets_operator.rendering.gotemplate import ExecError, LimitError, Limits
from tests.go_template_rendering import context, recorded_rows, render
from tests.rows import check_each


def test_a_date_template_gives_what_go_gives() -> None:
    def check(row: dict[str, Any]) -> None:
        template, expected = row["template"], row["output"]
        if expected is None:
            with pytest.raises(ExecError):
                render(template)
        else:
            assert render(template).decode() == expected

    check_each(recorded_rows("go-dates"), check)


LEAP_DAY = '(toDate "2006-01-02T15:04:05Z07:00" "2024-02-29T13:04:05Z")'


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("{{ now }}", "2024-02-29 13:04:05.123456789 +0000 UTC", id="now prints the clock it is given"),
        pytest.param('{{ now | date "2006-01-02" }}', "2024-02-29", id="now can be formatted"),
        pytest.param("{{ now.Year }}-{{ now.Month }}", "2024-February", id="a month prints its name"),
        pytest.param('{{ printf "%d %v" now.Month now.Weekday }}', "2 Thursday", id="a month is a number underneath"),
        pytest.param("{{ now | htmlDate }}", "2024-02-29", id="htmlDate writes the date alone"),
        pytest.param("{{ now | unixEpoch }}", "1709211845", id="unixEpoch counts seconds"),
        pytest.param("{{ now | typeOf }} {{ now | kindOf }}", "time.Time struct", id="a time has Go's type"),
        pytest.param("{{ (now.Sub now) | typeOf }}", "time.Duration", id="a difference is a duration"),
        pytest.param("{{ now | toJson }}", '"2024-02-29T13:04:05.123456789Z"', id="a time in JSON"),
        pytest.param("{{ now | toYaml }}", '"2024-02-29T13:04:05.123456789Z"', id="a time in YAML is quoted"),
        pytest.param("{{ ago now }}", "0s", id="now was no time ago"),
        pytest.param("{{ ago 0 }}", "474781h4m5s", id="an int is Unix time"),
        pytest.param(
            '{{ durationRound "3h" }} {{ durationRound "2400h10m5s" }}', "3h 3mo", id="the largest unit counts"
        ),
        pytest.param('{{ date "2006" "x" }}', "2024", id="what is no date means now"),
        pytest.param(
            f"{{{{ ({LEAP_DAY}.AddDate 1 0 0) | date `2006-01-02` }}}}", "2025-03-01", id="a year after a leap day"
        ),
        pytest.param(
            f"{{{{ {LEAP_DAY}.Before now }}}} {{{{ {LEAP_DAY}.Equal now }}}}", "true false", id="times compare"
        ),
        pytest.param(
            '{{ $a := toDate "2006-01-02" "2024-03-31" }}'
            '{{ dateInZone "15:04 MST" ($a.Add 7200000000000) "Europe/Berlin" }}',
            "04:00 CEST",
            id="summer time holds after its beginning",
        ),
        pytest.param(
            '{{ (toDate "2006-01-02 -0700" "2024-01-01 +0530").Location }}|',
            "|",
            id="a bare offset has a nameless zone",
        ),
    ],
)
def test_a_time_behaves_as_in_go(source: str, expected: str) -> None:
    assert render(source).decode() == expected


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("{{ .d.Date }}", id="a string has no methods"),
        pytest.param("{{ now.Date }}", id="a method with three results cannot be called"),
        pytest.param("{{ now.nanoseconds }}", id="attributes of the implementation are out of reach"),
        pytest.param("{{ now.__class__ }}", id="Python's attributes are out of reach"),
        pytest.param('{{ now.Add "1h" }}', id="a duration is no text"),
        pytest.param('{{ mustDateModify "1" now }}', id="a duration needs a unit"),
        pytest.param("{{ unixEpoch 5 }}", id="a number is no time"),
    ],
)
def test_what_is_no_method_of_a_time_is_an_error(source: str) -> None:
    with pytest.raises(ExecError):
        render(source, d=b"2024")


def test_the_error_of_a_date_does_not_show_the_text() -> None:
    with pytest.raises(ExecError) as caught:
        render('{{ mustToDate "2006-01-02" .secret }}', secret=b"hunter2")
    assert "hunter2" not in str(caught.value)


def test_a_zone_name_cannot_leave_the_zone_database() -> None:
    for name in ("../../../etc/passwd", "/etc/localtime", "America/../UTC", "America", "Europe//Berlin", "\\x"):
        assert render('{{ dateInZone "15:04 MST" now .zone }}', zone=name.encode()) == b"13:04 UTC"


@pytest.mark.parametrize(
    "source",
    [
        pytest.param('{{ date (repeat 900000 "2006") now | len }}', id="a layout of millions of elements"),
        pytest.param('{{ toDate (repeat 900000 "1 ") (repeat 900000 "1 ") }}', id="a text of millions of elements"),
        pytest.param('{{ range until 1000000 }}{{ now | date "2006" }}{{ end }}', id="a million dates"),
    ],
)
def test_dates_keep_within_the_limits(source: str) -> None:
    with pytest.raises(LimitError):
        render(source, account=context(limits=Limits(cpu_seconds=0.5)))


def test_absurd_numbers_do_no_harm() -> None:
    assert render("{{ (now.AddDate 9000000000000000000 0 0).Year }}") == b"9000000000000002024"
    assert render('{{ dateInZone "2006" (int64 9223372036854775807) "Europe/Berlin" }}') == b"292277026596"
    assert render('{{ duration (repeat 5000 "9") }}{{ durationRound (printf "%s1h" (repeat 5000 "0")) }}') == b"-1s60m"
