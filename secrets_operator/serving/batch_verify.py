"""Many SealedSecrets at once, with a verdict on each value: does it open, with which key, and if not why.

Only for callers who may write SealedSecrets in the namespace of a document: they could find out anyway, by applying it.
The token comes as ``Authorization: Bearer``, or as ``X-Secrets-Operator-Token`` through the API server's proxy, which
takes the other one out. One that is for the operator alone is enough, and nobody could use it elsewhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from aiohttp import web

from secrets_operator.errors import InvalidSpec, OperatorError
from secrets_operator.flow import Object, SecretBytes
from secrets_operator.resources.names import OPERATOR_AUDIENCE, OPERATOR_TOKEN_HEADER
from secrets_operator.sealing.errors import DocumentError
from secrets_operator.sealing.fields import section
from secrets_operator.sealing.keyring import Keyring
from secrets_operator.sealing.scopes import scope_of
from secrets_operator.sealing.verdicts import Verdict, verdicts
from secrets_operator.serving.admission_control import Answering, body_of
from secrets_operator.serving.reviews import Reviews, User
from secrets_operator.serving.sealing_requests import documents, sealed_secret

# Each namespace costs a question to the API server.
_MOST_NAMESPACES = 100


@dataclass(frozen=True, slots=True)
class _Asked:
    """One document: where it stands, and the SealedSecret, or why there is none."""

    index: int
    sealed: Object | None
    error: str = ""

    @property
    def namespace(self) -> str:
        metadata = section(self.sealed or {}, "metadata")
        return str(metadata.get("namespace") or "")


class BatchVerify:
    """The handler of ``/v1/verify/batch``."""

    def __init__(self, keyring: Callable[[], Keyring], *, answering: Answering, reviews: Reviews) -> None:
        self._keyring = keyring
        self._answering = answering
        self._reviews = reviews

    async def answer(self, request: web.Request) -> web.Response:
        """Answer 200 with a verdict for each document; 401 without a valid token, 400 for an unreadable body."""
        try:
            user = await self._user(request)
            if user is None:
                return _refused(401, f"a token is needed, as Authorization: Bearer or as {OPERATOR_TOKEN_HEADER}")
            body = await body_of(request)
            if body is None:
                return _refused(400, "the body did not come whole")
            asked = await self._answering.run(partial(_asked, body))
            return _json(200, await self._verdicts(user, asked))
        except DocumentError as error:
            return _refused(400, str(error))
        except OperatorError as error:
            return _refused(503, f"the API server does not tell who may ask: {error}")

    async def _user(self, request: web.Request) -> User | None:
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        shown = request.headers.get(OPERATOR_TOKEN_HEADER) or (bearer.strip() if scheme.lower() == "bearer" else "")
        if not shown:
            return None
        token = SecretBytes(shown.encode("utf-8", "replace"))
        return await self._reviews.user(token, audience=OPERATOR_AUDIENCE) or await self._reviews.user(token)

    async def _verdicts(self, user: User, asked: list[_Asked]) -> Object:
        namespaces = sorted({one.namespace for one in asked if one.sealed is not None})
        if len(namespaces) > _MOST_NAMESPACES:
            raise DocumentError(f"more than {_MOST_NAMESPACES} namespaces: send several requests")
        rights = await asyncio.gather(*(self._reviews.may_write_sealed_secrets(user, name) for name in namespaces))
        allowed = {name for name, may in zip(namespaces, rights, strict=True) if may}
        newest = self._keyring().newest
        # One by one, so that whoever asks a lot takes turns with others.
        found = [await self._verdict(one, allowed=one.namespace in allowed) for one in asked]
        return {"newestKey": newest.fingerprint if newest else "", "documents": found}

    async def _verdict(self, asked: _Asked, *, allowed: bool) -> Object:
        if asked.sealed is None:
            return {"index": asked.index, "error": asked.error}
        metadata = section(asked.sealed, "metadata")
        scope = scope_of(section(asked.sealed, "metadata", "annotations"))
        place = {"index": asked.index, "namespace": asked.namespace, "name": str(metadata.get("name") or "")}
        if not allowed:
            where = f"namespace {asked.namespace}" if asked.namespace else "all namespaces"
            return {**place, "error": f"forbidden: you may not create or update SealedSecrets in {where}"}
        try:
            found = await self._answering.run(partial(verdicts, asked.sealed, self._keyring()))
        except InvalidSpec as error:
            return {**place, "error": str(error)}
        items = {verdict.item: _item(verdict) for verdict in found}
        return {**place, "scope": scope, "opens": all(verdict.opens for verdict in found), "items": items}


def _asked(body: bytes) -> list[_Asked]:
    """Return the documents of a body; DocumentError when it cannot be read or holds none."""
    found = documents(body)
    if not found:
        raise DocumentError("no SealedSecret in the body")
    asked = []
    for document in found:
        try:
            sealed = sealed_secret(document)
            section(sealed, "metadata", "annotations")
            asked.append(_Asked(document.index, sealed))
        except (DocumentError, InvalidSpec) as error:
            asked.append(_Asked(document.index, None, str(error)))
    return asked


def _item(verdict: Verdict) -> Object:
    if verdict.opens:
        return {"opens": True, "key": verdict.key}
    return {"opens": False, "reason": verdict.reason, "message": verdict.message}


def _refused(status: int, message: str) -> web.Response:
    return _json(status, {"error": message})


def _json(status: int, body: Any) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(body) + b"\n", content_type="application/json")
