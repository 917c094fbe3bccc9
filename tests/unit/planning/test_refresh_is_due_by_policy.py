"""When a refresh is due, and that refreshes are spread over the interval and then keep their pace."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_operator.flow import Key
from secrets_operator.planning.refresh import (
    Cadence,
    Synced,
    format_time,
    kept_up,
    last_sync,
    later,
    next_refresh,
    next_refresh_in,
    parse_time,
    refresh_is_due,
    synced_version,
)
from secrets_operator.planning.sync_windows import Windows, read_windows
from secrets_operator.resources.policies import RefreshPolicy
from secrets_operator.resources.sync_windows import SyncWindows
from tests.builders import NOW, at, external_secret

KEY = Key("ExternalSecret", "team", "app")
HOUR = timedelta(hours=1)
OLD = at(-7200)
NEVER = Synced("", None)
SAME, OTHER = "1-same", "2-other"


@pytest.mark.parametrize(
    ("annotations", "labels", "expected"),
    [
        pytest.param(
            {"a": "b"},
            None,
            "1-bf2e191ffa050d7e5617bad52426046fb9b3f137ba45f6c09b8f320b",
            id="the hash is the one External Secrets Operator writes",
        ),
        pytest.param(
            {"b": "2", "a": "1"},
            {"c": "3"},
            "1-154a8ebdaac884bf012957a5171949e2982d6adf99a75fc76d9e1a98",
            id="with annotations in the order of their names, and labels",
        ),
    ],
)
def test_synced_version(annotations: dict[str, str], labels: dict[str, str] | None, expected: str) -> None:
    assert synced_version(external_secret(annotations=annotations, labels=labels)) == expected


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"generation": 2}, id="a new generation is a new version"),
        pytest.param({"annotations": {"force-sync": "1"}}, id="any annotation makes a new version"),
        pytest.param({"labels": {"a": "b"}}, id="any label makes a new version"),
    ],
)
def test_a_change_makes_a_new_version(change: dict[str, Any]) -> None:
    assert synced_version(external_secret(**change)) != synced_version(external_secret())


def test_the_order_of_annotations_does_not_count() -> None:
    one, other = {"a": "1", "b": "2"}, {"b": "2", "a": "1"}
    assert synced_version(external_secret(annotations=one)) == synced_version(external_secret(annotations=other))


@pytest.mark.parametrize(
    ("policy", "interval", "last", "expected"),
    [
        pytest.param("CreatedOnce", HOUR, NEVER, True, id="CreatedOnce, never synced -> due"),
        pytest.param("CreatedOnce", HOUR, Synced(OTHER, OLD), False, id="CreatedOnce, spec changed -> not due"),
        pytest.param("CreatedOnce", HOUR, Synced(SAME, None), True, id="CreatedOnce, no refresh time -> due"),
        pytest.param("CreatedOnce", HOUR, Synced("", OLD), True, id="CreatedOnce, no version -> due"),
        pytest.param("CreatedOnce", HOUR, Synced(SAME, OLD), False, id="CreatedOnce, interval long past -> not due"),
        pytest.param("OnChange", HOUR, NEVER, True, id="OnChange, never synced -> due"),
        pytest.param("OnChange", HOUR, Synced(SAME, None), True, id="OnChange, no refresh time -> due"),
        pytest.param("OnChange", HOUR, Synced(SAME, OLD), False, id="OnChange, interval long past -> not due"),
        pytest.param("OnChange", HOUR, Synced(OTHER, NOW), True, id="OnChange, spec changed -> due"),
        pytest.param("Periodic", HOUR, NEVER, True, id="Periodic, never synced -> due"),
        pytest.param("Periodic", HOUR, Synced(OTHER, NOW), True, id="Periodic, spec changed -> due"),
        pytest.param("Periodic", HOUR, Synced(SAME, None), True, id="Periodic, no refresh time -> due"),
        pytest.param("Periodic", HOUR, Synced(SAME, at(60)), True, id="Periodic, refresh time in the future -> due"),
        pytest.param("Periodic", HOUR, Synced(SAME, at(-60)), False, id="Periodic, just refreshed -> not due"),
        pytest.param("Periodic", HOUR, Synced(SAME, OLD), True, id="Periodic, interval past -> due"),
        pytest.param("Periodic", timedelta(0), NEVER, True, id="interval 0, never synced -> due"),
        pytest.param("Periodic", timedelta(0), Synced("", OLD), True, id="interval 0, no version -> due"),
        pytest.param("Periodic", timedelta(0), Synced(OTHER, OLD), False, id="interval 0, spec changed -> not due"),
        pytest.param("Periodic", timedelta(0), Synced(SAME, None), False, id="interval 0, no refresh time -> not due"),
        pytest.param("Periodic", -HOUR, Synced(OTHER, OLD), False, id="negative interval counts as 0"),
    ],
)
def test_refresh_is_due(policy: RefreshPolicy, interval: timedelta, last: Synced, *, expected: bool) -> None:
    assert refresh_is_due(last, version=SAME, cadence=Cadence(policy, interval), key=KEY, now=NOW) is expected


def windows(kind: str, schedule: str) -> Windows:
    spec = {"kind": kind, "windows": [{"schedule": schedule, "duration": "1h"}]}
    read = read_windows(SyncWindows.model_validate(spec))
    assert read is not None
    return read


OPEN, CLOSED, NEVER_OPEN = (windows("allow", hours) for hours in ("0 12 * * *", "0 15 * * *", "0 12 * * 7"))


@pytest.mark.parametrize(
    ("allowed", "policy", "interval", "last", "expected"),
    [
        pytest.param(OPEN, "Periodic", HOUR, Synced(SAME, OLD), True, id="interval past, window open -> due"),
        pytest.param(CLOSED, "Periodic", HOUR, Synced(SAME, OLD), False, id="interval past, no window open -> not due"),
        pytest.param(OPEN, "Periodic", HOUR, Synced(SAME, at(-60)), False, id="just refreshed, open -> not due"),
        pytest.param(CLOSED, "Periodic", HOUR, NEVER, True, id="never synced -> due in spite of the windows"),
        pytest.param(CLOSED, "Periodic", HOUR, Synced(OTHER, NOW), True, id="spec changed -> due in spite of them"),
        pytest.param(CLOSED, "Periodic", HOUR, Synced(SAME, at(60)), True, id="time in the future -> due all the same"),
        pytest.param(CLOSED, "OnChange", HOUR, Synced(OTHER, OLD), True, id="OnChange knows no windows"),
        pytest.param(CLOSED, "CreatedOnce", HOUR, NEVER, True, id="nor does CreatedOnce"),
        pytest.param(OPEN, "Periodic", timedelta(0), Synced(SAME, OLD), False, id="interval 0, window open -> not due"),
    ],
)
def test_windows_hold_back_what_is_periodic(
    allowed: Windows, policy: RefreshPolicy, interval: timedelta, last: Synced, *, expected: bool
) -> None:
    cadence = Cadence(policy, interval, allowed)
    assert refresh_is_due(last, version=SAME, cadence=cadence, key=KEY, now=NOW) is expected


@pytest.mark.parametrize(
    ("allowed", "last", "seconds"),
    [
        pytest.param(OPEN, OLD, 0.0, id="overdue, window open -> now"),
        pytest.param(CLOSED, OLD, 3 * 3600.0, id="overdue, no window open -> when the next one opens"),
        pytest.param(windows("deny", "0 12 * * *"), OLD, 3601.0, id="overdue, denied -> when the window has closed"),
        pytest.param(CLOSED, NOW, 3 * 3600.0, id="due where no window is open -> when the next one opens"),
        pytest.param(NEVER_OPEN, OLD, None, id="no window ever opens -> only a change brings it back"),
    ],
)
def test_the_next_refresh_is_where_windows_permit_it(allowed: Windows, last: datetime, seconds: float | None) -> None:
    cadence = Cadence("Periodic", HOUR, allowed)
    assert next_refresh_in(Synced(SAME, last), cadence=cadence, key=KEY, now=NOW) == seconds


def test_a_refresh_that_falls_into_a_window_keeps_its_time() -> None:
    free, bound = Cadence("Periodic", HOUR), Cadence("Periodic", HOUR, windows("allow", "0 12 * * *"))
    last = Synced(SAME, at(-600))
    expected = next_refresh_in(last, cadence=free, key=KEY, now=NOW)
    assert expected is not None
    assert 0 < next_refresh_in(last, cadence=bound, key=KEY, now=NOW) == expected  # type: ignore[operator] # compared


@pytest.mark.parametrize(
    ("policy", "interval", "last"),
    [
        pytest.param("CreatedOnce", HOUR, Synced(SAME, NOW), id="CreatedOnce has no next refresh"),
        pytest.param("OnChange", HOUR, Synced(SAME, NOW), id="OnChange has no next refresh"),
        pytest.param("Periodic", timedelta(0), Synced(SAME, NOW), id="interval 0 has no next refresh"),
        pytest.param("Periodic", HOUR, NEVER, id="what was never synced has no refresh to wait for"),
    ],
)
def test_no_next_refresh(policy: RefreshPolicy, interval: timedelta, last: Synced) -> None:
    assert next_refresh_in(last, cadence=Cadence(policy, interval), key=KEY, now=NOW) is None


def test_an_overdue_refresh_is_due_now_not_in_the_past() -> None:
    assert next_refresh_in(Synced(SAME, OLD), cadence=Cadence("Periodic", HOUR), key=KEY, now=NOW) == 0.0


keys = st.builds(Key, st.just("ExternalSecret"), st.text(max_size=8), st.text(max_size=8))
moments = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2030, 1, 1)).map(  # noqa: DTZ001 - made aware
    lambda moment: moment.replace(tzinfo=NOW.tzinfo)
)
intervals = st.timedeltas(min_value=timedelta(seconds=4), max_value=timedelta(days=30))
GRAIN = timedelta(milliseconds=1)  # floats of seconds since 1970 are exact to less than that


@given(moments, intervals, keys)
def test_the_first_gap_is_more_than_half_an_interval_and_at_most_a_whole_one(
    last: datetime, interval: timedelta, key: Key
) -> None:
    gap = next_refresh(last, interval, key) - last
    allowance = timedelta(seconds=1)
    assert interval / 2 + allowance - GRAIN <= gap <= interval + allowance + GRAIN


@given(moments, intervals, keys, st.floats(min_value=0, max_value=0.9))
def test_later_gaps_are_the_interval_even_when_a_refresh_runs_late_and_the_status_drops_the_fraction(
    last: datetime, interval: timedelta, key: Key, late: float
) -> None:
    first = next_refresh(last, interval, key)
    recorded = parse_time(format_time(first + timedelta(seconds=late)))
    assert recorded is not None
    assert abs(next_refresh(recorded, interval, key) - first - interval) <= GRAIN


def test_resources_created_together_do_not_refresh_together() -> None:
    found = {next_refresh(NOW, HOUR, KEY._replace(name=f"app-{index}")) for index in range(100)}
    assert len(found) > 90


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("2026-03-01T12:00:00Z", NOW, id="a time of Kubernetes is read"),
        pytest.param("2026-03-01T13:00:00+01:00", NOW, id="an offset counts"),
        pytest.param("", None, id="an empty text is no time"),
        pytest.param(None, None, id="nothing is no time"),
        pytest.param("soon", None, id="an unreadable text is no time"),
    ],
)
def test_parse_time(text: str | None, expected: datetime | None) -> None:
    assert parse_time(text) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        pytest.param(None, Synced("", None), id="without a status it was never synced"),
        pytest.param(
            {"syncedResourceVersion": SAME, "refreshTime": "2026-03-01T12:00:00Z"},
            Synced(SAME, NOW),
            id="version and time come from the status",
        ),
        pytest.param({"refreshTime": None}, Synced("", None), id="a null time is none"),
    ],
)
def test_last_sync(status: dict[str, str] | None, expected: Synced) -> None:
    assert last_sync(external_secret(status=status)) == expected


@given(
    seconds=st.integers(1, 7200),
    age=st.integers(0, 100_000),
    gap=st.integers(0, 100_000),
    name=st.text("abc", min_size=1, max_size=4),
)
def test_a_resource_that_another_replica_kept_up_is_refreshed_in_time_and_not_at_once(
    seconds: int, age: int, gap: int, name: str
) -> None:
    """It is taken over without knowing its last refresh: the next one is a grid point, within half an interval."""
    key, interval = Key("ExternalSecret", "team", name), timedelta(seconds=seconds)
    until = NOW - timedelta(seconds=gap)
    reported = Synced(SAME, NOW - timedelta(seconds=gap + age))
    kept = kept_up(reported, cadence=Cadence("Periodic", interval), key=key, until=until)
    assert reported.refreshed_at is not None
    assert kept.refreshed_at is not None
    following = next_refresh(kept.refreshed_at, interval, key)
    if kept == reported:
        assert following > until
    else:
        assert until < following <= until + interval / 2 + timedelta(milliseconds=1)
        assert next_refresh(reported.refreshed_at, interval, key) <= until


@pytest.mark.parametrize(
    "cadence",
    [
        pytest.param(Cadence("CreatedOnce", HOUR), id="once"),
        pytest.param(Cadence("OnChange", HOUR), id="on a change"),
        pytest.param(Cadence("Periodic", timedelta(0)), id="an interval of 0"),
    ],
)
def test_what_nobody_refreshes_was_not_kept_up(cadence: Cadence) -> None:
    last = Synced(SAME, OLD)
    assert kept_up(last, cadence=cadence, key=KEY, until=NOW) == last


@pytest.mark.parametrize(
    ("known", "reported", "expected"),
    [
        pytest.param(Synced(SAME, OLD), Synced(SAME, NOW), Synced(SAME, NOW), id="another replica was later"),
        pytest.param(Synced(SAME, NOW), Synced(SAME, OLD), Synced(SAME, NOW), id="the status is written seldom"),
        pytest.param(Synced(SAME, None), Synced(SAME, NOW), Synced(SAME, None), id="it is to be read anew"),
        pytest.param(Synced(SAME, OLD), Synced(OTHER, NOW), Synced(SAME, OLD), id="a status of another spec"),
        pytest.param(Synced(SAME, OLD), NEVER, Synced(SAME, OLD), id="no status"),
    ],
)
def test_the_later_sync_counts(known: Synced, reported: Synced, expected: Synced) -> None:
    assert later(known, reported) == expected
