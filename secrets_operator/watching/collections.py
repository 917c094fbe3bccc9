"""One kind as a whole: its reflector for all namespaces, or one for each namespace the operator works in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Generic, TypeVar

from secrets_operator.flow import Object
from secrets_operator.watching.reflector import Reflector

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


def custom_resource(api_version: str, kind: str, *, manager_prefix: str = "") -> Callable[[Object], Object]:
    """Return the projection of a custom resource: the object itself, without what nobody reads and most of its size.

    Of managedFields only the entries of managers that begin with ``manager_prefix`` are kept; without one, none are.
    """

    def project(resource: Object) -> Object:
        metadata = resource["metadata"]
        fields = metadata.pop("managedFields", None) or ()
        kept = [entry for entry in fields if manager_prefix and entry.get("manager", "").startswith(manager_prefix)]
        if kept:
            metadata["managedFields"] = kept
        # Items of a list need not repeat what the list says.
        resource["apiVersion"], resource["kind"] = api_version, kind
        return resource

    return project
