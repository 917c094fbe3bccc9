"""The demo's own view of the cluster: apply, read, and wait for what the operator makes of it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from secrets_operator.clock import SystemClock
from secrets_operator.errors import NotFound
from secrets_operator.kube import connection
from secrets_operator.kube.client import Client
from secrets_operator.kube.resources import (
    CLUSTER_SECRET_STORES,
    EVENTS,
    EXTERNAL_SECRETS,
    NAMESPACES,
    SEALED_SECRETS,
    SECRET_STORES,
    SECRETS,
    Resource,
)

if TYPE_CHECKING:
    from collections.abc import Callable

Object = dict[str, Any]

CRDS = Resource("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", namespaced=False)
WATCHED = (CLUSTER_SECRET_STORES, SECRET_STORES, EXTERNAL_SECRETS, SEALED_SECRETS)
_BY_KIND = {(resource.group, resource.kind): resource for resource in (*WATCHED, SECRETS, NAMESPACES, CRDS)}
_MANAGER = "demo-gitops"


class Cluster:
    """Reads and writes as a GitOps tool and a curious user would."""

    def __init__(self, client: Client) -> None:
        self._client = client
        # Digests on the screen are keyed by a key of this run, so that they say "changed" and nothing else.
        self._key = secrets.token_bytes(32)

    async def apply(self, subject: Object) -> None:
        """Apply one manifest in the version it is written in."""
        group, _, version = subject["apiVersion"].rpartition("/")
        known = _BY_KIND[(group, subject["kind"])]
        resource = Resource(group, version, known.plural, known.kind, namespaced=known.namespaced)
        metadata = subject["metadata"]
        namespace = metadata.get("namespace", "") if known.namespaced else ""
        await self._client.apply(resource, namespace, metadata["name"], subject, manager=_MANAGER)

    async def install(self, folder: Path) -> None:
        """Apply every CRD of a folder."""
        for file in sorted(folder.glob("*.yaml")):
            await self.apply(YAML(typ="safe").load(file))

    async def create_secret(self, namespace: str, name: str, data: dict[str, bytes], **more: Any) -> None:
        """Create a native Secret, such as a credential that never is in Git."""
        encoded = {key: base64.b64encode(value).decode() for key, value in data.items()}
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, **more}, "data": encoded}
        await self._client.create(SECRETS, namespace, body)

    async def edit_by_hand(self, namespace: str, name: str, data: dict[str, bytes]) -> None:
        """Change a Secret as ``kubectl edit`` does."""
        encoded = {key: base64.b64encode(value).decode() for key, value in data.items()}
        await self._client.patch(SECRETS, namespace, name, {"data": encoded}, manager="kubectl-edit")

    async def data(self, namespace: str, name: str) -> dict[str, bytes]:
        """Return the data of a Secret, empty when there is none."""
        try:
            secret = await self._client.get(SECRETS, namespace, name)
        except NotFound:
            return {}
        return {key: base64.b64decode(value) for key, value in (secret.get("data") or {}).items()}

    def digest(self, value: bytes) -> str:
        """Return a short keyed digest of a value."""
        return hmac.digest(self._key, value, hashlib.sha256).hex()[:12]

    async def resources(self) -> list[Object]:
        """Return every store, reference and sealed secret."""
        lists = await asyncio.gather(*(self._client.list(resource) for resource in WATCHED))
        return [
            {**item, "kind": resource.kind}
            for resource, found in zip(WATCHED, lists, strict=True)
            for item in found["items"]
        ]

    async def wait_ready(self, namespace: str, name: str) -> None:
        """Follow one ExternalSecret until it is Ready; this measures, so it watches instead of asking again."""
        watch = self._client.watch(EXTERNAL_SECRETS, namespace, field_selector=f"metadata.name={name}")
        async with aclosing(watch) as events:
            async for event in events:
                if event["type"] in {"ADDED", "MODIFIED"} and is_ready(event["object"]):
                    return

    async def wait_data(
        self, namespace: str, name: str, accept: Callable[[dict[str, bytes]], bool]
    ) -> dict[str, bytes]:
        """Wait until the data of a Secret is as wanted, and return it."""
        while not accept(data := await self.data(namespace, name)):
            await asyncio.sleep(0.02)
        return data

    async def wait_event(self, namespace: str, name: str, reason: str) -> str:
        """Wait for an event about an object and return its message."""
        while True:
            found = await self._client.list(
                EVENTS, namespace, field_selector=f"involvedObject.name={name},reason={reason}"
            )
            if found["items"]:
                return str(found["items"][-1]["message"])
            await asyncio.sleep(0.05)


def connect(kubeconfig: Path) -> Client:
    """Return a client for the cluster of a kubeconfig."""
    clock = SystemClock()
    return Client(connection.load({}, clock=clock, path=str(kubeconfig)), clock=clock)


def main_condition(resource: Object) -> Object:
    """Return the condition that says whether a resource is well."""
    wanted = "Synced" if resource["kind"] == "SealedSecret" else "Ready"
    conditions = (resource.get("status") or {}).get("conditions") or []
    return next((found for found in conditions if found["type"] == wanted), {})


def is_ready(resource: Object) -> bool:
    """Tell whether a resource is well."""
    return main_condition(resource).get("status") == "True"
