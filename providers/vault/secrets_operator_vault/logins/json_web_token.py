"""``auth.jwt``: a signed token. https://developer.hashicorp.com/vault/api-docs/auth/jwt."""

from __future__ import annotations

from secrets_operator.resources.providers.vault_auth import VaultJwtAuth
from secrets_operator_vault.logins.ticket import Means, Ticket, line_of, mounted_at

_FIELD = "auth.jwt"


async def ticket(method: VaultJwtAuth, means: Means) -> Ticket:
    """Read ``secretRef``, or request a token for ``kubernetesServiceAccountToken``."""
    if method.secret_ref is not None:
        token = await line_of(method.secret_ref, means, f"{_FIELD}.secretRef")
    else:
        token = await _requested(method, means)
    # Without a role Vault takes the default role of the method.
    role = {"role": method.role} if method.role else {}
    return Ticket(f"{mounted_at(method.path)}/login", {"jwt": token, **role})


async def _requested(method: VaultJwtAuth, means: Means) -> str:
    wanted = method.kubernetes_service_account_token
    assert wanted is not None, "a session is opened only for settings without problems"
    account = wanted.service_account_ref
    audiences = tuple(dict.fromkeys((*account.audiences, *wanted.audiences)))
    issued = await means.host.service_account_token(
        account.model_dump(exclude={"audiences"}, exclude_none=True),
        audiences=audiences,
        field=f"{_FIELD}.kubernetesServiceAccountToken.serviceAccountRef",
        seconds=wanted.expiration_seconds,
    )
    return issued.reveal().decode()
