"""The HTTP client of one store: hvac on one pool of connections that all threads of a session share.

Every method blocks and runs in a thread. An answer of any status is returned as a :class:`Reply`; no answer raises
Retryable. What a status means is said in ``errors``.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import quote, urlsplit

import requests
import requests.utils
from hvac.adapters import RawAdapter
from hvac.api.auth_methods import AppRole, Token
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar

from secrets_operator_vault.errors import unreachable

# Seconds to connect and to read. The operator's queue tries again with backoff, so nothing is repeated here.
TIMEOUT = (5.0, 15.0)
_CONNECTIONS = 32


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the server; ``retry_after`` is the header of that name."""

    status: int
    body: bytes = field(repr=False)
    retry_after: str = ""


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


class Connection:
    """The connections to one server; tokens are given to each call."""

    def __init__(self, address: Address, context: ssl.SSLContext) -> None:
        self._address = address
        self._session = _Session()
        self._session.headers.update(address.headers)
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
        return _reply(lambda: adapter.get(f"/v1/{quote(path)}", params=dict(params)))

    def look_up_self(self, token: str) -> Reply:
        """Ask for the token itself."""
        return _reply(Token(self._adapter(token, self._address.namespace)).lookup_self)

    def revoke_self(self, token: str, namespace: str | None) -> Reply:
        """Revoke the token; ``namespace`` is that of the login, None for the store's."""
        return _reply(Token(self._adapter(token, self._chosen(namespace))).revoke_self)

    def log_in_by_app_role(self, mount: str, role_id: str, secret_id: str, namespace: str | None) -> Reply:
        """Exchange a role ID and a secret ID for a token."""
        method = AppRole(self._adapter("", self._chosen(namespace)))
        return _reply(lambda: method.login(role_id, secret_id=secret_id, use_token=False, mount_point=mount))

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


def _reply(call: Callable[[], requests.Response]) -> Reply:
    try:
        response = call()
    except requests.RequestException as error:
        raise unreachable(error) from error
    return Reply(response.status_code, response.content, response.headers.get("Retry-After", ""))
