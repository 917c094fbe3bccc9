"""Who may see the page, judged by an API server with RBAC, and what it finds there when somebody looks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import aiohttp
import pytest

from devcluster import Cluster
from secrets_operator.clock import SystemClock
from secrets_operator.flow import Object
from secrets_operator.kube import connection
from secrets_operator.kube.client import Client
from secrets_operator.kube.resources import (
    DEPLOYMENTS,
    EVENTS,
    EXTERNAL_SECRETS,
    NAMESPACES,
    SERVICE_ACCOUNTS,
    Resource,
)
from secrets_operator.serving.dashboard.lookups import Lookups
from secrets_operator.serving.dashboard.server import Dashboard
from secrets_operator.serving.dashboard.world import World
from secrets_operator.serving.http import Address
from secrets_operator.serving.reviews import Reviews
from tests.builders import DIGESTER, external_secret
from tests.page_world import GUARDED, Held

RBAC = "rbac.authorization.k8s.io"
ROLES = Resource(RBAC, "v1", "roles", "Role")
BINDINGS = Resource(RBAC, "v1", "rolebindings", "RoleBinding")
PAGE = "/resource?kind=ExternalSecret&namespace=team&name=app"


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    async with Cluster() as cluster:
        file = tmp_path / "kubeconfig"
        await cluster.write_kubeconfig(file)
        clock = SystemClock()
        found = await asyncio.to_thread(connection.from_kubeconfig, str(file), clock=clock)
        async with Client(found, clock=clock) as running:
            await fill(running)
            yield running


@pytest.fixture
async def url(client: Client) -> AsyncIterator[str]:
    clock = SystemClock()
    page = await asyncio.to_thread(partial(Dashboard, Address(GUARDED, 0), Reviews(client), clock=clock))
    address = await page.start()
    kinds = {EXTERNAL_SECRETS: Held(external_secret())}
    page.show(World(kinds, lambda _namespace, _name: None, DIGESTER, Lookups(client, clock), "default"))
    yield f"http://127.0.0.1:{address.port}"
    await page.stop()


async def fill(client: Client) -> None:
    """Make a namespace with a Deployment that uses Secret ``app``, and an Event about ExternalSecret ``app``."""
    await client.create(NAMESPACES, "", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}})
    labels = {"app": "checkout"}
    pod = {"containers": [{"name": "c", "image": "i", "envFrom": [{"secretRef": {"name": "app"}}]}]}
    template = {"metadata": {"labels": labels}, "spec": pod}
    spec = {"selector": {"matchLabels": labels}, "template": template}
    await client.create(
        DEPLOYMENTS,
        "team",
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "checkout"}, "spec": spec},
    )
    about = {"kind": "ExternalSecret", "name": "app", "namespace": "team"}
    event = {"metadata": {"name": "e"}, "involvedObject": about, "reason": "Created", "message": "Created Secret app"}
    await client.create(EVENTS, "team", {"apiVersion": "v1", "kind": "Event", **event})


async def visitor(client: Client, name: str, *rules: Object) -> dict[str, str]:
    """Make a ServiceAccount that may do this in namespace ``team``; return the headers of its requests."""
    metadata = {"name": name}
    await client.create(SERVICE_ACCOUNTS, "team", {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
    api_version = f"{RBAC}/v1"
    await client.create(
        ROLES, "team", {"apiVersion": api_version, "kind": "Role", "metadata": metadata, "rules": list(rules)}
    )
    role = {"apiGroup": RBAC, "kind": "Role", "name": name}
    subjects = [{"kind": "ServiceAccount", "name": name, "namespace": "team"}]
    binding = {"metadata": metadata, "roleRef": role, "subjects": subjects}
    await client.create(BINDINGS, "team", {"apiVersion": api_version, "kind": "RoleBinding", **binding})
    issued = await client.create_token("team", name)
    return {"Authorization": f"Bearer {issued.token.reveal().decode()}"}


def may_list(group: str, *resources: str) -> Object:
    return {"apiGroups": [group], "resources": list(resources), "verbs": ["list"]}


async def get(url: str, headers: dict[str, str]) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        return answer.status, await answer.text()


async def test_a_visitor_sees_what_they_may_list_and_no_more(client: Client, url: str) -> None:
    references = may_list("external-secrets.io", "externalsecrets")
    narrow = await visitor(client, "narrow", references)
    wide = await visitor(client, "wide", references, may_list("apps", "deployments"), may_list("", "events"))
    stranger = await visitor(client, "stranger", may_list("", "events"))
    assert (await get(f"{url}/", narrow))[0] == 403
    assert (await get(f"{url}/?namespace=team", narrow))[0] == 200
    assert (await get(f"{url}/?namespace=team", stranger))[0] == 403
    assert (await get(f"{url}/?namespace=team", {"Authorization": "Bearer made-up"}))[0] == 401
    _, seen = await get(url + PAGE, narrow)
    assert ("checkout" in seen, "Created Secret app" in seen) == (False, False)
    assert "you may not list deployments" in seen
    _, seen = await get(url + PAGE, wide)
    assert ("checkout" in seen, "Created Secret app" in seen) == (True, True)
    assert "you may not list pods" in seen
