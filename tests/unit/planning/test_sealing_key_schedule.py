"""When the next sealing key is due, as a table."""

from datetime import UTC, datetime, timedelta

import pytest

from secrets_operator.planning.sealing_key_schedule import KeySchedule

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MONTH, OFF = 30 * DAY, timedelta(0)


@pytest.mark.parametrize(
    ("schedule", "newest", "due"),
    [
        pytest.param(KeySchedule(MONTH), None, NOW, id="no key -> now"),
        pytest.param(KeySchedule(OFF), None, NOW, id="no key and renewal off -> now all the same"),
        pytest.param(KeySchedule(MONTH), NOW - DAY, NOW + 29 * DAY, id="a young key -> when the period is over"),
        pytest.param(KeySchedule(MONTH), NOW - 40 * DAY, NOW - 10 * DAY, id="an old key -> overdue"),
        pytest.param(KeySchedule(OFF), NOW - 4000 * DAY, None, id="renewal off -> never"),
        pytest.param(KeySchedule(MONTH), NOW + DAY, NOW + 31 * DAY, id="a key from the future -> a period after it"),
        pytest.param(KeySchedule(OFF, NOW - DAY), NOW - 2 * DAY, NOW - DAY, id="older than a past cutoff -> due"),
        pytest.param(KeySchedule(OFF, NOW - DAY), NOW - DAY, None, id="as old as the cutoff -> never"),
        pytest.param(KeySchedule(OFF, NOW + DAY), NOW - DAY, NOW + DAY, id="a cutoff to come -> at the cutoff, once"),
        pytest.param(KeySchedule(MONTH, NOW + DAY), NOW - 40 * DAY, NOW - 10 * DAY, id="both -> the earlier"),
        pytest.param(
            KeySchedule(timedelta(days=365 * 290)),
            datetime(9990, 1, 1, tzinfo=UTC),
            None,
            id="a period that leads out of the calendar -> never",
        ),
    ],
)
def test_the_next_key_is_due(schedule: KeySchedule, newest: datetime | None, due: datetime | None) -> None:
    assert schedule.due(newest, now=NOW) == due
