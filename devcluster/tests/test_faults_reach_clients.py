"""Fault injection: what a test can make the dev cluster do to its clients."""

import asyncio
from typing import Any

import pytest

from devcluster import Cluster

SECRETS = "/api/v1/namespaces/default/secrets"


async def statuses(api: Any, count: int, path: str = SECRETS, method: str = "GET") -> list[int]:
    return [(await api.call(method, path))[0] for _ in range(count)]


async def test_the_next_requests_fail_and_then_no_more(cluster: Cluster, api: Any) -> None:
    cluster.fail_requests(503, count=2)
    assert await statuses(api, 3) == [503, 503, 200]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("GET", "/secrets", 429, id="both match"),
        pytest.param("POST", "/secrets", 200, id="another method"),
        pytest.param("GET", "/configmaps", 200, id="another path"),
        pytest.param("", "limit=5", 429, id="the query is searched too"),
    ],
)
async def test_only_matching_requests_fail(cluster: Cluster, api: Any, method: str, path: str, status: int) -> None:
    cluster.fail_requests(429, method=method, path=path)
    assert await statuses(api, 1, f"{SECRETS}?limit=5") == [status]


async def test_failures_carry_headers_and_a_status_object(cluster: Cluster, api: Any) -> None:
    cluster.fail_requests(429, headers={"Retry-After": "7"})
    async with api.session.get(cluster.url + SECRETS) as response:
        assert (response.status, response.headers["Retry-After"]) == (429, "7")
        assert (await response.json())["reason"] == "TooManyRequests"


async def test_faults_can_be_cleared(cluster: Cluster, api: Any) -> None:
    cluster.fail_requests(500, count=None)
    assert await statuses(api, 2) == [500, 500]
    cluster.clear_faults()
    assert await statuses(api, 1) == [200]


async def test_delayed_requests_wait_and_others_do_not(cluster: Cluster, api: Any) -> None:
    cluster.delay_requests(30.0, path="/secrets")
    delayed = asyncio.create_task(statuses(api, 1))
    assert await statuses(api, 1, "/api/v1/namespaces/default/configmaps") == [200]
    assert not delayed.done()
    delayed.cancel()


async def test_a_delay_ends(cluster: Cluster, api: Any) -> None:
    cluster.delay_requests(0.05, count=1)
    loop = asyncio.get_running_loop()
    started = loop.time()
    assert await statuses(api, 1) == [200]
    assert loop.time() - started >= 0.05
