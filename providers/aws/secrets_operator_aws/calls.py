"""Calls of one store's SDK client: each a trip through the host's thread pool, counted, and made again as
``retrySettings`` say. The SDK itself makes each once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from botocore import xform_name

from secrets_operator.provider import Host, RetrySettings
from secrets_operator.provider.retrying import RetryPolicy
from secrets_operator_aws.errors import TROUBLE, is_throttle, may_pass, no_answer

T = TypeVar("T")

# External Secrets Operator counts attempts for AWS, not retries, and 0 is without limit.
_MOST_ATTEMPTS = 3
_INTERVAL_SECONDS = 1.0
# Without the block, about what the SDK waits on average.
_USUAL_INTERVAL_SECONDS = 0.5
# Where the name in the metrics of External Secrets Operator is not that of the operation.
_COUNTED_AS = {"DescribeParameters": "DescribeParameter"}


@dataclass(frozen=True, slots=True)
class Call:
    """One operation of a service, as AWS names it, and its arguments."""

    operation: str
    arguments: Mapping[str, Any]


class Calls:
    """Makes calls of ``client``; ``service`` is its name in the metrics."""

    def __init__(self, client: Any, host: Host, service: str) -> None:
        self._client = client
        self._host = host
        self._service = service
        self._policy = retry_policy(host.retry)

    async def make(self, call: Call) -> Mapping[str, Any]:
        """Return the response; raises one of TROUBLE unchanged, what time may mend only after all attempts."""
        method = getattr(self._client, xform_name(call.operation))
        request = partial(method, **call.arguments)
        attempts = self._policy.start()
        while True:
            try:
                response: Mapping[str, Any] = await self.run(request)
            except TROUBLE as error:
                self._count(call, ok=False, throttled=is_throttle(error))
                if not may_pass(error) or not await attempts.another():
                    raise
            else:
                self._count(call, ok=True)
                return response

    async def pages(self, call: Call, member: str) -> AsyncIterator[list[Mapping[str, Any]]]:
        """Yield the list ``member`` of every page of a listing; raises as :meth:`make`."""
        position: dict[str, str] = {}
        while True:
            page = await self.make(Call(call.operation, {**call.arguments, **position}))
            if not isinstance(page.get(member), list):
                raise no_answer(call.operation, "list")
            yield page[member]
            if not page.get("NextToken"):
                return
            position = {"NextToken": page["NextToken"]}

    async def run(self, call: Callable[[], T]) -> T:
        """Run what blocks but is no call of the service."""
        return await self._host.run_blocking(call)

    async def close(self) -> None:
        """Close the connections."""
        await self.run(self._client.close)

    def _count(self, call: Call, *, ok: bool, throttled: bool = False) -> None:
        counted_as = _COUNTED_AS.get(call.operation, call.operation)
        self._host.called(self._service, counted_as, ok=ok, throttled=throttled)


def retry_policy(settings: RetrySettings | None) -> RetryPolicy:
    """Return how often a call is made."""
    if settings is None:
        return RetryPolicy(most=_MOST_ATTEMPTS, interval=_USUAL_INTERVAL_SECONDS)
    most, interval = settings.max_retries, settings.interval_seconds
    return RetryPolicy(
        most=_MOST_ATTEMPTS if most is None else most, interval=_INTERVAL_SECONDS if interval is None else interval
    )
