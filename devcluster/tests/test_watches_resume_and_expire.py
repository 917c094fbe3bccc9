"""Watches: resumption, expiry, bookmarks, selectors, streaming lists, forms, and their end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from devcluster import Cluster, Settings

Builders = dict[str, Callable[..., dict[str, Any]]]


def names(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(event["type"], event["object"]["metadata"].get("name", "")) for event in events]


async def next_event(events: AsyncIterator[dict[str, Any]]) -> dict[str, Any]:
    return await asyncio.wait_for(anext(events), 5)


async def test_resumes_after_a_revision_without_gap_or_repetition(api: Any, namespace: str, builders: Builders) -> None:
    secret = builders["secret"]
    path = f"{namespace}/secrets"
    first = await api.create(path, secret("a"))
    await api.create(path, secret("b"))
    await api.call("DELETE", f"{path}/a")
    events = await api.events(path, resourceVersion=first["metadata"]["resourceVersion"])
    assert names(events) == [("ADDED", "b"), ("DELETED", "a")]


async def test_delivers_what_happens_while_it_runs(api: Any, namespace: str, builders: Builders) -> None:
    path = f"{namespace}/secrets"
    listed = await api.get(path)
    events = api.watch(path, resourceVersion=listed["metadata"]["resourceVersion"])
    started = asyncio.create_task(next_event(events))
    await api.create(path, builders["secret"]("a"))
    assert names([await started]) == [("ADDED", "a")]
    await api.merge(f"{path}/a", {"data": {"k": "djI="}})
    assert names([await next_event(events)]) == [("MODIFIED", "a")]
    await events.aclose()


async def test_expired_history_answers_gone(cluster: Cluster, api: Any, namespace: str, builders: Builders) -> None:
    created = await api.create(f"{namespace}/secrets", builders["secret"]("a"))
    cluster.expire_history()
    revision = created["metadata"]["resourceVersion"]
    status, body = await api.call("GET", f"{namespace}/secrets", params={"watch": "true", "resourceVersion": revision})
    assert (status, body["reason"]) == (410, "Expired")
    fresh = await api.get(f"{namespace}/secrets")
    assert await api.events(f"{namespace}/secrets", resourceVersion=fresh["metadata"]["resourceVersion"]) == []


async def test_expired_history_reaches_open_watches_as_an_event(
    cluster: Cluster, api: Any, namespace: str, builders: Builders
) -> None:
    await api.create(f"{namespace}/secrets", builders["secret"]("a"))
    events = api.watch(f"{namespace}/secrets")
    await next_event(events)
    cluster.expire_history()
    error = await next_event(events)
    assert (error["type"], error["object"]["code"]) == ("ERROR", 410)
    with pytest.raises(StopAsyncIteration):
        await next_event(events)


async def test_closing_watches_ends_them_all(cluster: Cluster, api: Any, namespace: str, builders: Builders) -> None:
    await api.create(f"{namespace}/secrets", builders["secret"]("a"))
    watches = [api.watch(f"{namespace}/secrets") for _ in range(3)]
    for events in watches:
        await next_event(events)
    assert cluster.close_watches() == 3
    for events in watches:
        with pytest.raises(StopAsyncIteration):
            await next_event(events)
    assert cluster.open_watches == 0


async def test_bookmarks_come_when_asked_for(clusters: Any) -> None:
    _, api = await clusters(Settings(http=True, bookmark_seconds=0.05))
    path = "/api/v1/namespaces/default/secrets"
    events = api.watch(path, allowWatchBookmarks="true", resourceVersion="1")
    first = await next_event(events)
    assert (first["type"], first["object"]["kind"]) == ("BOOKMARK", "Secret")
    assert int(first["object"]["metadata"]["resourceVersion"]) > 1
    await events.aclose()


async def test_a_streaming_list_ends_with_an_annotated_bookmark(api: Any, namespace: str, builders: Builders) -> None:
    await api.create(f"{namespace}/secrets", builders["secret"]("a"))
    options = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
    events = await api.events(f"{namespace}/secrets", **options)
    assert [event["type"] for event in events] == ["ADDED", "BOOKMARK"]
    assert events[1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


async def test_a_streaming_list_needs_its_match_parameter(api: Any) -> None:
    params = {"watch": "true", "sendInitialEvents": "true"}
    status, body = await api.call("GET", "/api/v1/secrets", params=params)
    assert (status, body["details"]["causes"][0]["field"]) == (422, "resourceVersionMatch")


async def test_entering_and_leaving_a_field_selection(api: Any, namespace: str, builders: Builders) -> None:
    gadgets = builders["definition"]({"color": {"type": "string"}}, selectableFields=[{"jsonPath": ".spec.color"}])
    await api.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", gadgets)
    path = f"{namespace.replace('/api/v1', '/apis/example.dev/v1')}/gadgets"
    gadget = {"apiVersion": "example.dev/v1", "kind": "Gadget", "metadata": {"name": "g"}, "spec": {"color": "red"}}
    created = await api.create(path, gadget)
    await api.merge(f"{path}/g", {"spec": {"color": "blue"}})
    await api.merge(f"{path}/g", {"spec": {"color": "red"}})
    revision = created["metadata"]["resourceVersion"]
    events = await api.events(path, resourceVersion=revision, fieldSelector="spec.color=red")
    assert names(events) == [("DELETED", "g"), ("ADDED", "g")]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        pytest.param(
            "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1", "PartialObjectMetadata", id="metadata"
        ),
        pytest.param("application/json;as=Table;g=meta.k8s.io;v=v1", "Table", id="tables"),
    ],
)
async def test_events_come_in_the_form_asked_for(
    api: Any, namespace: str, builders: Builders, accept: str, kind: str
) -> None:
    await api.create(f"{namespace}/secrets", builders["secret"]("a"))
    api.headers = {"Accept": accept}
    events = await api.events(f"{namespace}/secrets")
    assert [event["object"]["kind"] for event in events] == [kind]


async def test_a_revision_from_the_future_is_refused(api: Any) -> None:
    status, body = await api.call("GET", "/api/v1/secrets", params={"watch": "true", "resourceVersion": "999999"})
    assert (status, body["details"]["causes"][0]["reason"]) == (504, "ResourceVersionTooLarge")


async def test_watching_one_name(api: Any, namespace: str, builders: Builders) -> None:
    for name in ("a", "b"):
        await api.create(f"{namespace}/secrets", builders["secret"](name))
    assert names(await api.events(f"{namespace}/secrets", fieldSelector="metadata.name=b")) == [("ADDED", "b")]
    assert names(await api.events(f"{namespace}/secrets/b")) == [("ADDED", "b")]


async def test_a_watch_ends_with_its_definition(api: Any, namespace: str, builders: Builders) -> None:
    definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    await api.create(definitions, builders["definition"]({}))
    path = f"{namespace.replace('/api/v1', '/apis/example.dev/v1')}/gadgets"
    await api.create(path, {"apiVersion": "example.dev/v1", "kind": "Gadget", "metadata": {"name": "g"}})
    events = api.watch(path)
    await next_event(events)
    await api.call("DELETE", f"{definitions}/gadgets.example.dev")
    assert names([await next_event(events)]) == [("DELETED", "g")]
    with pytest.raises(StopAsyncIteration):
        await next_event(events)
