"""What a reflector knows of its objects: a projection of each, and what an event or a list changes about it.

In: objects as the API server sent them. Out: a :class:`Change` where something really changed. Does no I/O. Keys are
``(namespace, name)``; the namespace of a cluster-wide object is empty.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from secrets_operator.flow import Object

T = TypeVar("T")


class Place(NamedTuple):
    """Where an object is within its kind."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Change(Generic[T]):
    """An object came (no ``old``), changed, or went (no ``new``)."""

    namespace: str
    name: str
    old: T | None
    new: T | None


class Cache(Generic[T]):
    """Projections by place. Which ``resourceVersion`` each is of decides whether an object has changed."""

    def __init__(self, project: Callable[[Object], T]) -> None:
        """Keep ``project(object)`` of every object, and nothing else of it."""
        self._project = project
        self._entries: dict[Place, tuple[str, T]] = {}

    def get(self, namespace: str, name: str) -> T | None:
        """Return the projection of one object, or None."""
        entry = self._entries.get(Place(namespace, name))
        return entry[1] if entry else None

    def values(self) -> Iterator[T]:
        """Yield every projection; the cache must not change meanwhile, so do not await between two."""
        return (projection for _, projection in self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, subject: Object) -> Change[T] | None:
        """Take in an object; return what changed, or None when this version of it is known.

        Raises what the projection raises; the entry is then as it was, and the same version is tried again next time.
        """
        place = place_of(subject)
        version = subject["metadata"].get("resourceVersion", "")
        known = self._entries.get(place)
        if known and known[0] == version:
            return None
        projection = self._project(subject)
        self._entries[place] = (version, projection)
        return Change(*place, known[1] if known else None, projection)

    def remove(self, place: Place) -> Change[T] | None:
        """Forget an object; return what changed, or None when it was not known."""
        known = self._entries.pop(place, None)
        return Change(*place, known[1], None) if known else None

    def places(self) -> AbstractSet[Place]:
        """Return where objects are known to be."""
        return self._entries.keys()


def place_of(subject: Object) -> Place:
    """Return where an object is within its kind."""
    metadata = subject["metadata"]
    # Thousands of entries share a few namespaces; interned, they share one string each.
    return Place(sys.intern(metadata.get("namespace") or ""), metadata.get("name", ""))
