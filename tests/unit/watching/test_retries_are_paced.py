"""Short attempts back off, long ones do not, and a version the server keeps refusing is given up."""

from __future__ import annotations

import pytest

from secrets_operator.errors import InvalidSpec, OperatorError
from secrets_operator.kube import errors
from secrets_operator.watching.pacing import Ended, Pacing

UNREACHABLE = errors.Unreachable("down")


def throttled(after: float) -> errors.TooManyRequests:
    error = errors.TooManyRequests("later", code=429)
    error.after = after
    return error


@pytest.mark.parametrize(
    ("attempts", "pauses"),
    [
        pytest.param([Ended(UNREACHABLE)] * 4, [0.2, 0.4, 0.8, 1.6], id="failures in a row double the pause"),
        pytest.param([Ended(None, 0.1, watched=True)] * 3, [0.2, 0.4, 0.8], id="watches closed at once back off"),
        pytest.param([Ended(None, 300.0, watched=True)] * 3, [0.2, 0.2, 0.2], id="long watches do not"),
        pytest.param([Ended(UNREACHABLE, 75.0, watched=True)] * 3, [0.2, 0.2, 0.2], id="long watches that fell silent"),
        pytest.param(
            [Ended(UNREACHABLE), Ended(UNREACHABLE), Ended(None, 5.0, watched=True), Ended(UNREACHABLE)],
            [0.2, 0.4, 0.2, 0.4],
            id="a long watch starts the count anew",
        ),
        pytest.param([Ended(throttled(7.0))], [7.0], id="the server's wait"),
        pytest.param([Ended(throttled(0.1))], [0.2], id="a wait shorter than the backoff"),
        pytest.param([Ended(throttled(86400.0))], [60.0], id="a wait of a day is not waited"),
    ],
)
def test_the_pause_follows_what_the_attempts_came_to(attempts: list[Ended], pauses: list[float]) -> None:
    pacing = Pacing()
    assert [pacing.pause(ended, 0.0) for ended in attempts] == pytest.approx(pauses)


def test_the_pause_has_a_cap_and_is_spread() -> None:
    pacing = Pacing()
    pauses = [pacing.pause(Ended(UNREACHABLE), 0.0) for _ in range(2000)]
    assert max(pauses) == 30.0
    assert pacing.pause(Ended(UNREACHABLE), 0.999) < 16.0


def refused(error: OperatorError, *, watched: bool = True) -> Ended:
    return Ended(error, 0.1, watched=watched)


SERVER_ERROR = errors.ServerError("500", code=500)


@pytest.mark.parametrize(
    ("attempts", "lists"),
    [
        pytest.param([refused(errors.Gone("410", code=410))], [True], id="a version that is gone"),
        pytest.param([refused(SERVER_ERROR)] * 4, [False, False, True, False], id="the third refusal in a row"),
        pytest.param(
            [refused(SERVER_ERROR), refused(SERVER_ERROR), Ended(None, 9.0, watched=True), refused(SERVER_ERROR)],
            [False] * 4,
            id="refusals with a good watch between them",
        ),
        pytest.param([refused(SERVER_ERROR, watched=False)] * 5, [False] * 5, id="failed lists"),
        pytest.param([refused(errors.BadRequest("400", code=400))] * 3, [False, False, True], id="a malformed version"),
        pytest.param([refused(throttled(1.0))] * 5, [False] * 5, id="a throttled watch: a list would cost more"),
        pytest.param([refused(errors.Forbidden("403", code=403))] * 5, [False] * 5, id="a missing permission"),
        pytest.param([refused(errors.Unauthorized("401", code=401))] * 5, [False] * 5, id="a bad token"),
        pytest.param([refused(UNREACHABLE)] * 5, [False] * 5, id="a broken network"),
        pytest.param([refused(InvalidSpec("no name"))] * 5, [False] * 5, id="no request at all"),
    ],
)
def test_the_version_is_given_up_when_the_server_does_not_know_it(attempts: list[Ended], lists: list[bool]) -> None:
    pacing = Pacing()
    assert [pacing.must_list(ended) for ended in attempts] == lists
