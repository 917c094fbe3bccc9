"""The vault provider keeps the contract of providers."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import Any

import pytest
from secrets_operator_vault.logins.ticket import Surroundings
from secrets_operator_vault.provider import VaultProvider

from secrets_operator.provider import Query, Reference, RemoteEntry, RetrySettings
from secrets_operator.provider.conformance import Finds, Known, Opening, Pushes, Subject, checks
from secrets_operator.provider.memory import MemoryHost
from secrets_operator.provider.push_conformance import push_checks

DOCUMENT = b'{"limits":{"rate":1.5},"none":null,"tls.crt":"pem-51c2","user":"svc-7f3a"}'
WRONG = "hvs.wr0ng-and-private"


def subject(spec: dict[str, Any], host: MemoryHost, silent: str, token: str, state: Any = None) -> Subject:
    denied = replace(host, secrets={("default", "vault"): {"token": WRONG}})
    return Subject(
        provider=VaultProvider(Surroundings({})),
        working=Opening(spec, host),
        known=[Known(Reference("one"), b'{"key":"plain-0c9d"}'), Known(Reference("one", "1"), b'{"key":"first-77aa"}')],
        absent=Reference("absent"),
        document=Known(Reference("document"), DOCUMENT),
        properties={"user": b"svc-7f3a", "tls.crt": b"pem-51c2", "limits.rate": b"1.5", "limits": b'{"rate":1.5}'},
        keys={"user": b"svc-7f3a", "tls.crt": b"pem-51c2", "limits": b'{"rate":1.5}', "none": b""},
        denied=Opening(spec, denied),
        broken=Opening({**spec, "server": silent}, replace(host, retry=RetrySettings(0))),
        finds=Finds(
            Query(name="o"),
            {"one": b'{"key":"plain-0c9d"}', "document": DOCUMENT},
            nothing=Query(name="^nothing$"),
        ),
        pushes=Pushes(
            RemoteEntry("pushed", "a.b"),
            beside=RemoteEntry("pushed", "beside"),
            foreign=RemoteEntry("one", "key"),
            state=state or nothing,
        ),
        credentials=[token, WRONG],
    )


async def nothing(_key: str) -> object:
    return None


CHECKS = checks(subject({}, MemoryHost(), "", ""))
PUSH_CHECKS = push_checks(subject({}, MemoryHost(), "", ""))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_the_vault_provider_keeps_the_contract(
    place: Any, kv2: str, spec: dict[str, Any], host: MemoryHost, check: Any
) -> None:
    await place.put(f"{kv2}/data/one", {"data": {"key": "first-77aa"}})
    await place.put(f"{kv2}/data/one", {"data": {"key": "plain-0c9d"}})
    raw, headers = b'{"data": ' + DOCUMENT + b"}", {"X-Vault-Token": place.token}
    async with place.session.post(f"{place.url}/v1/{kv2}/data/document", data=raw, headers=headers) as written:
        assert written.status == 200

    async def state(key: str) -> object:
        kept = [await place.ask("GET", f"{kv2}/{area}/{key}") for area in ("data", "metadata")]
        return [answer["data"] if status == 200 else status for status, answer in kept]

    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        await check(subject(spec, host, f"http://127.0.0.1:{unused.getsockname()[1]}", place.token, state))


@pytest.mark.parametrize("check", PUSH_CHECKS, ids=lambda check: check.__name__)
async def test_version_1_of_the_engine_is_pushed_to_alike(
    *, place: Any, kv1: str, spec: dict[str, Any], host: MemoryHost, check: Any
) -> None:
    await place.put(f"{kv1}/one", {"key": "plain-0c9d"})

    async def state(key: str) -> object:
        status, answer = await place.ask("GET", f"{kv1}/{key}")
        return answer["data"] if status == 200 else status

    await check(subject({**spec, "path": kv1, "version": "v1"}, host, "", place.token, state))
