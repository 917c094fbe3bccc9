"""Whose credentials a session starts from: a service account's role, static keys, or else the operator's own identity.

In: the ``auth`` of a store or a generator. Out: what the SDK needs to know of it. Secrets and annotations are read when
the session is opened, tokens whenever the SDK renews the credentials.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from secrets_operator.errors import InvalidSpec, Retryable
from secrets_operator.provider import Host
from secrets_operator.resources.providers.aws import AwsAuth, AwsJwtAuth, AwsSecretRef
from secrets_operator.resources.references import SecretKeySelector, ServiceAccountSelector

# https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
ROLE_ANNOTATION = "eks.amazonaws.com/role-arn"
AUDIENCE_ANNOTATION = "eks.amazonaws.com/audience"
_AUDIENCE = "sts.amazonaws.com"
_FIELD = "auth.jwt.serviceAccountRef"
_WAIT_SECONDS = 8.0
# The shortest life an API server gives a token: it is exchanged at once.
_TOKEN_SECONDS = 600


@dataclass(frozen=True, slots=True)
class StaticKeys:
    """Keys out of Secrets."""

    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(repr=False, default=None)


@dataclass(frozen=True, slots=True)
class WebIdentity:
    """A role that a service account's token may assume; ``token`` gets a fresh one and is called in a thread."""

    role: str
    namespace: str
    account: str
    """Name of the service account."""

    audiences: tuple[str, ...]
    token: Callable[[], str] = field(repr=False)


Identity = StaticKeys | WebIdentity | None
"""None stands for the operator's own: environment, IRSA, Pod Identity, instance."""


async def identity(auth: AwsAuth, host: Host) -> Identity:
    """Read what a store logs in with; ``auth.jwt`` wins over ``auth.secretRef``. Raises what the host raises."""
    jwt: AwsJwtAuth | None = auth.jwt
    if jwt is not None and jwt.service_account_ref is not None:
        return await _web_identity(jwt.service_account_ref, host)
    if auth.secret_ref is not None:
        return await _static_keys(auth.secret_ref, host)
    return None


async def _static_keys(selectors: AwsSecretRef, host: Host) -> StaticKeys:
    assert selectors.access_key_id_secret_ref is not None, "a session is opened only for settings without problems"
    assert selectors.secret_access_key_secret_ref is not None, "the same"
    token = selectors.session_token_secret_ref
    return StaticKeys(
        await _key(selectors.access_key_id_secret_ref, host, "auth.secretRef.accessKeyIDSecretRef"),
        await _key(selectors.secret_access_key_secret_ref, host, "auth.secretRef.secretAccessKeySecretRef"),
        None if token is None else await _key(token, host, "auth.secretRef.sessionTokenSecretRef"),
    )


async def _key(selector: SecretKeySelector, host: Host, path: str) -> str:
    raw = selector.model_dump(by_alias=True, exclude_none=True)
    # Keys are ASCII without spaces; a Secret made from a file often ends in a line break, which no header may hold.
    key = (await host.secret_value(raw, field=path)).reveal().decode("utf-8", "replace").strip()
    if not key or not key.isascii() or not key.isprintable():
        raise InvalidSpec("the Secret does not hold an AWS key there", field=path)
    return key


async def _web_identity(account: ServiceAccountSelector, host: Host) -> WebIdentity:
    selector = account.model_dump(by_alias=True, exclude_none=True)
    annotations = await host.service_account_annotations(selector, field=_FIELD)
    role = annotations.get(ROLE_ANNOTATION)
    if not role:
        raise InvalidSpec(
            f"the ServiceAccount has no annotation {ROLE_ANNOTATION}: add the ARN of its role", field=_FIELD
        )
    audiences = tuple(dict.fromkeys([annotations.get(AUDIENCE_ANNOTATION) or _AUDIENCE, *account.audiences]))
    namespace = host.namespace_of(selector, field=_FIELD)
    token = partial(_token, host, selector, audiences, asyncio.get_running_loop())
    return WebIdentity(role, namespace, account.name, audiences, token)


def _token(host: Host, selector: dict[str, Any], audiences: Sequence[str], loop: asyncio.AbstractEventLoop) -> str:
    """Get a token from a thread: the SDK renews credentials in the middle of any call."""
    asking = asyncio.run_coroutine_threadsafe(
        host.service_account_token(selector, audiences=audiences, field=_FIELD, seconds=_TOKEN_SECONDS), loop
    )
    try:
        return asking.result(_WAIT_SECONDS).reveal().decode()
    except TimeoutError:
        asking.cancel()
        raise Retryable("the API server did not issue a token in time", field=_FIELD) from None
