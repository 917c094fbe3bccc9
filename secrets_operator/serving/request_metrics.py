"""Counts what the sealing API answers, and how long that took."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol, cast

from aiohttp import web

from secrets_operator.serving.admission_control import Handler

# Methods are whatever a client writes; a label must not be.
_METHODS = frozenset({"get", "head", "post", "put", "delete", "options", "patch", "trace", "connect"})


class Observer(Protocol):
    """Told of every answer; the metrics listen here."""

    def __call__(self, *, path: str, method: str, code: int, seconds: float) -> None:
        """Record one answer."""
        ...


def counted(routes: Iterable[web.RouteDef], observer: Observer, now: Callable[[], float]) -> list[web.RouteDef]:
    """Return the routes, each telling ``observer`` of its answers; ``now`` tells monotonic seconds."""
    return [web.RouteDef(one.method, one.path, _counted(one, observer, now), one.kwargs) for one in routes]


def _counted(
    route: web.RouteDef, observer: Observer, now: Callable[[], float]
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    handler = cast("Handler", route.handler)

    async def answer(request: web.Request) -> web.StreamResponse:
        began, code = now(), 500
        method = request.method.lower()
        try:
            response = await handler(request)
        except web.HTTPException as error:
            code = error.status
            raise
        else:
            code = response.status
            return response
        finally:
            observer(
                path=route.path, method=method if method in _METHODS else "unknown", code=code, seconds=now() - began
            )

    return answer
