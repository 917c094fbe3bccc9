"""Checks ``spec.provider.webhook`` and generators without I/O: the shape by the models, templates, the rest here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from secrets_operator.errors import InvalidSpec
from secrets_operator.provider import Problem
from secrets_operator.provider.templates import Templates
from secrets_operator.provider.trust import trust_problems
from secrets_operator.resources.durations import parse_duration
from secrets_operator.resources.generators.webhook import WebhookSpec
from secrets_operator.resources.names import WEBHOOK
from secrets_operator.resources.problems import problems_in
from secrets_operator.resources.providers.webhook import WebhookProvider as Settings
from secrets_operator.resources.references import SecretKeySelector
from secrets_operator_webhook.json_paths import check_path

_SELECTOR = {"name", "key", "namespace"}
_KNOWN = {
    "": {"url", "method", "headers", "body", "timeout", "result", "secrets", "auth", "caBundle", "caProvider"},
    "caProvider": {"type", "name", "key", "namespace"},
    "result": {"jsonPath"},
    "auth": {"ntlm"},
    "auth.ntlm": {"usernameSecret", "passwordSecret"},
    "auth.ntlm.usernameSecret": _SELECTOR,
    "auth.ntlm.passwordSecret": _SELECTOR,
}
_CLUSTER_STORE = "ClusterSecretStore"
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
# What says where a request goes and how long it is, is not a user's to say twice.
_RESERVED_HEADERS = {"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer"}


def problems(spec: Mapping[str, Any], *, store_kind: str, templates: Templates) -> Iterator[Problem]:
    """Yield what cannot be accepted in the ``webhook`` object of a store, or in the spec of a generator."""
    for path, fields in _KNOWN.items():
        unknown = (name for name in _object_at(spec, path) if name not in fields)
        yield from (Problem(f"{path}.{name}" if path else str(name), "unknown field") for name in unknown)
    yield from _unknown_in_secrets(spec)
    try:
        settings = (WebhookSpec if store_kind == WEBHOOK.kind else Settings).model_validate(spec)
    except ValidationError as error:
        yield from (Problem(found.path, found.message) for found in problems_in(error))
        return
    yield from _templates(settings, templates)
    yield from _request(settings)
    yield from trust_problems(settings, store_kind)
    yield from _secrets(settings, store_kind)
    yield from _ntlm(settings)


def _object_at(spec: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    found: Any = spec
    for name in filter(None, path.split(".")):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _unknown_in_secrets(spec: Mapping[str, Any]) -> Iterator[Problem]:
    entries = spec.get("secrets")
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        for path, fields in (("", {"name", "secretRef"}), ("secretRef", _SELECTOR)):
            place = f"secrets[{index}].{path}".rstrip(".")
            found = _object_at(entry, path) if isinstance(entry, Mapping) else {}
            yield from (Problem(f"{place}.{name}", "unknown field") for name in found if name not in fields)


def _templates(settings: Settings, templates: Templates) -> Iterator[Problem]:
    sources = {
        "url": settings.url,
        "body": settings.body,
        "result.jsonPath": settings.result.json_path or "",
        **{f"headers.{name}": text for name, text in settings.headers.items()},
    }
    for path, source in sources.items():
        try:
            templates.check(source, field=path)
        except InvalidSpec as error:
            yield Problem(path, error.message)
    path = sources["result.jsonPath"].strip()
    if path and "{{" not in path:
        try:
            check_path(path)
        except InvalidSpec as error:
            yield Problem(error.field, error.message)


def _request(settings: Settings) -> Iterator[Problem]:
    if not settings.url.strip():
        yield Problem("url", "is required: add it")
    if settings.method and not _TOKEN.fullmatch(settings.method):
        yield Problem("method", "is no HTTP method")
    if settings.timeout is not None and parse_duration(settings.timeout) < 0:
        yield Problem("timeout", "must not be negative")
    for name in settings.headers:
        if not _TOKEN.fullmatch(name):
            yield Problem(f"headers.{name}", "is no name of an HTTP header")
        elif name.lower() in _RESERVED_HEADERS:
            yield Problem(f"headers.{name}", "is set by the operator itself: remove it")


def _secrets(settings: Settings, store_kind: str) -> Iterator[Problem]:
    names: set[str] = set()
    for index, secret in enumerate(settings.secrets):
        place = f"secrets[{index}]"
        if not secret.name or secret.name == "remoteRef" or secret.name in names:
            yield Problem(f"{place}.name", "must be a name of its own, other than remoteRef")
        names.add(secret.name)
        if not secret.secret_ref.name:
            yield Problem(f"{place}.secretRef.name", "is required: add it")
        if store_kind == _CLUSTER_STORE and not secret.secret_ref.namespace:
            yield Problem(f"{place}.secretRef.namespace", "is required in a ClusterSecretStore")


def _ntlm(settings: Settings) -> Iterator[Problem]:
    if settings.auth is None:
        return
    if settings.auth.ntlm is None:
        yield Problem("auth", "set ntlm, or remove auth")
        return
    yield from _selector(settings.auth.ntlm.username_secret, "auth.ntlm.usernameSecret")
    yield from _selector(settings.auth.ntlm.password_secret, "auth.ntlm.passwordSecret")


def _selector(selector: SecretKeySelector, path: str) -> Iterator[Problem]:
    for name in ("name", "key"):
        if not getattr(selector, name):
            yield Problem(f"{path}.{name}", "is required: add it")
