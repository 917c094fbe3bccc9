"""Turns an identity and the roles on top of it into an SDK session whose credentials renew themselves.

Roles are assumed on first use and again before they expire. Everything here blocks and runs in a thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import boto3
from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    AssumeRoleWithWebIdentityCredentialFetcher,
    CredentialResolver,
    DeferredRefreshableCredentials,
)
from botocore.loaders import Loader, create_loader
from botocore.session import Session as BotocoreSession

from secrets_operator_aws.endpoints import CONFIG, endpoint
from secrets_operator_aws.environment import STS
from secrets_operator_aws.identity import Identity, StaticKeys, WebIdentity
from secrets_operator_aws.roles import Hop
from secrets_operator_aws.sharing import Start, start_of

# That of External Secrets Operator: trust policies may ask for it.
_WEB_SESSION_NAME = "external-secrets-provider-aws"


class _Fixed:
    """A credential provider of botocore that answers with given credentials."""

    METHOD = "assume-role"
    CANONICAL_NAME = "AssumeRole"

    def __init__(self, credentials: Any) -> None:
        self._credentials = credentials

    def load(self) -> Any:
        return self._credentials


class _Remembered:
    """Fetches temporary credentials, and remembers the account that STS said they are of."""

    def __init__(self, fetch: Callable[[], dict[str, Any]]) -> None:
        self._fetch = fetch
        self.account = ""

    def __call__(self) -> dict[str, Any]:
        credentials = self._fetch()
        self.account = credentials.get("account_id") or ""
        return credentials


@dataclass(frozen=True, slots=True)
class Login:
    """An SDK session, its credentials and what they start from, both None when there are none."""

    session: boto3.Session
    credentials: Any
    start: Start | None
    account: Callable[[], str]
    """The account of the credentials; empty until AWS has said it."""


def login(region: str, identity: Identity, chain: Sequence[Hop]) -> Login:
    """Return an SDK session with the credentials of the store."""
    # On DEBUG the SDK logs whole responses, secret values included.
    logging.getLogger("botocore").setLevel(logging.INFO)
    core = _core()
    # Where the operator's own identity is a role, the SDK assumes it in this region unless the environment has another.
    if core.get_config_variable("region") is None:
        core.set_config_variable("region", region)
    create = partial(_sts, core, region)
    if isinstance(identity, StaticKeys):
        core.set_credentials(identity.access_key_id, identity.secret_access_key, identity.session_token)
    source: _Remembered | None = None
    if isinstance(identity, WebIdentity):
        source = _of_token(create, identity)
        credentials = DeferredRefreshableCredentials(source, "assume-role-with-web-identity")
    else:
        credentials = core.get_credentials()
    start = start_of(identity, credentials, core.full_config)
    if credentials is not None and (chain or source is not None):
        for hop in chain:
            fetcher = AssumeRoleCredentialFetcher(create, credentials, hop.role, extra_args=hop.arguments())
            source = _Remembered(fetcher.fetch_credentials)
            credentials = DeferredRefreshableCredentials(source, _Fixed.METHOD)
        core = _core()
        core.register_component("credential_provider", CredentialResolver([_Fixed(credentials)]))
    session = boto3.Session(botocore_session=core, region_name=region)
    return Login(session, credentials, start, lambda: "" if source is None else source.account)


def _core() -> BotocoreSession:
    core = BotocoreSession()
    core.register_component("data_loader", _loader(core.get_config_variable("data_path")))
    return core


@cache
def _loader(data_path: str | None) -> Loader:
    """Return what reads the SDK's descriptions of services and keeps them: anew, a session takes 0.1 s of CPU."""
    return create_loader(data_path)


def _of_token(create: Callable[..., Any], identity: WebIdentity) -> _Remembered:
    fetcher = AssumeRoleWithWebIdentityCredentialFetcher(
        create, identity.token, identity.role, extra_args={"RoleSessionName": _WEB_SESSION_NAME}
    )
    return _Remembered(fetcher.fetch_credentials)


def _sts(core: BotocoreSession, region: str, service: str, *, config: Config | None = None, **keys: Any) -> Any:
    merged = CONFIG.merge(config) if config is not None else CONFIG
    return core.create_client(service, region_name=region, config=merged, endpoint_url=endpoint(STS), **keys)
