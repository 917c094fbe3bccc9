"""Opens a session: certificates and credentials from the cluster, one pool of connections, one login."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from secrets_operator.errors import OperatorError
from secrets_operator.provider import Host
from secrets_operator.resources.providers.vault import VaultProvider as Settings
from secrets_operator_vault.asking import Asking
from secrets_operator_vault.authentication import Means, method_of
from secrets_operator_vault.client import Address, Connection
from secrets_operator_vault.paths import Engine
from secrets_operator_vault.repeating import Repeating
from secrets_operator_vault.session import VaultSession
from secrets_operator_vault.tokens import Tokens
from secrets_operator_vault.trust import certificates, context_for


async def open_session(spec: Mapping[str, Any], host: Host, environ: Mapping[str, str]) -> VaultSession:
    """Open a session on the store's server; raises Terminal or Retryable, and what the host raises."""
    settings = Settings.model_validate(spec)
    trusted = await certificates(settings, host)
    connection = await host.run_blocking(partial(_connect, settings, trusted))
    calls = Repeating(host)
    log_in = method_of(settings, Means(host, connection, calls), environ)
    try:
        first = await log_in()
    except BaseException:
        # Nobody else will: there is no session to close.
        connection.close()
        raise
    tokens = Tokens(first, log_in, partial(_revoke, settings, host, connection))
    asking = Asking(connection, tokens, calls)
    return VaultSession(asking, Engine(settings.path, settings.version), partial(_close, host, connection, tokens))


async def _close(host: Host, connection: Connection, tokens: Tokens) -> None:
    await tokens.close()
    await host.run_blocking(connection.close)


def _connect(settings: Settings, trusted: str | None) -> Connection:
    address = Address(settings.server.rstrip("/"), settings.namespace or "", settings.headers)
    return Connection(address, context_for(trusted))


async def _revoke(settings: Settings, host: Host, connection: Connection, token: str) -> None:
    namespace = settings.auth.namespace if settings.auth else None
    try:
        await host.run_blocking(partial(connection.revoke_self, token, namespace))
    except OperatorError:
        # The token ends by itself; a server that is gone needs no goodbye.
        return
