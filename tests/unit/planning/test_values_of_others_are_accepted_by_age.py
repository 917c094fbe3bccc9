"""How old may a value be that was read for somebody else? A table of who asks, and why."""

import pytest

from secrets_operator.flow import Lane
from secrets_operator.planning.freshness import Request, oldest_acceptable, readable_from

ASKED, NOW = 990.0, 1000.0


@pytest.mark.parametrize(
    ("lane", "is_first", "interval", "not_before", "since"),
    [
        pytest.param(Lane.CHANGED, False, 3600, 0, ASKED, id="changed -> read after it was changed"),
        pytest.param(Lane.STORE, False, 3600, 0, ASKED, id="its store was changed -> read after that"),
        pytest.param(Lane.DRIFT, False, 3600, 0, ASKED, id="to be put right -> read after the drift was seen"),
        pytest.param(Lane.RETRY, False, 3600, 0, ASKED, id="a retry -> read since it is due"),
        pytest.param(Lane.REFRESH, False, 3600, 0, NOW - 60, id="a refresh -> a minute at most"),
        pytest.param(Lane.REFRESH, False, 100, 0, NOW - 10, id="a refresh -> a tenth of its interval at most"),
        pytest.param(Lane.REFRESH, False, 1, 0, NOW - 0.1, id="a refresh every second -> a tenth of a second"),
        pytest.param(Lane.CHANGED, True, 3600, 0, ASKED - 5, id="never synced -> a moment before it asked"),
        pytest.param(Lane.CHANGED, True, 0, 0, ASKED, id="never synced, never refreshed -> nothing older than itself"),
        pytest.param(Lane.REFRESH, False, 3600, 995, 995, id="to be confirmed -> nothing from before"),
    ],
)
def test_since(lane: Lane, is_first: bool, interval: float, not_before: float, since: float) -> None:
    request = Request(lane, ASKED, NOW)
    assert oldest_acceptable(request, is_first=is_first, interval=interval, not_before=not_before) == since


@pytest.mark.parametrize(
    ("interval", "since"),
    [
        pytest.param(3600, 1000 - 48, id="a part of the minute that it accepts"),
        pytest.param(100, 1000 - 8, id="a part of a tenth of its interval"),
        pytest.param(0, 1000, id="what is not refreshed periodically is not read early"),
    ],
)
def test_the_values_of_a_refresh_may_be_read_a_little_early(interval: float, since: float) -> None:
    assert readable_from(1000, interval) == since
    turn = Request(Lane.REFRESH, 1000, 1000)
    assert oldest_acceptable(turn, is_first=False, interval=interval) <= since, "and serve it when its turn comes"
