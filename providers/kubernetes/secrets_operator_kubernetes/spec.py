"""Checks ``spec.provider.kubernetes`` without I/O: the shape by the model of the resource, the rest here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from yarl import URL

from secrets_operator.errors import InvalidSpec
from secrets_operator.provider import Problem
from secrets_operator.provider.trust import trust_problems
from secrets_operator.resources.problems import problems_in
from secrets_operator.resources.providers.kubernetes import KubernetesAuth
from secrets_operator.resources.providers.kubernetes import KubernetesProvider as Settings
from secrets_operator.resources.references import SecretKeySelector

_SELECTOR = {"name", "key", "namespace"}
_KNOWN = {
    "": {"server", "auth", "authRef", "remoteNamespace"},
    "server": {"url", "caBundle", "caProvider"},
    "server.caProvider": {"type", "name", "key", "namespace"},
    "auth": {"cert", "token", "serviceAccount"},
    "auth.cert": {"clientCert", "clientKey"},
    "auth.cert.clientCert": _SELECTOR,
    "auth.cert.clientKey": _SELECTOR,
    "auth.token": {"bearerToken"},
    "auth.token.bearerToken": _SELECTOR,
    "auth.serviceAccount": {"name", "namespace", "audiences"},
    "authRef": _SELECTOR,
}
_CLUSTER_STORE = "ClusterSecretStore"


def problems(spec: Mapping[str, Any], *, store_kind: str) -> Iterator[Problem]:
    """Yield what cannot be accepted in the ``kubernetes`` object of a store."""
    for path, fields in _KNOWN.items():
        unknown = (name for name in _object_at(spec, path) if name not in fields)
        yield from (Problem(f"{path}.{name}" if path else str(name), "unknown field") for name in unknown)
    try:
        settings = Settings.model_validate(spec)
    except ValidationError as error:
        yield from (Problem(found.path, found.message) for found in problems_in(error))
        return
    yield from _server(settings, spec)
    yield from trust_problems(settings.server, store_kind, at="server")
    if (settings.auth is None) == (settings.auth_ref is None):
        yield Problem("auth", "set exactly one of auth or authRef: the operator's own identity is never used")
    elif settings.auth is not None:
        yield from _auth(settings.auth, store_kind)
    elif settings.auth_ref is not None:
        yield from _selector(settings.auth_ref, "authRef")


def server_of(text: str) -> URL:
    """Return the address of an API server, by https where no scheme is named; raises InvalidSpec."""
    try:
        url = URL(text if "://" in text else f"https://{text}")
        usable = url.scheme in ("http", "https") and bool(url.host) and url.explicit_port != 0
    except ValueError:
        usable = False
    if not usable or not text.isprintable() or " " in text:
        raise InvalidSpec("must be an address such as https://hub.example.com:6443")
    if url.user is not None or url.password is not None or url.raw_query_string or url.raw_fragment:
        raise InvalidSpec("must be a plain address, without user, query or fragment")
    return url


def _object_at(spec: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    found: Any = spec
    for name in filter(None, path.split(".")):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _server(settings: Settings, spec: Mapping[str, Any]) -> Iterator[Problem]:
    if settings.auth_ref is not None and _object_at(spec, "server"):
        yield Problem("server", "the kubeconfig of authRef says where the server is: remove it")
    try:
        server_of(settings.server.url)
    except InvalidSpec as error:
        yield Problem("server.url", error.message)


def _auth(auth: KubernetesAuth, store_kind: str) -> Iterator[Problem]:
    ways = [way for way in (auth.cert, auth.token, auth.service_account) if way is not None]
    if len(ways) != 1:
        yield Problem("auth", "set exactly one of cert, token or serviceAccount")
    credentials: list[tuple[str, SecretKeySelector | None]] = []
    if auth.cert is not None:
        credentials += [("auth.cert.clientCert", auth.cert.client_cert), ("auth.cert.clientKey", auth.cert.client_key)]
    if auth.token is not None:
        credentials.append(("auth.token.bearerToken", auth.token.bearer_token))
    for path, selector in credentials:
        if selector is None:
            yield Problem(path, "is required: add it")
            continue
        yield from _selector(selector, path)
        if store_kind == _CLUSTER_STORE and not selector.namespace:
            yield Problem(f"{path}.namespace", "is required in a ClusterSecretStore")


def _selector(selector: SecretKeySelector, path: str) -> Iterator[Problem]:
    for name in ("name", "key"):
        if not getattr(selector, name):
            yield Problem(f"{path}.{name}", "is required: add it")
