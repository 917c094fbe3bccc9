"""Writes the status of the resources people committed, and nothing else of them.

Server-side apply to the status subresource under one field manager: the metadata and spec that Git owns are not
touched, so a GitOps tool sees no difference.
"""

from __future__ import annotations

from typing import Any

from secrets_operator.errors import NotFound
from secrets_operator.flow import Object
from secrets_operator.kube.client import Client
from secrets_operator.kube.resources import Resource
from secrets_operator.planning.marks import STATUS_MANAGER


class Statuses:
    """Writes whole statuses; the caller leaves a write out when nothing changed."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def write(self, resource: Resource, target: Object, status: dict[str, Any]) -> None:
        """Make ``status`` the status of ``target``; a resource deleted meanwhile needs none. Raises Retryable."""
        metadata = target["metadata"]
        namespace, name = metadata.get("namespace", ""), metadata["name"]
        body: Object = {
            "apiVersion": target["apiVersion"],
            "kind": target["kind"],
            "metadata": {"name": name, **({"namespace": namespace} if namespace else {})},
            "status": status,
        }
        try:
            await self._client.apply(resource, namespace, name, body, manager=STATUS_MANAGER, subresource="status")
        except NotFound:
            return
