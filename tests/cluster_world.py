"""What the cluster tests see and touch: processes, and the world through the official Kubernetes client."""

from __future__ import annotations

import base64
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import yaml
from kubernetes import config
from kubernetes.client import ApiException

from tests.aws_accounts import AwsAccounts

T = TypeVar("T")
Object = dict[str, Any]

DEADLINE = 45.0
GROUPS = {
    "ExternalSecret": ("external-secrets.io", "externalsecrets"),
    "SecretStore": ("external-secrets.io", "secretstores"),
    "ClusterSecretStore": ("external-secrets.io", "clustersecretstores"),
    "ClusterExternalSecret": ("external-secrets.io", "clusterexternalsecrets"),
    "PushSecret": ("external-secrets.io", "pushsecrets"),
    "ClusterPushSecret": ("external-secrets.io", "clusterpushsecrets"),
    "SealedSecret": ("bitnami.com", "sealedsecrets"),
    "Widget": ("example.test", "widgets"),
    "ClusterGenerator": ("generators.external-secrets.io", "clustergenerators"),
    "CustomResourceDefinition": ("apiextensions.k8s.io", "customresourcedefinitions"),
}


@cache
def manifests_of(text: str) -> tuple[Object, ...]:
    """Return the manifests of a text in YAML; the same definitions go into every cluster."""
    return tuple(yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


def wait_for(what: str, probe: Callable[[], T], *, seconds: float = DEADLINE) -> T:
    """Return the first truthy answer of ``probe``; fail naming ``what`` and the last answer after ``seconds``."""
    deadline = time.monotonic() + seconds
    while True:
        answer = probe()
        if answer:
            return answer
        if time.monotonic() > deadline:
            message = f"{what}: not within {seconds:g} s; last seen: {answer!r}"
            raise AssertionError(message)
        time.sleep(0.02)


class Process:
    """A child process whose output is kept; ready when a line holds ``ready``."""

    def __init__(self, command: list[str], *, ready: str = "", env: dict[str, str] | None = None) -> None:
        self._command = command
        self._ready = ready
        self._env = {**os.environ, **(env or {})}
        self._lines: list[str] = []
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    @property
    def output(self) -> str:
        return "".join(self._lines)

    @property
    def process(self) -> subprocess.Popen[str]:
        assert self._process is not None
        return self._process

    def __enter__(self) -> Self:
        self.start()
        return self

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command, env=self._env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if self._ready:
            wait_for(f"{self._command} says {self._ready!r}", self._is_ready)

    def stop(self, *, seconds: float = 15.0) -> int:
        """Ask it to stop and return its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(seconds)
        assert self._reader is not None
        self._reader.join(5)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, f"{self._command} ended: {self.output}"
        return self._ready in self.output

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.append(line)


@dataclass(frozen=True)
class Aws:
    """AWS as the tests write to it."""

    endpoint: str
    client: Any
    parameters: Any
    accounts: AwsAccounts

    def put(self, name: str, value: str) -> str:
        """Create or change a secret and return its version."""
        try:
            made = self.client.create_secret(Name=name, SecretString=value)
        except self.client.exceptions.ResourceExistsException:
            made = self.client.put_secret_value(SecretId=name, SecretString=value)
        version: str = made["VersionId"]
        return version


@dataclass(frozen=True)
class Vault:
    """Vault as the tests write to it."""

    address: str
    token: str
    mount: str
    client: Any

    def put(self, path: str, data: dict[str, Any]) -> None:
        self.client.secrets.kv.v2.create_or_update_secret(path, data, mount_point=self.mount)


class OperatorProcess(Process):
    """``secrets-operator run`` as users run it."""

    def __init__(
        self, kubeconfig: Path, namespace: str, *, aws: Aws | None = None, options: Iterable[str] = ()
    ) -> None:
        self.port, self.live_port, self.page_port = free_port(), free_port(), free_port()
        env = {"AWS_EC2_METADATA_DISABLED": "true"}
        if aws is not None:
            env |= {f"AWS_{name}_ENDPOINT": aws.endpoint for name in ("SECRETSMANAGER", "SSM", "STS")}
        super().__init__(
            [
                *(sys.executable, "-m", "secrets_operator", "run"),
                *("--kubeconfig", str(kubeconfig), "--namespace", namespace),
                *("--listen-addr", f"127.0.0.1:{self.port}", "--live-addr", f"127.0.0.1:{self.live_port}"),
                *("--dashboard-addr", f"127.0.0.1:{self.page_port}"),
                *("--key-size", "2048"),
                *options,
            ],
            env=env,
        )

    def get(self, path: str, *, live: bool = False) -> tuple[int, str]:
        """Return status and text of a GET; (0, "") when nobody listens."""
        url = f"http://127.0.0.1:{self.live_port if live else self.port}{path}"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def wait_ready(self) -> None:
        wait_for("the operator is ready", self._is_serving)

    def metric(self, name: str) -> float:
        """Return the sum of a metric over its labels."""
        lines = self.get("/metrics")[1].splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.split("{")[0].split(" ")[0] == name)

    def _is_serving(self) -> bool:
        assert self.process.poll() is None, f"the operator ended:\n{self.output}"
        return self.get("/readyz")[0] == 200


class World:
    """The cluster, read and written by the official client."""

    def __init__(self, kubeconfig: Path) -> None:
        self.api = config.new_client_from_config(str(kubeconfig))  # type: ignore[no-untyped-call]

    def apply(self, manifest: Object, *, manager: str = "gitops") -> Object:
        """Apply a manifest, as a GitOps tool does."""
        kind, metadata = manifest["kind"], manifest["metadata"]
        path = self._path(manifest["apiVersion"], kind, metadata.get("namespace", ""), metadata["name"])
        return self.call("PATCH", path, body=manifest, query={"fieldManager": manager, "force": "true"})

    def apply_files(self, folder: Path) -> None:
        for file in sorted(folder.glob("*.yaml")):
            for manifest in manifests_of(file.read_text()):
                self.apply(manifest)

    def wait_established(self, folder: Path) -> None:
        for file in sorted(folder.glob("*.yaml")):
            name = manifests_of(file.read_text())[0]["metadata"]["name"]
            path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}"
            wait_for(f"{name} is established", partial(self._is_established, path))

    def _is_established(self, path: str) -> bool:
        return (condition(self.call("GET", path), "Established") or {}).get("status") == "True"

    def call(self, method: str, path: str, *, body: Any = None, query: dict[str, str] | None = None) -> Object:
        """Send one request and return the answer's body; raises ApiException for any other answer than success."""
        types = {"PATCH": "application/merge-patch+json"}
        if query and "force" in query:
            types["PATCH"] = "application/apply-patch+yaml"
        headers = {"Accept": "application/json", "Content-Type": types.get(method, "application/json")}
        request = self.api.param_serialize(
            method,
            path,
            query_params=list((query or {}).items()),
            header_params=headers,
            body=body,
            auth_settings=["BearerToken"],
        )
        answer = self.api.call_api(*request)
        answer.read()
        if answer.status >= 400:
            raise ApiException.from_response(http_resp=answer, body=answer.data.decode(), data=None)
        parsed: Object = json.loads(answer.data)
        return parsed

    def find(self, path: str) -> Object | None:
        """Return an object by its path, or None when there is none."""
        try:
            return self.call("GET", path)
        except ApiException as error:
            if error.status == 404:
                return None
            raise

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        """Return a custom resource, or None."""
        return self.find(self._path(_stored_version(kind), kind, namespace, name))

    def delete(self, kind: str, namespace: str, name: str) -> None:
        self.call("DELETE", self._path(_stored_version(kind), kind, namespace, name))

    def config_map(self, namespace: str, name: str) -> Object | None:
        """Return a ConfigMap, or None."""
        return self.find(f"/api/v1/namespaces/{namespace}/configmaps/{name}")

    def secret(self, namespace: str, name: str) -> Object | None:
        """Return a native Secret, or None."""
        return self.find(f"/api/v1/namespaces/{namespace}/secrets/{name}")

    def data(self, namespace: str, name: str) -> dict[str, bytes] | None:
        """Return the decoded data of a native Secret, or None."""
        secret = self.secret(namespace, name)
        return None if secret is None else {k: base64.b64decode(v) for k, v in secret.get("data", {}).items()}

    def wait_data(self, namespace: str, name: str, expected: dict[str, bytes]) -> None:
        """Wait until a native Secret holds exactly ``expected``."""
        wait_for(f"Secret {name} holds {sorted(expected)}", lambda: self.data(namespace, name) == expected)

    def wait_condition(
        self, kind: str, namespace: str, name: str, *, status: str = "True", reason: str = "", says: str = ""
    ) -> Object:
        """Wait until the main condition of a resource has a status, a reason and a text; return the condition."""
        type_ = "Synced" if kind == "SealedSecret" else "Ready"

        def probe() -> Object:
            found = condition(self.get(kind, namespace, name), type_) or {}
            matches = found.get("status") == status and reason in ("", found.get("reason"))
            return found if matches and says in found.get("message", "") else {}

        try:
            return wait_for(f"{kind} {name} is {type_}={status} {reason} {says}", probe)
        except AssertionError as error:
            message = f"{error}; it says {condition(self.get(kind, namespace, name), type_)}"
            raise AssertionError(message) from None

    def wait_for_status(self, namespace: str, name: str, accept: Callable[[Object], bool]) -> None:
        """Wait until the status of an ExternalSecret is as wanted."""
        wait_for(
            f"the status of {name}",
            lambda: accept((self.get("ExternalSecret", namespace, name) or {}).get("status") or {}),
        )

    def ensure_namespace(self, name: str) -> None:
        self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})

    def create_namespace(self) -> str:
        name = f"t-{secrets.token_hex(4)}"
        self.ensure_namespace(name)
        return name

    def delete_namespace(self, name: str) -> None:
        self.call("DELETE", f"/api/v1/namespaces/{name}")

    def put_secret(
        self, namespace: str, name: str, data: dict[str, str], *, manager: str = "somebody", **metadata: Any
    ) -> None:
        """Create a native Secret as somebody else would."""
        body = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, **metadata},
            "stringData": data,
        }
        path = f"/api/v1/namespaces/{namespace}/secrets"
        self.call("POST", path, body=body, query={"fieldManager": manager})

    def edit_secret(self, namespace: str, name: str, change: Object) -> None:
        """Merge ``change`` into a native Secret, as ``kubectl edit`` does."""
        path = f"/api/v1/namespaces/{namespace}/secrets/{name}"
        self.call("PATCH", path, body=change, query={"fieldManager": "kubectl-edit"})

    def delete_secret(self, namespace: str, name: str) -> None:
        self.call("DELETE", f"/api/v1/namespaces/{namespace}/secrets/{name}")

    def events(self, namespace: str, name: str) -> list[Object]:
        """Return the events about an object."""
        query = {"fieldSelector": f"involvedObject.name={name}"}
        found: list[Object] = self.call("GET", f"/api/v1/namespaces/{namespace}/events", query=query)["items"]
        return found

    def _path(self, api_version: str, kind: str, namespace: str, name: str) -> str:
        root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        plural = GROUPS[kind][1] if kind in GROUPS else f"{kind.lower()}s"
        return f"{root}/namespaces/{namespace}/{plural}/{name}" if namespace else f"{root}/{plural}/{name}"


def _stored_version(kind: str) -> str:
    version = "v1alpha1" if kind in {"SealedSecret", "ClusterGenerator", "PushSecret", "ClusterPushSecret"} else "v1"
    return f"{GROUPS[kind][0]}/{version}"


def condition(resource: Object | None, type_: str) -> Object | None:
    """Return a condition of a resource."""
    conditions = ((resource or {}).get("status") or {}).get("conditions") or []
    return next((found for found in conditions if found["type"] == type_), None)


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
