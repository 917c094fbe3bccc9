"""The `Cluster`: everything put together, started and stopped, and what tests may do to it."""

import asyncio
import contextlib
import random
import re
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from devcluster.bootstrap import bootstrap
from devcluster.certificates import Authority, new_authority, server_context
from devcluster.clock import Clock, wall_clock
from devcluster.control_plane import Assembly, assemble
from devcluster.faults import Fault
from devcluster.http_server import HttpServer
from devcluster.kubeconfig import kubeconfig
from devcluster.persistence import Identity, Saver, restore
from devcluster.private_files import write_private
from devcluster.request_log import RequestLog
from devcluster.storage import Store

DEFAULT_PORT = 16443
"""Where the dev cluster listens unless told otherwise, and the address it advertises."""
_TOKEN_BYTES = 24


@dataclass(frozen=True, slots=True)
class Settings:
    """How a cluster is started.

    `port` 0 means the saved port or a free one. `advertised` is the host:port that discovery names at /api:
    like a real API server it names its advertised address whatever port a client came through. `data` is the file
    to keep everything in, None to keep nothing.
    """

    port: int = 0
    token: str = ""
    http: bool = False
    data: Path | None = None
    advertised: str = f"127.0.0.1:{DEFAULT_PORT}"
    bookmark_seconds: float = 60.0
    clock: Clock = wall_clock


class Cluster:
    """A Kubernetes API server inside this process, used as `async with Cluster() as cluster:`."""

    def __init__(
        self,
        *,
        port: int = 0,
        token: str = "",
        http: bool = False,
        data: Path | str | None = None,
        settings: Settings | None = None,
    ) -> None:
        path = Path(data) if data else None
        self._settings = settings or Settings(port=port, token=token, http=http, data=path)
        self._port = self._settings.port
        self._tasks: list[asyncio.Task[None]] = []
        self._assembly: Assembly | None = None
        self._server: HttpServer | None = None
        self._saver: Saver | None = None
        self._identity: Identity | None = None
        self._ca_folder: tempfile.TemporaryDirectory[str] | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        """The base URL."""
        return f"{'http' if self._settings.http else 'https'}://127.0.0.1:{self._port}"

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._port

    @property
    def token(self) -> str:
        """The admin's bearer token."""
        return self._started_identity().token

    @property
    def ca_pem(self) -> str:
        """The certificate of the authority, PEM."""
        return self._started_identity().authority.certificate_pem

    @property
    def ca_file(self) -> Path:
        """A file with the certificate of the authority; it is removed at `stop`."""
        assert self._ca_folder, "start the cluster first"
        return Path(self._ca_folder.name) / "ca.crt"

    @property
    def requests(self) -> RequestLog:
        """The log of the latest requests."""
        return self._running().log

    @property
    def open_watches(self) -> int:
        """How many watches are open."""
        return len(self._running().watches)

    def kubeconfig(self) -> str:
        """Return the text of a kubeconfig for the admin."""
        return kubeconfig(url=self.url, token=self.token, ca_pem=self.ca_pem)

    async def start(self) -> None:
        """Start serving.

        Raises:
            OSError: the port is taken.
            UnreadableData: the data file cannot be used.

        """
        settings, store = self._settings, Store()
        saved = await asyncio.to_thread(restore, settings.data, store) if settings.data else None
        identity = self._chosen_identity(saved)
        assembly = assemble(store, identity.authority, identity.token, settings.clock, random.SystemRandom())
        assembly.watches.bookmark_seconds = settings.bookmark_seconds
        self._assembly, self._identity, self._port = assembly, identity, identity.port
        if saved is None:
            bootstrap(assembly.plane, assembly.namespaces)
        assembly.resume()
        self._ca_folder = await asyncio.to_thread(_folder_with, "ca.crt", identity.authority.certificate_pem)
        self._server = HttpServer(assembly.handlers(self._address))
        runs = [assembly.namespaces.run, assembly.definitions.run, assembly.collector.run]
        try:
            await self._listen()
            if settings.data:
                saver = Saver(settings.data, store, self._started_identity)
                await saver.save()
                self._saver = saver
                runs.append(saver.run)
        except OSError:
            await self.stop()
            raise
        self._tasks = [asyncio.create_task(run()) for run in runs]

    async def stop(self) -> None:
        """Stop serving; with a data file, save everything first."""
        if self._server:
            await self._server.close()
            self._server = None
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._tasks = []
        if self._saver:
            await self._saver.save()
            self._saver = None
        if self._ca_folder:
            await asyncio.to_thread(self._ca_folder.cleanup)
            self._ca_folder = None

    async def restart(self, *, pause_seconds: float = 0.0) -> None:
        """Drop every connection, stay away for a while, and listen on the same port again with the same data."""
        assert self._server, "start the cluster first"
        await self._server.close()
        await asyncio.sleep(pause_seconds)
        await self._listen()

    def close_watches(self) -> int:
        """End every open watch as a server does whose timeout has come; return how many there were."""
        return self._running().watches.close_all()

    def expire_history(self) -> None:
        """Forget all history: open watches get 410 Gone, and so does every watch or page from before this call."""
        store = self._running().plane.store
        store.revision += 1
        for collection in store.collections.values():
            collection.history.expire(store.revision)

    def fail_requests(
        self,
        status: int,
        *,
        count: int | None = 1,
        method: str = "",
        path: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Answer the next `count` matching requests (None: all until cleared) with a status and headers.

        `method` is an HTTP method, empty for all; `path` is a regular expression searched in path and query.
        """
        fault = Fault(method, re.compile(path), count, status=status, headers=headers or {})
        self._running().faults.add(fault)

    def delay_requests(self, seconds: float, *, count: int | None = None, method: str = "", path: str = "") -> None:
        """Delay the next `count` matching requests (None: all until cleared) by so many seconds."""
        self._running().faults.add(Fault(method, re.compile(path), count, delay_seconds=seconds))

    def clear_faults(self) -> None:
        """Forget all failures and delays."""
        self._running().faults.clear()

    async def write_kubeconfig(self, path: Path) -> None:
        """Write the admin's kubeconfig, readable by its owner only.

        Raises:
            OSError: the file cannot be written.

        """
        await asyncio.to_thread(write_private, path, self.kubeconfig().encode())

    def _chosen_identity(self, saved: Identity | None) -> Identity:
        token = self._settings.token or (saved.token if saved else secrets.token_urlsafe(_TOKEN_BYTES))
        authority: Authority = saved.authority if saved else new_authority(self._settings.clock())
        return Identity(self._settings.port or (saved.port if saved else 0), token, authority)

    async def _listen(self) -> None:
        assert self._server
        authority, tls = self._started_identity().authority, None
        if not self._settings.http:
            tls = await asyncio.to_thread(server_context, authority, self._settings.clock())
        self._port = await self._server.listen(self._port, tls)
        self._identity = Identity(self._port, self.token, authority)

    def _address(self) -> str:
        return self._settings.advertised

    def _running(self) -> Assembly:
        assert self._assembly, "start the cluster first"
        return self._assembly

    def _started_identity(self) -> Identity:
        assert self._identity, "start the cluster first"
        return self._identity


def _folder_with(name: str, content: str) -> "tempfile.TemporaryDirectory[str]":
    folder = tempfile.TemporaryDirectory(prefix="devcluster-")
    (Path(folder.name) / name).write_text(content)
    return folder
