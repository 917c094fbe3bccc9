"""Writes the ExternalSecrets that a ClusterExternalSecret makes, by server-side apply under its own field manager.

Applying names only what the parent owns: labels and annotations of others stay, what the parent no longer says goes.
The spec is the parent's alone.
"""

from __future__ import annotations

from typing import Any

from secrets_operator.errors import NotFound
from secrets_operator.flow import Object
from secrets_operator.kube.client import Client
from secrets_operator.kube.errors import Conflict
from secrets_operator.kube.resources import EXTERNAL_SECRETS
from secrets_operator.planning.child_resources import Child, DesiredChild, child, is_child_of, surplus
from secrets_operator.resources.names import CLUSTER_EXTERNAL_SECRET


class ChildResources:
    """Applies and deletes children."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def apply(self, desired: DesiredChild) -> bool:
        """Apply ``desired``; return False when something else turned out to have its name, which is left as it is.

        Raises Conflict when the child it was to become was replaced meanwhile, Terminal when the API server refuses it,
        Retryable when it does not answer.
        """
        if not desired.uid and await self._is_taken(desired):
            return False
        place, body = (desired.namespace, desired.name), manifest(desired)
        applied = await self._client.apply(EXTERNAL_SECRETS, *place, body, manager=desired.manager)
        foreign = surplus(applied["spec"], desired.spec)
        if foreign:
            await self._client.patch(EXTERNAL_SECRETS, *place, {"spec": foreign}, manager=desired.manager)
        return True

    async def delete(self, live: Child) -> None:
        """Delete exactly this child; none, or another of its name, is left alone. Raises Retryable."""
        try:
            await self._client.delete(EXTERNAL_SECRETS, live.namespace, live.name, uid=live.uid)
        except (NotFound, Conflict):
            return

    async def _is_taken(self, desired: DesiredChild) -> bool:
        # The cache may not know yet what somebody has just applied, and an apply would take it over.
        try:
            found = child(await self._client.get(EXTERNAL_SECRETS, desired.namespace, desired.name))
        except NotFound:
            return False
        return not is_child_of(found, desired.parent)


def manifest(desired: DesiredChild) -> Object:
    """Return the body of the apply."""
    parent = desired.parent
    metadata: dict[str, Any] = {
        "name": desired.name,
        "namespace": desired.namespace,
        "ownerReferences": [
            {
                "apiVersion": CLUSTER_EXTERNAL_SECRET.api_version,
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
        "apiVersion": EXTERNAL_SECRETS.api_version,
        "kind": EXTERNAL_SECRETS.kind,
        "metadata": metadata,
        "spec": dict(desired.spec),
    }
