"""The HTTP side: reads requests, runs them through authentication, authorization and handlers, writes answers.

Built on aiohttp's low-level server, without its router: `request_info` knows the paths. Streams (watches) are
written here; everything else is an `Answer`.
"""

import asyncio
import logging
import ssl
from dataclasses import dataclass

from aiohttp import web

from devcluster.answers import Answer, json_answer, warning_header
from devcluster.authentication import ANONYMOUS, Authenticator, impersonated
from devcluster.authorization import Authorizer
from devcluster.calls import Call, ControlPlane, User
from devcluster.faults import Faults
from devcluster.request_info import RequestInfo, parse
from devcluster.request_log import LoggedRequest, RequestLog
from devcluster.resource_handlers import ResourceHandlers
from devcluster.server_paths import ServerPaths
from devcluster.service_proxy import backend, forward, is_proxied
from devcluster.statuses import ApiError, NoSuchPath
from devcluster.watching import OpenWatches, open_watch

BODY_LIMIT = 3 * 1024 * 1024
"""Bytes of a request body, as Kubernetes limits it."""
_SHUTDOWN_SECONDS = 2.0
_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class Handlers:
    """Everything that takes part in answering a request."""

    plane: ControlPlane
    authenticator: Authenticator
    authorizer: Authorizer
    resources: ResourceHandlers
    paths: ServerPaths
    faults: Faults
    log: RequestLog
    watches: OpenWatches


class HttpServer:
    """Listens on loopback and answers."""

    def __init__(self, handlers: Handlers) -> None:
        self._handlers = handlers
        self._runner: web.ServerRunner | None = None

    async def listen(self, port: int, tls: ssl.SSLContext | None) -> int:
        """Start listening on 127.0.0.1 and return the port; 0 picks a free one.

        Raises:
            OSError: the port is taken.

        """
        server = web.Server(
            self._handle,
            handler_cancellation=True,
            request_factory=_request,
            access_log=None,
            keepalive_timeout=3600.0,
        )
        self._runner = web.ServerRunner(server, shutdown_timeout=_SHUTDOWN_SECONDS)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port, ssl_context=tls, backlog=1024, reuse_address=True)
        await site.start()
        return int(self._runner.addresses[0][1])

    async def close(self) -> None:
        """End all watches and connections and stop listening."""
        self._handlers.watches.close_all()
        if self._runner:
            connections = self._runner.server.connections if self._runner.server else []
            transports = [found.transport for found in connections if found.transport]
            await self._runner.cleanup()
            for transport in transports:
                # A closed TLS connection waits half a minute for the other side to say goodbye.
                transport.abort()
            self._runner = None

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        handlers = self._handlers
        delay, forced = handlers.faults.take(request.method, request.path_qs)
        if delay:
            await asyncio.sleep(delay)
        info = parse(request.method, request.path, request.query)
        user = ANONYMOUS
        try:
            if forced is None:
                user = self._user(request)
                handlers.authorizer.require(user, info)
                received = handlers.plane.clock()
                call = Call(info, user, request.query, request.headers, received, await _body(request))
                if info.verb == "watch" and not is_proxied(info):
                    return await self._watch(request, call)
                forced = await self._answer(request, call)
        except ApiError as err:
            forced = _refusal(err)
        except NoSuchPath:
            forced = Answer(404, b"404 page not found\n", "text/plain; charset=utf-8")
        except web.HTTPRequestEntityTooLarge:
            message = f"Request entity too large: limit is {BODY_LIMIT}"
            forced = _refusal(ApiError(413, "RequestEntityTooLarge", message, {}))
        except Exception:  # noqa: BLE001 - the boundary: a defect here must not end the connection without an answer
            _LOG.exception("a request failed inside the dev cluster: %s %s", request.method, request.path)
            forced = _refusal(ApiError(500, "InternalError", "Internal error occurred; see the dev cluster's log", {}))
        self._log(user, info, forced.code)
        return _response(forced)

    def _user(self, request: web.BaseRequest) -> User:
        """Return the sender, or whom the sender may and does act as."""
        user = self._handlers.authenticator.authenticate(request.headers)
        other = impersonated(request.headers, request.headers.getall("Impersonate-Group", []))
        if other is None:
            return user
        self._handlers.authorizer.require(user, _impersonation("users", other.name))
        for group in request.headers.getall("Impersonate-Group", []):
            self._handlers.authorizer.require(user, _impersonation("groups", group))
        return other

    async def _answer(self, request: web.BaseRequest, call: Call) -> Answer:
        if is_proxied(call.info):
            plane = self._handlers.plane
            return await forward(request, backend(plane.store, call.info, plane.dice))
        if call.info.is_resource:
            return await self._handlers.resources.answer(call)
        return self._handlers.paths.answer(call)

    async def _watch(self, request: web.BaseRequest, call: Call) -> web.StreamResponse:
        handlers = self._handlers
        resource = handlers.resources.find(call.info)
        watch = open_watch(handlers.plane, resource, call)
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        closing = handlers.watches.opened(watch.history)
        self._log(call.user, call.info, 200)
        try:
            await response.prepare(request)
            await watch.run(response.write, closing, handlers.watches.bookmark_seconds)
            await response.write_eof()
        except (ConnectionError, asyncio.CancelledError):
            # The client is gone: there is nobody left to tell.
            _LOG.debug("a watch of %s was left by its client", call.info.resource)
        finally:
            handlers.watches.ended(closing)
        return response

    def _log(self, user: User, info: RequestInfo, code: int) -> None:
        now = self._handlers.plane.clock()
        subject = (info.group, info.resource, info.subresource, info.namespace, info.name)
        self._handlers.log.append(LoggedRequest(now, user.name, info.verb, *subject, code))


def _request(message, payload, protocol, writer, task):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202 - aiohttp's own private signature
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=BODY_LIMIT)


async def _body(request: web.BaseRequest) -> bytes:
    return await request.read() if request.body_exists else b""


def _impersonation(resource: str, name: str) -> RequestInfo:
    return RequestInfo("impersonate", "", is_resource=True, version="v1", resource=resource, name=name)


def _refusal(error: ApiError) -> Answer:
    plain = json_answer(error.status(), error.code)
    headers = dict(error.headers)
    if error.details and "retryAfterSeconds" in error.details:
        headers["Retry-After"] = str(error.details["retryAfterSeconds"])
    return Answer(plain.code, plain.body, headers=headers)


def _response(answer: Answer) -> web.Response:
    response = web.Response(status=answer.code, body=answer.body, headers=answer.headers)
    response.headers["Content-Type"] = answer.content_type
    for text in answer.warnings:
        response.headers.add("Warning", warning_header(text))
    return response
