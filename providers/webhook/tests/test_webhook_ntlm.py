"""NTLM with a server that speaks it (pyspnego's): three requests over one connection, nothing without the password."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
import spnego
from aiohttp import web
from spnego.exceptions import SpnegoError

from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Failed, Found, Rejected
from secrets_operator.provider.memory import MemoryHost

NTLM = {
    "ntlm": {"usernameSecret": {"name": "login", "key": "user"}, "passwordSecret": {"name": "login", "key": "password"}}
}
PASSWORD = "correct-horse-private"


class Windows:
    """A server that asks for NTLM, per connection as the protocol has it."""

    def __init__(self, scheme: str) -> None:
        self.scheme = scheme
        self.bodies: list[bytes] = []
        self.broken = False
        self._contexts: dict[Any, Any] = {}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.bodies.append(await request.read())
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != self.scheme:
            return web.Response(status=401, headers={"WWW-Authenticate": self.scheme})
        if self.broken:
            return web.Response(status=401, headers={"WWW-Authenticate": f"{self.scheme} bm8gY2hhbGxlbmdl"})
        if request.transport not in self._contexts:
            options = spnego.NegotiateOptions.use_ntlm
            self._contexts[request.transport] = spnego.server(protocol="ntlm", options=options)
        context = self._contexts[request.transport]
        try:
            challenge = context.step(base64.b64decode(token))
        except SpnegoError:
            return web.Response(status=401)
        if not context.complete:
            value = f"{self.scheme} {base64.b64encode(challenge).decode()}"
            return web.Response(status=401, headers={"WWW-Authenticate": value})
        return web.Response(text=f"hello {context.client_principal}")


@pytest.fixture
def users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The users that the server knows."""
    file = tmp_path / "users"
    file.write_text(f"SHOP:me:{PASSWORD}\n")
    monkeypatch.setenv("NTLM_USER_FILE", str(file))


def host(password: str) -> MemoryHost:
    return MemoryHost(secrets={("default", "login"): {"user": "SHOP\\me", "password": password}})


@pytest.mark.usefixtures("users")
@pytest.mark.parametrize("scheme", ["NTLM", "Negotiate"])
async def test_the_password_logs_in(serve: Any, open_session: Any, fetch: Any, scheme: str) -> None:
    windows = Windows(scheme)
    async with serve(windows.handle) as url:
        spec = {"url": url, "method": "POST", "body": "{{ .remoteRef.key }}", "auth": NTLM}
        session = await open_session(spec, host=host(PASSWORD))
        assert await fetch(session, "app") == Found(SecretBytes(b"hello SHOP\\me"))
        assert windows.bodies == [b"app"] * 3
        assert await fetch(session, "other") == Found(SecretBytes(b"hello SHOP\\me"))


@pytest.mark.usefixtures("users")
async def test_another_password_does_not(serve: Any, open_session: Any, fetch: Any) -> None:
    async with serve(Windows("NTLM").handle) as url:
        answer = await fetch(await open_session({"url": url, "auth": NTLM}, host=host("wrong-private")))
        assert answer == Rejected("the server does not accept the store's credential (status 401)", credentials=True)


async def test_a_challenge_that_is_none_is_no_answer(serve: Any, open_session: Any, fetch: Any) -> None:
    windows = Windows("NTLM")
    windows.broken = True
    async with serve(windows.handle) as url:
        answer = await fetch(await open_session({"url": url, "auth": NTLM}, host=host(PASSWORD)))
        assert answer == Rejected("the server's NTLM challenge cannot be answered")


async def test_a_server_that_asks_for_nothing_gets_no_login(api: Any, open_session: Any, fetch: Any) -> None:
    assert isinstance(await fetch(await open_session({"url": api.url, "auth": NTLM}, host=host(PASSWORD))), Found)
    assert "Authorization" not in api.asked[0][2]
    api.says(b"", 503)
    assert isinstance(await fetch(await open_session({"url": api.url, "auth": NTLM}, host=host(PASSWORD))), Failed)
