"""`DevVault`: a running stand-in as an async context manager, for tests and demos.

async with DevVault() as vault:
    ...  # vault.url, vault.root_token, vault.fail(...), vault.log
"""

import ssl
from types import TracebackType
from typing import Self

from aiohttp import web

from devvault.any_method import AnyMethodServer
from devvault.clock import Clock, system_clock
from devvault.core import Core
from devvault.faults import Fault
from devvault.http_api import HttpApi
from devvault.identifiers import Identifiers
from devvault.ldap import Directory
from devvault.request_log import RequestLog

_HOST = "127.0.0.1"
_SHUTDOWN_SECONDS = 1.0


class DevVault:
    """A Vault in memory that listens on loopback between enter and exit."""

    def __init__(
        self,
        *,
        port: int = 0,
        root_token: str = "",
        clock: Clock = system_clock,
        identifiers: Identifiers = Identifiers(),  # noqa: B008 - immutable
        ssl_context: ssl.SSLContext | None = None,
        directory: Directory | None = None,
    ) -> None:
        """Prepare a Vault. Port 0 takes a free one, an empty root token a random one; a TLS context makes it https.

        ``directory`` has the passwords of the users that the auth method `ldap` knows.
        """
        self.root_token = root_token or identifiers.new_opaque("hvs.")
        self._port = port
        self._ssl_context = ssl_context
        self._api = HttpApi(Core(clock, identifiers, self.root_token, directory or {}), clock, identifiers)
        self._runner: web.ServerRunner | None = None

    @property
    def url(self) -> str:
        """The address to reach it at, without a slash at the end. Only while it runs."""
        assert self._runner is not None, "DevVault is not running: use `async with`"
        scheme = "https" if self._ssl_context else "http"
        return f"{scheme}://{_HOST}:{self._runner.addresses[0][1]}"

    @property
    def log(self) -> RequestLog:
        """Every request that was answered."""
        return self._api.log

    def fail(self, path: str, status: int = 0, *, times: int = 1, delay: float = 0.0, method: str = "") -> Fault:
        """Let the next `times` requests whose path matches the regular expression fail; see `Fault`."""
        return self.add_fault(Fault(path, status, times=times, delay=delay, method=method))

    def add_fault(self, fault: Fault) -> Fault:
        """Let a fault wait for its requests, and return it."""
        self._api.faults.add(fault)
        return fault

    def heal(self) -> None:
        """Forget the faults that wait."""
        self._api.faults.clear()

    async def __aenter__(self) -> Self:
        server = AnyMethodServer(self._api.serve, access_log=None)
        self._runner = web.ServerRunner(server, shutdown_timeout=_SHUTDOWN_SECONDS)
        await self._runner.setup()
        await web.TCPSite(self._runner, _HOST, self._port, ssl_context=self._ssl_context).start()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._runner is not None
        await self._runner.cleanup()
        self._runner = None
