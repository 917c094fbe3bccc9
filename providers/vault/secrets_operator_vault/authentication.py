"""The ways to get a token, one function each; the first method that a store sets is used.

In: the settings of a store. Out: a :class:`Credential`; Refused when Vault says no, Retryable when it says nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from secrets_operator.errors import InvalidSpec, Refused, Retryable
from secrets_operator.provider import Host
from secrets_operator.resources.providers.vault import VaultProvider as Settings
from secrets_operator.resources.providers.vault_auth import VaultAppRole, VaultAuth
from secrets_operator.resources.references import SecretKeySelector
from secrets_operator_vault import documents
from secrets_operator_vault.client import Connection, Reply
from secrets_operator_vault.errors import Meaning, error_for
from secrets_operator_vault.repeating import Repeating


@dataclass(frozen=True, slots=True)
class Credential:
    """A token, empty for none. ``issued`` says that a login of ours made it: it is good, and ours to revoke."""

    token: str = field(repr=False)
    issued: bool = False


class Means(NamedTuple):
    """What a login may use."""

    host: Host
    connection: Connection
    calls: Repeating


LogIn = Callable[[], Awaitable[Credential]]


def method_of(settings: Settings, means: Means, environ: Mapping[str, str]) -> LogIn:
    """Return the login of a store; calling it again reads Secrets anew and logs in again."""
    auth = settings.auth
    if auth is None:
        return partial(_ambient, settings.server, environ)
    if auth.token_secret_ref is not None:
        return partial(_token, auth.token_secret_ref, means)
    assert auth.app_role is not None, "a session is opened only for settings without problems"
    return partial(_app_role, auth, auth.app_role, means)


async def _ambient(server: str, environ: Mapping[str, str]) -> Credential:
    """Return the operator's own token, but only for the server it belongs to; else none is sent."""
    token = environ.get("VAULT_TOKEN", "").strip()
    own = environ.get("VAULT_ADDR", "").rstrip("/")
    return Credential(token if own and own == server.rstrip("/") else "")


async def _token(selector: SecretKeySelector, means: Means) -> Credential:
    return Credential(await _text(selector, means, "auth.tokenSecretRef"))


async def _app_role(auth: VaultAuth, role: VaultAppRole, means: Means) -> Credential:
    role_id = (role.role_id or "").strip()
    if not role_id:
        assert role.role_ref is not None, "a session is opened only for settings without problems"
        role_id = await _text(role.role_ref, means, "auth.appRole.roleRef")
    secret_id = await _text(role.secret_ref, means, "auth.appRole.secretRef")
    mount, log_in = role.path.strip("/"), means.connection.log_in_by_app_role
    reply = await means.calls.make(partial(log_in, mount, role_id, secret_id, auth.namespace))
    if reply.status != 200:
        raise error_for(reply, field="auth.appRole", secrets=(role_id, secret_id))
    return _credential(reply, field="auth.appRole")


async def _text(selector: SecretKeySelector, means: Means, path: str) -> str:
    raw = selector.model_dump(by_alias=True, exclude_none=True)
    # Tokens and ids have no spaces; a Secret made from a file often ends in a line break, which no header may hold.
    text = (await means.host.secret_value(raw, field=path)).reveal().decode("utf-8", "replace").strip()
    if not text or not text.isascii() or not text.isprintable():
        raise InvalidSpec("the Secret does not hold one line of ASCII text there", field=path)
    return text


def _credential(reply: Reply, *, field: str) -> Credential:
    try:
        auth = documents.parse(reply.body)["auth"]
        token = auth["client_token"]
    except (ValueError, LookupError, TypeError) as error:
        raise Retryable(Meaning.NOT_VAULT.value) from error
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        raise Retryable(Meaning.NOT_VAULT.value)
    if not token:
        raise Refused("the login needs a second factor: use a role without one", field=field)
    return Credential(token, issued=True)
