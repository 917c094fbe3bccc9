"""Watches: initial events, resumption, selector transitions, bookmarks, and the end of a watch.

A watch has no queue. It keeps a position in the collection's history and writes what came after it, so a
slow client costs nothing but its own delay; when history has moved past it, it gets 410 Gone.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

import orjson

from devcluster.calls import Call, ControlPlane, invalid_options
from devcluster.field_errors import forbidden_field
from devcluster.history import Change, Entry, History, HistoryExpired
from devcluster.reading import Selection, requested_form, revision_parameter, selection
from devcluster.representations import Form, encode, encode_table, table_rows
from devcluster.request_info import is_true
from devcluster.served_resources import ServedResource
from devcluster.statuses import ApiError, expired, too_large_revision

Write = Callable[[bytes], Awaitable[None]]

_DEFAULT_TIMEOUT_SECONDS = 3000.0
_BATCH = 500
_GATHERING_SECONDS = 0.004
"""For how long a watch that has just written gathers what comes next: under load one write then carries many events,
and the first one after a pause still goes out at once."""

_INITIAL_END = {"k8s.io/initial-events-end": "true"}


@dataclass(slots=True)
class OpenWatches:
    """The watches that run, so that they can be closed; each is told through its event."""

    bookmark_seconds: float = 60.0
    _closing: set[asyncio.Event] = field(default_factory=set)
    _histories: dict[asyncio.Event, History] = field(default_factory=dict)

    def opened(self, history: History) -> asyncio.Event:
        """Note a new watch and return the event that ends it."""
        event = asyncio.Event()
        self._closing.add(event)
        self._histories[event] = history
        return event

    def ended(self, event: asyncio.Event) -> None:
        """Forget a watch."""
        self._closing.discard(event)
        self._histories.pop(event, None)

    def close_all(self) -> int:
        """End every watch and return how many there were."""
        for event in self._closing:
            event.set()
            self._histories[event].wake()
        return len(self._closing)

    def __len__(self) -> int:
        return len(self._closing)


@dataclass(slots=True)
class Watch:
    """One watch: what it shows, from where, and until when."""

    plane: ControlPlane
    wanted: Selection
    form: Form
    history: History
    position: int
    initial: list[Entry] | None
    announce_end: bool
    bookmarks: bool
    timeout_seconds: float
    _headers_sent: bool = False

    async def run(self, write: Write, closing: asyncio.Event, bookmark_seconds: float) -> None:
        """Write events until the time is over or the watch is closed."""
        loop = asyncio.get_running_loop()
        deadline, bookmark = loop.time() + self.timeout_seconds, loop.time() + bookmark_seconds
        await self._write_initial(write)
        while not closing.is_set() and loop.time() < deadline:
            try:
                changes = self.history.since(self.position)
            except HistoryExpired:
                await write(_error(gone(self.position, self.history.forgotten)))
                return
            if changes:
                await self._write_changes(changes, write)
                continue
            if self.history.closed:
                # The resource is served no longer; the deletion of its objects has been told by now.
                return
            if self.bookmarks and loop.time() >= bookmark:
                await write(self._bookmark(self.plane.store.revision))
                bookmark = loop.time() + bookmark_seconds
            await self.history.changed(min(deadline, bookmark if self.bookmarks else deadline) - loop.time())

    async def _write_initial(self, write: Write) -> None:
        for start in range(0, len(self.initial or ()), _BATCH):
            entries = (self.initial or [])[start : start + _BATCH]
            await write(b"".join(self._event("ADDED", entry) for entry in entries))
            await asyncio.sleep(0)
        self.initial = None
        if self.announce_end:
            await write(self._bookmark(self.position, _INITIAL_END))

    async def _write_changes(self, changes: list[Change], write: Write) -> None:
        for start in range(0, len(changes), _BATCH):
            batch = changes[start : start + _BATCH]
            lines = b"".join(self._line(change) for change in batch)
            self.position = batch[-1].revision
            if lines:
                await write(lines)
            await asyncio.sleep(_GATHERING_SECONDS)

    def _line(self, change: Change) -> bytes:
        """Return the event of a change as this selection sees it, empty when it does not."""
        before = change.previous is not None and self.wanted.matches(change.previous)
        after = change.kind != "DELETED" and self.wanted.matches(change.entry)
        if after:
            return self._event("MODIFIED" if before else "ADDED", change.entry)
        if not before:
            return b""
        return self._event("DELETED", change.entry if change.kind == "DELETED" else change.departed)

    def _event(self, kind: str, entry: Entry) -> bytes:
        resource = self.wanted.resource
        if self.form.kind == "table":
            meta = {"resourceVersion": str(entry.revision)}
            form = replace(self.form, as_of=self.plane.clock())
            rows = table_rows(resource, [entry], form)
            body = encode_table(resource, rows, meta, headers=not self._headers_sent)
            self._headers_sent = True
        else:
            body = encode(resource, entry, self.form)
        return b'{"type":"' + kind.encode() + b'","object":' + body + b"}\n"

    def _bookmark(self, revision: int, annotations: dict[str, str] | None = None) -> bytes:
        resource = self.wanted.resource
        meta: dict[str, object] = {"resourceVersion": str(revision)}
        if annotations:
            meta["annotations"] = annotations
        body: dict[str, object] = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": meta}
        if self.form.kind == "table":
            body = {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {"resourceVersion": str(revision)}}
            body |= {"columnDefinitions": [], "rows": [{"cells": [], "object": _partial_bookmark(meta)}]}
        elif self.form.kind == "partial":
            body = _partial_bookmark(meta)
        return orjson.dumps({"type": "BOOKMARK", "object": body}) + b"\n"


def _partial_bookmark(meta: dict[str, object]) -> dict[str, object]:
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": meta}


def _error(error: ApiError) -> bytes:
    return orjson.dumps({"type": "ERROR", "object": error.status()}) + b"\n"


def gone(asked: int, oldest: int) -> ApiError:
    """Return the answer to a watch from a revision whose successors are forgotten."""
    return expired(f"too old resource version: {asked} ({oldest})")


def open_watch(plane: ControlPlane, resource: ServedResource, call: Call) -> Watch:
    """Prepare a watch.

    Raises:
        ApiError: 400, 406, 410, 422, 500 or 504, the parameters cannot be served.

    """
    form, wanted = requested_form(call), selection(resource, call)
    asked = revision_parameter(call)
    current = plane.store.revision
    if asked > current:
        raise too_large_revision(asked, current)
    collection = plane.store.collection(resource.storage)
    initial_asked = _initial_events(call)
    initial = None
    if initial_asked or (initial_asked is None and asked == 0):
        initial = [entry for entry in collection.entries(wanted.namespace) if wanted.matches(entry)]
    elif asked and asked < collection.history.forgotten:
        raise gone(asked, collection.history.forgotten)
    bookmarks = is_true(call.query.get("allowWatchBookmarks"))
    return Watch(
        plane=plane,
        wanted=wanted,
        form=form,
        history=collection.history,
        position=current if initial is not None or not asked else asked,
        initial=initial,
        announce_end=bool(initial_asked) and bookmarks,
        bookmarks=bookmarks,
        timeout_seconds=_timeout(call),
    )


def _initial_events(call: Call) -> bool | None:
    """Return `sendInitialEvents`, None when the request leaves it open.

    Raises:
        ApiError: 422, the parameters beside it do not fit.

    """
    match = call.query.get("resourceVersionMatch", "")
    if "sendInitialEvents" not in call.query:
        if match:
            why = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
            raise invalid_options("list", [forbidden_field("resourceVersionMatch", why)])
        return None
    if match != "NotOlderThan":
        why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        raise invalid_options("list", [forbidden_field("resourceVersionMatch", why)])
    return is_true(call.query["sendInitialEvents"])


def _timeout(call: Call) -> float:
    text = call.query.get("timeoutSeconds", "")
    return float(text) if text.isdigit() and int(text) else _DEFAULT_TIMEOUT_SECONDS
