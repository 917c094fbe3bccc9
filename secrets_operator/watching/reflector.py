"""Keeps a cache equal to a collection on the API server: list in pages, watch, list again when the watch is lost.

In: a source (the client), a :class:`Selection`, a projection and a callback. Out: a readable cache, one
:class:`Change` per real change, ``synced`` after the first complete list. After a fault the watch resumes where it
stopped; when that is impossible (410), a list is compared with the cache, so deletions in between are reported too.
What the projection drops is not kept: a reflector of Secrets keeps digests.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from dataclasses import asdict, dataclass
from typing import Any, Generic, NoReturn, Protocol, TypeVar

import structlog

from secrets_operator.clock import Clock
from secrets_operator.errors import OperatorError
from secrets_operator.flow import Object
from secrets_operator.kube.errors import Gone
from secrets_operator.kube.resources import Resource
from secrets_operator.watching.cache import Cache, Change, Place, place_of
from secrets_operator.watching.pacing import Pacing

T = TypeVar("T")

PAGE_SIZE = 500


class Source(Protocol):
    """Where a collection is listed and watched: :class:`secrets_operator.kube.client.Client` or a twin of it."""

    async def list(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        label_selector: str = "",
        field_selector: str = "",
        limit: int = 0,
        continue_: str = "",
    ) -> Object:
        """Return a page of the collection; raises Gone when ``continue_`` has expired."""
        ...

    def watch(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        label_selector: str = "",
        field_selector: str = "",
        resource_version: str = "",
        seconds: int = 0,
    ) -> AsyncGenerator[Object, None]:
        """Yield the events after ``resource_version``; raises Gone when it is no longer known."""
        ...


@dataclass(frozen=True, slots=True)
class Selection:
    """The objects of one kind to keep: in one namespace, or in all, that match the selectors."""

    resource: Resource
    namespace: str = ""
    label_selector: str = ""
    field_selector: str = ""


class Reflector(Generic[T]):
    """A cache of one selection, kept up to date by :meth:`run`.

    ``synced`` is set once the cache is complete. ``last_heard`` is the monotonic time of the last data, ``fault`` what
    went wrong since (None while the watch is fine), ``skipped`` how many objects failed in the projection or callback.
    """

    def __init__(
        self,
        source: Source,
        selection: Selection,
        *,
        project: Callable[[Object], T],
        on_change: Callable[[Change[T]], None],
        clock: Clock,
        chance: Callable[[], float],
    ) -> None:
        """Keep ``project(object)`` of every object; call ``on_change`` after the cache has taken a change in.

        ``chance`` draws from [0, 1) and spreads retries. An object that ``project`` raises for stays as it was known.
        """
        self._source = source
        self._selection = selection
        self._cache = Cache(project)
        self._on_change = on_change
        self._clock = clock
        self._chance = chance
        self._pacing = Pacing()
        # The resourceVersion up to which the cache is complete; empty when only a list can tell.
        self._version = ""
        self._page_size = PAGE_SIZE
        self._log = structlog.get_logger().bind(kind=selection.resource.kind, namespace=selection.namespace)
        self.synced = asyncio.Event()
        self.last_heard = clock.monotonic()
        self.fault: OperatorError | None = None
        self.skipped = 0

    def get(self, namespace: str, name: str) -> T | None:
        """Return what is kept of an object, or None when there is no such object."""
        return self._cache.get(namespace, name)

    def values(self) -> Iterator[T]:
        """Yield what is kept of every object; do not await between two."""
        return self._cache.values()

    def __len__(self) -> int:
        return len(self._cache)

    async def run(self) -> NoReturn:
        """Follow the collection until cancelled; no fault of the API server ends it."""
        while True:
            await asyncio.sleep(await self._attempt())

    async def _attempt(self) -> float:
        """List if needed, then watch until the watch ends; return the seconds to wait before the next attempt."""
        watched_from: float | None = None
        try:
            if not self._version:
                await self._relist()
            watched_from = self._clock.monotonic()
            await self._watch()
        except OperatorError as error:
            self.fault = error
        lived = self._clock.monotonic() - watched_from if watched_from is not None else 0.0
        if isinstance(self.fault, Gone) or self._pacing.version_is_doubtful(self.fault, lived):
            self._version = ""
        pause = self._pacing.pause(self.fault, lived, self._chance())
        self._report(pause)
        return pause

    async def _relist(self) -> None:
        began = self._clock.monotonic()
        seen: set[Place] = set()
        metadata: dict[str, Any] = {}
        while not metadata or metadata.get("continue"):
            page = await self._page(metadata.get("continue", ""))
            metadata = page["metadata"]
            for item in page.get("items") or ():
                self._put(item, seen)
        for place in self._cache.places() - seen:
            self._remove(place)
        self._page_size = PAGE_SIZE
        self._version = metadata["resourceVersion"]
        self._heard()
        if not self.synced.is_set():
            self.synced.set()
            self._log.info("watch.synced", objects=len(self), seconds=round(self._clock.monotonic() - began, 3))

    async def _page(self, continue_: str) -> Object:
        try:
            page = await self._source.list(
                **_arguments(self._selection), limit=self._page_size, continue_=continue_
            )
        except Gone:
            # The collection changes faster than it is paged through: take it in one piece next time.
            self._page_size = 0
            raise
        self.last_heard = self._clock.monotonic()
        return page

    async def _watch(self) -> None:
        seconds = int(300 * (1 + self._chance()))
        events = self._source.watch(**_arguments(self._selection), resource_version=self._version, seconds=seconds)
        async with aclosing(events):
            async for event in events:
                self._heard()
                self._take(event["type"], event["object"])
