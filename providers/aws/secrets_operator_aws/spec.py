"""Checks ``spec.provider.aws`` and the specs of generators, without I/O and without the SDK.

The shape is checked by the model of the resource, the rest here.

Nothing is refused that only matters to pushing: a store that is only read from must work as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from secrets_operator.provider import Problem
from secrets_operator.resources.generators.aws import (
    AwsGeneratorSpec,
    ECRAuthorizationTokenSpec,
    STSSessionTokenSpec,
)
from secrets_operator.resources.problems import problems_in
from secrets_operator.resources.providers.aws import (
    BUILT_IN_SESSION_TAGS,
    BUILT_IN_TAGS_STAY,
    STATIC_KEYS_TOGETHER,
    AwsProvider,
    AwsSecretRef,
)
from secrets_operator.resources.references import SecretKeySelector
from secrets_operator.resources.resource import without_nulls

_SELECTOR = {"name", "key", "namespace"}
_KNOWN_OF_AUTH: Mapping[str, set[str]] = {
    "auth": {"jwt", "secretRef"},
    "auth.jwt": {"serviceAccountRef"},
    "auth.jwt.serviceAccountRef": {"name", "namespace", "audiences"},
    "auth.secretRef": {"accessKeyIDSecretRef", "secretAccessKeySecretRef", "sessionTokenSecretRef"},
    "auth.secretRef.accessKeyIDSecretRef": _SELECTOR,
    "auth.secretRef.secretAccessKeySecretRef": _SELECTOR,
    "auth.secretRef.sessionTokenSecretRef": _SELECTOR,
}
_KNOWN: Mapping[str, set[str]] = {
    "": {
        *("service", "region", "auth", "role", "externalID", "additionalRoles", "prefix"),
        *("sessionTags", "sessionTagsPolicy", "customSessionTags", "transitiveTagKeys", "secretsManager"),
    },
    "secretsManager": {"forceDeleteWithoutRecovery", "recoveryWindowInDays"},
    **_KNOWN_OF_AUTH,
}
_KNOWN_OF_GENERATORS: Mapping[type[AwsGeneratorSpec], Mapping[str, set[str]]] = {
    ECRAuthorizationTokenSpec: {"": {"region", "auth", "role", "scope"}, **_KNOWN_OF_AUTH},
    STSSessionTokenSpec: {
        "": {"region", "auth", "role", "requestParameters"},
        "requestParameters": {"sessionDuration", "serialNumber", "tokenCode"},
        **_KNOWN_OF_AUTH,
    },
}
_REGION = re.compile(r"[a-z0-9-]{1,63}")


def problems(spec: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what cannot be accepted in the ``aws`` object of a store."""
    spec = without_nulls(spec)
    yield from _unknown(spec, _KNOWN)
    try:
        settings = AwsProvider.model_validate(spec)
    except ValidationError as error:
        yield from (Problem(found.path, found.message) for found in problems_in(error))
        return
    yield from _region(settings.region)
    if not all(settings.additional_roles):
        yield Problem("additionalRoles", "must be a list of role ARNs: remove the empty ones")
    if settings.custom_session_tags.keys() & set(BUILT_IN_SESSION_TAGS):
        yield Problem("customSessionTags", BUILT_IN_TAGS_STAY.message)
    if settings.auth.secret_ref is not None:
        yield from _static_keys(settings.auth.secret_ref)


def generator_problems(spec: Mapping[str, Any], model: type[AwsGeneratorSpec]) -> Iterator[Problem]:
    """Yield what cannot be accepted in the spec of a generator that ``model`` describes."""
    spec = without_nulls(spec)
    yield from _unknown(spec, _KNOWN_OF_GENERATORS[model])
    try:
        settings = model.model_validate(spec)
    except ValidationError as error:
        yield from (Problem(found.path, found.message) for found in problems_in(error))
        return
    yield from _region(settings.region)
    if settings.auth is not None and settings.auth.secret_ref is not None:
        yield from _static_keys(settings.auth.secret_ref)


def _region(region: str) -> Iterator[Problem]:
    if not _REGION.fullmatch(region):
        yield Problem("region", "must be the name of a region such as eu-central-1")


def _object_at(spec: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    found: Any = spec
    for name in filter(None, path.split(".")):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _unknown(spec: Mapping[str, Any], known: Mapping[str, set[str]]) -> Iterator[Problem]:
    for path, fields in known.items():
        names = _object_at(spec, path).keys() - fields
        yield from (Problem(f"{path}.{name}" if path else str(name), "unknown field") for name in names)


def _static_keys(keys: AwsSecretRef) -> Iterator[Problem]:
    if keys.access_key_id_secret_ref is None or keys.secret_access_key_secret_ref is None:
        yield Problem("auth.secretRef", STATIC_KEYS_TOGETHER.message)
    selectors = {
        "accessKeyIDSecretRef": keys.access_key_id_secret_ref,
        "secretAccessKeySecretRef": keys.secret_access_key_secret_ref,
        "sessionTokenSecretRef": keys.session_token_secret_ref,
    }
    for name, selector in selectors.items():
        if selector is not None:
            yield from _selector(selector, f"auth.secretRef.{name}")


def _selector(selector: SecretKeySelector, path: str) -> Iterator[Problem]:
    for name in ("name", "key"):
        if not getattr(selector, name):
            yield Problem(f"{path}.{name}", "is required: add it")
