"""Schedules of sync windows: the grammar and the times of the Go library that External Secrets Operator uses."""

from datetime import datetime, timedelta

import pytest

from secrets_operator.planning.schedules import Cron, Every, parse_schedule, whole_second
from secrets_operator.planning.sync_windows import Window
from tests.go_answers import go_answers


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def cron(text: str) -> Cron:
    schedule = parse_schedule(text)
    assert isinstance(schedule, Cron)
    return schedule


@pytest.mark.parametrize(
    ("text", "latest", "following"),
    [
        # 2026-03-01 is a Sunday.
        pytest.param("0 12 * * *", "2026-03-01T12:00:00Z", "2026-03-02T12:00:00Z", id="a firing now is the latest one"),
        pytest.param("*/7 * * * *", "2026-03-01T12:00:00Z", "2026-03-01T12:07:00Z", id="a step begins at the least"),
        pytest.param("5/20 * * * *", "2026-03-01T11:45:00Z", "2026-03-01T12:05:00Z", id="n/step goes on to the most"),
        pytest.param("0 22 * * mon-FRI", "2026-02-27T22:00:00Z", "2026-03-02T22:00:00Z", id="names in any case"),
        pytest.param("0 0 1 Jan ?", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z", id="a question mark is a star"),
        pytest.param("0 0 * * 0", "2026-03-01T00:00:00Z", "2026-03-08T00:00:00Z", id="Sunday is 0"),
        pytest.param("0 0 13 * fri", "2026-02-27T00:00:00Z", "2026-03-06T00:00:00Z", id="of two days either will do"),
        pytest.param(
            "0 0 */13 * fri", "2026-03-01T00:00:00Z", "2026-03-06T00:00:00Z", id="a star with a step restricts a day"
        ),
        pytest.param(
            "0 0 1-31 * fri", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z", id="all days written out restrict too"
        ),
        pytest.param("0 0 */1 * fri", "2026-02-27T00:00:00Z", "2026-03-06T00:00:00Z", id="a step of 1 does not"),
        pytest.param("0 0 29 2 *", "2024-02-29T00:00:00Z", "2028-02-29T00:00:00Z", id="a leap day"),
        pytest.param("0,,30 12 * * *", "2026-03-01T12:00:00Z", "2026-03-01T12:30:00Z", id="empty terms are ignored"),
        pytest.param("@hourly", "2026-03-01T12:00:00Z", "2026-03-01T13:00:00Z", id="@hourly"),
        pytest.param("@daily", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z", id="@daily"),
        pytest.param("@midnight", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z", id="@midnight"),
        pytest.param("@weekly", "2026-03-01T00:00:00Z", "2026-03-08T00:00:00Z", id="@weekly is on Sundays"),
        pytest.param("@monthly", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z", id="@monthly"),
        pytest.param("@yearly", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z", id="@yearly"),
        pytest.param("@annually", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z", id="@annually"),
    ],
)
def test_latest_and_following(text: str, latest: str, following: str) -> None:
    now = moment("2026-03-01T12:00:00Z")
    schedule = cron(text)
    assert (schedule.latest(now), schedule.following(now)) == (moment(latest), moment(following))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("0 0 * * 7", id="Sunday is not 7"),
        pytest.param("0 0 * * mon-sun", id="a range does not run backwards"),
        pytest.param("60 * * * *", id="there is no minute 60"),
        pytest.param("* * 0 * *", id="there is no day 0"),
        pytest.param("* * L * *", id="the last day of a month is not known"),
        pytest.param("* * * * 1#2", id="nor is the second Monday"),
        pytest.param("*/0 * * * *", id="a step is at least 1"),
        pytest.param("jan * * * *", id="names belong to their field"),
        pytest.param("1-2-3 * * * *", id="a range has two ends"),
        pytest.param("1/2/3 * * * *", id="a term has one step"),
        pytest.param("-1 * * * *", id="numbers are not negative"),
        pytest.param(", * * * *", id="a field has a number"),
        pytest.param("99999999999999999999 * * * *", id="a number is not endless"),
        pytest.param("0 * * * * *", id="there are no seconds"),
        pytest.param("TZ=UTC 0 * * *", id="a time zone is no field"),
        pytest.param("0 0 30 2 *", id="30 February never comes"),
        pytest.param("@reboot", id="an unknown macro"),
        pytest.param("@every soon", id="an interval that is none"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_is_no_schedule(text: str) -> None:
    assert parse_schedule(text) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        pytest.param("@every 1h30m", 5400, id="an interval is a Go duration"),
        pytest.param("@every 2.9s", 2, id="in whole seconds"),
        pytest.param("@every 1ms", 1, id="of at least one"),
    ],
)
def test_every(text: str, seconds: int) -> None:
    assert parse_schedule(text) == Every(timedelta(seconds=seconds))


def test_the_second_of_a_moment_is_in_utc() -> None:
    assert whole_second(moment("2026-03-01T13:00:00.999+01:00")).isoformat() == "2026-03-01T12:00:00+00:00"


def test_go_gives_the_same_answers() -> None:
    for row in go_answers("schedules"):
        schedule = parse_schedule(row["schedule"])
        if schedule is None:
            assert (row["open"], row["next"]) == (False, None), row
            continue
        assert isinstance(schedule, Cron)
        now = moment(row["moment"])
        closes = Window(schedule, timedelta(seconds=row["seconds"])).closes(now)
        assert (closes is not None, schedule.following(now)) == (row["open"], moment(row["next"])), row
