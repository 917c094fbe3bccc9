"""Client and reflector against an API server with all its rules: TLS, tokens, server-side apply, watches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from devcluster import Cluster
from secrets_operator.clock import SystemClock
from secrets_operator.flow import Object
from secrets_operator.kube import connection, errors
from secrets_operator.kube.client import Client
from secrets_operator.kube.resources import CONFIG_MAPS, NAMESPACES, SECRETS, SERVICE_ACCOUNTS
from secrets_operator.watching.cache import Change
from secrets_operator.watching.reflector import Reflector, Selection
from tests.reflected_world import until


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    async with Cluster() as running:
        yield running


@pytest.fixture
async def client(cluster: Cluster, tmp_path: Path) -> AsyncIterator[Client]:
    file = tmp_path / "kubeconfig"
    await cluster.write_kubeconfig(file)
    clock = SystemClock()
    found = await asyncio.to_thread(connection.from_kubeconfig, str(file), clock=clock)
    async with Client(found, clock=clock) as running:
        yield running


@pytest.fixture
async def namespace(client: Client) -> str:
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"generateName": "reflected-"}}
    made = await client.create(NAMESPACES, "", body)
    return str(made["metadata"]["name"])


def secret(name: str, value: str = "dmFsdWU=", **metadata: object) -> Object:
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, **metadata}}
    return {**body, "data": {"key": value}}


async def test_a_secret_is_applied_read_listed_patched_and_deleted(client: Client, namespace: str) -> None:
    applied = await client.apply(SECRETS, namespace, "db", secret("db", labels={"a": "b"}), manager="op")
    assert (await client.get(SECRETS, namespace, "db"))["data"] == {"key": "dmFsdWU="}
    again = await client.apply(SECRETS, namespace, "db", secret("db", labels={"a": "b"}), manager="op")
    assert again["metadata"]["resourceVersion"] == applied["metadata"]["resourceVersion"]
    listed = await client.list(SECRETS, namespace, label_selector="a in (b, c)", field_selector="metadata.name=db")
    assert [item["metadata"]["name"] for item in listed["items"]] == ["db"]
    patched = await client.patch(SECRETS, namespace, "db", {"data": {"more": "eA=="}}, manager="other")
    assert set(patched["data"]) == {"key", "more"}
    await client.delete(SECRETS, namespace, "db", uid=applied["metadata"]["uid"])
    with pytest.raises(errors.NotFound):
        await client.get(SECRETS, namespace, "db")


async def test_a_page_names_the_next_one_until_the_list_ends(client: Client, namespace: str) -> None:
    for index in range(5):
        await client.create(SECRETS, namespace, secret(f"s{index}"))
    names, continue_ = [], ""
    while True:
        page = await client.list(SECRETS, namespace, limit=2, continue_=continue_)
        assert len(page["items"]) <= 2
        names += [item["metadata"]["name"] for item in page["items"]]
        if not (continue_ := page["metadata"].get("continue", "")):
            break
    assert names == [f"s{index}" for index in range(5)]


async def test_a_list_of_metadata_brings_no_values(client: Client, namespace: str) -> None:
    for index in range(2):
        await client.create(
            SECRETS, namespace, secret(f"s{index}", labels={"a": "b"}, annotations={"note": str(index)})
        )
    await client.create(SECRETS, namespace, secret("other"))
    page = await client.list_metadata(SECRETS, namespace, label_selector="a=b", limit=1)
    rest = await client.list_metadata(SECRETS, namespace, label_selector="a=b", continue_=page["metadata"]["continue"])
    items = [*page["items"], *rest["items"]]
    assert [item["metadata"]["annotations"] for item in items] == [{"note": "0"}, {"note": "1"}]
    assert all("data" not in item for item in items)


async def refuse_absent(client: Client, namespace: str) -> None:
    await client.get(SECRETS, namespace, "absent")


async def refuse_existing(client: Client, namespace: str) -> None:
    await client.create(SECRETS, namespace, secret("db"))


async def refuse_foreign_field(client: Client, namespace: str) -> None:
    await client.apply(SECRETS, namespace, "db", secret("db", "bmV3"), manager="other", force=False)


async def refuse_stale_patch(client: Client, namespace: str) -> None:
    await client.patch(SECRETS, namespace, "db", {"metadata": {"resourceVersion": "1"}, "data": {"key": "eA=="}})


async def refuse_other_uid(client: Client, namespace: str) -> None:
    await client.delete(SECRETS, namespace, "db", uid="00000000-0000-0000-0000-000000000000")


async def refuse_bad_key(client: Client, namespace: str) -> None:
    await client.apply(SECRETS, namespace, "x", {**secret("x"), "data": {"bad key!": "dg=="}}, manager="op")


async def refuse_bad_data(client: Client, namespace: str) -> None:
    await client.create(SECRETS, namespace, secret("x", "not base64!"))


async def refuse_absent_account(client: Client, namespace: str) -> None:
    await client.create_token(namespace, "absent")


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param(refuse_absent, errors.NotFound, id="an object that is not there"),
        pytest.param(refuse_existing, errors.AlreadyExists, id="an object that is there"),
        pytest.param(refuse_foreign_field, errors.ApplyConflict, id="a field of another manager"),
        pytest.param(refuse_stale_patch, errors.Conflict, id="an old version"),
        pytest.param(refuse_other_uid, errors.Conflict, id="another object of the name"),
        pytest.param(refuse_bad_key, errors.Invalid, id="a key no Secret can have"),
        pytest.param(refuse_bad_data, errors.BadRequest, id="data that is not base64"),
        pytest.param(refuse_absent_account, errors.NotFound, id="a ServiceAccount that is not there"),
    ],
)
async def test_what_the_server_refuses_is_the_error_it_means(
    client: Client, namespace: str, call: Callable[[Client, str], Awaitable[None]], expected: type[errors.ApiError]
) -> None:
    await client.apply(SECRETS, namespace, "db", secret("db"), manager="op")
    with pytest.raises(errors.ApiError) as caught:
        await call(client, namespace)
    assert type(caught.value) is expected
    assert "dmFsdWU" not in str(caught.value)
    assert "not base64!" not in str(caught.value)


async def test_a_token_of_a_service_account_is_issued(client: Client, namespace: str) -> None:
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "bot"}}
    await client.create(SERVICE_ACCOUNTS, namespace, account)
    issued = await client.create_token(namespace, "bot", audiences=["vault"], seconds=600)
    assert issued.token.reveal().count(b".") == 2
    assert 0 < (issued.expires - SystemClock().now()).total_seconds() <= 600


async def test_the_server_is_ready_and_says_its_version(client: Client) -> None:
    assert await client.ready()
    assert str((await client.version())["gitVersion"]).startswith("v1.")


async def nothing(_cluster: Cluster) -> None:
    """No fault at all."""


async def watches_closed(cluster: Cluster) -> None:
    assert cluster.close_watches() == 1


async def history_expired(cluster: Cluster) -> None:
    cluster.expire_history()


async def server_restarted(cluster: Cluster) -> None:
    await cluster.restart(pause_seconds=0.3)


async def unavailable(cluster: Cluster) -> None:
    cluster.fail_requests(503, count=3, method="GET", path="configmaps")
    cluster.close_watches()


async def throttled(cluster: Cluster) -> None:
    cluster.fail_requests(429, path="watch=true", headers={"Retry-After": "1"})
    cluster.close_watches()


async def gone_on_request(cluster: Cluster) -> None:
    cluster.fail_requests(410, path="watch=true")
    cluster.close_watches()


FAULTS = [nothing, watches_closed, history_expired, server_restarted, unavailable, throttled, gone_on_request]


@pytest.mark.parametrize("fault", [pytest.param(fault, id=fault.__name__.replace("_", " ")) for fault in FAULTS])
async def test_the_cache_follows_the_cluster_through_the_fault(
    cluster: Cluster, client: Client, namespace: str, fault: Callable[[Cluster], Awaitable[None]]
) -> None:
    def config_map(name: str, value: str) -> Object:
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"v": value}}

    async def put(name: str, value: str) -> None:
        await client.apply(CONFIG_MAPS, namespace, name, config_map(name, value), manager="test")

    changes: list[Change[str]] = []
    reflector = Reflector(
        client,
        Selection(CONFIG_MAPS, namespace, field_selector="metadata.name!=kube-root-ca.crt"),
        project=lambda subject: str(subject["data"]["v"]),
        on_change=changes.append,
        clock=SystemClock(),
        chance=lambda: 0.9,
    )
    for index in range(6):
        await put(f"o{index}", "0")
    running = asyncio.create_task(reflector.run())
    await asyncio.wait_for(reflector.synced.wait(), 10)
    await until(lambda: cluster.open_watches == 1)
    changes.clear()

    await fault(cluster)
    await client.delete(CONFIG_MAPS, namespace, "o1")
    await client.delete(CONFIG_MAPS, namespace, "o4")
    await put("o2", "1")
    await put("new", "0")
    await until(lambda: sorted(reflector.values()) == ["0", "0", "0", "0", "1"])
    await until(lambda: len(changes) == 4)
    await put("last", "0")
    await until(lambda: reflector.get(namespace, "last") == "0")

    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    told = sorted((change.name, change.old, change.new) for change in changes if change.name != "last")
    assert told == [("new", None, "0"), ("o1", "0", None), ("o2", "0", "1"), ("o4", "0", None)]
    assert reflector.skipped == 0
