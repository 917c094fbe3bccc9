"""``auth.tokenSecretRef``: a token that is kept in a Secret."""

from __future__ import annotations

from secrets_operator.resources.references import SecretKeySelector
from secrets_operator_vault.logins.ticket import Means, StaticToken, line_of


async def ticket(selector: SecretKeySelector, means: Means) -> StaticToken:
    """Read the token."""
    return StaticToken(await line_of(selector, means, "auth.tokenSecretRef"))
