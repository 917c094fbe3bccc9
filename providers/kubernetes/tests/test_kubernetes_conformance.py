"""The kubernetes provider keeps the contract of providers."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from secrets_operator_kubernetes.provider import PROVIDER

from secrets_operator.provider import Query, Reference, RemoteEntry
from secrets_operator.provider.conformance import Finds, Known, Opening, Pushes, Subject, checks
from secrets_operator.provider.memory import MemoryHost

CONFIG = b'{"user": "svc-7f3a", "rate": 1.50}'
DOCUMENT = b'{"config":"{\\"user\\": \\"svc-7f3a\\", \\"rate\\": 1.50}","tls.crt":"pem-51c2"}'
WRONG = "wr0ng-and-private"


async def nothing(_key: str) -> object:
    return None


def subject(spec: dict[str, Any], silent: str, token: str, state: Any = nothing) -> Subject:
    def host(value: str) -> MemoryHost:
        return MemoryHost(secrets={("default", "login"): {"token": value}})

    return Subject(
        provider=PROVIDER,
        working=Opening(spec, host(token)),
        known=[Known(Reference("one"), b'{"key":"plain-0c9d"}')],
        absent=Reference("absent"),
        document=Known(Reference("document"), DOCUMENT),
        properties={"tls.crt": b"pem-51c2", "config.user": b"svc-7f3a", "config.rate": b"1.5", "config": CONFIG},
        keys={"config": CONFIG, "tls.crt": b"pem-51c2"},
        denied=Opening(spec, host(WRONG)),
        broken=Opening({**spec, "server": {**spec.get("server", {}), "url": silent}}, host(token)),
        finds=Finds(
            Query(name="o"), {"one": b'{"key":"plain-0c9d"}', "document": DOCUMENT}, nothing=Query(name="^nothing$")
        ),
        pushes=Pushes(RemoteEntry("pushed", "a.b"), beside=RemoteEntry("pushed", "beside"), state=state),
        credentials=[token, WRONG],
    )


CHECKS = checks(subject({}, "", ""))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_the_kubernetes_provider_keeps_the_contract(place: Any, check: Any) -> None:
    token = await place.account("all", [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["*"]}])
    await place.put("one", {"key": b"plain-0c9d"})
    await place.put("document", {"config": CONFIG, "tls.crt": b"pem-51c2"})

    async def state(key: str) -> object:
        listed = await place.call("GET", "/api/v1/namespaces/shop/secrets")
        return [one["metadata"]["resourceVersion"] for one in listed["items"] if one["metadata"]["name"] == key]

    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        await check(subject(place.store(), f"https://127.0.0.1:{unused.getsockname()[1]}", token, state))
