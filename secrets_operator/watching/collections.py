"""One kind as a whole: its reflector for all namespaces, or one for each namespace the operator works in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any, Generic, TypeVar

from secrets_operator.flow import Object
from secrets_operator.kube.resources import Resource
from secrets_operator.planning.scope import is_worked_on, label_selector
from secrets_operator.settings import Settings
from secrets_operator.watching.reflector import Reflector, Selection

T = TypeVar("T")


class Collection(Generic[T]):
    """Reads across the reflectors of one kind."""

    def __init__(self, kind: str, reflectors: Sequence[Reflector[T]]) -> None:
        self.kind = kind
        self.reflectors = tuple(reflectors)

    def get(self, namespace: str, name: str) -> T | None:
        """Return what is kept of one object, or None."""
        found = (reflector.get(namespace, name) for reflector in self.reflectors)
        return next((kept for kept in found if kept is not None), None)

    def values(self) -> Iterator[T]:
        """Yield what is kept of every object; do not await between two."""
        return chain.from_iterable(reflector.values() for reflector in self.reflectors)

    async def wait_synced(self) -> None:
        """Wait until every reflector has listed its objects completely."""
        for reflector in self.reflectors:
            await reflector.synced.wait()


def selections(resource: Resource, settings: Settings, *, optional: bool = False) -> list[Selection]:
    """Return what is watched of a kind that users write; nothing when it is turned off."""
    if not is_worked_on(resource.kind, settings):
        return []
    labels = label_selector(resource.kind, settings)
    places = (settings.watch_namespaces if resource.namespaced else ()) or ("",)
    return [Selection(resource, place, labels, optional=optional) for place in places]


class Collections:
    """All kinds that are watched from the start."""

    def __init__(self, collections: Sequence[Collection[Any]]) -> None:
        self._collections = tuple(collections)

    def __iter__(self) -> Iterator[Collection[Any]]:
        return iter(self._collections)

    def reflectors(self) -> Iterator[Reflector[Any]]:
        """Yield every watch."""
        for collection in self._collections:
            yield from collection.reflectors

    async def wait_synced(self) -> None:
        """Wait until every cache is complete."""
        for collection in self._collections:
            await collection.wait_synced()

    def counts(self) -> dict[str, int]:
        """Return how many objects are kept of each kind."""
        return {collection.kind: sum(1 for _ in collection.values()) for collection in self._collections}


def custom_resource(api_version: str, kind: str, *, managers: tuple[str, ...] = ()) -> Callable[[Object], Object]:
    """Return the projection of a custom resource: the object itself, without what nobody reads and most of its size.

    Of managedFields only the entries are kept whose manager begins with one of ``managers``.
    """

    def project(resource: Object) -> Object:
        metadata = resource["metadata"]
        fields = metadata.pop("managedFields", None) or ()
        kept = [entry for entry in fields if entry.get("manager", "").startswith(managers)]
        if kept:
            metadata["managedFields"] = kept
        # Items of a list need not repeat what the list says.
        resource["apiVersion"], resource["kind"] = api_version, kind
        return resource

    return project
