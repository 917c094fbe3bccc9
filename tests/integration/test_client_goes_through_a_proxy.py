"""A kubeconfig may name an HTTP proxy: every connection to the API server then goes through it, and none beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from devcluster import Cluster
from secrets_operator.clock import SystemClock
from secrets_operator.errors import Retryable
from secrets_operator.kube import connection
from secrets_operator.kube.client import Client
from secrets_operator.kube.overrides import Overrides


class Proxy:
    """Connects whoever asks to the address they name, and remembers the addresses."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        verb, address, _ = request.split(b"\r\n")[0].decode().split(" ")
        self.asked.append(f"{verb} {address}")
        host, _, port = address.rpartition(":")
        upstream, downstream = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(carry(reader, downstream), carry(upstream, writer))


async def carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await source.read(65_536):
            target.write(data)
            await target.drain()
    target.close()


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    async with Cluster() as running:
        yield running


@pytest.fixture
async def kubeconfig(cluster: Cluster, tmp_path: Path) -> str:
    file = tmp_path / "kubeconfig"
    await cluster.write_kubeconfig(file)
    return str(file)


async def test_requests_go_through_the_proxy(cluster: Cluster, kubeconfig: str) -> None:
    clock, proxy = SystemClock(), Proxy()
    async with proxy as url:
        found = await asyncio.to_thread(
            connection.from_kubeconfig, kubeconfig, clock=clock, overrides=Overrides(proxy_url=url)
        )
        async with Client(found, clock=clock) as client:
            assert (await client.version())["gitVersion"]
        assert proxy.asked == [f"CONNECT {cluster.url.removeprefix('https://')}"]


async def test_a_proxy_that_is_away_is_not_gone_around(kubeconfig: str) -> None:
    clock = SystemClock()
    found = await asyncio.to_thread(connection.from_kubeconfig, kubeconfig, clock=clock)
    async with Client(replace(found, proxy="http://127.0.0.1:9"), clock=clock) as client:
        with pytest.raises(Retryable):
            await client.version()
