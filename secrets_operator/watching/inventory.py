"""All resources that there is work for: what replicas share among them, and of which metrics tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from secrets_operator.flow import Key, Object
from secrets_operator.planning.conditions import main_status
from secrets_operator.planning.secret_store import checked_every
from secrets_operator.planning.status import speaks_of_another_spec
from secrets_operator.resources.names import CLUSTER_SECRET_STORE, EXTERNAL_SECRET, SECRET_STORE
from secrets_operator.watching.collections import Collection
from secrets_operator.watching.shares import Held, Shares

STORES = frozenset({SECRET_STORE.kind, CLUSTER_SECRET_STORE.kind})


class Owned:
    """Those resources of one kind that this replica works on."""

    def __init__(self, collection: Collection[Object], owns: Callable[[Key], bool]) -> None:
        self._collection = collection
        self._owns = owns

    def get(self, namespace: str, name: str) -> Object | None:
        """Return one, or None."""
        found = self._collection.get(namespace, name)
        return found if found is not None and self._owns(_key(found)) else None

    def values(self) -> Iterator[Object]:
        """Yield all; do not await between two."""
        return (one for one in self._collection.values() if self._owns(_key(one)))


class Inventory:
    """Reads the caches; nothing is kept."""

    def __init__(
        self,
        collections: Sequence[Collection[Object]],
        shares: Shares,
        *,
        singletons: Sequence[Key],
        store_interval: timedelta,
        rest: Sequence[Collection[Object]] = (),
    ) -> None:
        """Add ``singletons``, work that is about no resource, and the ``rest``, of which metrics do not tell.

        Check stores every ``store_interval`` that do not say.
        """
        self._collections = collections
        self._rest = rest
        self._shares = shares
        self._singletons = singletons
        self._store_interval = store_interval

    def owned(self) -> dict[str, Collection[Object] | Owned]:
        """Return by kind what this replica works on."""
        if self._shares.alone:
            return {collection.kind: collection for collection in self._collections}
        return {collection.kind: Owned(collection, self._shares.owns) for collection in self._collections}

    def keys(self) -> Iterator[Key]:
        """Yield the key of everything there was work for at the first step; others may have their turn between two."""
        resources = [resource for collection in self._all() for resource in collection.values()]
        yield from self._singletons
        yield from map(_key, resources)

    def held(self) -> Iterator[Held]:
        """Yield everything there is work for; do not await between two."""
        yield from (Held(key, in_order=False) for key in self._singletons)
        for collection in self._all():
            yield from map(self._held, collection.values())

    def _all(self) -> Sequence[Collection[Object]]:
        return (*self._collections, *self._rest)

    def _held(self, resource: Object) -> Held:
        key, ready = _key(resource), main_status(resource) == "True"
        if key.kind in STORES:
            # A ready store was checked within its interval: checking all at once would be a storm.
            spread = checked_every(resource, self._store_interval).total_seconds()
            return Held(key, in_order=ready, spread=spread, everywhere=True)
        stale = key.kind == EXTERNAL_SECRET.kind and speaks_of_another_spec(resource)
        return Held(key, in_order=ready and not stale)


def _key(resource: Object) -> Key:
    metadata = resource["metadata"]
    return Key(resource["kind"], metadata.get("namespace", ""), metadata["name"])
