"""``auth.iam``: an AWS identity, proven by a signed request to STS that Vault sends on.

https://developer.hashicorp.com/vault/api-docs/auth/aws. What an identity is read from is decided here; ``aws_signing``
gets its keys and signs, in a thread.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from secrets_operator.errors import InvalidSpec
from secrets_operator.resources.providers.aws import AwsJwtAuth, AwsSecretRef
from secrets_operator.resources.providers.vault_cloud_auth import VaultIamAuth
from secrets_operator_vault.environment import (
    AWS_CONTAINER_CREDENTIALS_FULL_URI,
    AWS_ROLE_ARN,
    AWS_STS_ENDPOINT,
    AWS_WEB_IDENTITY_TOKEN_FILE,
)
from secrets_operator_vault.logins.aws_identities import Identity, PodIdentity, StaticKeys, WebIdentity
from secrets_operator_vault.logins.own_identity import require_own_identity
from secrets_operator_vault.logins.ticket import Means, Ticket, line_of, mounted_at

_FIELD = "auth.iam"
# What Amazon's pod identity webhook looks for on a service account.
_ROLE_ANNOTATION, _AUDIENCE_ANNOTATION = "eks.amazonaws.com/role-arn", "eks.amazonaws.com/audience"
_AUDIENCE = "sts.amazonaws.com"


async def ticket(method: VaultIamAuth, means: Means) -> Ticket:
    """Sign a request as ``jwt``, else ``secretRef``, else the operator's pod says, and ``role`` on top."""
    identity = await _identity(method, means)
    endpoint = AWS_STS_ENDPOINT.read(means.surroundings.environ)
    body = await means.host.run_blocking(partial(_signed, method, identity, endpoint))
    return Ticket(f"{mounted_at(method.path)}/login", {"role": method.vault_role, **body})


def _signed(method: VaultIamAuth, identity: Identity, endpoint: str) -> dict[str, str]:
    # The SDK is slow to import, and only this login needs it.
    from secrets_operator_vault.logins import aws_signing

    return aws_signing.signed_request(method, identity, endpoint)


async def _identity(method: VaultIamAuth, means: Means) -> Identity:
    if method.jwt is not None:
        return await _web_identity(method.jwt, means)
    if method.secret_ref is not None:
        return await _static_keys(method.secret_ref, means)
    require_own_identity(means, field=_FIELD, instead="set jwt or secretRef")
    environ = means.surroundings.environ
    file, role = AWS_WEB_IDENTITY_TOKEN_FILE.read(environ), AWS_ROLE_ARN.read(environ)
    if file and role:
        return WebIdentity(role, await means.host.run_blocking(partial(_read, Path(file))))
    if AWS_CONTAINER_CREDENTIALS_FULL_URI.read(environ):
        return PodIdentity()
    raise InvalidSpec(
        "the operator's pod has neither an IRSA role nor a Pod Identity: set jwt or secretRef", field=_FIELD
    )


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise InvalidSpec(
            f"the operator cannot read the file of its {AWS_WEB_IDENTITY_TOKEN_FILE.name}", field=_FIELD
        ) from None


async def _web_identity(method: AwsJwtAuth, means: Means) -> WebIdentity:
    account, place = method.service_account_ref, f"{_FIELD}.jwt.serviceAccountRef"
    if account is None:
        raise InvalidSpec("is required: the ServiceAccount that is bound to an AWS role", field=place)
    selector = account.model_dump(exclude={"audiences"}, exclude_none=True)
    annotations = await means.host.service_account_annotations(selector, field=place)
    role = annotations.get(_ROLE_ANNOTATION)
    if not role:
        raise InvalidSpec(f"the ServiceAccount has no annotation {_ROLE_ANNOTATION}", field=place)
    audiences = (annotations.get(_AUDIENCE_ANNOTATION) or _AUDIENCE, *account.audiences)
    token = await means.host.service_account_token(selector, audiences=audiences, field=place)
    return WebIdentity(role, token.reveal().decode())


async def _static_keys(selectors: AwsSecretRef, means: Means) -> StaticKeys:
    places = {
        "accessKeyIDSecretRef": selectors.access_key_id_secret_ref,
        "secretAccessKeySecretRef": selectors.secret_access_key_secret_ref,
        "sessionTokenSecretRef": selectors.session_token_secret_ref,
    }
    read = [
        await line_of(selector, means, f"{_FIELD}.secretRef.{name}") if selector is not None else ""
        for name, selector in places.items()
    ]
    return StaticKeys(*read)
