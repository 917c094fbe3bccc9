"""``auth.appRole``: a role id and a secret id. https://developer.hashicorp.com/vault/api-docs/auth/approle."""

from __future__ import annotations

from secrets_operator.resources.providers.vault_auth import VaultAppRole
from secrets_operator_vault.logins.ticket import Means, Ticket, line_of, mounted_at

_FIELD = "auth.appRole"


async def ticket(role: VaultAppRole, means: Means) -> Ticket:
    """Read both ids; ``roleId`` wins over ``roleRef``."""
    role_id = (role.role_id or "").strip()
    if not role_id:
        assert role.role_ref is not None, "a session is opened only for settings without problems"
        role_id = await line_of(role.role_ref, means, f"{_FIELD}.roleRef")
    secret_id = await line_of(role.secret_ref, means, f"{_FIELD}.secretRef")
    return Ticket(f"{mounted_at(role.path)}/login", {"role_id": role_id, "secret_id": secret_id})
