"""When a store may use who the operator itself is: its mounted token, its cloud identity.

Whoever may create a SecretStore chooses the server it talks to, and would be sent a token of the operator. So a
SecretStore may use the operator's identity only towards the Vault that the operator's ``VAULT_ADDR`` names; the author
of a ClusterSecretStore is trusted with it.
"""

from __future__ import annotations

from secrets_operator.errors import InvalidSpec
from secrets_operator.resources.names import CLUSTER_SECRET_STORE
from secrets_operator_vault.logins.ticket import Means


def is_own_server(server: str, means: Means) -> bool:
    """Tell whether the operator's environment names this server as its Vault."""
    own = means.surroundings.environ.get("VAULT_ADDR", "").rstrip("/")
    return bool(own) and own == server.rstrip("/")


def require_own_identity(means: Means, *, field: str, instead: str) -> None:
    """Raise InvalidSpec where a store may not use the operator's own identity; ``instead`` says what it may use."""
    if means.host.store.kind != CLUSTER_SECRET_STORE.kind and not is_own_server(means.server, means):
        raise InvalidSpec(
            f"a SecretStore does not log in as the operator: {instead}, use a ClusterSecretStore, "
            "or let the operator's VAULT_ADDR name this server",
            field=field,
        )
