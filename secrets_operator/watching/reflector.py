"""Keeps a cache equal to a collection on the API server: list in pages, watch, list again when the watch is lost.

In: a source (the client), a :class:`Selection`, a projection and a callback. Out: a readable cache, one
:class:`Change` per real change, ``synced`` after the first complete list. After a fault the watch resumes where it
stopped; when that is impossible (410), a list is compared with the cache, so deletions in between are reported too.
What the projection drops is not kept: a reflector of Secrets keeps digests.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Generic, NoReturn, Protocol, TypeVar

import structlog

from secrets_operator.clock import Clock
from secrets_operator.errors import OperatorError
from secrets_operator.flow import Object
from secrets_operator.kube.errors import Forbidden, Gone, NotFound, ResourceUnknown
from secrets_operator.kube.resources import Resource
from secrets_operator.watching.cache import Cache, Change, Place, place_of
from secrets_operator.watching.pacing import Ended, Pacing

T = TypeVar("T")

PAGE_SIZE = 500
# Seconds after which the API server is asked to end a watch, spread up to twice as long so that not all end at once.
WATCH_SECONDS = 300


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
    """The objects of one kind to keep: in one namespace, or in all, that match the selectors.

    An ``optional`` kind may be missing on the cluster, or the right to see it: it has no objects until that changes.
    """

    resource: Resource
    namespace: str = ""
    label_selector: str = ""
    field_selector: str = ""
    optional: bool = False


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
            pause = await self._attempt()
            await asyncio.sleep(pause)

    async def _attempt(self) -> float:
        """List if needed, then watch until the watch ends; return the seconds to wait before the next attempt."""
        ended = await self._follow()
        if self._selection.optional and isinstance(ended.fault, Forbidden | NotFound | ResourceUnknown):
            return self._do_without(ended)
        if self._pacing.must_list(ended):
            self._version = ""
        pause = self._pacing.pause(ended, self._chance())
        self._report(ended, pause)
        return pause

    def _do_without(self, ended: Ended) -> float:
        """Count an absent kind as one without objects; look again later."""
        for place in list(self._cache.places()):
            self._remove(place)
        if not self.synced.is_set() or self._version:
            self._log.info("watch.absent", error=type(ended.fault).__name__)
        self._version = ""
        self.synced.set()
        # The probes take a fault for the reason of a silence.
        self.fault = ended.fault
        return self._pacing.pause(ended, self._chance())

    async def _follow(self) -> Ended:
        if not self._version:
            try:
                await self._relist()
            except OperatorError as fault:
                return Ended(fault)
        began = self._clock.monotonic()
        try:
            await self._watch()
        except OperatorError as fault:
            return Ended(fault, self._clock.monotonic() - began, watched=True)
        return Ended(None, self._clock.monotonic() - began, watched=True)

    async def _relist(self) -> None:
        seen: set[Place] = set()
        page = await self._page()
        self._put_all(page["items"], seen)
        while continue_ := page["metadata"].get("continue"):
            page = await self._page(continue_)
            self._put_all(page["items"], seen)
        for place in self._cache.places() - seen:
            self._remove(place)
        self._page_size = PAGE_SIZE
        self._version = page["metadata"].get("resourceVersion", "")
        self.synced.set()
        self._log.info("watch.listed", objects=len(self), skipped=self.skipped)

    async def _page(self, continue_: str = "") -> Object:
        kept = self._selection
        try:
            page = await self._source.list(
                kept.resource,
                kept.namespace,
                label_selector=kept.label_selector,
                field_selector=kept.field_selector,
                limit=self._page_size,
                continue_=continue_,
            )
        except Gone:
            # The list takes longer than the API server remembers its beginning: take it in one piece next time.
            self._page_size = 0
            raise
        self._heard()
        return page

    async def _watch(self) -> None:
        kept = self._selection
        events = self._source.watch(
            kept.resource,
            kept.namespace,
            label_selector=kept.label_selector,
            field_selector=kept.field_selector,
            resource_version=self._version,
            seconds=int(WATCH_SECONDS * (1 + self._chance())),
        )
        async with aclosing(events):
            async for event in events:
                self._heard()
                self._take(event["type"], event["object"])

    def _heard(self) -> None:
        self.last_heard = self._clock.monotonic()
        self.fault = None

    def _take(self, kind: str, subject: Object) -> None:
        if kind == "DELETED":
            self._remove(place_of(subject))
        elif kind in {"ADDED", "MODIFIED"}:
            self._put(subject)
        # Only now: an attempt that ends before this line sees the same event again. Bookmarks move nothing but this.
        self._version = subject["metadata"]["resourceVersion"]

    def _put_all(self, items: list[Object], seen: set[Place]) -> None:
        for item in items:
            seen.add(place_of(item))
            self._put(item)

    def _put(self, subject: Object) -> None:
        try:
            self._tell(self._cache.put(subject))
        except Exception as error:  # noqa: BLE001 - one object's failure must not end the stream for all others
            self._skip(place_of(subject), error)

    def _remove(self, place: Place) -> None:
        try:
            self._tell(self._cache.remove(place))
        except Exception as error:  # noqa: BLE001 - as in _put
            self._skip(place, error)

    def _tell(self, change: Change[T] | None) -> None:
        if change is not None:
            self._on_change(change)

    def _skip(self, place: Place, error: Exception) -> None:
        self.skipped += 1
        # Neither the text of the error nor a traceback: the projection handles values, and both could quote them.
        self._log.error("watch.object_failed", namespace=place.namespace, name=place.name, **_whereabouts(error))

    def _report(self, ended: Ended, pause: float) -> None:
        self.fault = ended.fault
        if ended.fault is None:
            self._log.debug("watch.ended", lived=round(ended.lived, 1))
            return
        known = {"error": type(ended.fault).__name__, "message": ended.fault.message, "retry_in": round(pause, 1)}
        log = self._log.info if isinstance(ended.fault, Gone) else self._log.warning
        log("watch.interrupted", **known, list_next=not self._version)


def _whereabouts(error: Exception) -> dict[str, str]:
    """Return the class of ``error`` and the line that raised it."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return {"error": type(error).__name__, "at": f"{last.filename}:{last.lineno}"}
