"""`--data`: everything comes back, and the same kubeconfig goes on working."""

import asyncio
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from devcluster.persistence import UnreadableData

from devcluster import Cluster, Settings

Builders = dict[str, Callable[..., dict[str, Any]]]
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
GADGETS = "/apis/example.dev/v1/namespaces/default/gadgets"
GADGET = {"apiVersion": "example.dev/v1", "kind": "Gadget", "metadata": {"name": "g"}, "spec": {"size": 1}}


async def test_objects_identity_and_revisions_come_back(
    clusters: Any, builders: Builders, tmp_path: Path, namespace: str
) -> None:
    settings = Settings(http=True, data=tmp_path / "cluster.json")
    first, api = await clusters(settings)
    await api.create(DEFINITIONS, builders["definition"]({"size": {"type": "integer"}}))
    created = await api.create(GADGETS, GADGET)
    listed = await api.get(GADGETS)
    await first.stop()
    second, again = await clusters(settings)
    assert (second.url, second.token, second.ca_pem) == (first.url, first.token, first.ca_pem)
    assert await again.get(f"{GADGETS}/g") == created
    changed = await again.merge(f"{GADGETS}/g", {"spec": {"size": 2}})
    assert int(changed["metadata"]["resourceVersion"]) > int(listed["metadata"]["resourceVersion"])


async def test_a_watch_resumes_across_a_restart_where_nothing_was_missed(
    clusters: Any, builders: Builders, tmp_path: Path
) -> None:
    settings = Settings(http=True, data=tmp_path / "cluster.json")
    first, api = await clusters(settings)
    path = "/api/v1/namespaces/default/secrets"
    early = await api.create(path, builders["secret"]("a"))
    late = await api.create(path, builders["secret"]("b"))
    await first.stop()
    _, again = await clusters(settings)
    assert await again.events(path, resourceVersion=late["metadata"]["resourceVersion"]) == []
    params = {"watch": "true", "resourceVersion": early["metadata"]["resourceVersion"]}
    assert (await again.call("GET", path, params=params))[0] == 410


async def test_changes_are_saved_while_running(
    clusters: Any, builders: Builders, tmp_path: Path, eventually: Any
) -> None:
    data = tmp_path / "cluster.json"
    cluster, api = await clusters(Settings(http=True, data=data))
    await api.create("/api/v1/namespaces/default/secrets", builders["secret"]("precious"))

    async def saved() -> bool:
        return b'"precious"' in data.read_bytes()

    await eventually(saved, "the data file holds the object")
    assert stat.S_IMODE(data.stat().st_mode) == 0o600
    await cluster.stop()
    files = await asyncio.to_thread(lambda: [file.name for file in tmp_path.iterdir()])
    assert files == ["cluster.json"]


async def test_deletion_goes_on_after_a_restart(
    clusters: Any, builders: Builders, tmp_path: Path, eventually: Any
) -> None:
    settings = Settings(http=True, data=tmp_path / "cluster.json")
    first, api = await clusters(settings)
    meta = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "t"}}
    await api.create("/api/v1/namespaces", meta)
    await api.create("/api/v1/namespaces/t/secrets", builders["secret"]("held", finalizers=["a/b"]))
    await api.call("DELETE", "/api/v1/namespaces/t")
    await first.stop()
    _, again = await clusters(settings)
    await again.merge("/api/v1/namespaces/t/secrets/held", {"metadata": {"finalizers": None}})

    async def gone() -> bool:
        status: int = (await again.call("GET", "/api/v1/namespaces/t"))[0]
        return status == 404

    await eventually(gone, "the namespace goes")


@pytest.mark.parametrize("content", [b"", b"{}", b"not json", b'{"format": 99}'])
async def test_a_foreign_file_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    data = tmp_path / "cluster.json"
    data.write_bytes(content)
    with pytest.raises(UnreadableData, match=r"cluster\.json"):
        await Cluster(http=True, data=data).start()
    assert data.read_bytes() == content


async def test_restart_keeps_port_and_data_and_drops_connections(
    cluster: Cluster, api: Any, namespace: str, builders: Builders
) -> None:
    await api.create(f"{namespace}/secrets", builders["secret"]("a"))
    events = api.watch(f"{namespace}/secrets")
    await anext(events)
    url = cluster.url
    await cluster.restart()
    assert cluster.url == url
    async with aiohttp.ClientSession() as session:
        headers = {"Authorization": f"Bearer {cluster.token}"}
        async with session.get(f"{url}{namespace}/secrets/a", headers=headers) as response:
            assert response.status == 200
    with pytest.raises((StopAsyncIteration, aiohttp.ClientError)):
        await anext(events)
