"""AWS has limits for each account, service and region: who throttles is called slowly by all stores that call it."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from secrets_operator.errors import Retryable
from secrets_operator.fetching.gather import gather
from secrets_operator.fetching.sessions import Sessions
from secrets_operator.fetching.store_guards import StoreGuards
from secrets_operator.flow import Cause, Fetched, Object, Read
from secrets_operator.provider import Reference

# moto keeps secrets of accounts apart: the first is the one of the administrator.
OURS, OTHER = "123456789012", "222222222222"


@pytest.fixture
def guards() -> StoreGuards:
    """Guards for which no time passes, so that a limit stays what it is."""
    return StoreGuards(now=lambda: 0.0, calls_per_second=0)


def role_in(account: str, name: str) -> dict[str, Any]:
    return {"role": f"arn:aws:iam::{account}:role/{name}", "retry": {"maxRetries": 1}}


async def read(sessions: Sessions, store: Object, key: str = "app") -> Fetched:
    async with sessions.use(store, store["metadata"]["namespace"]) as session:
        return await gather([Read("f", key, secret_key="k")], session, math.inf)


async def trouble(sessions: Sessions, store: Object) -> str:
    """Read, and return why AWS gave no answer; a secret that does not exist is one."""
    misses = (await read(sessions, store)).misses
    return "".join(miss.message for miss in misses if miss.cause is Cause.FAILED)


async def test_stores_of_an_account_that_throttles_are_slow_and_others_are_not(
    *, aws: Any, gateway: Any, sessions: Sessions, guards: StoreGuards, store_in: Callable[..., Object]
) -> None:
    aws.create_secret(Name="app", SecretString="value")
    throttled, neighbour = store_in("a", **role_in(OURS, "a")), store_in("b", **role_in(OURS, "b"))
    elsewhere, own_keys = store_in("c", **role_in(OTHER, "c")), store_in("d", retry={"maxRetries": 1})
    newcomer = store_in("e", retry={"maxRetries": 2})
    everybody = (throttled, neighbour, elsewhere, own_keys)
    assert [await trouble(sessions, store) for store in everybody] == [""] * 4

    gateway.fail("GetSecretValue", 400, "ThrottlingException")
    assert "AWS asks to slow down (ThrottlingException)" in await trouble(sessions, throttled)
    gateway.faults.clear()

    account = guards.throttle_of(("aws", (OURS, "secretsmanager", "eu-central-1")))
    assert account.per_second < math.inf
    with suppress(Retryable):
        while True:  # as many as would wait for long already
            account.take()
    for slow in (neighbour, own_keys):
        said = await trouble(sessions, slow)
        assert said == "'app' could not be read: it asks to slow down, and other calls wait already"
    assert [await trouble(sessions, store) for store in (elsewhere, newcomer)] == ["", ""]


@pytest.mark.parametrize("service", ["SecretsManager", "ParameterStore"])
async def test_keys_of_a_user_tell_their_account_with_the_first_secret_read_by_name(
    *, aws: Any, ssm: Any, gateway: Any, open_session: Any, service: str
) -> None:
    arn = aws.create_secret(Name="app", SecretString="value")["ARN"]
    aws.create_secret(Name="other", SecretString="value")
    for name in ("app", "other"):
        ssm.put_parameter(Name=name, Value="value", Type="String")
    if service == "ParameterStore":
        arn = ssm.get_parameter(Name="app")["Parameter"]["ARN"]
    gateway.calls.clear()
    session = await open_session(service=service)
    await session.fetch([Reference("absent")])
    await session.fetch([Reference(arn)])
    assert session.sharing.account() is None, "an ARN may be of any account"
    for references in ([Reference("app")], [Reference("app"), Reference("other")]):
        session = await open_session(service=service)
        await session.fetch(references)
        place = "ssm" if service == "ParameterStore" else "secretsmanager"
        assert session.sharing.account() == (OURS, place, "eu-central-1")
    assert sum(gateway.calls.values()) == 4, "what was read, and nothing else"


async def test_a_store_cannot_name_an_account_to_slow_it_down(
    *, aws: Any, gateway: Any, sessions: Sessions, guards: StoreGuards, store_in: Callable[..., Object]
) -> None:
    aws.create_secret(Name="app", SecretString="value")
    victim, attacker = store_in("a", **role_in(OURS, "a")), store_in("b", **role_in(OURS, "not-ours"))
    assert (await read(sessions, victim)).values
    gateway.fail("AssumeRole", 400, "ThrottlingException")
    assert (await read(sessions, attacker)).misses
    assert guards.throttle_of(("aws", (OURS, "secretsmanager", "eu-central-1"))).per_second == math.inf
    assert (await read(sessions, victim)).values


async def test_a_throttle_is_waited_out_within_the_attempts_of_a_call(
    aws: Any, gateway: Any, sessions: Sessions, store_in: Callable[..., Object]
) -> None:
    aws.create_secret(Name="app", SecretString="value")
    store = store_in("a")
    async with sessions.use(store, "a"):
        pass
    gateway.fail_once("GetSecretValue", 400, "ThrottlingException")
    assert (await read(sessions, store)).values
    assert gateway.calls["GetSecretValue"] == 2
