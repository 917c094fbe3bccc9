"""The generic cell rate algorithm as a client sees it."""

import pytest

from secrets_operator.serving.rate_limits import RateLimit
from tests.hand_clock import HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def test_the_burst_and_one_more_pass_at_once_then_one_each_interval(clock: HandClock) -> None:
    limit = RateLimit(per_second=2, burst=2, now=clock.monotonic)
    assert [limit.take("a").remaining for _ in range(3)] == [2, 1, 0]
    refused = limit.take("a")
    assert refused.headers == {
        "X-RateLimit-Limit": "3",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "2",
        "Retry-After": "1",
    }
    assert refused.wait == pytest.approx(0.5)
    clock.pass_by(0.5)
    assert not limit.take("a").wait
    assert limit.take("a").wait


def test_a_refused_request_does_not_count(clock: HandClock) -> None:
    limit = RateLimit(per_second=1, burst=0, now=clock.monotonic)
    limit.take("a")
    for _ in range(10):
        assert limit.take("a").wait == pytest.approx(1.0)
    clock.pass_by(1.0)
    assert not limit.take("a").wait


def test_clients_have_accounts_of_their_own(clock: HandClock) -> None:
    limit = RateLimit(per_second=1, burst=0, now=clock.monotonic)
    assert not limit.take("a").wait
    assert not limit.take("b").wait
    assert limit.take("a").wait


def test_whoever_was_silent_has_the_whole_burst_again(clock: HandClock) -> None:
    limit = RateLimit(per_second=1, burst=3, now=clock.monotonic)
    for _ in range(4):
        limit.take("a")
    clock.pass_by(100)
    assert limit.take("a").remaining == 3
