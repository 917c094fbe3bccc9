"""Who asks to slow down is called half as fast, all who call the same account with it, and faster again with time."""

import asyncio
import math

import pytest

from secrets_operator.errors import Retryable
from secrets_operator.fetching.account_throttle import AccountThrottle
from secrets_operator.fetching.store_guards import StoreGuards
from secrets_operator.fetching.throttle import Throttle
from tests.hand_clock import HandClock
from tests.shared_reading import now


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def throttle(clock: HandClock) -> Throttle:
    return Throttle(now=clock.monotonic)


def called(throttle: Throttle, times: int) -> list[float]:
    return [throttle.take() for _ in range(times)]


def test_nothing_is_held_back_before_that(throttle: Throttle) -> None:
    assert called(throttle, 1000) == [0] * 1000
    assert throttle.per_second == math.inf


@pytest.mark.parametrize(
    ("calls", "then"),
    [
        pytest.param(40, 20, id="half of the calls of the last second"),
        pytest.param(1, 1, id="not less than one a second"),
        pytest.param(0, 1, id="nor when the answer was late"),
        pytest.param(900, 128, id="no more than is remembered"),
    ],
)
def test_the_next_calls_a_second_are(throttle: Throttle, calls: int, then: float) -> None:
    called(throttle, calls)
    throttle.slow_down()
    assert throttle.per_second == then


def test_what_was_called_earlier_does_not_count(throttle: Throttle, clock: HandClock) -> None:
    called(throttle, 100)
    clock.pass_by(1.5)
    called(throttle, 10)
    throttle.slow_down()
    assert throttle.per_second == 5


def test_calls_are_spaced_out_then(throttle: Throttle) -> None:
    called(throttle, 8)
    throttle.slow_down()
    assert called(throttle, 4) == [0, 0.25, 0.5, 0.75]


def test_answers_of_one_moment_count_once_and_those_of_the_next_again(throttle: Throttle, clock: HandClock) -> None:
    called(throttle, 64)
    for _ in range(10):
        throttle.slow_down()
    assert throttle.per_second == 32
    clock.pass_by(1)
    called(throttle, 32)
    throttle.slow_down()
    assert throttle.per_second < 32


@pytest.mark.parametrize(
    ("seconds", "then"),
    [
        pytest.param(10, 8, id="twice as many after ten seconds"),
        pytest.param(30, 32, id="and so on"),
        pytest.param(60, math.inf, id="until there is no limit any more"),
        pytest.param(10_000_000, math.inf, id="and never again"),
    ],
)
def test_time_brings_the_calls_back(throttle: Throttle, clock: HandClock, seconds: float, then: float) -> None:
    called(throttle, 8)
    throttle.slow_down()
    clock.pass_by(seconds)
    assert throttle.per_second == then


def test_who_would_wait_for_too_long_is_told_when_to_come_back_and_takes_no_turn(throttle: Throttle) -> None:
    throttle.slow_down()
    assert called(throttle, 16)[-1] == 15
    for _ in range(2):
        with pytest.raises(Retryable, match=r"^it asks to slow down") as raised:
            throttle.take()
        assert raised.value.after == 16


@pytest.mark.looptime
async def test_turns_come_at_their_time() -> None:
    throttle, times = Throttle(now=now), []
    called(throttle, 4)
    throttle.slow_down()

    async def call() -> None:
        await throttle.turn()
        times.append(round(now(), 3))

    await asyncio.gather(*(call() for _ in range(3)))
    assert times == [0, 0.5, 1.0]


class TestAccounts:
    @pytest.fixture
    def guards(self, clock: HandClock) -> StoreGuards:
        return StoreGuards(now=clock.monotonic, calls_per_second=0)

    def throttle_of(self, guards: StoreGuards, account: str | None, *, provider: str = "aws") -> AccountThrottle:
        own = Throttle(now=lambda: 0.0)
        return AccountThrottle(guards, provider, lambda: account, until_known=own)

    def test_sessions_that_call_the_same_account_are_slow_together(self, guards: StoreGuards) -> None:
        ours, twin = (self.throttle_of(guards, "1") for _ in range(2))
        ours().slow_down()
        assert twin().per_second == 1

    @pytest.mark.parametrize(
        ("account", "provider"),
        [
            pytest.param("2", "aws", id="another account"),
            pytest.param("1", "other", id="one of that name elsewhere"),
            pytest.param(None, "aws", id="an account that is not known"),
        ],
    )
    def test_nobody_else_is(self, guards: StoreGuards, account: str | None, provider: str) -> None:
        other = self.throttle_of(guards, account, provider=provider)
        ours = self.throttle_of(guards, "1")
        ours().slow_down()
        assert other().per_second == math.inf

    def test_a_store_whose_account_is_not_known_is_slow_alone(self, guards: StoreGuards) -> None:
        ours, other = self.throttle_of(guards, None), self.throttle_of(guards, None)
        ours().slow_down()
        assert (ours().per_second, other().per_second) == (1, math.inf)

    def test_nothing_is_kept_of_an_account_that_nobody_calls(self, guards: StoreGuards) -> None:
        ours = self.throttle_of(guards, "1")
        ours().slow_down()
        del ours
        assert self.throttle_of(guards, "1")().per_second == math.inf
