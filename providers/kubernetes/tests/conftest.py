"""Clusters to read from: dev clusters over HTTPS, with accounts of their own rights."""

from __future__ import annotations

import base64
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from blockbuster import blockbuster_ctx
from secrets_operator_kubernetes.provider import PROVIDER

from devcluster import Cluster
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Reference, Session, StoreIdentity
from secrets_operator.provider.memory import MemoryHost
from secrets_operator.provider.namespaces import reachable_namespace

Open = Callable[..., Awaitable[Session]]
WRITER = [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "create", "update", "delete"]}]
READER = [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list"]}]


@pytest.fixture(autouse=True)
def _no_blocking_calls() -> Iterator[None]:
    """Fail any test in which the plug-in blocks the event loop."""
    with blockbuster_ctx("secrets_operator_kubernetes"):
        yield


@dataclass(frozen=True)
class Place:
    """A cluster with an administrator."""

    cluster: Cluster
    http: aiohttp.ClientSession

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        tls = ssl.create_default_context(cadata=self.cluster.ca_pem)
        headers = {"Authorization": f"Bearer {self.cluster.token}"}
        url = f"{self.cluster.url}{path}"
        async with self.http.request(method, url, json=body, headers=headers, ssl=tls) as answer:
            found = await answer.json()
            assert answer.status < 300, found
            return found

    async def put(self, name: str, data: Mapping[str, bytes], namespace: str = "shop", **metadata: Any) -> None:
        encoded = {key: base64.b64encode(value).decode() for key, value in data.items()}
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, **metadata}, "data": encoded}
        await self.call("POST", f"/api/v1/namespaces/{namespace}/secrets", body)

    async def account(self, name: str, rules: Sequence[Any] = (), namespace: str = "shop") -> str:
        """Make a ServiceAccount with rights in a namespace and return a token of it."""
        meta = {"metadata": {"name": name}}
        rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
        await self.call("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts", meta)
        await self.call("POST", f"{rbac}/roles", {**meta, "rules": list(rules)})
        subject = {"kind": "ServiceAccount", "name": name, "namespace": namespace}
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}
        await self.call("POST", f"{rbac}/rolebindings", {**meta, "roleRef": role, "subjects": [subject]})
        return await self.token(namespace, name)

    async def token(self, namespace: str, name: str, audiences: Sequence[str] = ()) -> str:
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
        spec = {"audiences": list(audiences)} if audiences else {}
        token: str = (await self.call("POST", path, {"spec": spec}))["status"]["token"]
        return token

    def store(self, **spec: Any) -> dict[str, Any]:
        """Return a store on the namespace ``shop`` with the token in Secret ``login``."""
        server = {"url": self.cluster.url, "caBundle": base64.b64encode(self.cluster.ca_pem.encode()).decode()}
        auth = {"token": {"bearerToken": {"name": "login", "key": "token"}}}
        return {"server": server, "remoteNamespace": "shop", "auth": auth, **spec}


@dataclass
class TokenHost(MemoryHost):
    """A host whose tokens of ServiceAccounts are real; ``issued`` says for whom they were."""

    place: Place | None = None
    issued: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    async def service_account_token(
        self, selector: Mapping[str, Any], *, audiences: Sequence[str], field: str, seconds: int = 3600
    ) -> SecretBytes:
        assert self.place is not None
        assert seconds >= 600
        namespace = reachable_namespace(self.store, selector, field=field)
        self.issued.append((f"{namespace}/{selector['name']}", tuple(audiences)))
        return SecretBytes((await self.place.token(namespace, selector["name"], audiences)).encode())


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async with Cluster() as cluster, aiohttp.ClientSession() as http:
        found = Place(cluster, http)
        await found.call("POST", "/api/v1/namespaces", {"metadata": {"name": "shop"}})
        yield found


@pytest.fixture
def token_host(place: Place) -> TokenHost:
    """A host of a store in ``shop``, whose accounts are those of the cluster itself."""
    return TokenHost(store=StoreIdentity("SecretStore", "store", "shop"), place=place)


@pytest.fixture
async def token(place: Place) -> str:
    """The token of an account that may read the Secrets of ``shop``."""
    return await place.account("reader", READER)


@pytest.fixture
async def writer(place: Place) -> str:
    """The token of an account that may also write them, with no more rights than the documentation asks for."""
    return await place.account("writer", WRITER)


@pytest.fixture
async def open_session(place: Place, token: str) -> AsyncIterator[Open]:
    """Open sessions that are closed at the end; ``secrets`` are what a store's selectors find."""
    opened: list[Session] = []

    async def open_(
        spec: Mapping[str, Any] | None = None,
        *,
        secrets: Mapping[str, Mapping[str, str]] | None = None,
        host: MemoryHost | None = None,
        kind: str = "SecretStore",
    ) -> Session:
        chosen = {("default", name): data for name, data in (secrets or {"login": {"token": token}}).items()}
        used = place.store() if spec is None else spec
        assert PROVIDER.problems(used, store_kind=kind) == []
        session = await PROVIDER.open(used, host or MemoryHost(StoreIdentity(kind, "store", "default"), chosen))
        opened.append(session)
        return session

    yield open_
    for session in opened:
        await session.close()


async def read(session: Session, key: str, *, metadata: bool = False) -> Any:
    """Return the answer to one reference."""
    (answer,) = await session.fetch([Reference(key, metadata=metadata)])
    return answer


@pytest.fixture
def fetch() -> Callable[..., Awaitable[Any]]:
    return read
