"""A session's host carries the store's retry settings, read once when it is opened."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from secrets_operator.errors import InvalidSpec
from secrets_operator.fetching.blocking import Blocking
from secrets_operator.fetching.host import Outside
from secrets_operator.fetching.referents import Referents
from secrets_operator.fetching.sessions import Sessions
from secrets_operator.provider import RetrySettings
from secrets_operator.provider.discovery import Providers
from secrets_operator.reporting.metrics import Metrics
from tests.builders import store
from tests.memory_cluster import MemoryCluster
from tests.scripted_provider import ScriptedProvider, everybody_may
from tests.shared_reading import shared


@pytest.fixture
async def sessions() -> AsyncIterator[Sessions]:
    blocking = Blocking(1)
    providers = Providers.from_mapping({"scripted": ScriptedProvider()})
    outside = Outside(Referents(MemoryCluster().client), blocking, Metrics("1"))
    made = Sessions(providers, outside, shared(), denial=everybody_may, limit=1)
    yield made
    await made.close()
    blocking.close()


async def retry_of(sessions: Sessions, **spec: Any) -> RetrySettings | None:
    found = store(spec={"provider": {"scripted": {}}, **spec})
    async with sessions.use(found, "team") as opened:
        return opened.host.retry


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param({}, None, id="a store that says nothing"),
        pytest.param(
            {"retrySettings": {"maxRetries": 2, "retryInterval": "500ms"}}, RetrySettings(2, 0.5), id="one that does"
        ),
    ],
)
async def test_the_host_has_them(sessions: Sessions, spec: Any, expected: RetrySettings | None) -> None:
    assert await retry_of(sessions, **spec) == expected


async def test_what_cannot_be_read_is_told_to_who_asks(sessions: Sessions) -> None:
    with pytest.raises(InvalidSpec, match=r"^spec\.retrySettings\.retryInterval: must be a Go duration"):
        await retry_of(sessions, retrySettings={"retryInterval": "soon"})
