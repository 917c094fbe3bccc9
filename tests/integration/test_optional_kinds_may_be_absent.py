"""A kind that the cluster does not have, or that may not be seen, holds nothing up when it is optional."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.reflected_world import client_of, reflector_of, until
from tests.stub_api_server import StubApiServer, answer


@pytest.mark.parametrize("code", [pytest.param(404, id="no such kind"), pytest.param(403, id="no right to see it")])
async def test_an_optional_kind_counts_as_empty_until_it_comes(tmp_path: Path, code: int) -> None:
    token = tmp_path / "token"
    token.write_text("first")
    told: list[str] = []
    async with StubApiServer() as server, client_of(server, token) as client:
        server.token = "first"
        server.script("list", *[answer(code)] * 2)
        server.put("one", data="1")
        reflector = reflector_of(client, lambda change: told.append(change.name), optional=True)
        running = asyncio.create_task(reflector.run())
        await asyncio.wait_for(reflector.synced.wait(), 5)
        assert (len(reflector), told, reflector.fault is not None) == (0, [], True)
        await until(lambda: told == ["one"])
        assert reflector.fault is None
        # It goes again, as when its definition is deleted.
        server.script("list", answer(code))
        server.compact()
        server.script("watch", *[answer(code)] * 5)
        server.end()
        await until(lambda: told == ["one", "one"])
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_any_other_kind_is_waited_for(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("first")
    async with StubApiServer() as server, client_of(server, token) as client:
        server.token = "first"
        server.script("list", *[answer(404)] * 2)
        reflector = reflector_of(client, lambda _: None)
        running = asyncio.create_task(reflector.run())
        await until(lambda: server.count("list") >= 1)
        assert not reflector.synced.is_set()
        await asyncio.wait_for(reflector.synced.wait(), 5)
        assert server.count("list") >= 3
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
