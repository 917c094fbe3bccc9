"""``auth.cert``: the client certificate of the connection. https://developer.hashicorp.com/vault/api-docs/auth/cert.

The certificate itself is presented when the connection is made: see ``trust``.
"""

from __future__ import annotations

from secrets_operator.resources.providers.vault_auth import VaultCertAuth
from secrets_operator_vault.logins.ticket import Means, Ticket, mounted_at


async def ticket(method: VaultCertAuth, _: Means) -> Ticket:
    """Name the role, if any; without one Vault takes the first that the certificate fits."""
    return Ticket(f"{mounted_at(method.path)}/login", {"name": method.vault_role} if method.vault_role else {})
