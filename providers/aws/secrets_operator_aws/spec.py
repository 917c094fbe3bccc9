"""Checks ``spec.provider.aws`` without I/O and without the SDK.

A field that is known to External Secrets Operator and not acted on here is refused as such, not as a spelling mistake.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from secrets_operator.provider import Problem

SERVICE = "SecretsManager"
NOT_YET = "not supported yet"

_TEXTS = ("service", "region", "role", "externalID", "prefix")
_ACTED_ON = {*_TEXTS, "auth", "additionalRoles"}
_LATER = {"sessionTags", "transitiveTagKeys", "sessionTagsPolicy", "customSessionTags", "secretsManager"}
_KEY_SELECTORS = {
    "accessKeyIDSecretRef": True,
    "secretAccessKeySecretRef": True,
    "sessionTokenSecretRef": False,
}
_REGION = re.compile(r"[a-z0-9-]{1,63}")


def problems(spec: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what cannot be accepted in the ``aws`` object of a store."""
    yield from _unknown(spec, "", known=_ACTED_ON, later=_LATER)
    yield from _texts(spec)
    yield from _service_and_region(spec)
    roles = spec.get("additionalRoles") or []
    if not isinstance(roles, list) or not all(isinstance(role, str) and role for role in roles):
        yield Problem("additionalRoles", "must be a list of role ARNs")
    yield from _auth(spec.get("auth"))


def _unknown(spec: Mapping[str, Any], path: str, *, known: set[str], later: set[str]) -> Iterator[Problem]:
    for name, value in spec.items():
        if name in later and not _is_default(name, value):
            yield Problem(path + name, NOT_YET)
        elif name not in known | later:
            yield Problem(path + name, "unknown field")


def _is_default(name: str, value: Any) -> bool:
    """A field that is written with its default asks for nothing."""
    return value in (None, [], {}, "") or (name == "sessionTagsPolicy" and value == "None")


def _texts(spec: Mapping[str, Any]) -> Iterator[Problem]:
    for name in _TEXTS:
        if not isinstance(spec.get(name), str | None):
            yield Problem(name, "must be a string")


def _service_and_region(spec: Mapping[str, Any]) -> Iterator[Problem]:
    service = spec.get("service")
    if service in ("ParameterStore", "CertificateManager"):
        yield Problem("service", f"{service} is {NOT_YET}: only {SERVICE} is")
    elif service != SERVICE:
        yield Problem("service", f"must be {SERVICE}")
    region = spec.get("region")
    if isinstance(region, str) and not _REGION.fullmatch(region):
        yield Problem("region", "must be the name of a region such as eu-central-1")
    elif region is None:
        yield Problem("region", "is required")


def _auth(auth: Any) -> Iterator[Problem]:
    if auth is None:
        return
    if not isinstance(auth, dict):
        yield Problem("auth", "must be an object")
        return
    yield from _unknown(auth, "auth.", known={"secretRef"}, later={"jwt"})
    keys = auth.get("secretRef")
    if keys is None:
        return
    if not isinstance(keys, dict):
        yield Problem("auth.secretRef", "must be an object")
        return
    yield from _unknown(keys, "auth.secretRef.", known=set(_KEY_SELECTORS), later=set())
    for name, required in _KEY_SELECTORS.items():
        if required or keys.get(name) is not None:
            yield from _selector(keys.get(name), f"auth.secretRef.{name}")


def _selector(selector: Any, path: str) -> Iterator[Problem]:
    if not isinstance(selector, dict):
        yield Problem(path, "is required: an object with name and key of a Secret")
        return
    yield from _unknown(selector, f"{path}.", known={"name", "key", "namespace"}, later=set())
    for name in ("name", "key"):
        if not isinstance(selector.get(name), str) or not selector[name]:
            yield Problem(f"{path}.{name}", "must be a non-empty string")
