"""The namespace controller: fills new namespaces with what every one has, and empties those being deleted."""

import asyncio
from collections.abc import Iterator

from devcluster.calls import ControlPlane, WriteOptions
from devcluster.clock import timestamp
from devcluster.creating import create
from devcluster.deleting import DeleteOptions, delete
from devcluster.documents import Document
from devcluster.history import Change, Entry
from devcluster.namespaces import COLLECTION
from devcluster.served_resources import ServedResource
from devcluster.storage import CollectionKey
from devcluster.updating import modify
from devcluster.work_queues import WorkQueue

_BATCH = 200
_CONTROLLER = WriteOptions("kube-controller-manager")
_REMAINING = (
    ("NamespaceContentRemaining", "SomeResourcesRemain", "Some resources are remaining: "),
    (
        "NamespaceFinalizersRemaining",
        "SomeFinalizersRemain",
        "Some content in the namespace has finalizers remaining: ",
    ),
)


class NamespaceController:
    """Keeps namespaces furnished and carries out their deletion."""

    def __init__(self, plane: ControlPlane, ca_pem: str) -> None:
        self._plane = plane
        self._ca_pem = ca_pem
        self._queue: WorkQueue[str] = WorkQueue(self._handle)
        plane.store.listen(self._changed)

    async def run(self) -> None:
        """Work until cancelled."""
        await self._queue.run()

    def resume(self) -> None:
        """Look at every namespace once, after a start."""
        for entry in self._plane.store.collection(COLLECTION).entries():
            self._queue.add(entry.document["metadata"]["name"])

    def _changed(self, where: CollectionKey, change: Change) -> None:
        meta = change.entry.document["metadata"]
        if where == COLLECTION:
            self._queue.add(meta["name"])
        elif change.kind == "DELETED" and meta.get("namespace"):
            self._queue.add(meta["namespace"])

    async def _handle(self, name: str) -> None:
        namespace = self._plane.store.collection(COLLECTION).get(("", name))
        if namespace is None:
            return
        if "deletionTimestamp" in namespace.document["metadata"]:
            await self._empty(name)
        else:
            self.furnish(name)

    def furnish(self, name: str) -> None:
        """Create the default service account and the configmap with the cluster's authority."""
        account: Document = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
        authority: Document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kube-root-ca.crt"}}
        authority["data"] = {"ca.crt": self._ca_pem}
        for plural, document in (("serviceaccounts", account), ("configmaps", authority)):
            resource = self._plane.registry.find("", "v1", plural)
            key = (name, document["metadata"]["name"])
            if resource and self._plane.store.collection(resource.storage).get(key) is None:
                create(self._plane, resource, document, namespace=name, options=_CONTROLLER)

    async def _empty(self, name: str) -> None:
        done = 0
        for resource, entry in self._content(name):
            meta = entry.document["metadata"]
            if "deletionTimestamp" not in meta and self._plane.store.locate(meta["uid"]):
                delete(self._plane, resource, (name, meta["name"]), DeleteOptions())
                done += 1
                if done % _BATCH == 0:
                    await asyncio.sleep(0)
        remaining = list(self._content(name))
        namespace = self._plane.store.collection(COLLECTION).get(("", name))
        resource_of_namespaces = self._plane.registry.find("", "v1", "namespaces")
        if namespace is None or resource_of_namespaces is None:
            return
        if remaining:
            self._report(resource_of_namespaces, namespace, remaining)
        else:
            modify(self._plane, resource_of_namespaces, namespace, _release)

    def _content(self, name: str) -> Iterator[tuple[ServedResource, Entry]]:
        for resource in self._plane.registry.stored():
            if resource.namespaced:
                for entry in self._plane.store.collection(resource.storage).entries(name):
                    yield resource, entry

    def _report(
        self, resource: ServedResource, namespace: Entry, remaining: list[tuple[ServedResource, Entry]]
    ) -> None:
        """Say in the namespace's conditions what keeps it."""
        counts: dict[str, int] = {}
        finalizers: dict[str, int] = {}
        for found, entry in remaining:
            counts[found.qualified] = counts.get(found.qualified, 0) + 1
            for finalizer in entry.document["metadata"].get("finalizers") or ():
                finalizers[finalizer] = finalizers.get(finalizer, 0) + 1
        texts = (
            ", ".join(f"{plural} has {count} resource instances" for plural, count in sorted(counts.items())),
            ", ".join(f"{name} in {count} resource instances" for name, count in sorted(finalizers.items())),
        )
        when = timestamp(self._plane.clock())
        conditions = [
            {"type": kind, "status": "True", "reason": reason, "message": text + found, "lastTransitionTime": when}
            for (kind, reason, text), found in zip(_REMAINING, texts, strict=True)
        ]
        known = namespace.document["status"].get("conditions") or []
        if [found["message"] for found in known] != [found["message"] for found in conditions]:
            modify(self._plane, resource, namespace, lambda document: document["status"].update(conditions=conditions))


def _release(document: Document) -> None:
    """Take the namespace's own finalizer off, after which nothing holds it."""
    document["spec"]["finalizers"] = []
