"""A dev cluster per test, over plain HTTP, and a small client for it."""

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson
import pytest

from devcluster import Cluster, Settings

DEADLINE_SECONDS = 10.0


@dataclass
class Api:
    """Sends requests as one identity; `call` returns (status, body)."""

    session: aiohttp.ClientSession
    url: str
    token: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def _prepared(self, body: Any, headers: Mapping[str, str]) -> dict[str, Any]:
        sent = {**self.headers, **headers}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if body is None:
            return {"headers": sent}
        sent.setdefault("Content-Type", "application/json")
        return {"headers": sent, "data": io.BytesIO(body if isinstance(body, bytes) else orjson.dumps(body))}

    async def call(
        self, method: str, path: str, body: Any = None, *, params: Mapping[str, str] | None = None, **headers: str
    ) -> tuple[int, Any]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        prepared = self._prepared(body, named)
        async with self.session.request(method, self.url + path, params=params or {}, **prepared) as response:
            raw = await response.read()
            is_json = response.content_type == "application/json"
            return response.status, orjson.loads(raw) if is_json else raw.decode()

    async def get(self, path: str, **params: str) -> Any:
        status, body = await self.call("GET", path, params=params)
        assert status == 200, body
        return body

    async def create(self, path: str, body: Any) -> Any:
        status, created = await self.call("POST", path, body)
        assert status == 201, created
        return created

    async def merge(self, path: str, body: Any) -> Any:
        status, patched = await self.call("PATCH", path, body, Content_Type="application/merge-patch+json")
        assert status == 200, patched
        return patched

    async def apply(self, path: str, body: Any, manager: str = "tester", **params: str) -> tuple[int, Any]:
        found = {"fieldManager": manager, **params}
        return await self.call("PATCH", path, body, params=found, Content_Type="application/apply-patch+yaml")

    async def watch(self, path: str, **params: str) -> AsyncIterator[dict[str, Any]]:
        """Yield the events of a watch until the server ends it."""
        prepared = self._prepared(None, {})
        query = {"watch": "true", **params}
        async with self.session.get(self.url + path, params=query, **prepared) as response:
            assert response.status == 200, await response.text()
            async for line in response.content:
                yield orjson.loads(line)

    async def events(self, path: str, **params: str) -> list[dict[str, Any]]:
        """Return all events of a watch that the server ends after a second."""
        found = {"timeoutSeconds": "1", **params}
        return [event async for event in self.watch(path, **found)]

    def acting_as(self, token: str) -> "Api":
        return Api(self.session, self.url, token)


async def eventually(check: Callable[[], Awaitable[bool]], what: str) -> None:
    """Wait until a check holds.

    Raises:
        AssertionError: it did not within the deadline.

    """
    deadline = asyncio.get_running_loop().time() + DEADLINE_SECONDS
    while not await check():
        assert asyncio.get_running_loop().time() < deadline, f"never happened: {what}"
        await asyncio.sleep(0.01)


@pytest.fixture(name="eventually")
def eventually_fixture() -> Callable[[Callable[[], Awaitable[bool]], str], Awaitable[None]]:
    return eventually


@pytest.fixture
async def clusters() -> AsyncIterator[Callable[[Settings], Awaitable[tuple[Cluster, Api]]]]:
    """Starts clusters with settings of the test's choice; all are stopped at its end."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())

        async def start(settings: Settings) -> tuple[Cluster, Api]:
            cluster = await stack.enter_async_context(Cluster(settings=settings))
            return cluster, Api(session, cluster.url, cluster.token)

        yield start


@pytest.fixture
async def cluster_and_api(clusters: Any) -> tuple[Cluster, Api]:
    found: tuple[Cluster, Api] = await clusters(Settings(http=True))
    return found


@pytest.fixture
def cluster(cluster_and_api: tuple[Cluster, Api]) -> Cluster:
    return cluster_and_api[0]


@pytest.fixture
def api(cluster_and_api: tuple[Cluster, Api]) -> Api:
    return cluster_and_api[1]


@pytest.fixture
async def namespace(api: Api) -> str:
    """The path of a fresh namespace."""
    await api.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "t"}})
    return "/api/v1/namespaces/t"


def config_map(name: str, data: dict[str, str] | None = None, **meta: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, **meta}, "data": data or {"k": "v"}}


def secret(name: str, data: dict[str, str] | None = None, **meta: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, **meta}, "data": data or {"k": "dg=="}}


def definition(spec_properties: dict[str, Any], **version: Any) -> dict[str, Any]:
    """A CustomResourceDefinition of gadgets.example.dev with one version and these fields under spec."""
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": spec_properties}}}
    served = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}, **version}
    names = {"plural": "gadgets", "singular": "gadget", "kind": "Gadget"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "gadgets.example.dev"},
        "spec": {"group": "example.dev", "scope": "Namespaced", "names": names, "versions": [served]},
    }


@pytest.fixture(scope="session")
def builders() -> dict[str, Callable[..., dict[str, Any]]]:
    return {"config_map": config_map, "secret": secret, "definition": definition}
