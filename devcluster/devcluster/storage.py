"""The store: every object by resource, namespace and name, under one rising revision.

Goes in: finished documents. Comes out: immutable `Entry` values, and for each write one `Change` that the
collection's history keeps (see `history`) and that listeners hear about. Neighbours: `watching` reads
histories, `garbage_collection` and `namespace_lifecycle` listen, `persistence` dumps and loads.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator

from devcluster.documents import Document
from devcluster.history import Change, Entry, History

CollectionKey = tuple[str, str]  # (group, plural)
ObjectKey = tuple[str, str]  # (namespace, name); the namespace is empty for cluster-scoped objects
Location = tuple[CollectionKey, ObjectKey]
Listener = Callable[[CollectionKey, Change], None]


class Collection:
    """All objects of one resource, in the order of their keys."""

    def __init__(self, key: CollectionKey) -> None:
        self.key = key
        self.history = History()
        self._entries: dict[ObjectKey, Entry] = {}
        self._order: list[ObjectKey] = []

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: ObjectKey) -> Entry | None:
        """Return the object under the key, None when there is none."""
        return self._entries.get(key)

    def entries(self, namespace: str = "") -> list[Entry]:
        """Return a snapshot in key order, of one namespace or of all."""
        if not namespace:
            return [self._entries[key] for key in self._order]
        start = bisect_left(self._order, (namespace, ""))
        found = []
        for key in self._order[start:]:
            if key[0] != namespace:
                break
            found.append(self._entries[key])
        return found

    def put(self, key: ObjectKey, entry: Entry) -> None:
        """Keep the entry under the key."""
        if key not in self._entries:
            insort(self._order, key)
        self._entries[key] = entry

    def drop(self, key: ObjectKey) -> None:
        """Forget the entry under the key.

        Raises:
            KeyError: nothing is there.

        """
        del self._entries[key]
        del self._order[bisect_left(self._order, key)]


class Store:
    """All collections, the revision counter, and indexes by uid and by owner."""

    def __init__(self) -> None:
        self.revision = 1
        self.collections: dict[CollectionKey, Collection] = {}
        self._by_uid: dict[str, Location] = {}
        self._dependents: dict[str, set[Location]] = {}
        self._listeners: list[Listener] = []

    def collection(self, key: CollectionKey) -> Collection:
        """Return the collection, made when it is new."""
        found = self.collections.get(key)
        if found is None:
            found = self.collections[key] = Collection(key)
        return found

    def listen(self, listener: Listener) -> None:
        """Call the listener after every change."""
        self._listeners.append(listener)

    def locate(self, uid: str) -> Location | None:
        """Return where the object with this uid is, None when it is gone."""
        return self._by_uid.get(uid)

    def dependents(self, uid: str) -> list[Location]:
        """Return where the objects are that name this uid as an owner."""
        return sorted(self._dependents.get(uid, ()))

    def get(self, location: Location) -> Entry | None:
        """Return the object at a location, None when it is gone."""
        collection = self.collections.get(location[0])
        return collection.get(location[1]) if collection is not None else None

    def write(self, where: CollectionKey, document: Document, *, created: float, written_by: object = None) -> Entry:
        """Store a document, which becomes the store's, under the next revision, which its metadata then carries."""
        collection = self.collection(where)
        key = object_key(document)
        previous = collection.get(key)
        self.revision += 1
        document["metadata"]["resourceVersion"] = str(self.revision)
        entry = Entry(document, self.revision, created, written_by)
        collection.put(key, entry)
        if previous is not None:
            self._unindex((where, key), previous)
        self._index((where, key), entry)
        self._publish(collection, Change("MODIFIED" if previous else "ADDED", entry, previous))
        return entry

    def remove(self, where: CollectionKey, key: ObjectKey) -> Entry:
        """Remove an object and return its last state under the revision of the removal.

        Raises:
            KeyError: nothing is there.

        """
        collection = self.collection(where)
        previous = collection.get(key)
        if previous is None:
            raise KeyError(key)
        self.revision += 1
        collection.drop(key)
        self._unindex((where, key), previous)
        departed = previous.at_revision(self.revision)
        self._publish(collection, Change("DELETED", departed, previous))
        return departed

    def drop_collection(self, where: CollectionKey) -> None:
        """Forget a collection whose resource is no longer served."""
        collection = self.collections.pop(where, None)
        if collection is not None:
            collection.history.close()

    def restore(self, where: CollectionKey, document: Document, created: float) -> None:
        """Put back an object as it was saved, keeping its revision and telling nobody."""
        entry = Entry(document, int(document["metadata"]["resourceVersion"]), created)
        key = object_key(document)
        self.collection(where).put(key, entry)
        self._index((where, key), entry)

    def everything(self) -> Iterator[tuple[CollectionKey, Entry]]:
        """Yield every object."""
        for where, collection in self.collections.items():
            for entry in collection.entries():
                yield where, entry

    def _publish(self, collection: Collection, change: Change) -> None:
        collection.history.append(change)
        for listener in self._listeners:
            listener(collection.key, change)

    def _index(self, location: Location, entry: Entry) -> None:
        meta = entry.document["metadata"]
        self._by_uid[meta["uid"]] = location
        for owner in meta.get("ownerReferences", ()):
            self._dependents.setdefault(owner["uid"], set()).add(location)

    def _unindex(self, location: Location, entry: Entry) -> None:
        meta = entry.document["metadata"]
        if self._by_uid.get(meta["uid"]) == location:
            del self._by_uid[meta["uid"]]
        for owner in meta.get("ownerReferences", ()):
            found = self._dependents.get(owner["uid"])
            if found is not None:
                found.discard(location)
                if not found:
                    del self._dependents[owner["uid"]]


def object_key(document: Document) -> ObjectKey:
    """Return the key under which an object is stored."""
    meta = document["metadata"]
    return meta.get("namespace", ""), meta["name"]
