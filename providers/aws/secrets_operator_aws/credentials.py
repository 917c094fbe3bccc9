"""Whose identity a session reads with: static keys or the SDK's own chain, then the roles assumed on top, in order.

In: the ``aws`` object of a store. Out: a boto3 session whose credentials renew themselves. Roles are assumed on first
use and again before they expire. Everything but :func:`static_keys` blocks and runs in a thread.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import boto3
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, CredentialResolver, DeferredRefreshableCredentials
from botocore.session import Session as BotocoreSession

from secrets_operator.errors import InvalidSpec, Refused
from secrets_operator.provider import Host

# Appears in CloudTrail as the last part of the identity.
ROLE_SESSION_NAME = "secrets-operator"
# Seconds. The operator's queue tries again with backoff, so that the SDK need not do so for long.
CONFIG = Config(
    connect_timeout=5,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 2},
    max_pool_connections=32,
)
# For stores that say themselves how often to try.
ONE_ATTEMPT = CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 1}))


@dataclass(frozen=True, slots=True)
class StaticKeys:
    """Keys out of Secrets."""

    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(repr=False, default=None)


@dataclass(frozen=True, slots=True)
class Hop:
    """One role to assume."""

    role: str
    external_id: str = ""

    def arguments(self) -> dict[str, str]:
        """Return what AssumeRole is told beside the role."""
        named = {"RoleSessionName": ROLE_SESSION_NAME}
        return {**named, "ExternalId": self.external_id} if self.external_id else named


class _Fixed:
    """A credential provider of botocore that answers with given credentials."""

    METHOD = "assume-role"
    CANONICAL_NAME = "AssumeRole"

    def __init__(self, credentials: Any) -> None:
        self._credentials = credentials

    def load(self) -> Any:
        return self._credentials


async def static_keys(spec: Mapping[str, Any], host: Host) -> StaticKeys | None:
    """Read ``auth.secretRef``, or return None when the store has none; raises what the host raises."""
    selectors = (spec.get("auth") or {}).get("secretRef")
    if selectors is None:
        return None
    names = ("accessKeyIDSecretRef", "secretAccessKeySecretRef", "sessionTokenSecretRef")
    read = [await _key(host, selectors.get(name), f"auth.secretRef.{name}") for name in names]
    return StaticKeys(read[0] or "", read[1] or "", read[2])


async def _key(host: Host, selector: Mapping[str, Any] | None, path: str) -> str | None:
    if selector is None:
        return None
    # Keys are ASCII without spaces; a Secret made from a file often ends in a line break, which no header may hold.
    key = (await host.secret_value(selector, field=path)).reveal().decode("utf-8", "replace").strip()
    if not key or not key.isascii() or not key.isprintable():
        raise InvalidSpec("the Secret does not hold an AWS key there", field=path)
    return key


def hops(spec: Mapping[str, Any]) -> list[Hop]:
    """Return the roles in the order they are assumed; the external id belongs to the last, ``role``, only."""
    chain = [Hop(role) for role in spec.get("additionalRoles") or []]
    if spec.get("role"):
        chain.append(Hop(spec["role"], spec.get("externalID") or ""))
    return chain


def login(region: str, keys: StaticKeys | None, chain: Sequence[Hop]) -> boto3.Session:
    """Return an SDK session with the credentials of the store; without any, ``get_credentials`` returns None."""
    # On DEBUG the SDK logs whole responses, secret values included.
    logging.getLogger("botocore").setLevel(logging.INFO)
    core = BotocoreSession()
    if keys is not None:
        core.set_credentials(keys.access_key_id, keys.secret_access_key, keys.session_token)
    credentials = core.get_credentials()
    if credentials is not None and chain:
        core = _assuming(core, credentials, region, chain)
    return boto3.Session(botocore_session=core, region_name=region)


def _assuming(source: BotocoreSession, credentials: Any, region: str, chain: Sequence[Hop]) -> BotocoreSession:
    create = partial(source.create_client, region_name=region, config=CONFIG, endpoint_url=endpoint("STS"))
    for hop in chain:
        fetcher = AssumeRoleCredentialFetcher(create, credentials, hop.role, extra_args=hop.arguments())
        credentials = DeferredRefreshableCredentials(fetcher.fetch_credentials, _Fixed.METHOD)
    assumed = BotocoreSession()
    assumed.register_component("credential_provider", CredentialResolver([_Fixed(credentials)]))
    return assumed


def endpoint(service: str) -> str | None:
    """Return the address of a service that the operator's environment sets, or None for AWS's own.

    Raises Refused when the variable holds something else than an http address.
    """
    variable = f"AWS_{service}_ENDPOINT"
    address = os.environ.get(variable) or None
    if address and not address.startswith(("http://", "https://")):
        raise Refused(f"the operator's environment variable {variable} is not an http address")
    return address
