"""What the operator's environment holds for other programs is not sent to a store's server."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from secrets_operator_vault.logins.ticket import Surroundings
from secrets_operator_vault.provider import VaultProvider

from secrets_operator.provider import Rejected


async def test_neither_passwords_of_a_netrc_nor_cookies_are_sent(
    host: Any, fetch: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[web.BaseRequest] = []

    async def answer(request: web.BaseRequest) -> web.Response:
        seen.append(request)
        return web.json_response({"errors": ["no"]}, status=400, headers={"Set-Cookie": "a=b; Path=/"})

    (tmp_path / "netrc").write_text("machine 127.0.0.1 login operator password hush\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server = f"http://127.0.0.1:{runner.addresses[0][1]}"
    session = await VaultProvider(Surroundings({})).open({"server": server, "headers": {"X-Team": "blue"}}, host)
    assert [type(await fetch(session, "kv/a")) for _ in range(2)] == [Rejected, Rejected]
    await session.close()
    await runner.cleanup()
    assert [request.headers["X-Team"] for request in seen] == ["blue", "blue"]
    for request in seen:
        assert {"Authorization", "Cookie", "X-Vault-Token"}.isdisjoint(request.headers)


async def test_a_login_that_fails_leaves_no_connection_behind(host: Any) -> None:
    connected: set[Any] = set()

    async def refuse(request: web.BaseRequest) -> web.Response:
        connected.add(request.transport)
        return web.json_response({"errors": ["no"]}, status=400)

    runner = web.ServerRunner(web.Server(refuse))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    auth = {"appRole": {"roleId": "r", "secretRef": {"name": "vault", "key": "token"}}}
    spec = {"server": f"http://127.0.0.1:{runner.addresses[0][1]}", "auth": auth}
    kept = []
    try:
        await VaultProvider(Surroundings({})).open(spec, host)
    except Exception as error:  # noqa: BLE001 - kept, so that what its frames refer to is not collected
        kept.append(error)
    assert len(kept) == len(connected) == 1
    (transport,) = connected
    await until_closed(transport)
    await runner.cleanup()


async def until_closed(transport: Any) -> None:
    async with asyncio.timeout(3):
        while not transport.is_closing():  # noqa: ASYNC110 - the other end's state
            await asyncio.sleep(0.01)
