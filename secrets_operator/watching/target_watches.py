"""Watches of the kinds that ``spec.target.manifest`` names: started when a resource writes one, ended with the last.

Only objects with the operator's label are watched, and digests of them kept. A kind that cannot be watched, for want
of a permission, is still written; its objects are then put right at the next refresh only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from secrets_operator.flow import Key
from secrets_operator.kube.resources import Resource
from secrets_operator.planning.secret_state import SecretState
from secrets_operator.watching.collections import Collection
from secrets_operator.watching.reflector import Reflector


@dataclass(frozen=True, slots=True)
class _Watch:
    collection: Collection[SecretState]
    tasks: Sequence[asyncio.Task[None]]


class TargetWatches:
    """The watches by kind, and who needs them."""

    def __init__(self, reflectors: Callable[[Resource], Sequence[Reflector[SecretState]]]) -> None:
        """Watch a kind by what ``reflectors`` makes for it."""
        self._reflectors = reflectors
        self._tasks: asyncio.TaskGroup | None = None
        self._watches: dict[Resource, _Watch] = {}
        self._users: dict[Key, Resource] = {}

    async def run(self) -> None:
        """Host the watches until cancelled."""
        async with asyncio.TaskGroup() as self._tasks:
            await asyncio.Event().wait()

    def use(self, key: Key, resource: Resource) -> None:
        """Record that ``key`` writes objects of this kind, and of no other any more."""
        if self._users.get(key) == resource:
            return
        self.release(key)
        self._users[key] = resource
        if resource not in self._watches:
            self._watches[resource] = self._start(resource)

    def release(self, key: Key) -> None:
        """Record that ``key`` writes none of these kinds any more; a watch that nobody needs ends."""
        resource = self._users.pop(key, None)
        if resource is None or resource in self._users.values():
            return
        for task in self._watches.pop(resource).tasks:
            task.cancel()

    def get(self, resource: Resource, namespace: str, name: str) -> SecretState | None:
        """Return an object of a watched kind as it was last seen, or None."""
        watch = self._watches.get(resource)
        return watch.collection.get(namespace, name) if watch else None

    def of(self, resource: Resource) -> Iterator[SecretState]:
        """Yield the objects of a watched kind; do not await between two."""
        watch = self._watches.get(resource)
        return iter(()) if watch is None else watch.collection.values()

    def _start(self, resource: Resource) -> _Watch:
        assert self._tasks is not None, "the watches are hosted before anything is reconciled"
        reflectors = self._reflectors(resource)
        tasks = [self._tasks.create_task(reflector.run()) for reflector in reflectors]
        return _Watch(Collection(resource.kind, reflectors), tasks)
