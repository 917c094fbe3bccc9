"""``retrySettings`` of a store: retries are counted as External Secrets Operator counts them for Vault."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from secrets_operator_vault.repeating import retry_policy

from secrets_operator.errors import Retryable
from secrets_operator.provider import Failed, Found, Matches, Query, RetrySettings
from secrets_operator.provider.retrying import RetryPolicy

QUICK = 0.1


@pytest.mark.parametrize(
    ("settings", "policy"),
    [
        pytest.param(
            None,
            RetryPolicy(most=3, interval=1.0, budget=6.0),
            id="without the block two quick retries",
        ),
        pytest.param(RetrySettings(), RetryPolicy(most=1), id="with an empty one nothing is repeated"),
        pytest.param(RetrySettings(0, 5.0), RetryPolicy(most=1, interval=5.0), id="0 retries are one attempt"),
        pytest.param(RetrySettings(4, 0.2), RetryPolicy(most=5, interval=0.2), id="4 retries are five attempts"),
        pytest.param(RetrySettings(4), RetryPolicy(most=5, interval=1.0), id="a second apart by default"),
    ],
)
def test_retries_are_counted(settings: RetrySettings | None, policy: RetryPolicy) -> None:
    assert retry_policy(settings) == policy


@pytest.mark.parametrize(
    ("retry", "faults", "kind", "calls"),
    [
        pytest.param(None, 1, Found, 2, id="by default one fault is got over"),
        pytest.param(RetrySettings(), 1, Failed, 1, id="with an empty block it is a failure"),
        pytest.param(RetrySettings(2, QUICK), 2, Found, 3, id="two retries get over two faults"),
        pytest.param(RetrySettings(2, QUICK), 9, Failed, 3, id="and not over three"),
    ],
)
async def test_an_outage_costs_as_many_calls(
    *, place: Any, kv2: str, spec: Any, open_session: Any, fetch: Any, stand_in: Any, retry: Any, faults: int,
    kind: type, calls: int,
) -> None:  # fmt: skip
    await place.put(f"{kv2}/data/a", {"data": {"n": "1"}})
    session = await open_session(spec, retry=retry)
    stand_in.log.clear()
    stand_in.fail("/data/a$", 503, times=faults)
    assert isinstance(await fetch(session, "a"), kind)
    assert len(stand_in.log.matching("/data/a$")) == calls


async def test_a_login_and_a_query_are_tried_again(
    place: Any, kv2: str, spec: Any, open_session: Any, stand_in: Any
) -> None:
    await place.put(f"{kv2}/data/a", {"data": {"n": "1"}})
    mount, role_id, secret_id = await place.app_role(f"{kv2}/metadata", f"{kv2}/data/a")
    secret_ref = {"name": "vault", "key": "secret"}
    used = {**spec, "auth": {"appRole": {"path": mount, "roleId": role_id, "secretRef": secret_ref}}}
    stand_in.fail("/login$", 500)
    with pytest.raises(Retryable):
        await open_session(used, secret={"secret": secret_id})
    stand_in.fail("/login$", 500)
    await open_session(used, secret={"secret": secret_id}, retry=RetrySettings(1, QUICK))
    session = await open_session(spec, retry=RetrySettings(1, QUICK))
    stand_in.fail("/metadata/$", 429)
    assert isinstance(await session.find(Query()), Matches)


async def test_a_server_that_is_gone_is_tried_as_often(spec: Any, open_session: Any, fetch: Any) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        server = f"http://127.0.0.1:{unused.getsockname()[1]}"
        session = await open_session({**spec, "server": server}, retry=RetrySettings(1, QUICK))
        assert await fetch(session, "a") == Failed("Vault cannot be reached: check server")


async def test_a_denied_read_is_not_repeated(
    place: Any, kv2: str, spec: Any, open_session: Any, fetch: Any, stand_in: Any
) -> None:
    token = await place.token_for(f"{kv2}/data/other")
    session = await open_session(spec, secret={"token": token}, retry=RetrySettings(5, QUICK))
    stand_in.log.clear()
    await fetch(session, "a")
    assert len(stand_in.log.matching("/data/a$")) == 1
