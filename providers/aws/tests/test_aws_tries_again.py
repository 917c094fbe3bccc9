"""``retrySettings`` of a store: attempts are counted as External Secrets Operator counts them for AWS."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from secrets_operator_aws.calls import retry_policy

from secrets_operator.provider import Failed, Found, Query, Reference, Rejected, RetrySettings
from secrets_operator.provider.retrying import RetryPolicy

QUICK = 0.1


@pytest.mark.parametrize(
    ("settings", "policy"),
    [
        pytest.param(None, RetryPolicy(most=3, interval=0.5), id="without the block, as the SDK does"),
        pytest.param(RetrySettings(), RetryPolicy(most=3, interval=1.0), id="an empty block is three attempts"),
        pytest.param(RetrySettings(5, 0.2), RetryPolicy(most=5, interval=0.2), id="both fields"),
        pytest.param(RetrySettings(0, 2.0), RetryPolicy(most=0, interval=2.0), id="0 is as many as there is time for"),
    ],
)
def test_attempts_are_counted(settings: RetrySettings | None, policy: RetryPolicy) -> None:
    assert retry_policy(settings) == policy


@pytest.mark.parametrize(
    ("retry", "calls"),
    [
        pytest.param(None, 3, id="three, as the SDK makes"),
        pytest.param(RetrySettings(1, QUICK), 1, id="one attempt is one call"),
        pytest.param(RetrySettings(4, QUICK), 4, id="four attempts are four calls"),
        pytest.param(RetrySettings(None, QUICK), 3, id="three by default"),
    ],
)
async def test_an_outage_costs_as_many_calls(
    gateway: Any, open_session: Any, retry: RetrySettings | None, calls: int
) -> None:
    gateway.fail("GetSecretValue", 503, "ServiceUnavailable")
    session = await open_session(retry)
    assert isinstance((await session.fetch([Reference("a")]))[0], Failed)
    assert gateway.calls["GetSecretValue"] == calls


async def test_a_throttle_that_passes_is_not_seen(aws: Any, gateway: Any, open_session: Any) -> None:
    aws.create_secret(Name="a", SecretString="v")
    gateway.fail("ListSecrets", 400, "ThrottlingException")
    session = await open_session(RetrySettings(0, QUICK))
    finding = asyncio.create_task(session.find(Query(name="a")))
    async with asyncio.timeout(10):
        while gateway.calls["ListSecrets"] < 3:  # noqa: ASYNC110 - it is a server's state
            await asyncio.sleep(0.02)
    gateway.faults.clear()
    assert set((await finding).payloads) == {"a"}
    assert isinstance((await session.fetch([Reference("a")]))[0], Found)


async def test_a_refusal_is_not_repeated(gateway: Any, open_session: Any) -> None:
    gateway.fail("GetSecretValue", 400, "AccessDeniedException")
    session = await open_session(RetrySettings(5, QUICK))
    assert isinstance((await session.fetch([Reference("a")]))[0], Rejected)
    assert gateway.calls["GetSecretValue"] == 1
