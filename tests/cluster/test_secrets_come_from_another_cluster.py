"""Hub and spoke: Secrets of one cluster become Secrets of another, and outlast whatever happens to the hub."""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster.manifests import external_secret, push_secret, pushed_to
from tests.cluster_world import Object, OperatorProcess, Process, World, free_port, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.process, pytest.mark.usefixtures("operator")]

READER = [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list"]}]
WRITER = [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "create", "update", "delete"]}]


class Hub:
    """A cluster in a process of its own, with an account that may read the Secrets of one namespace."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "kubeconfig"
        self._command = [
            *(sys.executable, "-m", "devcluster", "--port", str(free_port()), "--kubeconfig", str(self.file)),
            *("--data", str(folder / "data.json")),
        ]
        self._process: Process | None = None
        self.start()
        self.world = World(self.file)

    def start(self) -> None:
        self._process = Process(self._command, ready="devcluster ready")
        self._process.__enter__()

    def stop(self) -> None:
        assert self._process is not None
        self._process.__exit__(None, None, None)

    @property
    def cluster(self) -> dict[str, str]:
        found: dict[str, str] = yaml.safe_load(self.file.read_text())["clusters"][0]["cluster"]
        return found

    def account(self, namespace: str, rules: list[Object] = READER) -> str:
        """Make an account with its rights and return a token of it."""
        meta = {"metadata": {"name": "spoke", "namespace": namespace}}
        subject = {"kind": "ServiceAccount", "name": "spoke", "namespace": namespace}
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "spoke"}
        rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
        accounts = f"/api/v1/namespaces/{namespace}/serviceaccounts"
        self.world.call("POST", accounts, body=meta)
        self.world.call("POST", f"{rbac}/roles", body={**meta, "rules": rules})
        self.world.call("POST", f"{rbac}/rolebindings", body={**meta, "roleRef": role, "subjects": [subject]})
        token: str = self.world.call("POST", f"{accounts}/spoke/token", body={"spec": {}})["status"]["token"]
        return token


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    found = Hub(tmp_path_factory.mktemp("hub"))
    yield found
    found.stop()


@pytest.fixture
def remote(hub: Hub) -> str:
    """A namespace of the hub with the Secret ``database``."""
    name = hub.world.create_namespace()
    hub.world.put_secret(name, "database", {"user": "u", "config": '{"port": 5432}'}, labels={"team": "shop"})
    return name


def hub_store(hub: Hub, namespace: str, remote: str) -> Object:
    server = {"url": hub.cluster["server"], "caBundle": hub.cluster["certificate-authority-data"]}
    auth = {"token": {"bearerToken": {"name": "hub-token", "key": "token"}}}
    return store(namespace, server=server, auth=auth, remoteNamespace=remote)


def store(namespace: str, **kubernetes: Any) -> Object:
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "SecretStore",
        "metadata": {"name": "hub", "namespace": namespace},
        "spec": {"provider": {"kubernetes": kubernetes}},
    }


def test_a_secret_of_the_hub_is_read_by_key_by_label_and_whole(
    world: World, namespace: str, hub: Hub, remote: str
) -> None:
    world.put_secret(namespace, "hub-token", {"token": hub.account(remote)})
    world.apply(hub_store(hub, namespace, remote))
    world.wait_condition("SecretStore", namespace, "hub")
    finds = [{"extract": {"key": "database"}}, {"find": {"tags": {"team": "shop"}}}]
    world.apply(external_secret(namespace, {"port": "database#config.port"}, store="hub", dataFrom=finds))
    whole = b'{"config":"{\\"port\\": 5432}","user":"u"}'
    config = b'{"port": 5432}'
    world.wait_data(namespace, "app", {"port": b"5432", "user": b"u", "config": config, "database": whole})


def test_a_kubeconfig_in_a_secret_reaches_the_hub(world: World, namespace: str, hub: Hub, remote: str) -> None:
    config = yaml.safe_load(hub.file.read_text())
    config["users"][0]["user"] = {"token": hub.account(remote)}
    world.put_secret(namespace, "hub-token", {"config": yaml.safe_dump(config)})
    world.apply(store(namespace, authRef={"name": "hub-token", "key": "config"}, remoteNamespace=remote))
    world.apply(external_secret(namespace, {"user": "database#user"}, store="hub"))
    world.wait_data(namespace, "app", {"user": b"u"})


def test_an_account_of_this_cluster_reads_another_namespace_and_no_third_one(
    world: World, namespace: str, kubeconfig: Path
) -> None:
    """Without rights of its own the account may read nothing, whatever the operator itself may."""
    cluster = yaml.safe_load(kubeconfig.read_text())["clusters"][0]["cluster"]
    server = {"url": cluster["server"], "caBundle": cluster["certificate-authority-data"]}
    account = {"metadata": {"name": "spoke", "namespace": namespace}}
    world.call("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts", body=account)
    auth = {"serviceAccount": {"name": "spoke"}}
    world.apply(store(namespace, server=server, auth=auth, remoteNamespace="secrets-operator"))
    says = "may not get secrets in namespace secrets-operator"
    world.wait_condition("SecretStore", namespace, "hub", status="False", says=says)


def test_a_secret_of_this_cluster_is_kept_at_the_hub(world: World, namespace: str, hub: Hub, remote: str) -> None:
    world.put_secret(namespace, "hub-token", {"token": hub.account(remote, WRITER)})
    world.put_secret(namespace, "source", {"user": "s", "password": "p-1"}, labels={"team": "spoke"})
    world.apply(hub_store(hub, namespace, remote))
    entries = [pushed_to("whole"), pushed_to("database", "password", of="password")]
    world.apply(push_secret(namespace, entries, secretStoreRefs=[{"name": "hub"}], deletionPolicy="Delete"))
    hub.world.wait_data(remote, "whole", {"user": b"s", "password": b"p-1"})
    hub.world.wait_data(remote, "database", {"user": b"u", "config": b'{"port": 5432}', "password": b"p-1"})
    whole = hub.world.secret(remote, "whole")
    assert whole is not None
    assert whole["metadata"]["labels"] == {"team": "spoke"}

    world.edit_secret(namespace, "source", {"stringData": {"password": "p-2"}})
    hub.world.wait_data(remote, "whole", {"user": b"s", "password": b"p-2"})
    world.delete("PushSecret", namespace, "app")
    wait_for("what was pushed is gone", lambda: hub.world.secret(remote, "whole") is None)
    hub.world.wait_data(remote, "database", {"user": b"u", "config": b'{"port": 5432}'})


def test_the_last_good_secret_outlasts_the_hub(
    world: World, namespace: str, hub: Hub, remote: str, operator: OperatorProcess
) -> None:
    world.put_secret(namespace, "hub-token", {"token": hub.account(remote)})
    world.apply(hub_store(hub, namespace, remote))
    policy = {"deletionPolicy": "Delete"}
    reference = external_secret(namespace, {"user": "database#user"}, store="hub", refreshInterval="1s", target=policy)
    world.apply(reference)
    world.wait_data(namespace, "app", {"user": b"u"})
    before = world.secret(namespace, "app")
    hub.stop()
    says = "the API server cannot be reached: check server.url"
    world.wait_condition("ExternalSecret", namespace, "app", status="False", says=says)
    assert world.secret(namespace, "app") == before
    assert "hub-token" not in operator.get("/metrics")[1]
    hub.start()
    hub.world = World(hub.file)
    world.wait_condition("ExternalSecret", namespace, "app")
    value = base64.b64encode(b"rotated").decode()
    hub.world.edit_secret(remote, "database", {"data": {"user": value}})
    world.wait_data(namespace, "app", {"user": b"rotated"})
    hub.world.delete_secret(remote, "database")
    wait_for("the Secret follows its source", lambda: world.secret(namespace, "app") is None)
