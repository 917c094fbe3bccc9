"""Watches of the Secrets that stores log in with: a store is looked at again the moment one of them is made or changed.

Each is watched by its name and of its metadata alone, so it needs no label, and no value travels. A Secret in a
namespace that is not watched, or beyond as many as are watched at once, is noticed when its store is checked next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from secrets_operator.fetching.referents import Referent
from secrets_operator.flow import Key, Object
from secrets_operator.kube.resources import CLUSTER_SECRET_STORES, SECRET_STORES, SECRETS
from secrets_operator.provider import StoreIdentity
from secrets_operator.watching.cache import Change, Place
from secrets_operator.watching.reflector import Reflector, Selection

log = structlog.get_logger(__name__)

# Each holds a connection to the API server.
MOST_WATCHES = 256

_STORES = (SECRET_STORES.kind, CLUSTER_SECRET_STORES.kind)


@dataclass(slots=True)
class _Watch:
    task: asyncio.Task[None] | None = None
    """None until the watches are hosted."""

    read: dict[Key, str] = field(default_factory=dict)
    """The resourceVersion that each store has read, empty where there was no such Secret."""


Make = Callable[[Selection, Callable[[Change[str]], None]], Reflector[str]]
"""Makes a reflector of resourceVersions that sees metadata alone."""


class CredentialWatches:
    """The watches by Secret, and what each store has read of them."""

    def __init__(self, make: Make, changed: Callable[[Key, str], None], namespaces: Sequence[str] = ()) -> None:
        """Tell ``changed`` of a store and the namespace in which what it reads has moved on; watch ``namespaces`` only.

        Without any, all of them are watched.
        """
        self._make = make
        self._changed = changed
        self._namespaces = namespaces
        self._tasks: asyncio.TaskGroup | None = None
        self._watches: dict[Place, _Watch] = {}

    async def run(self) -> None:
        """Host the watches until cancelled."""
        async with asyncio.TaskGroup() as self._tasks:
            for place, watch in self._watches.items():
                watch.task = self._start(place)
            await asyncio.Event().wait()

    def read(self, asker: StoreIdentity, found: Referent) -> None:
        """Note that a store has read an object, or looked for one."""
        if found.kind != SECRETS.kind or asker.kind not in _STORES:
            return
        place = Place(found.namespace, found.name)
        if self._namespaces and place.namespace not in self._namespaces:
            return
        if place not in self._watches and not self._add(place):
            return
        store = Key(asker.kind, "" if asker.kind == CLUSTER_SECRET_STORES.kind else asker.namespace, asker.name)
        self._watches[place].read[store] = found.version

    def release(self, store: Key) -> None:
        """Note that a store is gone, or reads other Secrets from here on; a watch that nobody needs ends."""
        for place, watch in list(self._watches.items()):
            watch.read.pop(store, None)
            if not watch.read:
                del self._watches[place]
                if watch.task is not None:
                    watch.task.cancel()

    def of_stores(self, kind: str) -> Callable[[Change[Object]], None]:
        """Return what is to be told of every change of one kind of store."""

        def handle(change: Change[Object]) -> None:
            if change.new is None or change.old is None or change.old.get("spec") != change.new.get("spec"):
                self.release(Key(kind, change.namespace, change.name))

        return handle

    def __len__(self) -> int:
        return len(self._watches)

    def _add(self, place: Place) -> bool:
        if len(self._watches) >= MOST_WATCHES:
            log.info("a credential is not watched: there are too many", namespace=place.namespace, name=place.name)
            return False
        self._watches[place] = _Watch(self._start(place) if self._tasks is not None else None)
        return True

    def _start(self, place: Place) -> asyncio.Task[None]:
        assert self._tasks is not None, "the watches are hosted before one is started"
        selection = Selection(SECRETS, place.namespace, field_selector=f"metadata.name={place.name}", optional=True)
        reflector = self._make(selection, self._moved)
        return self._tasks.create_task(reflector.run())

    def _moved(self, change: Change[str]) -> None:
        watch = self._watches.get(Place(change.namespace, change.name))
        version = change.new or ""
        for store, read in list(watch.read.items()) if watch is not None else ():
            if read != version and watch is not None:
                watch.read[store] = version
                self._changed(store, change.namespace)
