"""The order of the line: lanes, then age, and every other turn the newest once newcomers have waited for too long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_operator.flow import Key, Lane
from secrets_operator.queueing.line import PATIENCE_SECONDS, Entry, Line

JAM = PATIENCE_SECONDS + 1


def entry(ticket: int, lane: Lane = Lane.CHANGED, due: float = 0.0) -> Entry:
    return Entry(lane, due, ticket, Key("ExternalSecret", "team", str(ticket)))


def served(line: Line, now: float) -> list[int]:
    """Serve the whole line at one time and return the tickets."""
    tickets = []
    while (turn := line.peek(now)) is not None:
        line.serve(turn)
        tickets.append(turn.ticket)
    assert not line
    assert list(line) == []
    return tickets


@pytest.mark.parametrize(
    ("waiting", "now", "expected"),
    [
        pytest.param([entry(n) for n in range(4)], 0.0, [0, 1, 2, 3], id="no jam -> oldest first"),
        pytest.param([entry(n) for n in range(5)], JAM, [0, 4, 1, 3, 2], id="a jam -> oldest and newest in turn"),
        pytest.param(
            [entry(0), entry(1, due=JAM), entry(2, due=JAM), entry(3, due=JAM)],
            JAM,
            [0, 1, 2, 3],
            id="the one that made it a jam is served -> oldest first",
        ),
        pytest.param(
            [entry(n, Lane.REFRESH) for n in range(4)], JAM, [0, 1, 2, 3], id="late refreshes are no jam of newcomers"
        ),
        pytest.param(
            [entry(0, Lane.REFRESH), entry(1), entry(2), entry(3), entry(4, Lane.DRIFT)],
            JAM,
            [1, 3, 2, 4, 0],
            id="lanes go before age in a jam too",
        ),
    ],
)
def test_order(waiting: list[Entry], now: float, expected: list[int]) -> None:
    line = Line()
    for one in waiting:
        line.push(one)
    assert served(line, now) == expected


def test_a_newcomer_in_a_jam_waits_for_one_turn_and_not_for_the_jam() -> None:
    line = Line()
    for number in range(1000):
        line.push(entry(number))
    oldest = line.peek(JAM)
    assert oldest
    line.serve(oldest)
    line.push(entry(1000, due=JAM))
    assert line.peek(JAM) == entry(1000, due=JAM)


@given(st.lists(st.one_of(st.sampled_from(list(Lane)), st.none()), max_size=60), st.booleans())
def test_everybody_is_served_once_and_nobody_waits_twice_as_long(steps: list[Lane | None], jam: bool) -> None:
    line, now = Line(), JAM if jam else 0.0
    pushed: list[Entry] = []
    turns: list[Entry] = []
    for step in steps:
        if step is not None:
            pushed.append(entry(len(pushed), step))
            line.push(pushed[-1])
        elif (turn := line.peek(now)) is not None:
            line.serve(turn)
            turns.append(turn)
    waiting = sorted(set(pushed) - set(turns))
    assert sorted(line) == waiting
    rest = served(line, now)
    assert sorted(rest) == [one.ticket for one in sorted(waiting, key=lambda one: one.ticket)]
    newcomers = [one.ticket for one in waiting if one.lane is Lane.CHANGED]
    assert all(rest.index(ticket) <= 2 * place + 1 for place, ticket in enumerate(newcomers))
