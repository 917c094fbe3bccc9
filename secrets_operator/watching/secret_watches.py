"""Watches of single Secrets that others write, each by its name and of its metadata alone, so that no value travels.

Whoever follows a Secret is woken when it has another resourceVersion than it has seen: a store whose credential is made
or changed, a PushSecret whose source is, a SealedSecret with somebody else's Secret in its way. There is one watch for
all who follow the same one. What comes beyond the bound is noticed when whoever asked looks the next time.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from secrets_operator.flow import Key
from secrets_operator.kube.resources import SECRETS
from secrets_operator.watching.cache import Change, Place
from secrets_operator.watching.reflector import Reflector, Selection

log = structlog.get_logger(__name__)

# Each holds a connection to the API server.
MOST_WATCHES = 256

Make = Callable[[Selection, Callable[[Change[str]], None]], Reflector[str]]
"""Makes a reflector of resourceVersions that sees metadata alone."""


@dataclass(slots=True)
class _Watch:
    task: asyncio.Task[None] | None = None
    """None until the watches are hosted."""

    seen: dict[Key, str] = field(default_factory=dict)
    """The resourceVersion that each follower has seen, empty where there was no such Secret."""


class SecretWatches:
    """See the module's docstring."""

    def __init__(self, make: Make, wake: Callable[[Key, str], None], *, most: int = MOST_WATCHES) -> None:
        """Call ``wake`` with a follower and the namespace in which what it follows has moved on."""
        self._make = make
        self._wake = wake
        self._most = most
        self._tasks: asyncio.TaskGroup | None = None
        self._watches: dict[Place, _Watch] = {}
        self._followed: defaultdict[Key, set[Place]] = defaultdict(set)

    async def run(self) -> None:
        """Host the watches until cancelled."""
        async with asyncio.TaskGroup() as self._tasks:
            for place, watch in self._watches.items():
                watch.task = self._start(place)
            await asyncio.Event().wait()

    def follow(self, key: Key, namespace: str, name: str, seen: str) -> None:
        """Wake ``key`` whenever a Secret is another than ``seen``, none being empty; it follows no other any more."""
        for place in self._followed.get(key, set()) - {Place(namespace, name)}:
            self._leave(key, place)
        self.follow_also(key, namespace, name, seen)

    def follow_also(self, key: Key, namespace: str, name: str, seen: str) -> None:
        """Do as :meth:`follow`, beside the Secrets that ``key`` follows already."""
        place = Place(namespace, name)
        if place not in self._watches:
            if len(self._watches) >= self._most:
                log.info("a Secret is not watched: there are too many", key=str(key), secret=name)
                return
            self._watches[place] = _Watch(self._start(place) if self._tasks is not None else None)
        self._watches[place].seen[key] = seen
        self._followed[key].add(place)

    def forget(self, key: Key) -> None:
        """Wake ``key`` no more; a watch that nobody needs ends."""
        for place in self._followed.pop(key, ()):
            self._leave(key, place)

    def __len__(self) -> int:
        return len(self._watches)

    def _leave(self, key: Key, place: Place) -> None:
        self._followed[key].discard(place)
        if not self._followed[key]:
            del self._followed[key]
        watch = self._watches[place]
        del watch.seen[key]
        if not watch.seen:
            del self._watches[place]
            if watch.task is not None:
                watch.task.cancel()

    def _start(self, place: Place) -> asyncio.Task[None]:
        assert self._tasks is not None, "the watches are hosted before one is started"
        selection = Selection(SECRETS, place.namespace, field_selector=f"metadata.name={place.name}", optional=True)
        return self._tasks.create_task(self._make(selection, self._moved).run())

    def _moved(self, change: Change[str]) -> None:
        watch, version = self._watches.get(Place(change.namespace, change.name)), change.new or ""
        if watch is None:
            return
        for key in [key for key, seen in watch.seen.items() if seen != version]:
            watch.seen[key] = version
            self._wake(key, change.namespace)
