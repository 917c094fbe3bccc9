"""All rows, in order, kept up to date at the price of what changed, and pages of them.

A change costs one entry in a set. Rows are made anew when somebody looks, some hundreds at a time, so that neither a
storm of changes nor ten thousand resources hold up the event loop.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from secrets_operator.flow import Key, Object
from secrets_operator.planning.controller_classes import is_of_class
from secrets_operator.serving.dashboard.filters import Filter
from secrets_operator.serving.dashboard.rows import Row, State, is_source, row

PAGE_ROWS = 200
_AT_ONCE = 250
_RANKS = {state: rank for rank, state in enumerate(State)}
_Place = tuple[int, str, str, str]
# The place decides the order alone: no two resources have the same.
_Placed = tuple[int, str, str, str, Row]


class Resources(Protocol):
    """The cache of one kind."""

    def get(self, namespace: str, name: str) -> Object | None:
        """Return a resource, or None."""
        ...

    def values(self) -> Iterator[Object]:
        """Yield every resource; nobody may await between two."""
        ...


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the rows that a filter admits."""

    rows: tuple[Row, ...]
    number: int
    pages: int
    total: int
    counts: Mapping[State, int]
    """How many there are in each state, whatever state is asked for."""

    namespaces: tuple[str, ...]


class Listing:
    """Rows of all kinds, failing ones first, then by namespace, kind and name."""

    def __init__(self, kinds: Mapping[str, Resources], controller_class: str) -> None:
        """Take stores of any other class than ``controller_class``, and what reads from them, for another's."""
        self._kinds = kinds
        self._class = controller_class
        self._foreign: set[Key] = set()
        self._rows: dict[Key, Row] = {}
        self._order: list[_Placed] = []
        self._changed: set[Key] = {key for kind, held in kinds.items() for key in _keys(kind, held)}
        self._refreshing = asyncio.Lock()

    def changed(self, key: Key) -> None:
        """Make the row of a resource anew when it is wanted."""
        self._changed.add(key)

    def resource(self, key: Key) -> Object | None:
        """Return a resource as cached."""
        held = self._kinds.get(key.kind)
        return held.get(key.namespace, key.name) if held is not None else None

    async def page(self, wanted: Filter, kinds: Collection[str]) -> Page:
        """Return a page of the rows of ``kinds``; a page past the last is the last."""
        await self._refresh()
        counts: Counter[State] = Counter()
        found, namespaces = [], set()
        for _, namespace, kind, _, known in self._order:
            if kind not in kinds:
                continue
            namespaces.add(namespace)
            if wanted.concerns(known.key):
                counts[known.state] += 1
                if wanted.admits(known):
                    found.append(known)
        pages = max(1, -(-len(found) // PAGE_ROWS))
        number = min(wanted.page, pages)
        rows = tuple(found[(number - 1) * PAGE_ROWS : number * PAGE_ROWS])
        return Page(rows, number, pages, len(found), counts, tuple(sorted(namespaces - {""})))

    async def row(self, key: Key) -> Row | None:
        """Return the row of one resource."""
        await self._refresh()
        return self._rows.get(key)

    async def readers(self, source: Key, kinds: Collection[str]) -> list[Row]:
        """Return the rows of those that read from a store or generator."""
        await self._refresh()
        return [
            known
            for *_, kind, _, known in self._order
            if kind in kinds and any(one.key == source for one in known.sources)
        ]

    async def _refresh(self) -> None:
        async with self._refreshing:
            while self._changed:
                if len(self._changed) > _AT_ONCE:
                    await self._rebuild()
                for key in self._taken():
                    self._renew(key)

    async def _rebuild(self) -> None:
        """Take in a great many changes: sorting once costs less than finding each its place."""
        while self._changed:
            for key in self._taken():
                self._make(key)
            await asyncio.sleep(0)
        self._order = sorted((*_place(known), known) for known in self._rows.values())

    def _taken(self) -> list[Key]:
        return [self._changed.pop() for _ in range(min(_AT_ONCE, len(self._changed)))]

    def _renew(self, key: Key) -> None:
        before = self._rows.get(key)
        if before is not None:
            del self._order[bisect_left(self._order, _place(before))]
        after = self._make(key)
        if after is not None:
            insort(self._order, (*_place(after), after))

    def _make(self, key: Key) -> Row | None:
        resource = self.resource(key)
        if is_source(key):
            self._classify(key, resource)
        if resource is None:
            self._rows.pop(key, None)
            return None
        made = self._rows[key] = row(key, resource, self._foreign.__contains__)
        return made

    def _classify(self, source: Key, resource: Object | None) -> None:
        is_foreign = resource is not None and not is_of_class(resource, self._class)
        if is_foreign != (source in self._foreign):
            self._foreign ^= {source}
            # Rows that were made before it are not what they would be now.
            self._changed |= {
                key for key, known in self._rows.items() if any(one.key == source for one in known.sources)
            }


def _keys(kind: str, held: Resources) -> Iterator[Key]:
    for resource in held.values():
        metadata = resource["metadata"]
        yield Key(kind, metadata.get("namespace") or "", metadata["name"])


def _place(row: Row) -> _Place:
    return _RANKS[row.state], row.key.namespace, row.key.kind, row.key.name
