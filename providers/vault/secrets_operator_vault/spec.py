"""Checks ``spec.provider.vault`` and generators without I/O: the shape by the models, logins in ``auth_spec``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from secrets_operator.errors import InvalidSpec
from secrets_operator.provider import Problem
from secrets_operator.provider.trust import trust_problems
from secrets_operator.resources.durations import parse_duration
from secrets_operator.resources.generators.vault import VaultDynamicSecretSpec
from secrets_operator.resources.names import VAULT_DYNAMIC_SECRET
from secrets_operator.resources.problems import problems_in
from secrets_operator.resources.providers.vault import VaultProvider as Settings
from secrets_operator.resources.stores import RetrySettings
from secrets_operator_vault.auth_spec import auth_problems
from secrets_operator_vault.paths import V2, segments

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_RESERVED_HEADERS = {"x-vault-token", "x-vault-namespace", "x-vault-request", "host", "content-length"}


def problems(spec: Mapping[str, Any], *, store_kind: str) -> Iterator[Problem]:
    """Yield what cannot be accepted in the ``vault`` object of a store."""
    yield from _unknown(spec, Settings, "")
    try:
        settings = Settings.model_validate(spec)
    except ValidationError as error:
        yield from (Problem(found.path, found.message) for found in problems_in(error))
        return
    yield from _server(settings.server)
    yield from _paths(settings)
    yield from _headers(settings.headers)
    yield from trust_problems(settings, store_kind)
    yield from _tls(settings)
    yield from _check_and_set(settings)
    yield from auth_problems(settings)


def generator_problems(spec: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what cannot be accepted in the spec of a VaultDynamicSecret."""
    yield from _unknown({**spec, "provider": {}}, VaultDynamicSecretSpec, "")
    server = spec.get("provider")
    if isinstance(server, Mapping):
        found = problems(server, store_kind=VAULT_DYNAMIC_SECRET.kind)
        yield from (Problem(f"provider.{one.path}", one.message) for one in found)
    try:
        settings = VaultDynamicSecretSpec.model_validate(dict(spec))
    except ValidationError as error:
        others = (one for one in problems_in(error) if not one.path.startswith("provider."))
        yield from (Problem(one.path, one.message) for one in others)
        return
    try:
        if not segments(settings.path):
            yield Problem("path", "is required: the API path, such as database/creds/app")
    except InvalidSpec as error:
        yield Problem("path", error.message)
    retry = settings.retry_settings or RetrySettings()
    if (retry.max_retries or 0) < 0:
        yield Problem("retrySettings.maxRetries", "must not be negative")
    if retry.retry_interval is not None and parse_duration(retry.retry_interval) < 0:
        yield Problem("retrySettings.retryInterval", "must not be negative")


def _unknown(found: Mapping[str, Any], model: type[BaseModel], path: str) -> Iterator[Problem]:
    """Yield the fields that the model does not have, at any depth."""
    fields = {field.alias or name: field.annotation for name, field in model.model_fields.items()}
    for name, value in found.items():
        place = f"{path}.{name}" if path else str(name)
        if name not in fields:
            yield Problem(place, "unknown field")
            continue
        inner = _model_in(fields[name])
        if inner is not None and isinstance(value, Mapping):
            yield from _unknown(value, inner, place)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model that a field may hold, None for a plain value."""
    choices = (annotation, *get_args(annotation))
    return next((one for one in choices if isinstance(one, type) and issubclass(one, BaseModel)), None)


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
    try:
        segments(settings.path or "")
    except InvalidSpec as error:
        yield Problem("path", error.message)


def _headers(headers: Mapping[str, str]) -> Iterator[Problem]:
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name):
            yield Problem(f"headers.{name}", "is no name of an HTTP header")
        elif name.lower() in _RESERVED_HEADERS:
            yield Problem(f"headers.{name}", "is set by the operator itself: remove it")
        elif not (value.isascii() and value.isprintable()):
            yield Problem(f"headers.{name}", "must be one line of ASCII text")


def _tls(settings: Settings) -> Iterator[Problem]:
    tls = settings.tls
    if tls is None:
        return
    given = {"certSecretRef": tls.cert_secret_ref, "keySecretRef": tls.key_secret_ref}
    if None in given.values():
        if any(given.values()):
            yield Problem("tls", "certSecretRef and keySecretRef belong together: set both or neither")
        return
    for name, selector in given.items():
        if selector is not None and not selector.name:
            yield Problem(f"tls.{name}.name", "is required: add it")


def _check_and_set(settings: Settings) -> Iterator[Problem]:
    if settings.version != V2 and settings.check_and_set is not None and settings.check_and_set.required:
        yield Problem("checkAndSet", "exists in version v2 of the engine only: remove it, or set version to v2")
