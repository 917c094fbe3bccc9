"""A breaker opens after failures in a row, lets one trial through after a pause, and closes when it is answered."""

from collections.abc import Sequence

import pytest

from secrets_operator.errors import Retryable
from secrets_operator.fetching.breaker import Breaker, Limits, State
from secrets_operator.fetching.guarded_calls import GuardedCalls
from secrets_operator.flow import Query, SecretBytes
from secrets_operator.provider import Absent, Answer, Failed, FindAnswer, Found, Matches, Reference, Rejected
from tests.hand_clock import HandClock
from tests.scripted_provider import ScriptedProvider, ScriptedSession
from tests.shared_reading import now

LIMITS = Limits(failures=3, pause=10, longest_pause=60)
FOUND, FAILED = Found(SecretBytes(b"v")), Failed("no route")


class World:
    def __init__(self) -> None:
        self.clock = HandClock()
        self.turns: list[State] = []
        self.breaker = Breaker(now=self.clock.monotonic, limits=LIMITS, changed=self.note)

    def note(self) -> None:
        self.turns.append(self.breaker.state)

    def fail(self, times: int = 1, *, after: float | None = None) -> None:
        for _ in range(times):
            self.breaker.admit()
            self.breaker.failed("no route", after)

    def is_admitted(self) -> bool:
        try:
            self.breaker.admit()
        except Retryable:
            return False
        return True


def test_it_stays_closed_while_failures_are_not_in_a_row() -> None:
    world = World()
    for _ in range(5):
        world.fail(2)
        world.breaker.succeeded()
    assert (world.breaker.state, world.turns) == (State.CLOSED, [])


def test_it_opens_after_failures_in_a_row_and_says_what_the_last_one_was() -> None:
    world = World()
    world.fail(3)
    with pytest.raises(Retryable) as caught:
        world.breaker.admit()
    assert str(caught.value) == "no route"
    assert world.breaker.message == "the store is left alone for a while after 3 failures in a row: no route"
    assert (caught.value.after, world.turns) == (10, [State.OPEN])


def test_after_the_pause_one_call_is_let_through_and_no_other_beside_it() -> None:
    world = World()
    world.fail(3)
    world.clock.pass_by(10)
    assert world.breaker.state is State.HALF_OPEN
    assert [world.is_admitted(), world.is_admitted()] == [True, False]
    world.breaker.abandoned()
    assert world.is_admitted()


def test_the_success_of_the_trial_closes_it() -> None:
    world = World()
    world.fail(3)
    world.clock.pass_by(10)
    world.breaker.admit()
    world.breaker.succeeded()
    assert [world.is_admitted(), world.is_admitted()] == [True, True]
    assert world.turns == [State.OPEN, State.CLOSED]


def test_each_failed_trial_doubles_the_pause_up_to_the_longest() -> None:
    world = World()
    world.fail(3)
    pauses = []
    for _ in range(4):
        world.clock.pass_by(world.breaker.remaining)
        world.fail()
        pauses.append(world.breaker.remaining)
    assert pauses == [20, 40, 60, 60]


def test_the_wait_that_the_other_side_asks_for_is_kept() -> None:
    world = World()
    world.fail(3, after=45)
    assert world.breaker.remaining == 45


def test_a_late_failure_of_a_call_from_before_does_not_prolong_the_pause() -> None:
    world = World()
    world.fail(3)
    world.clock.pass_by(4)
    world.breaker.failed("no route")
    assert world.breaker.remaining == 6


def test_a_late_success_of_a_call_from_before_closes_it() -> None:
    world = World()
    world.fail(3)
    world.breaker.succeeded()
    assert world.breaker.state is State.CLOSED


class Answering(ScriptedSession):
    """Gives the answers it is told to."""

    def __init__(self, *answers: Answer) -> None:
        super().__init__(ScriptedProvider(), None)  # type: ignore[arg-type] # it asks nothing of its host
        self.answers = answers
        self.calls = 0

    async def fetch(self, _references: Sequence[Reference]) -> Sequence[Answer]:
        self.calls += 1
        return self.answers

    async def find(self, _query: Query) -> FindAnswer:
        self.calls += 1
        (answer,) = self.answers
        return Matches({}) if isinstance(answer, Found) else answer


@pytest.mark.parametrize(
    ("answers", "opens"),
    [
        pytest.param([FAILED, FAILED], True, id="no reference is answered -> a failure"),
        pytest.param([FAILED, FOUND], False, id="one reference is answered -> the store answers"),
        pytest.param([FAILED, Absent()], False, id="a secret is absent -> the store answers"),
        pytest.param([Rejected("no")], False, id="a secret is refused -> the store answers"),
    ],
)
async def test_whole_calls_are_judged(answers: list[Answer], opens: bool) -> None:
    breaker, session = Breaker(now=now, limits=LIMITS), Answering(*answers)
    calls = GuardedCalls(breaker)
    for _ in range(5):
        given = await calls.fetch(session.fetch, [Reference(str(index)) for index in range(len(answers))])
    assert (breaker.state is State.OPEN, session.calls) == (opens, 3 if opens else 5)
    assert (list(given) == answers) is not opens


@pytest.mark.parametrize(
    ("answer", "opens"),
    [pytest.param(FAILED, True, id="a failed query"), pytest.param(FOUND, False, id="an answered query")],
)
async def test_queries_are_judged_too(answer: Answer, opens: bool) -> None:
    breaker, session = Breaker(now=now, limits=LIMITS), Answering(answer)
    calls = GuardedCalls(breaker)
    given = [await calls.find(session.find, Query(name="x")) for _ in range(4)]
    assert (breaker.state is State.OPEN, session.calls) == (opens, 3 if opens else 4)
    assert isinstance(given[-1], Failed) is opens
