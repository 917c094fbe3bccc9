"""A Vault that is in trouble: Secrets stay as they were, and follow again once it answers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hvac
import pytest

from devvault import BodyFault, DevVault, Fault
from tests.cluster.manifests import external_secret, push_secret, pushed_to
from tests.cluster_world import Object, OperatorProcess, World, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.process]

# Enough for every attempt that a test waits for.
ALWAYS = 1000


@pytest.fixture(scope="module")
def stand_in() -> Iterator[DevVault]:
    """A Vault in a thread of this process, whose answers tests break."""
    loop, vault = asyncio.new_event_loop(), DevVault()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(vault.__aenter__(), loop).result(10)
    yield vault
    asyncio.run_coroutine_threadsafe(vault.__aexit__(None, None, None), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture(scope="module")
def admin(stand_in: DevVault, world: World) -> hvac.Client:
    """Vault's administrator, who lets service accounts of the cluster called app log in."""
    settings = world.api.configuration
    reviewer = settings.api_key.get("BearerToken", "").removeprefix("Bearer ")
    if not reviewer:
        pytest.skip("the kubeconfig has no token that could review others for Vault")
    client = hvac.Client(url=stand_in.url, token=stand_in.root_token)
    client.sys.enable_auth_method("kubernetes")
    client.write_data(
        "auth/kubernetes/config",
        data={
            "kubernetes_host": settings.host,
            "kubernetes_ca_cert": Path(settings.ssl_ca_cert).read_text(),
            "token_reviewer_jwt": reviewer,
        },
    )
    rules = (
        'path "secret/data/*" { capabilities = ["create", "read", "update"] }\n'
        'path "secret/metadata/*" { capabilities = ["create", "read", "update", "delete"] }'
    )
    client.sys.create_or_update_policy("app", rules)
    bound = {"bound_service_account_names": "app", "bound_service_account_namespaces": "*"}
    client.write_data("auth/kubernetes/role/app", data={**bound, "policies": "app", "token_ttl": "1h"})
    return client


@pytest.fixture
def synced(world: World, namespace: str, stand_in: DevVault, admin: hvac.Client, operator: OperatorProcess) -> str:
    """An ExternalSecret of a store that logs in with a service account; returns the namespace."""
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "app", "namespace": namespace}}
    world.apply(account)
    put(admin, namespace, "old")
    world.apply(store(namespace, stand_in.url))
    world.apply(external_secret(namespace, {"k": f"{namespace}#k"}, store="vault", refreshInterval="1s"))
    world.wait_data(namespace, "app", {"k": b"old"})
    return namespace


def store(namespace: str, url: str) -> Object:
    login = {"mountPath": "kubernetes", "role": "app", "serviceAccountRef": {"name": "app"}}
    vault = {"server": url, "path": "secret", "version": "v2", "auth": {"kubernetes": login}}
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "SecretStore",
        "metadata": {"name": "vault", "namespace": namespace},
        # One attempt a read, so that a test does not wait for several.
        "spec": {"provider": {"vault": vault}, "retrySettings": {"maxRetries": 0}},
    }


def put(admin: hvac.Client, name: str, value: str) -> None:
    admin.secrets.kv.v2.create_or_update_secret(name, {"k": value}, mount_point="secret")


def reader(vault: DevVault, name: str) -> str:
    """Return the accessor of the one token that a secret was read with."""
    (accessor,) = {one.accessor for one in vault.log.matching(f"/data/{name}$", "GET")}
    return accessor


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"status": 500}, id="broken"),
        pytest.param({"status": 503}, id="sealed"),
        pytest.param({"status": 429}, id="throttled"),
        pytest.param({"body": BodyFault.RESET}, id="connections are reset"),
        pytest.param({"body": BodyFault.INVALID}, id="answers are truncated"),
        pytest.param({"body": BodyFault.CUT}, id="answers are cut off"),
    ],
)
def test_a_secret_outlasts_the_trouble(
    *, world: World, synced: str, stand_in: DevVault, admin: hvac.Client, fault: dict[str, Any]
) -> None:
    stand_in.add_fault(Fault(f"/data/{synced}$", method="GET", times=ALWAYS, **fault))
    try:
        put(admin, synced, "new")
        world.wait_condition("ExternalSecret", synced, "app", status="False", reason="SecretSyncedError")
        assert world.data(synced, "app") == {"k": b"old"}
    finally:
        stand_in.heal()
    world.wait_data(synced, "app", {"k": b"new"})


def test_a_push_waits_for_the_end_of_the_trouble(
    world: World, synced: str, stand_in: DevVault, admin: hvac.Client, operator: OperatorProcess
) -> None:
    key = f"pushed-{synced}"
    world.put_secret(synced, "source", {"password": "canary-vault-51d7"})
    stand_in.add_fault(Fault(f"/data/{key}$", 503, method="POST", times=ALWAYS))
    try:
        entries = [pushed_to(key, "password", of="password")]
        refs = {"secretStoreRefs": [{"name": "vault"}], "deletionPolicy": "Delete"}
        world.apply(push_secret(synced, entries, name="push", **refs))
        world.wait_condition("PushSecret", synced, "push", status="False", says="Vault does not answer")
    finally:
        stand_in.heal()
    world.wait_condition("PushSecret", synced, "push", reason="Synced")
    kept = admin.secrets.kv.v2.read_secret_version(key, mount_point="secret", raise_on_deleted_version=True)["data"]
    assert (kept["data"], kept["metadata"]["version"]) == ({"password": "canary-vault-51d7"}, 1)
    world.delete("PushSecret", synced, "push")
    wait_for("what was pushed is gone", lambda: key not in names(admin))
    assert "canary-vault-51d7" not in operator.output


def names(admin: hvac.Client) -> list[str]:
    listed: list[str] = admin.secrets.kv.v2.list_secrets("", mount_point="secret")["data"]["keys"]
    return listed


def test_an_ended_login_is_made_again_unnoticed(
    world: World, synced: str, stand_in: DevVault, admin: hvac.Client
) -> None:
    admin.auth.token.revoke_accessor(reader(stand_in, synced))
    put(admin, synced, "new")
    world.wait_data(synced, "app", {"k": b"new"})
    assert world.wait_condition("ExternalSecret", synced, "app")["reason"] == "SecretSynced"


def test_logins_are_counted_and_ended_with_the_store(
    world: World, synced: str, stand_in: DevVault, operator: OperatorProcess
) -> None:
    logins = 'secrets_operator_provider_calls_total{call="Login",provider="HashiCorp/Vault",status="success"}'
    assert logins in operator.get("/metrics")[1]
    held = reader(stand_in, synced)
    assert operator.metric("secrets_operator_provider_leases") >= 1
    world.delete("ExternalSecret", synced, "app")
    world.delete("SecretStore", synced, "vault")
    ended = "auth/token/revoke-self$"
    wait_for("the login is ended", lambda: held in {one.accessor for one in stand_in.log.matching(ended)})
