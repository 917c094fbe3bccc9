"""Faults on demand, for tests of clients: refused requests and delays."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from devcluster.answers import Answer, json_answer
from devcluster.statuses import ApiError

_REASONS = {401: "Unauthorized", 403: "Forbidden", 409: "Conflict", 429: "TooManyRequests", 500: "InternalError"}
_REASONS |= {503: "ServiceUnavailable", 504: "Timeout"}


@dataclass(slots=True)
class Fault:
    """What happens to matching requests; `remaining` counts down, None means until cleared."""

    method: str
    path: re.Pattern[str]
    remaining: int | None
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0

    def matches(self, method: str, path: str) -> bool:
        """Say whether the fault concerns a request; the path pattern is searched in path and query."""
        return self.method in {"", "*", method} and self.path.search(path) is not None


class Faults:
    """The faults that wait for requests, the oldest first."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Have a fault wait for requests."""
        self._faults.append(fault)

    def clear(self) -> None:
        """Forget every fault."""
        self._faults.clear()

    def take(self, method: str, path: str) -> tuple[float, Answer | None]:
        """Return for how many seconds a request is delayed, and the answer forced on it if any."""
        delay = 0.0
        for fault in list(self._faults):
            if not fault.matches(method, path):
                continue
            self._count(fault)
            delay += fault.delay_seconds
            if fault.status:
                return delay, _answer(fault)
        return delay, None

    def _count(self, fault: Fault) -> None:
        if fault.remaining is None:
            return
        fault.remaining -= 1
        if fault.remaining <= 0:
            self._faults.remove(fault)


def _answer(fault: Fault) -> Answer:
    reason = _REASONS.get(fault.status, "")
    error = ApiError(fault.status, reason, f"the dev cluster was told to answer {fault.status} here", {})
    plain = json_answer(error.status(), fault.status)
    return Answer(plain.code, plain.body, headers=fault.headers)
