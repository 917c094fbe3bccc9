"""The webhook provider keeps the contract of providers."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from aiohttp import web
from secrets_operator_webhook.provider import WebhookProvider

from secrets_operator.provider import Reference, RemoteEntry
from secrets_operator.provider.conformance import Known, Opening, Pushes, Subject, checks
from secrets_operator.provider.memory import MemoryHost

DOCUMENT = b'{"user": "svc-7f3a", "rate": 1.50, "limits": {"b": 1, "a": "<x>"}, "none": null, "on": true}'
TOKEN, WRONG = "t0ken-and-private", "wr0ng-and-private"
STORED = {"/one": b"plain-0c9d", "/document": DOCUMENT}


def answering() -> Any:
    """Return a handler of a place of its own, which keeps what it is sent."""
    stored = dict(STORED)

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.headers["Authorization"] != f"Bearer {TOKEN}":
            return web.Response(status=401)
        if request.method == "POST":
            stored[request.path] = await request.read()
            return web.Response(status=201)
        found = stored.pop(request.path, None) if request.method == "DELETE" else stored.get(request.path)
        return web.Response(status=404) if found is None else web.Response(body=found)

    return answer


def subject(url: str, silent: str) -> Subject:
    def host(token: str) -> MemoryHost:
        place = ("default", "login")
        labels = {"external-secrets.io/type": "webhook"}
        return MemoryHost(secrets={place: {"token": token}}, labels={place: labels})

    spec = {
        "url": f"{url}/{{{{ or .remoteRef.remoteKey .remoteRef.key }}}}",
        "headers": {"Authorization": "Bearer {{ .login.token }}"},
        "secrets": [{"name": "login", "secretRef": {"name": "login"}}],
    }
    return Subject(
        provider=WebhookProvider({}),
        working=Opening(spec, host(TOKEN)),
        known=[Known(Reference("one"), b"plain-0c9d")],
        absent=Reference("absent"),
        document=Known(Reference("document"), DOCUMENT),
        properties={},
        keys={
            "user": b"svc-7f3a",
            "rate": b"1.5",
            "limits": rb'{"a":"\u003cx\u003e","b":1}',
            "none": b"",
            "on": b"true",
        },
        denied=Opening(spec, host(WRONG)),
        broken=Opening({**spec, "url": silent}, host(TOKEN)),
        pushes=Pushes(RemoteEntry("pushed")),
        credentials=[TOKEN, WRONG],
    )


CHECKS = checks(subject("", ""))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_the_webhook_provider_keeps_the_contract(serve: Any, check: Any) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        async with serve(answering()) as url:
            await check(subject(url, f"http://127.0.0.1:{unused.getsockname()[1]}"))
