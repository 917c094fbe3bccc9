"""Service accounts of the dev cluster as logins; the stand-in has their tokens reviewed there."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from secrets_operator_vault.logins.ticket import Surroundings

from devcluster import Cluster
from secrets_operator.clock import SystemClock
from secrets_operator.errors import InvalidSpec, Refused
from secrets_operator.flow import SecretBytes
from secrets_operator.kube.client import Client
from secrets_operator.kube.connection import Connection
from secrets_operator.kube.credentials import FixedToken
from secrets_operator.kube.resources import SERVICE_ACCOUNTS
from secrets_operator.provider import Found, StoreIdentity
from secrets_operator.provider.memory import MemoryHost

VALUE = Found(SecretBytes(b'{"n":"1"}'))


class ClusterHost(MemoryHost):
    """A host whose service-account tokens are real ones of a cluster."""

    client: Client

    async def service_account_token(
        self, selector: Mapping[str, Any], *, audiences: Sequence[str], field: str, seconds: int = 3600
    ) -> SecretBytes:
        assert (seconds, field) == (600, "auth.kubernetes.serviceAccountRef")
        issued = await self.client.create_token("default", selector["name"], audiences=audiences, seconds=seconds)
        return issued.token


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    async with Cluster(port=0) as running:
        yield running


@pytest.fixture
async def client(cluster: Cluster) -> AsyncIterator[Client]:
    trust = ssl.create_default_context(cadata=cluster.ca_pem)
    found = Connection(cluster.url, FixedToken(SecretBytes(cluster.token.encode())), trust)
    async with Client(found, clock=SystemClock()) as running:
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "app", "namespace": "default"}}
        await running.apply(SERVICE_ACCOUNTS, "default", "app", account, manager="test")
        yield running


@pytest.fixture
async def kubernetes_mount(place: Any, policy: str, cluster: Cluster, stand_in: Any, enabled: Any) -> str:
    mount: str = await enabled(place, "kubernetes", policy)
    config = {
        "kubernetes_host": cluster.url,
        "kubernetes_ca_cert": cluster.ca_pem,
        "token_reviewer_jwt": cluster.token,
    }
    assert (await place.ask("POST", f"auth/{mount}/config", config))[0] == 204
    bound = {"bound_service_account_names": "app", "bound_service_account_namespaces": "default"}
    await place.ask("POST", f"auth/{mount}/role/app", {**bound, "token_policies": policy})
    return mount


async def test_a_service_account_logs_in(spec: Any, kubernetes_mount: str, client: Client, reads: Any) -> None:
    host = ClusterHost()
    host.client = client
    auth = {"kubernetes": {"mountPath": kubernetes_mount, "role": "app", "serviceAccountRef": {"name": "app"}}}
    assert await reads(spec, auth, host) == VALUE


async def test_the_token_is_for_the_audiences_that_are_named(
    spec: Any, kubernetes_mount: str, reads: Any, accounts: Any
) -> None:
    host = accounts(token="known-to-nobody")
    account = {"name": "app", "audiences": ["vault", "other"]}
    with pytest.raises(Refused):
        await reads(
            spec, {"kubernetes": {"mountPath": kubernetes_mount, "role": "app", "serviceAccountRef": account}}, host
        )
    assert host.asked == [("app", ("vault", "other"), 600)]


async def test_a_token_of_a_service_account_in_a_secret_logs_in(
    spec: Any, kubernetes_mount: str, client: Client, reads: Any
) -> None:
    token = (await client.create_token("default", "app")).token.reveal().decode()
    auth = {"kubernetes": {"mountPath": kubernetes_mount, "role": "app", "secretRef": {"name": "sa"}}}
    assert await reads(spec, auth, MemoryHost(secrets={("default", "sa"): {"token": token}})) == VALUE


async def test_a_service_account_that_is_not_bound_is_refused(spec: Any, kubernetes_mount: str, reads: Any) -> None:
    auth = {"kubernetes": {"mountPath": kubernetes_mount, "role": "app", "secretRef": {"name": "sa"}}}
    with pytest.raises(Refused) as refused:
        await reads(spec, auth, MemoryHost(secrets={("default", "sa"): {"token": "some-other-token"}}))
    assert refused.value.field == "auth.kubernetes"


async def test_the_operators_own_token_is_for_cluster_stores_and_its_own_vault_only(
    spec: Any, kubernetes_mount: str, client: Client, tmp_path: Path, reads: Any
) -> None:
    file = tmp_path / "token"
    file.write_text((await client.create_token("default", "app")).token.reveal().decode() + "\n")
    auth = {"kubernetes": {"mountPath": kubernetes_mount, "role": "app"}}
    static = {"name": "vault", "key": "token", "namespace": "default"}
    used = {**spec, "auth": {"tokenSecretRef": static}}
    trusted = MemoryHost(StoreIdentity("ClusterSecretStore", "store", "default"))
    assert await reads(used, auth, trusted, surroundings=Surroundings({}, file)) == VALUE
    own = Surroundings({"VAULT_ADDR": spec["server"] + "/"}, file)
    assert await reads(used, auth, MemoryHost(), surroundings=own) == VALUE
    with pytest.raises(InvalidSpec, match="VAULT_ADDR"):
        await reads(used, auth, MemoryHost(), surroundings=Surroundings({}, file))
    with pytest.raises(InvalidSpec, match="no mounted token"):
        await reads(used, auth, trusted, surroundings=Surroundings({}, tmp_path / "none"))
