"""Who may see the page, and what of it.

On a loopback address everyone who reaches it may see everything: whoever forwards a port to it has been let in by the
API server. On any other address a token is needed, and the API server is asked whose it is and what they may list;
what they may not is left out. Browsers send the token as the password of their own login form.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import secrets
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Protocol

from aiohttp import web

from secrets_operator.errors import OperatorError
from secrets_operator.flow import SecretBytes
from secrets_operator.kube.resources import Resource
from secrets_operator.serving.rate_limits import RateLimit
from secrets_operator.serving.reviews import Reviews, User

_KEPT_SECONDS = 30.0
_MOST_KEPT = 4096
# Only questions that the API server has to be asked count.
_PER_SECOND, _BURST = 2.0, 20
_CHALLENGE = 'Basic realm="secrets-operator: any user name, a Kubernetes token as the password", charset="UTF-8"'
_NAMES_OF_THIS_MACHINE = ("localhost",)


class Viewer(Protocol):
    """Somebody who looks at the page."""

    async def may_list(self, resource: Resource, namespace: str) -> bool:
        """Tell whether they may list a kind in a namespace, or in all when it is empty."""
        ...


class Access(Protocol):
    """Decides who may look."""

    async def viewer(self, request: web.Request) -> Viewer:
        """Return who sends a request; raises the answer that turns them away."""
        ...


class _Everyone:
    async def may_list(self, _resource: Resource, _namespace: str) -> bool:
        return True


class LocalAccess:
    """Lets everyone in who reaches a loopback address by a name of this machine.

    A web site can make a browser send requests to 127.0.0.1 under the site's own name (DNS rebinding) and read the
    answers; the Host header gives it away.
    """

    async def viewer(self, request: web.Request) -> Viewer:
        """Return a viewer who may see everything."""
        if not is_loopback(_host_of(request.headers.get("Host", ""))):
            raise web.HTTPForbidden(text="this address is only for localhost\n")
        return _Everyone()


class _Kept:
    """Answers of the API server, for half a minute."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._answers: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()

    def get(self, question: Hashable) -> tuple[Any] | None:
        asked, answer = self._answers.get(question, (float("-inf"), None))
        return (answer,) if self._now() - asked < _KEPT_SECONDS else None

    def put(self, question: Hashable, answer: Any) -> None:
        self._answers[question] = (self._now(), answer)
        self._answers.move_to_end(question)
        while len(self._answers) > _MOST_KEPT:
            self._answers.popitem(last=False)


@dataclass(frozen=True, slots=True)
class _Reviewed:
    user: User
    token: bytes
    reviews: Reviews
    kept: _Kept

    async def may_list(self, resource: Resource, namespace: str) -> bool:
        for place in dict.fromkeys(("", namespace)):
            question = (self.token, resource, place)
            known = self.kept.get(question)
            if known is None:
                known = (await self.reviews.may_list(self.user, resource, place),)
                self.kept.put(question, known[0])
            if known[0]:
                return True
        return False


class ReviewedAccess:
    """Lets in whose token the API server knows."""

    def __init__(self, reviews: Reviews, now: Callable[[], float]) -> None:
        """Read monotonic seconds from ``now``."""
        self._reviews = reviews
        self._kept = _Kept(now)
        self._limit = RateLimit(per_second=_PER_SECOND, burst=_BURST, now=now)
        # Tokens are remembered by a digest that means nothing outside of this process.
        self._key = secrets.token_bytes(32)

    async def viewer(self, request: web.Request) -> Viewer:
        """Return whose token comes with a request: as a Bearer token, or as the password of a login."""
        token = _token(request.headers.get("Authorization", ""))
        if token is None:
            raise _unauthorized("a token is needed")
        digest = hmac.digest(self._key, token.reveal(), "sha256")
        known = self._kept.get(digest)
        if known is None:
            known = (await self._user(request, token),)
            self._kept.put(digest, known[0])
        if known[0] is None:
            raise _unauthorized("the API server does not know this token")
        return _Reviewed(known[0], digest, self._reviews, self._kept)

    async def _user(self, request: web.Request, token: SecretBytes) -> User | None:
        allowance = self._limit.take(request.remote)
        if allowance.wait:
            raise web.HTTPTooManyRequests(text="limit exceeded\n", headers=allowance.headers)
        try:
            return await self._reviews.user(token)
        except OperatorError as error:
            raise web.HTTPServiceUnavailable(text="the API server does not tell who may look\n") from error


def is_loopback(host: str) -> bool:
    """Tell whether a host is reached from this machine only."""
    if host.lower() in _NAMES_OF_THIS_MACHINE:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _host_of(header: str) -> str:
    """Return the host of a Host header, without the port and the brackets of IPv6."""
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.partition(":")[0]


def _token(authorization: str) -> SecretBytes | None:
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return SecretBytes(credentials.strip().encode("utf-8", "replace")) if credentials.strip() else None
    if scheme.lower() != "basic":
        return None
    try:
        _, _, password = base64.b64decode(credentials, validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return None
    return SecretBytes(password) if password else None


def _unauthorized(text: str) -> web.HTTPUnauthorized:
    return web.HTTPUnauthorized(text=f"{text}\n", headers={"WWW-Authenticate": _CHALLENGE})
