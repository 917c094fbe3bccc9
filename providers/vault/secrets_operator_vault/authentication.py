"""The ways to get a token as one table; the first method that a store sets is used.

In: the settings of a store. Out: a :class:`Credential`; Refused when Vault says no, Retryable when it says nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from secrets_operator.errors import Refused, Retryable
from secrets_operator.resources.providers.vault import VaultProvider as Settings
from secrets_operator.resources.providers.vault_auth import VaultAuth
from secrets_operator_vault import documents
from secrets_operator_vault.client import Connection, Reply
from secrets_operator_vault.environment import VAULT_TOKEN
from secrets_operator_vault.errors import Meaning, error_for
from secrets_operator_vault.logins import (
    app_role,
    aws_iam,
    certificate,
    google_cloud,
    json_web_token,
    kubernetes,
    passwords,
    static_token,
)
from secrets_operator_vault.logins.own_identity import is_own_server
from secrets_operator_vault.logins.ticket import Means, StaticToken, Ticket
from secrets_operator_vault.repeating import Call, Repeating


@dataclass(frozen=True, slots=True)
class Credential:
    """A token, empty for none.

    ``issued`` says that a login of ours made it: it is good, and ours to renew and to revoke. ``seconds`` is how long
    it is good for, 0 for ever.
    """

    token: str = field(repr=False)
    issued: bool = False
    seconds: float = 0.0
    renewable: bool = False


class Method(NamedTuple):
    """A way to log in: the field below ``auth``, the attribute of the model, and what makes the ticket."""

    field: str
    attribute: str
    ticket: Callable[[Any, Means], Awaitable[Ticket | StaticToken]]


# In the order of precedence.
METHODS = (
    Method("tokenSecretRef", "token_secret_ref", static_token.ticket),
    Method("appRole", "app_role", app_role.ticket),
    Method("kubernetes", "kubernetes", kubernetes.ticket),
    Method("ldap", "ldap", passwords.ldap),
    Method("userPass", "user_pass", passwords.userpass),
    Method("jwt", "jwt", json_web_token.ticket),
    Method("cert", "cert", certificate.ticket),
    Method("iam", "iam", aws_iam.ticket),
    Method("gcp", "gcp", google_cloud.ticket),
)

LogIn = Callable[[], Awaitable[Credential]]


class Desk(NamedTuple):
    """Where a login is sent."""

    connection: Connection
    calls: Repeating
    namespace: str | None
    """The namespace to log in to; None for that of the store."""


def method_of(auth: VaultAuth) -> tuple[Method, Any]:
    """Return the method that is used and its settings."""
    chosen = ((method, getattr(auth, method.attribute)) for method in METHODS)
    return next((method, settings) for method, settings in chosen if settings is not None)


def log_in_of(settings: Settings, means: Means, desk: Desk) -> LogIn:
    """Return the login of a store; calling it again reads Secrets anew and logs in again."""
    if settings.auth is None:
        return partial(_ambient, means)
    return partial(_log_in, settings.auth, means, desk)


async def _ambient(means: Means) -> Credential:
    """Return the operator's own token, but only for the server it belongs to; else none is sent."""
    token = VAULT_TOKEN.read(means.surroundings.environ).strip()
    return Credential(token if is_own_server(means.server, means) else "")


async def _log_in(auth: VaultAuth, means: Means, desk: Desk) -> Credential:
    method, settings = method_of(auth)
    ticket = await method.ticket(settings, means)
    if isinstance(ticket, StaticToken):
        return Credential(ticket.token)
    place = f"auth.{method.field}"
    call = partial(desk.connection.log_in, ticket.path, ticket.body, desk.namespace)
    reply = await desk.calls.make(Call.LOGIN, call)
    if reply.status != 200:
        raise error_for(reply, field=place, secrets=tuple(ticket.body.values()))
    return credential_in(reply, field=place)


def credential_in(reply: Reply, *, field: str) -> Credential:
    """Return what a login or a renewal gave; raises Retryable for what is no answer of Vault."""
    try:
        auth = documents.parse(reply.body)["auth"]
        token, renewable = auth["client_token"], auth.get("renewable") is True
        seconds = float(auth["lease_duration"].text)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise Retryable(Meaning.NOT_VAULT.value) from error
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        raise Retryable(Meaning.NOT_VAULT.value)
    if not token:
        raise Refused("the login needs a second factor: use a role without one", field=field)
    return Credential(token, issued=True, seconds=seconds, renewable=renewable)
