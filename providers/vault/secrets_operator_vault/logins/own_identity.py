"""When a store may use who the operator itself is: its mounted token, its cloud identity.

Whoever may create a SecretStore chooses the server it talks to, and would be sent a token of the operator. So a
SecretStore may use the operator's identity only towards the Vault that the operator's ``VAULT_ADDR`` names; the author
of a ClusterSecretStore is trusted with it. Generators send any request and hand out its answer: there only a
ClusterGenerator may use it.
"""

from __future__ import annotations

from secrets_operator.errors import InvalidSpec
from secrets_operator.resources.names import CLUSTER_GENERATOR, CLUSTER_SECRET_STORE, VAULT_DYNAMIC_SECRET
from secrets_operator_vault.environment import VAULT_ADDR
from secrets_operator_vault.logins.ticket import Means

_TRUSTED = {CLUSTER_SECRET_STORE.kind, CLUSTER_GENERATOR.kind}


def is_own_server(server: str, means: Means) -> bool:
    """Tell whether the operator's environment names this server as its Vault, and who asks may use that."""
    own = VAULT_ADDR.read(means.surroundings.environ).rstrip("/")
    return bool(own) and own == server.rstrip("/") and means.host.store.kind != VAULT_DYNAMIC_SECRET.kind


def require_own_identity(means: Means, *, field: str, instead: str) -> None:
    """Raise InvalidSpec where who asks may not use the operator's own identity; ``instead`` says what it may use."""
    kind = means.host.store.kind
    if kind in _TRUSTED or is_own_server(means.server, means):
        return
    if kind == VAULT_DYNAMIC_SECRET.kind:
        raise InvalidSpec(
            f"a {kind} does not log in as the operator: {instead}, or use a ClusterGenerator",
            field=field,
        )
    raise InvalidSpec(
        f"a SecretStore does not log in as the operator: {instead}, use a ClusterSecretStore, "
        "or let the operator's VAULT_ADDR name this server",
        field=field,
    )
