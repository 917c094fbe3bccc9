"""Checks ``spec.provider.vault`` without I/O: the shape by the model of the resource, the rest here.

A field that is known to External Secrets Operator and not acted on here is refused as such, not as a spelling mistake.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from pydantic import ValidationError

from secrets_operator.errors import InvalidSpec
from secrets_operator.provider import Problem
from secrets_operator.resources.problems import problems_in
from secrets_operator.resources.providers.vault import VaultProvider as Settings
from secrets_operator.resources.references import SecretKeySelector
from secrets_operator_vault.paths import segments
from secrets_operator_vault.trust import bundle_of

NOT_YET = "not supported yet: remove it"
_SELECTOR = {"name", "key", "namespace"}
# A field written with its default asks for nothing.
_ASKS_FOR_NOTHING: tuple[Any, ...] = (None, False, {}, {"required": False})
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_RESERVED_HEADERS = {"x-vault-token", "x-vault-namespace", "x-vault-request", "host", "content-length"}


class _Fields(NamedTuple):
    acted_on: set[str]
    later: frozenset[str] = frozenset()


_KNOWN = {
    "": _Fields(
        {"server", "path", "version", "namespace", "headers", "caBundle", "caProvider", "auth"},
        frozenset({"tls", "readYourWrites", "forwardInconsistent", "checkAndSet"}),
    ),
    "caProvider": _Fields({"type", "name", "key", "namespace"}),
    "auth": _Fields(
        {"namespace", "tokenSecretRef", "appRole"},
        frozenset({"kubernetes", "ldap", "userPass", "jwt", "cert", "iam", "gcp"}),
    ),
    "auth.tokenSecretRef": _Fields(_SELECTOR),
    "auth.appRole": _Fields({"path", "roleId", "roleRef", "secretRef"}),
    "auth.appRole.roleRef": _Fields(_SELECTOR),
    "auth.appRole.secretRef": _Fields(_SELECTOR),
}


def problems(spec: Mapping[str, Any], *, store_kind: str) -> Iterator[Problem]:
    """Yield what cannot be accepted in the ``vault`` object of a store."""
    for path, fields in _KNOWN.items():
        yield from _unknown(_object_at(spec, path), path, fields)
    try:
        settings = Settings.model_validate(spec)
    except ValidationError as error:
        yield from (Problem(found.path, found.message) for found in problems_in(error))
        return
    yield from _server(settings.server)
    yield from _paths(settings)
    yield from _headers(settings.headers)
    yield from _trust(settings, store_kind)
    yield from _auth(settings)


def _object_at(spec: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    found: Any = spec
    for name in filter(None, path.split(".")):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _unknown(found: Mapping[str, Any], path: str, fields: _Fields) -> Iterator[Problem]:
    for name, value in found.items():
        place = f"{path}.{name}" if path else str(name)
        if name in fields.later:
            if value not in _ASKS_FOR_NOTHING:
                yield Problem(place, NOT_YET)
        elif name not in fields.acted_on:
            yield Problem(place, "unknown field")


def _server(server: str) -> Iterator[Problem]:
    try:
        parts = urlsplit(server)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable or not server.isprintable() or " " in server:
        yield Problem("server", "must be an address such as https://vault.example.com:8200")
    elif parts.username is not None or parts.query or parts.fragment:
        yield Problem("server", "must be a plain address, without user, query or fragment")


def _paths(settings: Settings) -> Iterator[Problem]:
    role = settings.auth.app_role if settings.auth else None
    for name, path in (("path", settings.path), ("auth.appRole.path", role.path if role else None)):
        try:
            segments(path or "")
        except InvalidSpec as error:
            yield Problem(name, error.message)
    if role and not role.path.strip("/"):
        yield Problem("auth.appRole.path", "must not be empty: remove it to use approle")


def _headers(headers: Mapping[str, str]) -> Iterator[Problem]:
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name):
            yield Problem(f"headers.{name}", "is no name of an HTTP header")
        elif name.lower() in _RESERVED_HEADERS:
            yield Problem(f"headers.{name}", "is set by the operator itself: remove it")
        elif not (value.isascii() and value.isprintable()):
            yield Problem(f"headers.{name}", "must be one line of ASCII text")


def _trust(settings: Settings, store_kind: str) -> Iterator[Problem]:
    if settings.ca_bundle:
        try:
            bundle_of(settings.ca_bundle)
        except InvalidSpec as error:
            yield Problem("caBundle", error.message)
    provider = settings.ca_provider
    if provider is None or settings.ca_bundle:
        return
    if not provider.key:
        yield Problem("caProvider.key", "is required: the key that holds the certificates")
    if store_kind == "ClusterSecretStore" and not provider.namespace:
        yield Problem("caProvider.namespace", "is required in a ClusterSecretStore")


def _auth(settings: Settings) -> Iterator[Problem]:
    auth = settings.auth
    if auth is None:
        return
    if auth.token_secret_ref is not None:
        yield from _selector(auth.token_secret_ref, "auth.tokenSecretRef")
    role = auth.app_role
    if role is not None:
        yield from _selector(role.secret_ref, "auth.appRole.secretRef")
        if not (role.role_id or "").strip():
            if role.role_ref is None:
                yield Problem("auth.appRole", "set roleId or roleRef")
            else:
                yield from _selector(role.role_ref, "auth.appRole.roleRef")
    if auth.token_secret_ref is None and role is None:
        yield Problem("auth", "set tokenSecretRef or appRole, or remove auth to send no token")


def _selector(selector: SecretKeySelector, path: str) -> Iterator[Problem]:
    for name in ("name", "key"):
        if not getattr(selector, name):
            yield Problem(f"{path}.{name}", "is required: add it")
