"""The log of requests, kept in memory so that tests can assert on what a client asked."""

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

LIMIT = 10_000
"""How many requests are remembered."""


class LoggedRequest(NamedTuple):
    """One answered request. `time` is in seconds since the epoch; a watch is logged when it starts."""

    time: float
    user: str
    verb: str
    group: str
    resource: str
    subresource: str
    namespace: str
    name: str
    code: int


class RequestLog:
    """The latest requests, the oldest first."""

    def __init__(self) -> None:
        self._requests: deque[LoggedRequest] = deque(maxlen=LIMIT)

    def __iter__(self) -> Iterator[LoggedRequest]:
        return iter(list(self._requests))

    def __len__(self) -> int:
        return len(self._requests)

    def append(self, request: LoggedRequest) -> None:
        """Remember a request, forgetting the oldest beyond the limit."""
        self._requests.append(request)

    def clear(self) -> None:
        """Forget every request."""
        self._requests.clear()

    def matching(self, verb: str = "", resource: str = "", user: str = "") -> list[LoggedRequest]:
        """Return the requests with this verb, resource and user; empty ones match all."""
        wanted = (verb, resource, user)
        found = ((request, (request.verb, request.resource, request.user)) for request in self)
        return [request for request, is_ in found if all(not w or w == i for w, i in zip(wanted, is_, strict=True))]
