"""Opens a session: certificates and credentials from the cluster, one pool of connections, one login."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from secrets_operator.provider import Host, RetrySettings
from secrets_operator.provider.trust import trusted_certificates
from secrets_operator.resources.providers.vault import VaultProvider as Settings
from secrets_operator_vault.asking import Asking
from secrets_operator_vault.authentication import Desk, log_in_of, method_of
from secrets_operator_vault.client import Address, Connection
from secrets_operator_vault.keeping import Keeping
from secrets_operator_vault.logins.ticket import Means, Surroundings
from secrets_operator_vault.paths import Engine
from secrets_operator_vault.repeating import Repeating
from secrets_operator_vault.session import VaultSession
from secrets_operator_vault.tokens import Tokens
from secrets_operator_vault.trust import ClientCertificate, client_certificate, context_for


class Opened(NamedTuple):
    """A login on a server; whoever has it closes it, or leaves its token."""

    asking: Asking
    tokens: Tokens
    connection: Connection
    host: Host

    async def close(self) -> None:
        """Revoke the tokens of own logins and close the connections."""
        await self.tokens.close()
        await self.host.run_blocking(self.connection.close)

    async def leave(self) -> None:
        """Close the connections; see :meth:`Tokens.leave`."""
        self.tokens.leave()
        await self.host.run_blocking(self.connection.close)


async def open_session(spec: Mapping[str, Any], host: Host, surroundings: Surroundings) -> VaultSession:
    """Open a session on the store's server; raises Terminal or Retryable, and what the host raises."""
    settings = Settings.model_validate(spec)
    opened = await open_server(settings, host, surroundings, host.retry)
    return VaultSession(opened.asking, Engine(settings.path, settings.version), opened.close)


async def open_server(
    settings: Settings, host: Host, surroundings: Surroundings, retry: RetrySettings | None
) -> Opened:
    """Connect and log in; raises as :func:`open_session`."""
    trusted, presented = await trusted_certificates(settings, host), await _presented(settings, host)
    connection = await host.run_blocking(partial(_connect, settings, trusted, presented))
    calls = Repeating(host, retry)
    desk = Desk(connection, calls, settings.auth.namespace if settings.auth else None)
    keeping = Keeping(host, desk, log_in_of(settings, Means(host, settings.server, surroundings), desk))
    try:
        first = await keeping.log_in()
    except BaseException:
        # Nobody else will: there is no session to close.
        connection.close()
        raise
    tokens = Tokens(first, keeping)
    return Opened(Asking(connection, tokens, calls), tokens, connection, host)


async def _presented(settings: Settings, host: Host) -> ClientCertificate | None:
    """Read the certificate to log in with, else that of the connection; there is one TLS session for both."""
    if settings.auth is not None:
        method, chosen = method_of(settings.auth)
        if method.field == "cert" and chosen.client_cert is not None and chosen.secret_ref is not None:
            pair = {"clientCert": chosen.client_cert, "secretRef": chosen.secret_ref}
            return await client_certificate(pair, host, field="auth.cert")
    tls = settings.tls
    if tls is None or tls.cert_secret_ref is None or tls.key_secret_ref is None:
        return None
    pair = {"certSecretRef": tls.cert_secret_ref, "keySecretRef": tls.key_secret_ref}
    return await client_certificate(pair, host, field="tls")


def _connect(settings: Settings, trusted: str | None, presented: ClientCertificate | None) -> Connection:
    address = Address(
        settings.server.rstrip("/"),
        settings.namespace or "",
        settings.headers,
        settings.read_your_writes,
        settings.forward_inconsistent,
    )
    return Connection(address, context_for(trusted, presented))
