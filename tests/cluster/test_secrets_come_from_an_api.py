"""A webhook store on a cluster: each reader has its own request, and the last good Secret outlasts the API."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.cluster.manifests import external_secret, generated, generator
from tests.cluster_world import Object, OperatorProcess, World, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.process, pytest.mark.usefixtures("operator")]

TOKEN = "api-token-private"
OTHER = "other-token-private"
LABELS = {"external-secrets.io/type": "webhook"}


class Api(ThreadingHTTPServer):
    """Answers with what it was asked, or with a status that a test chose."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = 200
        self.asked = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Api)
        self.server.asked += 1
        account = {f"Bearer {TOKEN}": "first", f"Bearer {OTHER}": "second"}.get(self.headers["Authorization"], "")
        status = self.server.status if account else 401
        body = json.dumps({"data": {"path": self.path, "private": TOKEN}, "account": account}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing."""


@pytest.fixture
def api() -> Iterator[Api]:
    server = Api()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def api_store(namespace: str, api: Api, **webhook: Any) -> Object:
    settings = {
        "url": api.url + "/{{ .remoteRef.namespace }}/{{ .remoteRef.key }}?p={{ .remoteRef.property }}",
        "headers": {"Authorization": "Bearer {{ .login.token | trim }}"},
        "result": {"jsonPath": "$.data.path"},
        "secrets": [{"name": "login", "secretRef": {"name": "api-login"}}],
    }
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "SecretStore",
        "metadata": {"name": "api", "namespace": namespace},
        "spec": {"provider": {"webhook": {**settings, **webhook}}},
    }


def test_requests_hold_the_key_the_property_and_the_reader(world: World, namespace: str, api: Api) -> None:
    world.put_secret(namespace, "api-login", {"token": f"{TOKEN}\n"}, labels=LABELS)
    world.apply(api_store(namespace, api))
    world.wait_condition("SecretStore", namespace, "api")
    world.apply(external_secret(namespace, {"one": "a/b#x", "two": "a/b#y"}, store="api"))
    path = f"/{namespace}/a%2Fb?p="
    world.wait_data(namespace, "app", {"one": f"{path}x".encode(), "two": f"{path}y".encode()})


def test_another_credential_is_noticed_at_once_and_readers_read_again(world: World, namespace: str, api: Api) -> None:
    world.put_secret(namespace, "api-login", {"token": TOKEN}, labels=LABELS)
    store = api_store(namespace, api, result={"jsonPath": "$.account"})
    store["spec"]["refreshInterval"] = "24h"
    world.apply(store)
    world.apply(external_secret(namespace, {"account": "a"}, store="api", refreshInterval="24h"))
    world.wait_data(namespace, "app", {"account": b"first"})
    world.edit_secret(namespace, "api-login", {"stringData": {"token": OTHER}})
    world.wait_data(namespace, "app", {"account": b"second"})


def test_namespaces_that_share_a_cluster_store_are_told_apart(world: World, namespace: str, api: Api) -> None:
    world.put_secret(namespace, "api-login", {"token": TOKEN}, labels=LABELS)
    other = world.create_namespace()
    secrets = [{"name": "login", "secretRef": {"name": "api-login", "namespace": namespace}}]
    store = api_store("", api, secrets=secrets) | {
        "kind": "ClusterSecretStore",
        "metadata": {"name": f"api-{namespace}"},
    }
    world.apply(store)
    try:
        for place in (namespace, other):
            world.apply(external_secret(place, {"k": "a"}, store=f"api-{namespace}", kind="ClusterSecretStore"))
        for place in (namespace, other):
            world.wait_data(place, "app", {"k": f"/{place}/a?p=".encode()})
    finally:
        world.delete("ClusterSecretStore", "", f"api-{namespace}")
        world.delete_namespace(other)


def test_a_generator_asks_once_with_each_refresh(world: World, namespace: str, api: Api) -> None:
    world.put_secret(namespace, "api-login", {"token": TOKEN}, labels=LABELS)
    spec = {
        "url": f"{api.url}/tokens",
        "headers": {"Authorization": "Bearer {{ .login.token }}"},
        "result": {"jsonPath": "$.data"},
        "secrets": [{"name": "login", "secretRef": {"name": "api-login"}}],
    }
    world.apply(generator(namespace, "Webhook", spec))
    world.apply(external_secret(namespace, dataFrom=[generated("Webhook")], refreshInterval="24h"))
    world.wait_condition("ExternalSecret", namespace, "app")
    world.wait_data(namespace, "app", {"path": b"/tokens", "private": TOKEN.encode()})
    assert api.asked == 1


def test_a_secret_is_sent_to_an_api_only_when_it_is_labelled(world: World, namespace: str, api: Api) -> None:
    world.put_secret(namespace, "api-login", {"token": TOKEN})
    world.apply(api_store(namespace, api))
    says = "needs the label external-secrets.io/type: webhook"
    world.wait_condition("SecretStore", namespace, "api", status="False", says=says)
    assert api.asked == 0


@pytest.mark.parametrize("status", [429, 500, 503])
def test_the_last_good_secret_outlasts_trouble_of_the_api(
    world: World, namespace: str, api: Api, operator: OperatorProcess, status: int
) -> None:
    world.put_secret(namespace, "api-login", {"token": TOKEN}, labels=LABELS)
    world.apply(api_store(namespace, api))
    policy = {"deletionPolicy": "Delete"}
    world.apply(external_secret(namespace, {"k": "a"}, store="api", refreshInterval="1s", target=policy))
    world.wait_data(namespace, "app", {"k": f"/{namespace}/a?p=".encode()})
    before = world.secret(namespace, "app")
    api.status = status
    failed = world.wait_condition("ExternalSecret", namespace, "app", status="False", says=f"(status {status})")
    assert TOKEN not in failed["message"]
    assert TOKEN not in operator.output
    assert world.secret(namespace, "app") == before
    api.status = 200
    world.wait_condition("ExternalSecret", namespace, "app")
    if status == 503:
        api.status = 404
        wait_for("the Secret follows a definite answer", lambda: world.secret(namespace, "app") is None)
