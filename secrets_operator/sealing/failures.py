"""Why a SealedSecret cannot become its Secret: one failure for each item, one error for all of them.

Messages and their order are stable, so a condition built from them does not flap, and hold no value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from secrets_operator.sealing.diagnosis import FailureReason
from secrets_operator.sealing.errors import SealingError


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one item cannot be unsealed, or (without ``item``) why the whole object cannot."""

    reason: FailureReason
    message: str
    item: str = ""


class UnsealError(SealingError):
    """Some items cannot be unsealed. ``reason`` is for the condition, the message lists all causes."""

    def __init__(self, failures: Sequence[Failure]) -> None:
        """Group the failures by message, with the items in parentheses and one group on each line."""
        super().__init__("\n".join(_grouped(failures)))
        self.failures = tuple(failures)
        self.reason = min((failure.reason for failure in failures), key=list(FailureReason).index)


def _grouped(failures: Sequence[Failure]) -> list[str]:
    """Return one line for each message, sorted; items stay in the order of their names, in which they failed."""
    items: dict[str, list[str]] = {}
    for failure in failures:
        items.setdefault(failure.message, []).append(failure.item)
    return [f"{message} ({', '.join(names)})" if all(names) else message for message, names in sorted(items.items())]
