"""Stores with equal credentials and roles log in once, for as long as any of them is open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from secrets_operator.errors import Terminal
from secrets_operator.fetching.sessions import Sessions
from secrets_operator.fetching.store_objects import key_of
from secrets_operator.flow import Object
from secrets_operator.provider import Found, Reference, Rejected

StoreIn = Callable[..., Object]
ROLE = "arn:aws:iam::123456789012:role/reader"


async def test_fifty_stores_of_one_role_assume_it_once(gateway: Any, sessions: Sessions, store_in: StoreIn) -> None:
    stores = [store_in(f"team-{number}", role=ROLE, prefix=f"{number}/") for number in range(50)]
    await asyncio.gather(*map(sessions.validate, stores))
    assert dict(gateway.calls) == {"AssumeRole": 1}


async def test_who_is_somebody_else_logs_in_alone(
    gateway: Any, sessions: Sessions, keys: Any, store_in: StoreIn
) -> None:
    keys.of["team-1"] = "AKIAOTHER"
    ours, theirs = store_in("team-0", role=ROLE), store_in("team-1", role=ROLE)
    external = store_in("team-2", role=ROLE, externalID="shop")
    for store in (ours, theirs, external, store_in("team-3", role=ROLE, region="us-east-1")):
        await sessions.validate(store)
    assert dict(gateway.calls) == {"AssumeRole": 4}


async def test_a_login_outlives_the_store_that_made_it(
    aws: Any, gateway: Any, sessions: Sessions, store_in: StoreIn
) -> None:
    aws.create_secret(Name="app", SecretString="value")
    ours, twin = store_in("team-0", role=ROLE), store_in("team-1", role=ROLE)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(sessions.use(ours, "team-0"))
        current = await stack.enter_async_context(sessions.use(twin, "team-1"))
        sessions.forget(key_of(ours))
        (answer,) = await current.session.fetch([Reference("app")])
        assert isinstance(answer, Found)
    await sessions.validate(twin)
    assert gateway.calls["AssumeRole"] == 1


async def test_with_the_last_store_the_login_goes(gateway: Any, open_session: Any) -> None:
    for _ in range(2):
        session = await open_session(role=ROLE)
        await session.validate()
        await session.close()
    assert gateway.calls["AssumeRole"] == 2


async def test_a_login_that_was_turned_down_is_not_handed_out_again(
    *, aws: Any, gateway: Any, open_session: Any
) -> None:
    aws.create_secret(Name="app", SecretString="value")
    first = await open_session(role=ROLE)
    gateway.fail_once("GetSecretValue", 400, "ExpiredTokenException")
    (answer,) = await first.fetch([Reference("app")])
    assert isinstance(answer, Rejected)
    second = await open_session(role=ROLE)
    (answer,) = await second.fetch([Reference("app")])
    assert isinstance(answer, Found)
    assert gateway.calls["AssumeRole"] == 2


async def test_a_role_that_was_denied_is_asked_for_again(gateway: Any, open_session: Any) -> None:
    session = await open_session(role=ROLE)
    gateway.fail_once("AssumeRole", 403, "AccessDenied")
    with pytest.raises(Terminal):
        await session.validate()
    await (await open_session(role=ROLE)).validate()
    assert gateway.calls["AssumeRole"] == 2
