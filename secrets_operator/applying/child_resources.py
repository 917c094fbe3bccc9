"""Writes what a cluster-wide resource makes in namespaces, by server-side apply under a field manager of its own.

Applying names only what the parent owns: labels and annotations of others stay, what the parent no longer says goes.
The spec is the parent's alone.
"""

from __future__ import annotations

from typing import Any

from secrets_operator.errors import NotFound
from secrets_operator.flow import Object
from secrets_operator.kube.client import Client
from secrets_operator.kube.errors import Conflict
from secrets_operator.kube.resources import Resource
from secrets_operator.planning.child_resources import Child, DesiredChild, child, is_child_of, surplus


class ChildResources:
    """Applies and deletes the children of one kind of parent."""

    def __init__(self, client: Client, *, kind: Resource, parents: Resource) -> None:
        self._client = client
        self._kind = kind
        self._parents = parents

    async def apply(self, desired: DesiredChild) -> bool:
        """Apply ``desired``; return False when something else turned out to have its name, which is left as it is.

        Raises Conflict when the child it was to become was replaced meanwhile, Terminal when the API server refuses it,
        Retryable when it does not answer.
        """
        if not desired.uid and await self._is_taken(desired):
            return False
        place, body = (desired.namespace, desired.name), self._manifest(desired)
        applied = await self._client.apply(self._kind, *place, body, manager=desired.manager)
        foreign = surplus(applied["spec"], desired.spec)
        if foreign:
            await self._client.patch(self._kind, *place, {"spec": foreign}, manager=desired.manager)
        return True

    async def delete(self, live: Child) -> None:
        """Delete exactly this child; none, or another of its name, is left alone. Raises Retryable."""
        try:
            await self._client.delete(self._kind, live.namespace, live.name, uid=live.uid)
        except (NotFound, Conflict):
            return

    async def _is_taken(self, desired: DesiredChild) -> bool:
        # The cache may not know yet what somebody has just applied, and an apply would take it over.
        try:
            found = child(await self._client.get(self._kind, desired.namespace, desired.name))
        except NotFound:
            return False
        return not is_child_of(found, desired.parent)

    def _manifest(self, desired: DesiredChild) -> Object:
        parent = desired.parent
        metadata: dict[str, Any] = {
            "name": desired.name,
            "namespace": desired.namespace,
            "ownerReferences": [
                {
                    "apiVersion": self._parents.api_version,
                    "kind": parent.kind,
                    "name": parent.name,
                    "uid": parent.uid,
                    "controller": True,
                    "blockOwnerDeletion": True,
                }
            ],
        }
        if desired.uid:
            metadata["uid"] = desired.uid
        if desired.labels:
            metadata["labels"] = dict(desired.labels)
        if desired.annotations:
            metadata["annotations"] = dict(desired.annotations)
        return {
            "apiVersion": self._kind.api_version,
            "kind": self._kind.kind,
            "metadata": metadata,
            "spec": dict(desired.spec),
        }
