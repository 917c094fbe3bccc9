"""Logins with service accounts, whose tokens the dev cluster reviews."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from devcluster import Cluster


@dataclass(frozen=True)
class Accounts:
    """Makes service accounts of a cluster and tokens for them."""

    cluster: Cluster
    session: aiohttp.ClientSession

    async def ask(self, path: str, body: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.cluster.token}"}
        async with self.session.post(f"{self.cluster.url}{path}", json=body, headers=headers) as answer:
            assert answer.status in {201, 409}, await answer.text()
            return await answer.json()

    async def token(self, name: str, *audiences: str) -> str:
        place = "/api/v1/namespaces/default/serviceaccounts"
        await self.ask(place, {"metadata": {"name": name}})
        spec = {"spec": {"audiences": list(audiences)}} if audiences else {"spec": {}}
        issued = await self.ask(f"{place}/{name}/token", spec)
        token: str = issued["status"]["token"]
        return token


@pytest.fixture
async def accounts() -> AsyncIterator[Accounts]:
    async with Cluster(port=0, http=True) as cluster, aiohttp.ClientSession() as session:
        yield Accounts(cluster, session)


@pytest.fixture
async def roles(client: Any, accounts: Accounts) -> None:
    assert (await client("POST", "sys/auth/kubernetes", {"type": "kubernetes"})).status == 204
    config = {"kubernetes_host": accounts.cluster.url, "token_reviewer_jwt": accounts.cluster.token}
    assert (await client("POST", "auth/kubernetes/config", config)).status == 204
    bound = {"bound_service_account_names": "app", "bound_service_account_namespaces": ["default"]}
    for name, more in {"any": {}, "vault": {"audience": "vault"}}.items():
        role = {**bound, **more, "token_policies": "k8s", "token_ttl": "10m"}
        assert (await client("POST", f"auth/kubernetes/role/{name}", role)).status == 204


async def login(client: Any, role: str, token: str) -> Any:
    return await client("POST", "auth/kubernetes/login", {"role": role, "jwt": token}, token="")


async def test_a_service_account_logs_in(client: Any, roles: None, accounts: Accounts) -> None:
    auth = (await login(client, "any", await accounts.token("app"))).body["auth"]
    assert (auth["policies"], auth["lease_duration"]) == (["default", "k8s"], 600)
    assert auth["metadata"]["service_account_name"] == "app"
    assert auth["metadata"]["service_account_namespace"] == "default"


async def test_a_role_may_ask_for_an_audience(client: Any, roles: None, accounts: Accounts) -> None:
    assert (await login(client, "vault", await accounts.token("app", "vault"))).status == 200
    assert (await login(client, "vault", await accounts.token("app", "other"))).status == 403


async def test_who_is_not_bound_or_not_known_is_refused(client: Any, roles: None, accounts: Accounts) -> None:
    assert (await login(client, "any", await accounts.token("other"))).status == 403
    assert (await login(client, "any", "no-token")).status == 403
    assert (await login(client, "none", "no-token")).status == 400


async def test_a_cluster_that_is_gone_is_an_error_of_the_server(client: Any, roles: None) -> None:
    await client("POST", "auth/kubernetes/config", {"kubernetes_host": "http://127.0.0.1:9"})
    assert (await login(client, "any", "some-token")).status == 500


async def test_settings_and_roles_are_read_back_without_the_reviewers_token(client: Any, roles: None) -> None:
    config = (await client("GET", "auth/kubernetes/config")).data
    assert config["token_reviewer_jwt_set"] is True
    assert "token_reviewer_jwt" not in config
    role = (await client("GET", "auth/kubernetes/role/vault")).data
    assert (role["audience"], role["bound_service_account_names"]) == ("vault", ["app"])
    assert (await client("LIST", "auth/kubernetes/role")).data["keys"] == ["any", "vault"]
