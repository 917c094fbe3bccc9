"""AWS as one HTTP server for many tests: moto's, behind a gateway that tells accounts apart by their access key.

It counts the calls of each account and puts a fault in their place when told to, so that tests that share an operator
do not disturb each other: each brings access keys of its own.
"""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

_ACCESS_KEY = re.compile(r"Credential=([^/]+)/")


@dataclass
class Account:
    """What one access key did, and the answer it gets in place of AWS's: a status and a body, None for AWS's own."""

    calls: Counter[str] = field(default_factory=Counter)
    fault: tuple[int, bytes] | None = None

    def fails(self, status: int, code: str) -> None:
        """Answer with an error of AWS from now on."""
        self.fault = (status, json.dumps({"__type": code, "message": "RequestID: 7a1c-req"}).encode())

    def answers(self, body: bytes) -> None:
        """Answer with a success that has ``body`` from now on."""
        self.fault = (200, body)

    def recovers(self) -> None:
        """Be AWS again."""
        self.fault = None


class AwsAccounts:
    """A WSGI application in front of moto."""

    def __init__(self) -> None:
        self._app = DomainDispatcherApplication(create_backend_app)
        self._accounts: dict[str, Account] = {}
        self._lock = threading.Lock()

    def of(self, access_key: str) -> Account:
        """Return the account of an access key."""
        with self._lock:
            return self._accounts.setdefault(access_key, Account())

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        signed_by = _ACCESS_KEY.search(environ.get("HTTP_AUTHORIZATION", ""))
        account = self.of(signed_by[1] if signed_by else "")
        account.calls[environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]] += 1
        if account.fault is None:
            return self._app(environ, start_response)
        status, body = account.fault
        start_response(f"{status} Fault", [("Content-Type", "application/x-amz-json-1.1")])
        return [body]


@contextmanager
def serving(accounts: AwsAccounts) -> Iterator[str]:
    """Serve until the context ends; yields the address."""
    server = make_server("127.0.0.1", 0, accounts, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
