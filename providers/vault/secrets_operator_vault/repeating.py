"""Calls of one store, made again while Vault does not answer as the store's ``retrySettings`` say.

External Secrets Operator counts retries for Vault, none where the block is there without a number. Without the block
nothing is repeated: the operator's queue tries again with backoff.
"""

from __future__ import annotations

from collections.abc import Callable

from secrets_operator.errors import Retryable
from secrets_operator.provider import Host, RetrySettings
from secrets_operator.provider.retrying import RetryPolicy
from secrets_operator_vault.client import Reply
from secrets_operator_vault.errors import RETRIED, meaning_of

_INTERVAL_SECONDS = 1.0


class Repeating:
    """Makes the calls of one store in threads."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._policy = retry_policy(host.retry)

    async def make(self, call: Callable[[], Reply]) -> Reply:
        """Return the reply, or raise Retryable where there is none, of the last attempt."""
        attempts = self._policy.start()
        while True:
            try:
                reply = await self._host.run_blocking(call)
            except Retryable:
                if not await attempts.another():
                    raise
            else:
                if meaning_of(reply.status) not in RETRIED or not await attempts.another():
                    return reply


def retry_policy(settings: RetrySettings | None) -> RetryPolicy:
    """Return how often a call is made."""
    if settings is None:
        return RetryPolicy(most=1)
    interval = settings.interval_seconds
    return RetryPolicy(
        most=1 + (settings.max_retries or 0), interval=_INTERVAL_SECONDS if interval is None else interval
    )
