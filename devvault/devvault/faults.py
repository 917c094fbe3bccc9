"""Fault injection: makes the stand-in answer late, with an error, or not as asked, for chosen requests.

A fault is spent after `times` requests; several may wait, the oldest that fits is used.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum


class BodyFault(StrEnum):
    """What may become of an answer on its way."""

    RESET = "reset"
    """The connection is reset before a byte of it is sent."""
    CUT = "cut"
    """The connection is closed in the middle of the body."""
    INVALID = "invalid"
    """The body ends in the middle, and the headers say that this is all of it."""
    TRICKLE = "trickle"
    """The body is sent byte by byte, one every half second."""


@dataclass
class Fault:
    """What happens to the next requests whose path matches.

    `status` 0 leaves the answer as it is, so that only `delay` (seconds) acts. `path` is a regular expression,
    searched in the path with `/v1/`. `body` says what becomes of the answer on its way.
    """

    path: str
    status: int = 0
    times: int = 1
    delay: float = 0.0
    method: str = ""
    errors: tuple[str, ...] = ("injected fault",)
    headers: dict[str, str] = field(default_factory=dict)
    body: BodyFault | None = None

    def fits(self, method: str, path: str) -> bool:
        """Tell whether the fault is still to be used for such a request."""
        return self.times > 0 and self.method in {"", method} and re.search(self.path, path) is not None


class FaultPlan:
    """The faults that wait for their requests."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Let a fault wait behind the others."""
        self._faults.append(fault)

    def clear(self) -> None:
        """Forget every waiting fault."""
        self._faults.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault for a request and count it as used once."""
        fault = next((one for one in self._faults if one.fits(method, path)), None)
        if fault is not None:
            fault.times -= 1
        return fault
