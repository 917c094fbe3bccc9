"""The garbage collector: what becomes of dependents when their owners are deleted.

Background: dependents whose owners are all gone are deleted. Foreground: the owner waits, marked with a
finalizer, until the dependents that block it are gone. Orphan: the owner's references are taken off them.
An owner that never existed counts as gone, but only after a grace, as the real collector takes a moment.
"""

from functools import partial

from devcluster.calls import ControlPlane
from devcluster.deleting import FOREGROUND, ORPHAN, DeleteOptions, delete, drop_finalizer
from devcluster.documents import Document
from devcluster.history import Change, Entry
from devcluster.served_resources import ServedResource
from devcluster.storage import CollectionKey, Location, object_key
from devcluster.updating import modify
from devcluster.work_queues import WorkQueue

ABSENT_OWNER_GRACE_SECONDS = 2.0


class GarbageCollector:
    """Follows owner references."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._queue: WorkQueue[Location] = WorkQueue(self._handle)
        plane.store.listen(self._changed)

    async def run(self) -> None:
        """Collect until cancelled."""
        await self._queue.run()

    def resume(self) -> None:
        """Look at every object once, after a restore."""
        for where, entry in self._plane.store.everything():
            if "ownerReferences" in entry.document["metadata"] or "deletionTimestamp" in entry.document["metadata"]:
                self._queue.add((where, object_key(entry.document)))

    def _changed(self, where: CollectionKey, change: Change) -> None:
        meta = change.entry.document["metadata"]
        location = (where, object_key(change.entry.document))
        if change.kind == "DELETED":
            self._owner_gone(meta)
            return
        if "deletionTimestamp" in meta and {ORPHAN, FOREGROUND} & set(meta.get("finalizers") or ()):
            self._queue.add(location)
        if meta.get("ownerReferences") and self._has_absent_owner(meta):
            self._queue.add_later(location, ABSENT_OWNER_GRACE_SECONDS)

    def _owner_gone(self, meta: Document) -> None:
        for dependent in self._plane.store.dependents(meta["uid"]):
            self._queue.add(dependent)
        for owner in meta.get("ownerReferences") or ():
            found = self._plane.store.locate(owner["uid"])
            if found:
                self._queue.add(found)

    def _has_absent_owner(self, meta: Document) -> bool:
        return any(self._owner(meta, owner) is None for owner in meta["ownerReferences"])

    def _owner(self, meta: Document, reference: Document) -> Entry | None:
        """Return the owner that a reference names, None when there is none in reach of the object."""
        location = self._plane.store.locate(reference["uid"])
        if location is None:
            return None
        (_, (namespace, name)) = location
        entry = self._plane.store.get(location)
        if entry is None or name != reference["name"] or namespace not in {"", meta.get("namespace", "")}:
            return None
        return entry if entry.document["kind"] == reference["kind"] else None

    async def _handle(self, location: Location) -> None:
        entry = self._plane.store.get(location)
        resource = self._plane.registry.stored_in(location[0])
        if entry is None or resource is None:
            return
        finalizers = entry.document["metadata"].get("finalizers") or ()
        if "deletionTimestamp" in entry.document["metadata"]:
            if ORPHAN in finalizers:
                self._orphan(resource, entry)
            elif FOREGROUND in finalizers:
                self._delete_dependents_first(resource, entry)
            return
        self._follow_owners(resource, location, entry)

    def _follow_owners(self, resource: ServedResource, location: Location, entry: Entry) -> None:
        meta = entry.document["metadata"]
        references = meta.get("ownerReferences") or []
        present = [reference for reference in references if self._owner(meta, reference)]
        if not references or len(present) == len(references):
            return
        if present:
            modify(self._plane, resource, entry, partial(_keep_owners, kept=present))
            return
        delete(self._plane, resource, location[1], DeleteOptions(uid=meta["uid"]))

    def _orphan(self, resource: ServedResource, owner: Entry) -> None:
        uid = owner.document["metadata"]["uid"]
        for location in self._plane.store.dependents(uid):
            entry = self._plane.store.get(location)
            dependent = self._plane.registry.stored_in(location[0])
            if entry and dependent:
                references = entry.document["metadata"]["ownerReferences"]
                kept = [reference for reference in references if reference["uid"] != uid]
                modify(self._plane, dependent, entry, partial(_keep_owners, kept=kept))
        modify(self._plane, resource, owner, lambda document: drop_finalizer(document, ORPHAN))

    def _delete_dependents_first(self, resource: ServedResource, owner: Entry) -> None:
        uid = owner.document["metadata"]["uid"]
        blocked = False
        for location in self._plane.store.dependents(uid):
            entry = self._plane.store.get(location)
            dependent = self._plane.registry.stored_in(location[0])
            if entry is None or dependent is None:
                continue
            references = entry.document["metadata"]["ownerReferences"]
            blocks = any(found["uid"] == uid and found.get("blockOwnerDeletion") for found in references)
            outcome = delete(self._plane, dependent, location[1], DeleteOptions(finalizer=FOREGROUND))
            blocked = blocked or blocks
            if not outcome.gone:
                self._queue.add(location)
        if not blocked:
            modify(self._plane, resource, owner, lambda document: drop_finalizer(document, FOREGROUND))


def _keep_owners(document: Document, *, kept: list[Document]) -> None:
    """Leave only some owner references, also in what managers hold."""
    meta = document["metadata"]
    dropped = {reference["uid"] for reference in meta["ownerReferences"]} - {found["uid"] for found in kept}
    if kept:
        meta["ownerReferences"] = kept
    else:
        del meta["ownerReferences"]
    for managed in meta.get("managedFields") or ():
        _disown(managed.get("fieldsV1", {}), dropped, gone=not kept)


def _disown(fields: Document, dropped: set[str], *, gone: bool) -> None:
    owned = fields.get("f:metadata", {}).get("f:ownerReferences")
    if owned is None:
        return
    for uid in dropped:
        owned.pop(f'k:{{"uid":"{uid}"}}', None)
    if gone or not owned:
        del fields["f:metadata"]["f:ownerReferences"]
        if not fields["f:metadata"]:
            del fields["f:metadata"]
