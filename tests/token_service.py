"""A service that hands out tokens, over HTTP: as much of GitHub and GitLab as generators ask."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.cluster.manifests import external_secret, generated, generator
from tests.cluster_world import World, wait_for

LOGIN = "l0gin-private"
STATES = "/apis/generators.external-secrets.io/v1alpha1/namespaces/{}/generatorstates"
LONG_AGO = {"spec": {"garbageCollectionDeadline": "2026-01-01T00:00:00Z"}}


class TokenService(ThreadingHTTPServer):
    """Counts its tokens; ``status`` is what every request gets in place of an answer."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = 0
        self.made = 0
        self.living: set[int] = set()
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def gitlab(self, name: str = "puller") -> dict[str, Any]:
        """Return the spec of a GitlabDeployToken here; a Secret ``token-service`` holds what it asks with."""
        secret = {"name": "token-service", "key": "token"}
        return {
            "url": self.url,
            "projectID": "7",
            "name": name,
            "scopes": ["read_registry"],
            "auth": {"token": {"secretRef": secret}},
        }

    def answer(self, method: str, path: str, login: str) -> tuple[int, Any]:
        self.asked.append(f"{method} {path}")
        if self.status:
            return self.status, {"message": LOGIN}
        if path.startswith("/app/installations/"):
            self.made += 1
            return 201, {"token": f"ghs_{self.made}", "expires_at": "2100-01-01T00:00:00Z"}
        if login != LOGIN:
            return 401, {"message": "401 Unauthorized"}
        if method == "DELETE":
            number = int(path.rpartition("/")[2])
            found = number in self.living
            self.living.discard(number)
            return (204, None) if found else (404, {"message": "404 Not Found"})
        self.made += 1
        self.living.add(self.made)
        return 201, {"id": self.made, "username": f"gitlab+deploy-token-{self.made}", "token": f"gldt-{self.made}"}


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer("POST")

    def do_DELETE(self) -> None:
        self._answer("DELETE")

    def _answer(self, method: str) -> None:
        assert isinstance(self.server, TokenService)
        status, document = self.server.answer(method, self.path, self.headers.get("PRIVATE-TOKEN") or "")
        body = b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing."""


@contextmanager
def token_service() -> Iterator[TokenService]:
    """Serve until the end of the block."""
    server = TokenService()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def use_a_deploy_token(world: World, namespace: str) -> None:
    """Have a token made for an ExternalSecret, and revoked."""
    with token_service() as service:
        world.put_secret(namespace, "token-service", {"token": LOGIN})
        world.apply(generator(namespace, "GitlabDeployToken", service.gitlab()))
        entry = generated("GitlabDeployToken")
        world.apply(external_secret(namespace, name="token", dataFrom=[entry], target={"name": "token"}))
        world.wait_condition("ExternalSecret", namespace, "token")
        (state,) = world.call("GET", STATES.format(namespace))["items"]
        world.call("PATCH", f"{STATES.format(namespace)}/{state['metadata']['name']}", body=LONG_AGO)
        wait_for("the token is revoked", lambda: service.made and not service.living)
