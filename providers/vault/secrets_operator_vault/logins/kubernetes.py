"""``auth.kubernetes``: a service-account token, which Vault has checked by the cluster that made it.

https://developer.hashicorp.com/vault/api-docs/auth/kubernetes
"""

from __future__ import annotations

from pathlib import Path

from secrets_operator.errors import InvalidSpec
from secrets_operator.resources.providers.vault_auth import VaultKubernetesAuth
from secrets_operator_vault.logins.own_identity import require_own_identity
from secrets_operator_vault.logins.ticket import Means, Ticket, mounted_at, text_of

_FIELD = "auth.kubernetes"
# The shortest lifetime that the API server grants.
TOKEN_SECONDS = 600


async def ticket(method: VaultKubernetesAuth, means: Means) -> Ticket:
    """Request a token for ``serviceAccountRef``, or read ``secretRef``, or the operator's own token."""
    token = await _token(method, means)
    return Ticket(f"{mounted_at(method.mount_path)}/login", {"jwt": token, "role": method.role})


async def _token(method: VaultKubernetesAuth, means: Means) -> str:
    account = method.service_account_ref
    if account is not None:
        selector = account.model_dump(exclude={"audiences"}, exclude_none=True)
        place = f"{_FIELD}.serviceAccountRef"
        issued = await means.host.service_account_token(
            selector, audiences=account.audiences, field=place, seconds=TOKEN_SECONDS
        )
        return issued.reveal().decode()
    if method.secret_ref is not None:
        return (await text_of(method.secret_ref, means, f"{_FIELD}.secretRef", default_key="token")).strip()
    require_own_identity(means, field=_FIELD, instead="set serviceAccountRef or secretRef")
    file = means.surroundings.mounted_token
    token = await means.host.run_blocking(lambda: _read(file))
    if not token:
        raise InvalidSpec(
            "the operator has no mounted token, as it runs outside a cluster: set serviceAccountRef or secretRef",
            field=_FIELD,
        )
    return token


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
