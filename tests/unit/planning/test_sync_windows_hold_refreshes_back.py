"""Sync windows: when a periodic refresh may happen, and when to look again while it may not."""

from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_operator.planning.sync_windows import Windows, read_windows
from secrets_operator.resources.sync_windows import SyncWindows

Kind = Literal["allow", "deny"]


def windows(kind: Kind, *given: tuple[str, str]) -> Windows:
    rows = [{"schedule": schedule, "duration": duration} for schedule, duration in given]
    read = read_windows(SyncWindows.model_validate({"kind": kind, "windows": rows}))
    assert read is not None
    return read


def at(clock: str) -> datetime:
    """Return a time of Sunday, 1 March 2026, in UTC."""
    return datetime.fromisoformat(f"2026-03-01T{clock}+00:00")


NIGHT = ("0 22 * * *", "2h")
NOON = ("0 12 * * *", "1h")
AFTERNOON = ("30 12 * * *", "3h")


@pytest.mark.parametrize(
    ("given", "now", "opened"),
    [
        pytest.param([NOON], "11:59:59", False, id="a second before it opens"),
        pytest.param([NOON], "12:00:00", True, id="at the moment it opens"),
        pytest.param([NOON], "13:00:00", True, id="at the moment it closes"),
        pytest.param([NOON], "13:00:00.999", True, id="and to the end of that second"),
        pytest.param([NOON], "13:00:01", False, id="a second later"),
        pytest.param([NIGHT], "00:00:00", True, id="a window reaches into the next day"),
        pytest.param([NIGHT], "00:00:01", False, id="and closes there"),
        pytest.param([NIGHT, NOON], "12:30:00", True, id="one of two is open"),
        pytest.param([("0 12 * * *", "0s")], "12:00:00", True, id="no duration is one second"),
        pytest.param([("0 12 * * *", "0s")], "12:00:01", False, id="and no more"),
        pytest.param([("0 12 * * *", "-1h")], "12:00:00", False, id="a negative duration never opens"),
        pytest.param([("@every 1h", "1h")], "03:14:15", True, id="@every is always open when as long as its interval"),
        pytest.param([("@every 1h", "59m59s")], "03:14:15", True, id="or a second shorter"),
        pytest.param([("@every 1h", "59m58s")], "03:14:15", False, id="and never when shorter than that"),
        pytest.param([("0 12 * * 7", "24h")], "12:00:00", False, id="a schedule that cannot be read opens nothing"),
        pytest.param([("0 12 * * 7", "24h"), NOON], "12:00:00", True, id="and does not hinder the others"),
    ],
)
def test_allow_permits_while_one_is_open_and_deny_while_none_is(
    given: list[tuple[str, str]], now: str, *, opened: bool
) -> None:
    assert (windows("allow", *given).permit(at(now)), windows("deny", *given).permit(at(now))) == (opened, not opened)


@pytest.mark.parametrize(
    ("kind", "given", "now", "expected"),
    [
        pytest.param("allow", [NOON], "12:30:00.5", "12:30:00.5", id="allow, open -> now"),
        pytest.param("allow", [NOON, NIGHT], "13:00:01", "22:00:00", id="allow, closed -> the first to open"),
        pytest.param(
            "allow", [NOON, ("bad bad bad bad bad", "1h")], "11:00:00", "12:00:00", id="allow, one unreadable"
        ),
        pytest.param("allow", [("0 12 * * 7", "1h")], "11:00:00", None, id="allow, none readable -> never"),
        pytest.param("allow", [("@every 1h", "1m")], "11:00:00", None, id="allow, @every that never opens -> never"),
        pytest.param("allow", [("0 12 * * *", "-1s")], "11:00:00", None, id="allow, negative duration -> never"),
        pytest.param("deny", [NOON], "11:00:00.5", "11:00:00.5", id="deny, closed -> now"),
        pytest.param("deny", [NOON], "12:30:00.5", "13:00:01", id="deny, open -> the second after it closes"),
        pytest.param(
            "deny", [NOON, AFTERNOON], "12:10:00", "15:30:01", id="deny, windows that overlap -> after the last"
        ),
        pytest.param(
            "deny",
            [NOON, ("0 13 * * *", "30m")],
            "12:10:00",
            "13:30:01",
            id="deny, windows that touch -> after the last",
        ),
        pytest.param("deny", [("0 12 * * *", "1h0.9s")], "12:10:00", "13:00:01", id="deny, durations in whole seconds"),
        pytest.param("deny", [("@every 1h", "1h")], "11:00:00", None, id="deny, @every that is always open -> never"),
        pytest.param("deny", [NOON, ("@every 1h", "1h")], "12:30:00", None, id="deny, one always open -> never"),
    ],
)
def test_next_permitted(kind: Kind, given: list[tuple[str, str]], now: str, expected: str | None) -> None:
    assert windows(kind, *given).next_permitted(at(now)) == (None if expected is None else at(expected))


def test_windows_without_end_are_looked_at_for_a_while_and_then_again() -> None:
    always = windows("deny", ("* * * * *", "1h"))
    later = always.next_permitted(at("12:00:00"))
    assert later is not None
    assert timedelta(days=1) < later - at("12:00:00") < timedelta(days=10)
    assert not always.permit(later)


def test_many_windows_are_answered_at_once() -> None:
    many = windows("deny", *[("* * * * *", "1h")] * 1000)
    assert many.next_permitted(at("12:00:00")) == at("13:00:01")


def test_no_windows_is_none() -> None:
    assert read_windows(None) is None


schedules = st.one_of(
    st.sampled_from(["@daily", "@hourly", "@every 10m", "0 12 * * 7", "*/5 * * * *", "0 0 13 * fri", "59 23 31 12 *"]),
    st.builds("{} {} * * {}".format, st.integers(0, 59), st.integers(0, 23), st.sampled_from(["*", "1-5", "sun"])),
)
durations = st.builds("{}s".format, st.integers(0, 200_000))
lists = st.lists(st.tuples(schedules, durations), min_size=1, max_size=4)
moments = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the bounds are naive by contract


@given(lists, moments)
def test_an_allow_window_and_its_deny_twin_are_opposite_at_every_instant(
    given: list[tuple[str, str]], now: datetime
) -> None:
    assert windows("allow", *given).permit(now) is not windows("deny", *given).permit(now)


@given(lists, moments)
def test_a_window_opens_exactly_when_it_says(given: list[tuple[str, str]], now: datetime) -> None:
    allow = windows("allow", *given)
    opening = allow.next_permitted(now)
    if opening is not None and opening != now:
        assert allow.permit(opening)
        assert not allow.permit(opening - timedelta(seconds=1))
        assert opening > now


@given(lists, moments, st.integers(0, 10**6))
def test_nothing_is_permitted_before_the_moment_that_was_named(
    given: list[tuple[str, str]], now: datetime, share: int
) -> None:
    for kind in ("allow", "deny"):
        some = windows(kind, *given)
        named = some.next_permitted(now)
        between = now + ((named or now + timedelta(days=30)) - now) * (share / 10**6)
        if not some.permit(now) and (named is None or between < named):
            assert not some.permit(between)
