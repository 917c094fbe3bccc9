"""Puts a finalizer of ours on a resource and takes it off; those of others stay."""

from __future__ import annotations

from secrets_operator.errors import NotFound
from secrets_operator.flow import Object
from secrets_operator.kube.client import Client
from secrets_operator.kube.resources import Resource
from secrets_operator.planning.marks import STATUS_MANAGER


def has_finalizer(target: Object, name: str) -> bool:
    """Tell whether a resource has the finalizer, as cached."""
    return name in (target["metadata"].get("finalizers") or ())


class Finalizers:
    """Reads before it writes, since a list is written whole; what changed in between is a Conflict."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def add(self, resource: Resource, target: Object, name: str) -> bool:
        """Put the finalizer on ``target``; tell whether it is there: not where the target is gone or being deleted.

        Raises Conflict or another error of the API.
        """
        live = await self._live(resource, target)
        if live is None or "deletionTimestamp" in live["metadata"]:
            return False
        if not has_finalizer(live, name):
            await self._write(resource, live, [*(live["metadata"].get("finalizers") or ()), name])
        return True

    async def remove(self, resource: Resource, target: Object, name: str) -> None:
        """Take the finalizer off ``target``, if it is there; raises as :meth:`add`."""
        live = await self._live(resource, target)
        if live is not None and has_finalizer(live, name):
            await self._write(resource, live, [one for one in live["metadata"]["finalizers"] if one != name])

    async def _live(self, resource: Resource, target: Object) -> Object | None:
        metadata = target["metadata"]
        try:
            live = await self._client.get(resource, metadata.get("namespace", ""), metadata["name"])
        except NotFound:
            return None
        return live if live["metadata"].get("uid") == metadata.get("uid") else None

    async def _write(self, resource: Resource, live: Object, finalizers: list[str]) -> None:
        metadata = live["metadata"]
        body = {"metadata": {"finalizers": finalizers, "resourceVersion": metadata.get("resourceVersion", "")}}
        place = metadata.get("namespace", ""), metadata["name"]
        try:
            await self._client.patch(resource, *place, body, manager=STATUS_MANAGER)
        except NotFound:
            return
