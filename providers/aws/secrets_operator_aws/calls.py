"""Calls of one store's SDK client: each a trip through the host's thread pool, made again as ``retrySettings`` say.

Without that block the SDK itself tries again, see ``credentials.CONFIG``; with it the SDK does not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from secrets_operator.provider import Host, RetrySettings
from secrets_operator.provider.retrying import RetryPolicy
from secrets_operator_aws.errors import RETRIED, SDK_ERRORS, meaning_of

T = TypeVar("T")

# External Secrets Operator counts attempts for AWS, not retries, and 0 is without limit.
_MOST_ATTEMPTS = 3
_INTERVAL_SECONDS = 1.0


class Calls:
    """Makes calls of ``client``."""

    def __init__(self, client: Any, host: Host) -> None:
        self.client = client
        self._host = host
        self._policy = retry_policy(host.retry)

    async def make(self, call: Callable[[], T]) -> T:
        """Return what ``call`` returns; its SDK errors arrive unchanged, what time may mend after all attempts."""
        attempts = self._policy.start()
        while True:
            try:
                return await self._host.run_blocking(call)
            except SDK_ERRORS as error:
                if meaning_of(error) not in RETRIED or not await attempts.another():
                    raise


def retry_policy(settings: RetrySettings | None) -> RetryPolicy:
    """Return how often a call is made on top of what the SDK does by itself."""
    if settings is None:
        return RetryPolicy(most=1)
    most, interval = settings.max_retries, settings.interval_seconds
    return RetryPolicy(
        most=_MOST_ATTEMPTS if most is None else most, interval=_INTERVAL_SECONDS if interval is None else interval
    )
