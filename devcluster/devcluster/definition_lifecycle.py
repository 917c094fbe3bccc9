"""The definition controller: serves what definitions define, and removes it with them."""

import asyncio

from devcluster.calls import ControlPlane
from devcluster.custom_resource_definitions import CLEANUP_FINALIZER, COLLECTION, is_terminating
from devcluster.custom_resources import served_by
from devcluster.deleting import DeleteOptions, delete, drop_finalizer
from devcluster.documents import Document
from devcluster.history import Change
from devcluster.storage import CollectionKey, object_key
from devcluster.updating import modify
from devcluster.work_queues import WorkQueue

_BATCH = 200


class DefinitionController:
    """Keeps the registry in step with the definitions."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._queue: WorkQueue[CollectionKey] = WorkQueue(self._handle)
        plane.store.listen(self._changed)

    async def run(self) -> None:
        """Work until cancelled."""
        await self._queue.run()

    def resume(self) -> None:
        """Serve every stored definition, after a restore."""
        for entry in self._plane.store.collection(COLLECTION).entries():
            self._serve(entry.document)

    def _changed(self, where: CollectionKey, change: Change) -> None:
        definition = change.entry.document
        if where != COLLECTION:
            self._object_changed(where, change)
        elif change.kind == "DELETED":
            collection = _collection_of(definition)
            self._plane.registry.withdraw(*collection)
            self._plane.store.drop_collection(collection)
        elif change.previous is None or _differs(definition, change.previous.document):
            # Done within the write: whoever reads the answer can use the resource at once.
            self._serve(definition)

    def _object_changed(self, where: CollectionKey, change: Change) -> None:
        name = ("", f"{where[1]}.{where[0]}")
        definition = self._plane.store.collection(COLLECTION).get(name) if change.kind == "DELETED" else None
        if definition and is_terminating(definition.document):
            self._queue.add(where)

    def _serve(self, definition: Document) -> None:
        collection = _collection_of(definition)
        self._plane.registry.withdraw(*collection)
        for resource in served_by(definition):
            self._plane.registry.add(resource)
        if is_terminating(definition):
            self._queue.add(collection)

    async def _handle(self, collection: CollectionKey) -> None:
        """Delete the objects of a definition that is being deleted, then let it go."""
        group, plural = collection
        key = ("", f"{plural}.{group}")
        definition = self._plane.store.collection(COLLECTION).get(key)
        if definition is None or not is_terminating(definition.document):
            return
        resource = self._plane.registry.stored_in(collection)
        for done, entry in enumerate(self._plane.store.collection(collection).entries(), 1):
            if resource and "deletionTimestamp" not in entry.document["metadata"]:
                delete(self._plane, resource, object_key(entry.document), DeleteOptions())
            if done % _BATCH == 0:
                await asyncio.sleep(0)
        live = self._plane.store.collection(COLLECTION).get(key)
        definitions = self._plane.registry.find("apiextensions.k8s.io", "v1", "customresourcedefinitions")
        if live and definitions and not len(self._plane.store.collection(collection)):
            modify(self._plane, definitions, live, lambda document: drop_finalizer(document, CLEANUP_FINALIZER))


def _collection_of(definition: Document) -> CollectionKey:
    return definition["spec"]["group"], definition["spec"]["names"]["plural"]


def _differs(definition: Document, previous: Document) -> bool:
    return definition["spec"] != previous["spec"] or is_terminating(definition) != is_terminating(previous)
