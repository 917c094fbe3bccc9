"""The answers to each path: the table, one resource, the stream of changes, static files."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web

from secrets_operator.clock import Clock
from secrets_operator.errors import InvalidSpec, OperatorError
from secrets_operator.flow import Key, Object
from secrets_operator.kube.resources import EXTERNAL_SECRETS
from secrets_operator.serving.dashboard.access import Access, Viewer
from secrets_operator.serving.dashboard.chains import chain
from secrets_operator.serving.dashboard.filters import read_filter, read_key
from secrets_operator.serving.dashboard.listing import Listing
from secrets_operator.serving.dashboard.rendering import Rendering
from secrets_operator.serving.dashboard.rows import (
    KINDS,
    Drift,
    Refresh,
    Row,
    State,
    drift,
    is_source,
    refresh,
    target_of,
)
from secrets_operator.serving.dashboard.streams import Streams
from secrets_operator.serving.dashboard.world import World

_MOST_READERS = 200
_MOST_NAMESPACES = 500


@dataclass(frozen=True, slots=True)
class Line:
    """A row with what depends on the moment."""

    row: Row
    refresh: Refresh
    drift: Drift | None


class Pages:
    """The handlers; until there is a world they say so."""

    def __init__(self, access: Access, streams: Streams, *, clock: Clock, rendering: Rendering) -> None:
        self._access = access
        self._streams = streams
        self._clock = clock
        self._rendering = rendering
        self._world: World | None = None
        self._listing: Listing | None = None

    def show(self, world: World) -> None:
        """Show this from here on."""
        self._world = world
        self._listing = Listing({kind.kind: held for kind, held in world.kinds.items()}, world.controller_class)

    def changed(self, key: Key) -> None:
        """Take in that a resource came, changed or went, or the Secret that it writes."""
        if self._listing is not None:
            self._listing.changed(key)
            self._streams.changed(key)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes; all are read with GET and HEAD, the stream with GET."""
        return [
            web.get("/", self.table),
            web.get("/resource", self.resource),
            web.get("/changes", self.changes, allow_head=False),
            web.get("/resource/changes", self.changes, allow_head=False, name="resource"),
            web.get("/static/{name}", self.static),
        ]

    async def table(self, request: web.Request) -> web.Response:
        """Answer with the table, filtered by the query."""
        viewer = await self._access.viewer(request)
        world, listing = self._shown()
        wanted = _read(read_filter, request)
        revision = self._streams.revision
        kinds = await self._kinds(viewer, world, wanted.namespace)
        page = await listing.page(wanted, kinds)
        now = self._clock.now()
        return self._html(
            "table.html",
            now,
            revision=revision,
            filter=wanted,
            page=page,
            lines=[self._line(world, row, now) for row in page.rows],
            namespaces=page.namespaces[:_MOST_NAMESPACES],
            kinds=[kind for kind in KINDS if kind in kinds],
            states=tuple(State),
        )

    async def resource(self, request: web.Request) -> web.Response:
        """Answer with everything about one resource, or 404."""
        viewer = await self._access.viewer(request)
        world, listing = self._shown()
        key = _read(read_key, request)
        revision = self._streams.revision
        kinds = await self._kinds(viewer, world, key.namespace)
        row = await listing.row(key) if key.kind in kinds else None
        found = listing.resource(key)
        if row is None or found is None:
            return self._html("missing.html", self._clock.now(), status=404, key=key)
        target = target_of(key, found)
        stages = chain(key, found, lookup=listing.resource, live=world.secret(key.namespace, target))
        stages += [await world.lookups.consumers(key.namespace, target, viewer)] if target else []
        readers = await listing.readers(key, kinds) if is_source(key) else []
        now = self._clock.now()
        return self._html(
            "resource.html",
            now,
            revision=revision,
            line=self._line(world, row, now),
            stages=stages,
            readers=readers[:_MOST_READERS],
            more_readers=max(0, len(readers) - _MOST_READERS),
            events=await world.lookups.events(key, viewer),
        )

    async def changes(self, request: web.Request) -> web.StreamResponse:
        """Tell when what the query asks for has changed, for as long as the visitor listens."""
        viewer = await self._access.viewer(request)
        world, listing = self._shown()
        concerns: Callable[[Key], bool]
        is_of_one = request.match_info.route.name == "resource"
        if is_of_one:
            key = _read(read_key, request)
            row = await listing.row(key)
            sources = {source.key for source in row.sources} if row is not None else set()
            namespace, concerns = key.namespace, (sources | {key}).__contains__
        else:
            wanted = _read(read_filter, request)
            namespace, concerns = wanted.namespace, wanted.concerns
        await self._kinds(viewer, world, namespace)
        return await self._streams.serve(request, concerns, echo=is_of_one)

    async def static(self, request: web.Request) -> web.Response:
        """Answer with a static file; nothing in these is worth a login."""
        file = self._rendering.static.get(request.match_info["name"])
        if file is None:
            raise web.HTTPNotFound(text="there is no such file\n")
        return web.Response(body=file.content, content_type=file.content_type, charset="utf-8")

    def _shown(self) -> tuple[World, Listing]:
        if self._world is None or self._listing is None:
            text = "the operator has not reached the API server yet\n"
            raise web.HTTPServiceUnavailable(text=text, headers={"Retry-After": "2"})
        return self._world, self._listing

    async def _kinds(self, viewer: Viewer, world: World, namespace: str) -> frozenset[str]:
        """Return the kinds that a visitor may list; raises 403 for one who may not list ExternalSecrets."""
        try:
            if not await viewer.may_list(EXTERNAL_SECRETS, namespace):
                where = f"in namespace {namespace}" if namespace else "in all namespaces; name one: ?namespace=…"
                raise web.HTTPForbidden(text=f"you may not list ExternalSecrets {where}\n")
            allowed = await asyncio.gather(*(viewer.may_list(resource, namespace) for resource in world.kinds))
        except OperatorError as error:
            raise web.HTTPServiceUnavailable(text="the API server does not tell what you may see\n") from error
        return frozenset(kind.kind for kind, may in zip(world.kinds, allowed, strict=True) if may)

    def _line(self, world: World, row: Row, now: datetime) -> Line:
        assert self._listing is not None
        found: Object = self._listing.resource(row.key) or {"spec": {}}
        target = target_of(row.key, found)
        live = world.secret(row.key.namespace, target) if target else None
        differs = drift(row, found, live, world.digester) if target else None
        return Line(row, refresh(row, found, now), differs)

    def _html(self, template: str, now: datetime, *, status: int = 200, **view: Any) -> web.Response:
        text = self._rendering.render(template, now, **view)
        return web.Response(text=text, status=status, content_type="text/html")


def _read(read: Callable[[Mapping[str, str]], Any], request: web.Request) -> Any:
    try:
        return read(request.query)
    except InvalidSpec as error:
        raise web.HTTPBadRequest(text=f"{error}\n") from error
