"""The HTTP client of one store: hvac on one pool of connections that all threads of a session share.

Every method blocks and runs in a thread. An answer of any status is returned as a :class:`Reply`; no answer raises
Retryable. What a status means is said in ``errors``.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import quote, urlsplit

import requests
import requests.utils
from hvac.adapters import RawAdapter
from hvac.api.auth_methods import Token
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar

from secrets_operator_vault import documents
from secrets_operator_vault.answer_bodies import body_of
from secrets_operator_vault.errors import unreachable
from secrets_operator_vault.replication import FORWARD, INCONSISTENT_HEADER, INDEX_HEADER, ReplicationState

# Seconds to connect, and to wait for the next part of an answer.
TIMEOUT = (5.0, 15.0)
_CONNECTIONS = 32


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the server; ``retry_after`` is the header of that name."""

    status: int
    body: bytes = field(repr=False)
    retry_after: str = ""


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """An HTTP request to an API path, given without ``/v1/`` and not quoted.

    ``body`` is JSON, None for none; numbers may be those of ``documents``.
    """

    method: str
    path: str
    params: Mapping[str, str | Sequence[str]] = field(default_factory=dict, repr=False)
    body: Mapping[str, Any] | None = field(default=None, repr=False)


class _TrustingAdapter(HTTPAdapter):
    """Verifies servers by one TLS context instead of the library's own certificates."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(pool_maxsize=_CONNECTIONS)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        return super().proxy_manager_for(proxy, ssl_context=self._context, **kwargs)

    def cert_verify(self, *_: Any, **__: Any) -> None:
        """Add nothing: the context says whom to trust."""


class _Session(requests.Session):
    def __init__(self, replication: ReplicationState | None) -> None:
        super().__init__()
        self.stream = True
        self._replication = replication

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """Add what replicas must know; here, because the session's own headers are shared by all threads."""
        prepared = super().prepare_request(request)
        if self._replication is not None and self._replication.header:
            prepared.headers[INDEX_HEADER] = self._replication.header
        return prepared

    def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:
        """Follow a redirect of a standby server to the active one, but never with the token out of TLS."""
        before, after = urlsplit(response.url), urlsplit(prepared_request.url or "")
        if before.scheme == "https" and str(after.scheme) != "https":
            raise requests.exceptions.InvalidSchema("a redirect leaves TLS")
        super().rebuild_auth(prepared_request, response)  # type: ignore[no-untyped-call]  # untyped in the stubs


@dataclass(frozen=True)
class Address:
    """Where a store's server is and what every request to it carries."""

    server: str
    namespace: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    read_your_writes: bool = False
    forward_inconsistent: bool = False


class Connection:
    """The connections to one server; tokens are given to each call."""

    def __init__(self, address: Address, context: ssl.SSLContext) -> None:
        self._address = address
        self._replication = ReplicationState() if _follows_writes(address) else None
        self._session = _Session(self._replication)
        self._session.headers.update(address.headers)
        if address.read_your_writes and address.forward_inconsistent:
            self._session.headers[INCONSISTENT_HEADER] = FORWARD
        # Only the proxies of the environment: its .netrc and certificates are not those of a store.
        self._session.trust_env = False
        self._session.proxies = dict(requests.utils.get_environ_proxies(address.server))
        self._session.max_redirects = 1
        jar = RequestsCookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
        self._session.cookies = jar
        self._session.mount("https://", _TrustingAdapter(context))
        self._session.mount("http://", HTTPAdapter(pool_maxsize=_CONNECTIONS))

    def read(self, token: str, path: str, params: Mapping[str, str]) -> Reply:
        """Read an API path, given without ``/v1/`` and not quoted."""
        adapter = self._adapter(token, self._address.namespace)
        return self._reply(lambda: adapter.get(f"/v1/{quote(path)}", params=dict(params)))

    def send(self, token: str, request: ApiRequest) -> Reply:
        """Send a request of any kind; raises Terminal for a body that cannot be written as JSON."""
        adapter, path = self._adapter(token, self._address.namespace), f"/v1/{quote(request.path)}"
        body = None if request.body is None else documents.written(request.body)
        headers = {} if body is None else {"Content-Type": "application/json"}
        return self._reply(
            lambda: adapter.request(request.method, path, params=dict(request.params), data=body, headers=headers)
        )

    def look_up_self(self, token: str) -> Reply:
        """Ask for the token itself."""
        return self._reply(Token(self._adapter(token, self._address.namespace)).lookup_self)

    def renew_self(self, token: str, namespace: str | None) -> Reply:
        """Extend the token; ``namespace`` is that of the login, None for the store's."""
        return self._reply(Token(self._adapter(token, self._chosen(namespace))).renew_self)

    def revoke_self(self, token: str, namespace: str | None) -> Reply:
        """Revoke the token; ``namespace`` as for :meth:`renew_self`."""
        return self._reply(Token(self._adapter(token, self._chosen(namespace))).revoke_self)

    def log_in(self, path: str, body: Mapping[str, str], namespace: str | None) -> Reply:
        """Write to the API path of a login, given as for :meth:`read`."""
        adapter = self._adapter("", self._chosen(namespace))
        return self._reply(lambda: adapter.post(f"/v1/{quote(path)}", json=dict(body)))

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _chosen(self, namespace: str | None) -> str:
        return self._address.namespace if namespace is None else namespace

    def _adapter(self, token: str, namespace: str) -> RawAdapter:
        return RawAdapter(
            base_uri=self._address.server,
            token=token,
            namespace=namespace,
            timeout=TIMEOUT,
            session=self._session,
            # A reply of any status comes back as it is; ``errors`` gives it its meaning.
            ignore_exceptions=True,
        )

    def _reply(self, call: Callable[[], requests.Response]) -> Reply:
        try:
            with call() as response:
                body = body_of(response)
        except requests.RequestException as error:
            raise unreachable(error) from error
        if self._replication is not None:
            self._replication.saw(response.headers.get(INDEX_HEADER, ""))
        return Reply(response.status_code, body, response.headers.get("Retry-After", ""))


def _follows_writes(address: Address) -> bool:
    return address.read_your_writes or address.forward_inconsistent
