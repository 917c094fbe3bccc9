"""What is done with the tokens of one store on Vault's side: made, renewed, revoked, and counted."""

from __future__ import annotations

from functools import partial

from secrets_operator.errors import OperatorError
from secrets_operator.provider import Host
from secrets_operator_vault.authentication import Credential, Desk, LogIn, credential_in
from secrets_operator_vault.errors import RETRIED, error_for, meaning_of
from secrets_operator_vault.repeating import SERVICE, Call

_FIELD = "auth"


class Keeping:
    """See the module's docstring."""

    def __init__(self, host: Host, desk: Desk, log_in: LogIn) -> None:
        self._host = host
        self._desk = desk
        self._log_in = log_in

    async def log_in(self) -> Credential:
        """Make a token; raises what a login raises."""
        credential = await self._log_in()
        if credential.issued:
            self._host.leases_changed(SERVICE, 1)
        return credential

    async def renew(self, credential: Credential) -> Credential | None:
        """Extend a token, or return None when Vault does not; raises Retryable where it does not answer."""
        call = partial(self._desk.connection.renew_self, credential.token, self._desk.namespace)
        reply = await self._desk.calls.once(Call.RENEW, call)
        if reply.status == 200:
            return credential_in(reply, field=_FIELD)
        if meaning_of(reply.status) in RETRIED:
            raise error_for(reply, field=_FIELD)
        return None

    def let_go(self) -> None:
        """Count a token no more that is left to itself."""
        self._host.leases_changed(SERVICE, -1)

    async def revoke(self, token: str) -> None:
        """End a token; one that cannot be ended ends by itself."""
        self._host.leases_changed(SERVICE, -1)
        call = partial(self._desk.connection.revoke_self, token, self._desk.namespace)
        try:
            await self._desk.calls.once(Call.REVOKE, call)
        except OperatorError:
            return
