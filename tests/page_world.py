"""The page over HTTP, with caches that a test fills by hand."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import cast

import aiohttp

from secrets_operator.errors import Retryable
from secrets_operator.flow import Key, Object, SecretBytes
from secrets_operator.kube.client import Client
from secrets_operator.kube.errors import ApiError
from secrets_operator.kube.resources import (
    CLUSTER_SECRET_STORES,
    EXTERNAL_SECRETS,
    SEALED_SECRETS,
    SECRET_STORES,
    Resource,
)
from secrets_operator.planning.secret_state import SecretState
from secrets_operator.serving.dashboard.lookups import Lookups
from secrets_operator.serving.dashboard.server import Dashboard
from secrets_operator.serving.dashboard.world import World
from secrets_operator.serving.http import Address
from secrets_operator.serving.reviews import Reviews, User
from tests.builders import DIGESTER
from tests.hand_clock import HandClock
from tests.memory_cluster import MemoryCluster

# Only this machine reaches it, but it is not written as an address that counts as such, so that tokens are demanded.
GUARDED = "127.1"
RESOURCES = (EXTERNAL_SECRETS, SECRET_STORES, CLUSTER_SECRET_STORES, SEALED_SECRETS)


class Held:
    """The cache of one kind."""

    def __init__(self, *resources: Object) -> None:
        self.reads = 0
        self._resources: dict[tuple[str, str], Object] = {}
        for resource in resources:
            self.put(resource)

    def put(self, resource: Object) -> None:
        metadata = resource["metadata"]
        self._resources[metadata.get("namespace") or "", metadata["name"]] = resource

    def remove(self, namespace: str, name: str) -> None:
        del self._resources[namespace, name]

    def get(self, namespace: str, name: str) -> Object | None:
        self.reads += 1
        return self._resources.get((namespace, name))

    def values(self) -> Iterator[Object]:
        return iter(self._resources.values())


class ListedCluster:
    """Answers lists, by kind."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.listed: dict[str, list[Object] | ApiError] = {}
        self.selectors: list[str] = []

    async def list(self, resource: Resource, _namespace: str, *, field_selector: str, limit: int) -> Object:
        assert limit
        self.calls[f"list {resource.kind}"] += 1
        self.selectors.append(field_selector)
        answer = self.listed.get(resource.kind, [])
        if isinstance(answer, ApiError):
            raise answer
        return {"items": answer, "metadata": {}}


class ScriptedReviews(Reviews):
    """Knows the tokens it is told, and what each user may list where; an empty namespace is everywhere."""

    def __init__(self, rights: Mapping[str, set[tuple[str, str]]]) -> None:
        super().__init__(MemoryCluster().client)
        self.rights = rights
        self.asked = 0
        self.is_down = False

    async def user(self, token: SecretBytes, *, audience: str = "") -> User | None:  # noqa: ARG002 - the signature
        self.asked += 1
        if self.is_down:
            raise Retryable("no answer")
        name = token.reveal().decode()
        return User({"username": name}) if name in self.rights else None

    async def may_list(self, user: User, resource: Resource, namespace: str) -> bool:
        return {(resource.plural, namespace), ("*", namespace)} & self.rights[user.attributes["username"]] != set()


class PageWorld:
    """A page on a free port."""

    def __init__(self, *resources: Object, host: str, rights: Mapping[str, set[tuple[str, str]]] | None = None) -> None:
        self.clock, self.cluster = HandClock(), ListedCluster()
        self.reviews = ScriptedReviews(rights or {})
        self.kinds = {kind: Held(*(one for one in resources if one["kind"] == kind.kind)) for kind in RESOURCES}
        self.secrets: dict[tuple[str, str], SecretState] = {}
        self.dashboard = Dashboard(Address(host, 0), self.reviews, clock=self.clock)
        self.url = ""

    async def start(self) -> None:
        address = await self.dashboard.start()
        self.url = f"http://127.0.0.1:{address.port}"

    def show(self) -> None:
        lookups = Lookups(cast("Client", self.cluster), self.clock)
        secret = lambda namespace, name: self.secrets.get((namespace, name))  # noqa: E731 - read live
        self.dashboard.show(World(self.kinds, secret, DIGESTER, lookups, "default"))

    def put(self, resource: Object) -> None:
        """Change a resource, as a watch would."""
        (kind,) = (kind for kind in RESOURCES if kind.kind == resource["kind"])
        self.kinds[kind].put(resource)
        metadata = resource["metadata"]
        self.dashboard.changed(Key(kind.kind, metadata.get("namespace") or "", metadata["name"]))

    async def get(
        self, path: str, *, method: str = "GET", headers: Mapping[str, str] | None = None
    ) -> tuple[int, str, Mapping[str, str]]:
        async with (
            aiohttp.ClientSession() as client,
            client.request(method, self.url + path, headers=headers) as answer,
        ):
            return answer.status, await answer.text(), answer.headers


@asynccontextmanager
async def page_world(
    *resources: Object, host: str = "127.0.0.1", rights: Mapping[str, set[tuple[str, str]]] | None = None
) -> AsyncIterator[PageWorld]:
    """Serve resources; a host that is no loopback address demands a token."""
    # The operator is put together before its loop runs; files are read then.
    made = await asyncio.to_thread(partial(PageWorld, *resources, host=host, rights=rights))
    await made.start()
    made.show()
    try:
        yield made
    finally:
        await made.dashboard.stop()
