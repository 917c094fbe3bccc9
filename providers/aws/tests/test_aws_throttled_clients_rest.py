"""A throttled session leaves AWS alone for a while, and no other session with it."""

from __future__ import annotations

from typing import Any

import pytest
from secrets_operator_aws.slowing import Rest

from secrets_operator.errors import Retryable
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Failed, Found, Reference, RetrySettings

MESSAGE = "GetSecretValue: AWS asks to slow down (ThrottlingException)"
ONCE = RetrySettings(1, 0.1)


def left(rest: Rest, now: float) -> float | None:
    try:
        rest.check(now)
    except Retryable as error:
        return error.after
    return None


def test_a_rest_ends_and_is_doubled_until_a_call_goes_through() -> None:
    rest = Rest()
    assert left(rest, 0) is None
    rest.throttled("busy", 5, now=0)
    assert (left(rest, 1), left(rest, 5)) == (4, None)
    rest.throttled("busy", 5, now=5)
    assert left(rest, 5) == 10
    rest.throttled("busy", 5, now=6)
    assert left(rest, 6) == 9, "calls that were under way when the rest began do not prolong it"
    for _ in range(10):
        rest.throttled("busy", 5, now=15 + 60 * _)
    assert left(rest, 15 + 60 * 9) == 60
    rest.succeeded()
    rest.throttled("busy", 5, now=1000)
    assert left(rest, 1000) == 5


async def test_a_resting_session_fails_at_once_with_the_same_message_and_without_a_call(
    aws: Any, gateway: Any, open_session: Any
) -> None:
    aws.create_secret(Name="a", SecretString="v")
    gateway.fail("GetSecretValue", 400, "ThrottlingException")
    throttled, other = await open_session(ONCE), await open_session(ONCE)
    assert list(await throttled.fetch([Reference("a")])) == [Failed(MESSAGE, after=5.0)]
    gateway.faults.clear()
    (answer,) = await throttled.fetch([Reference("a")])
    assert isinstance(answer, Failed)
    assert answer.message == MESSAGE
    assert 0 < (answer.after or 0) <= 5
    assert gateway.calls["GetSecretValue"] == 1
    assert list(await other.fetch([Reference("a")])) == [Found(SecretBytes(b"v"))]


@pytest.mark.parametrize(
    ("named", "after"),
    [
        pytest.param("17", 17.0, id="the wait that AWS names"),
        pytest.param("86400", 60.0, id="but a minute at most"),
        pytest.param("Wed, 21 Oct 2026 07:28:00 GMT", 5.0, id="a date is no number of seconds"),
    ],
)
async def test_the_wait_is(gateway: Any, open_session: Any, named: str, after: float) -> None:
    gateway.fail("GetSecretValue", 429, "Throttling")
    gateway.retry_after = named
    (answer,) = await (await open_session(ONCE)).fetch([Reference("a")])
    assert answer == Failed("GetSecretValue: AWS asks to slow down (Throttling)", after)
