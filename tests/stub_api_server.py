"""A small API server over real HTTP whose answers a test can spoil: one kind of object, lists in pages, watches.

It knows resourceVersions, continue tokens, selectors not at all. ``script`` puts an answer before the real one, ``end``
breaks open watches, ``compact`` forgets history, ``stop`` and ``start`` take it down and back on the same port.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Self

import orjson
from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Seen:
    """A request as it arrived."""

    verb: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass(eq=False)
class Stream:
    """An open watch; None ends it in good order, ``ABORT`` cuts the connection."""

    queue: asyncio.Queue[bytes | None] = field(default_factory=asyncio.Queue)


ABORT = b""


def status(code: int, reason: str = "", **more: Any) -> dict[str, Any]:
    """Return a Status as the API server sends one."""
    return {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, **more}


def answer(code: int, body: Any = None, *, headers: dict[str, str] | None = None) -> Handler:
    """Return a handler that answers with ``code``, and a Status unless ``body`` (JSON, or bytes) says otherwise."""

    async def respond(_request: web.Request) -> web.StreamResponse:
        payload = body if isinstance(body, bytes) else orjson.dumps(status(code) if body is None else body)
        return web.Response(status=code, body=payload, headers=headers, content_type="application/json")

    return respond


async def never(_request: web.Request) -> web.StreamResponse:
    """Accept the request and say nothing."""
    await asyncio.sleep(3600)
    raise AssertionError


class StubApiServer:
    """One collection of objects at any path; use it as ``async with StubApiServer() as server``."""

    def __init__(self, *, page_cap: int = 500) -> None:
        self.page_cap = page_cap
        self.token: str | None = None
        self.seen: list[Seen] = []
        self.objects: dict[tuple[str, str], dict[str, Any]] = {}
        self._versions = itertools.count(100)
        self._version = 99
        self._history: list[tuple[int, dict[str, Any]]] = []
        self._oldest = 0
        self._streams: set[Stream] = set()
        self._scripts: list[tuple[str, Handler]] = []
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        assert self._runner is not None
        self.end(ABORT)
        await self._runner.cleanup()

    # The world, as other clients of the API server would change it.

    def put(self, name: str, namespace: str = "default", **content: Any) -> dict[str, Any]:
        kind = "MODIFIED" if (namespace, name) in self.objects else "ADDED"
        made = {"metadata": {"name": name, "namespace": namespace, "resourceVersion": self._tick()}, **content}
        self.objects[namespace, name] = made
        self._record(kind, made)
        return made

    def delete(self, name: str, namespace: str = "default") -> None:
        gone = self.objects.pop((namespace, name))
        self._record("DELETED", {**gone, "metadata": {**gone["metadata"], "resourceVersion": self._tick()}})

    def bookmark(self) -> None:
        self.send(orjson.dumps({"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": str(self._version)}}}))

    # Faults.

    def script(self, verb: str, *handlers: Handler) -> None:
        """Let the next requests of ``verb`` be answered by ``handlers``, one each."""
        self._scripts.extend((verb, handler) for handler in handlers)

    def send(self, line: bytes, *, newline: bytes = b"\n") -> None:
        """Send a line to every open watch."""
        for stream in self._streams:
            stream.queue.put_nowait(line + newline)

    def end(self, how: bytes | None = None) -> None:
        """End every open watch: in good order, or by ABORT."""
        for stream in self._streams:
            stream.queue.put_nowait(how)
        self._streams.clear()

    def stall(self) -> None:
        """Leave every open watch open and send nothing more to it."""
        self._streams.clear()

    def compact(self) -> None:
        """Forget the history: who wants to resume from before this moment gets a 410."""
        self._tick()
        self._history.clear()
        self._oldest = self._version

    def restore(self, version: int) -> None:
        """Continue from an earlier ``version``, as after a restored backup of etcd."""
        self._versions = itertools.count(version)
        self._tick()
        self._history.clear()
        self._oldest = self._version
        for made in self.objects.values():
            made["metadata"]["resourceVersion"] = self._tick()

    @property
    def watches(self) -> int:
        return len(self._streams)

    def count(self, verb: str) -> int:
        return sum(seen.verb == verb for seen in self.seen)

    def _tick(self) -> str:
        self._version = next(self._versions)
        return str(self._version)

    def _record(self, kind: str, subject: dict[str, Any]) -> None:
        event = {"type": kind, "object": subject}
        self._history.append((self._version, event))
        self.send(orjson.dumps(event))

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        verb = _verb(request)
        headers = {key.lower(): value for key, value in request.headers.items()}
        self.seen.append(Seen(verb, request.path, dict(request.query), headers, await request.read()))
        if self.token is not None and headers.get("authorization") != f"Bearer {self.token}":
            return await answer(401, status(401, "Unauthorized"))(request)
        for index, (scripted, handler) in enumerate(self._scripts):
            if scripted in {verb, "any"}:
                del self._scripts[index]
                return await handler(request)
        return await {"list": self._list, "watch": self._watch}.get(verb, self._object)(request)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        start, _, snapshot = request.query.get("continue", "").partition("@")
        if snapshot and int(snapshot) < self._oldest:
            return await answer(410, status(410, "Expired"))(request)
        first = int(start or 0)
        limit = min(int(request.query.get("limit", 0)) or len(self.objects), self.page_cap)
        page = list(self.objects.values())[first : first + limit]
        metadata = {"resourceVersion": snapshot or str(self._version)}
        if first + limit < len(self.objects):
            metadata["continue"] = f"{first + limit}@{metadata['resourceVersion']}"
        return web.json_response({"kind": "List", "metadata": metadata, "items": page})

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        version = int(request.query.get("resourceVersion", 0))
        if version > self._version:
            return await answer(504, status(504, "Timeout"))(request)
        stream = Stream()
        if version < self._oldest:
            stream.queue.put_nowait(orjson.dumps({"type": "ERROR", "object": status(410, "Expired")}) + b"\n")
            stream.queue.put_nowait(None)
        else:
            for line in self._missed(version):
                stream.queue.put_nowait(line)
            self._streams.add(stream)
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            await self._pump(stream, request, response)
        self._streams.discard(stream)
        return response

    def _missed(self, version: int) -> Iterable[bytes]:
        return [orjson.dumps(event) + b"\n" for at, event in self._history if at > version]

    async def _pump(self, stream: Stream, request: web.Request, response: web.StreamResponse) -> None:
        while (line := await stream.queue.get()) is not None:
            if line == ABORT:
                assert request.transport is not None
                request.transport.abort()
                return
            await response.write(line)

    async def _object(self, request: web.Request) -> web.StreamResponse:
        *_, namespace, _, name = request.path.split("/")
        found = self.objects.get((namespace, name))
        return await answer(200 if found else 404, found or status(404, "NotFound"))(request)


def _verb(request: web.Request) -> str:
    if request.method != "GET":
        return request.method.lower()
    if request.query.get("watch"):
        return "watch"
    # /api/v1/namespaces/<namespace>/<plural>/<name> is an object; what the tests list ends with the plural.
    return "list" if request.path.endswith("s") else "get"
