"""Logs in with NTLM: three requests over one connection, which then belongs to the user.

https://learn.microsoft.com/openspecs/windows_protocols/ms-nthp: the first asks for nothing, the second carries the
negotiate message, the third the answer to the server's challenge. Servers offer it as ``NTLM`` or as ``Negotiate``.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import spnego
from yarl import URL

from secrets_operator.errors import InvalidSpec, Terminal
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Host
from secrets_operator.provider.guarded_http import Reply
from secrets_operator.provider.http_guards import Guard
from secrets_operator_webhook.client import Client
from secrets_operator_webhook.requests import Request

_SCHEMES = ("ntlm", "negotiate")


@dataclass(frozen=True, slots=True)
class Credential:
    """A user, with or without the domain before a backslash, and the password."""

    user: SecretBytes
    password: SecretBytes


class NtlmClient:
    """Sends each request over a connection of its own, since a connection is logged in as somebody."""

    def __init__(self, connect: Callable[[], Client], guard: Guard, credential: Credential, host: Host) -> None:
        self._connect = connect
        self._guard = guard
        self._credential = credential
        self._host = host

    async def send(self, request: Request) -> Reply:
        """Send after a login; redirects are not followed. Raises as ``Client.send``."""
        client = self._connect()
        try:
            return await client.bounded(partial(self._exchange, client, self._guard.url(request.url), request))
        finally:
            await client.close()

    async def close(self) -> None:
        """Nothing is held."""

    async def _exchange(self, client: Client, url: URL, request: Request) -> Reply:
        ask = partial(client.once, url.with_user(None))
        reply = await ask(request)
        scheme = _offered(reply)
        if reply.status != 401 or not scheme:
            return reply
        login = await self._host.run_blocking(partial(self._start, url))
        negotiate = await self._step(login, None)
        reply = await ask(_with(request, scheme, negotiate))
        challenge = _challenge(reply, scheme)
        if reply.status != 401 or challenge is None:
            return reply
        return await ask(_with(request, scheme, await self._step(login, challenge)))

    def _start(self, url: URL) -> spnego.ContextProxy:
        user, password = (part.reveal().decode("utf-8", "replace") for part in self._parts())
        options = spnego.NegotiateOptions.use_ntlm
        return spnego.client(user, password, hostname=url.host or "", service="http", protocol="ntlm", options=options)

    def _parts(self) -> tuple[SecretBytes, SecretBytes]:
        return self._credential.user, self._credential.password

    async def _step(self, login: spnego.ContextProxy, challenge: bytes | None) -> bytes:
        try:
            message = await self._host.run_blocking(partial(login.step, challenge))
        except Exception as error:  # the library trips over a stranger's bytes in many ways
            raise Terminal("the server's NTLM challenge cannot be answered") from error
        if message is None:
            raise InvalidSpec("NTLM has nothing to send: check the user name", field="auth.ntlm")
        return message


def _offered(reply: Reply) -> str:
    """Return the scheme the server offers, as it writes it."""
    names = [challenge.split()[0] for challenge in reply.challenges if challenge.strip()]
    wanted = [name for scheme in _SCHEMES for name in names if name.lower() == scheme]
    return wanted[0] if wanted else ""


def _challenge(reply: Reply, scheme: str) -> bytes | None:
    for text in reply.challenges:
        name, _, token = text.partition(" ")
        if name.lower() == scheme.lower() and token.strip():
            try:
                return base64.b64decode(token.strip(), validate=True)
            except binascii.Error:
                return None
    return None


def _with(request: Request, scheme: str, message: bytes) -> Request:
    others = {name: value for name, value in request.headers.items() if name.lower() != "authorization"}
    return replace(request, headers={**others, "Authorization": f"{scheme} {base64.b64encode(message).decode()}"})
