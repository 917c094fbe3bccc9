"""Calls of one store or generator: counted, and made again while Vault does not answer as its ``retrySettings`` say.

Retries are counted as External Secrets Operator counts them for Vault: none where the block is there without a number,
and two where there is no block, as Vault's own client does.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from secrets_operator.errors import Retryable
from secrets_operator.provider import Host, RetrySettings
from secrets_operator.provider.retrying import RetryPolicy
from secrets_operator_vault.client import Reply
from secrets_operator_vault.errors import RETRIED, meaning_of

# The provider and its calls as External Secrets Operator's metrics name them; RenewSelf is ours.
SERVICE = "HashiCorp/Vault"


class Call(StrEnum):
    """What is asked of Vault."""

    LOGIN = "Login"
    LOOKUP = "LookupSelf"
    RENEW = "RenewSelf"
    REVOKE = "RevokeSelf"
    READ = "ReadSecretData"
    LIST = "ListSecrets"
    WRITE = "WriteSecretData"
    DELETE = "DeleteSecret"


_INTERVAL_SECONDS = 1.0
# Seconds within which a call is made again without the block: one that hangs is better left to the operator's queue.
_DEFAULT_BUDGET = 6.0


class Repeating:
    """Makes the calls of one store in threads."""

    def __init__(self, host: Host, retry: RetrySettings | None) -> None:
        self._host = host
        self._policy = retry_policy(retry)

    async def make(self, name: Call, call: Callable[[], Reply]) -> Reply:
        """Return the reply, or raise Retryable where there is none, of the last attempt."""
        attempts = self._policy.start()
        while True:
            try:
                reply = await self.once(name, call)
            except Retryable:
                if not await attempts.another():
                    raise
            else:
                if meaning_of(reply.status) not in RETRIED or not await attempts.another():
                    return reply

    async def once(self, name: Call, call: Callable[[], Reply]) -> Reply:
        """Return the reply to one attempt; raises Retryable where there is none."""
        try:
            reply = await self._host.run_blocking(call)
        except Retryable:
            self._host.called(SERVICE, name, ok=False)
            raise
        self._host.called(SERVICE, name, ok=reply.status < 300, throttled=reply.status == 429)
        return reply


def retry_policy(settings: RetrySettings | None) -> RetryPolicy:
    """Return how often a call is made."""
    if settings is None:
        return RetryPolicy(most=3, interval=_INTERVAL_SECONDS, budget=_DEFAULT_BUDGET)
    interval = settings.interval_seconds
    return RetryPolicy(
        most=1 + (settings.max_retries or 0), interval=_INTERVAL_SECONDS if interval is None else interval
    )
