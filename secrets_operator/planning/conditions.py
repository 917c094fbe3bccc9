"""Conditions of a status. Pure; each condition type has one writer, and messages are one stable line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from secrets_operator.flow import Object
from secrets_operator.planning.refresh import format_time
from secrets_operator.resources.names import SEALED_SECRET

# A message that repeats a whole remote answer would make the status unreadable and the object large.
MESSAGE_LIMIT = 1024
_STATUS = {True: "True", False: "False", None: "Unknown"}


@dataclass(frozen=True, slots=True)
class Condition:
    """What a controller has to say about a resource."""

    type: str
    status: bool | None
    """None is Unknown."""

    reason: str
    message: str

    def as_status(self, previous: Sequence[dict[str, Any]], now: datetime) -> dict[str, str]:
        """Return the condition for the status; ``lastTransitionTime`` moves only when the status flips."""
        status = _STATUS[self.status]
        old = find(previous, self.type)
        since = old.get("lastTransitionTime") if old and old.get("status") == status else None
        return {
            "type": self.type,
            "status": status,
            "reason": self.reason,
            "message": one_line(self.message),
            "lastTransitionTime": since or format_time(now),
        }


def find(conditions: Sequence[dict[str, Any]], kind: str) -> dict[str, Any] | None:
    """Return the condition of type ``kind``."""
    return next((condition for condition in conditions if condition.get("type") == kind), None)


def says_the_same(old: dict[str, Any] | None, new: Condition) -> bool:
    """Tell whether the status already says what ``new`` says."""
    return old is not None and (old.get("status"), old.get("reason", ""), old.get("message", "")) == (
        _STATUS[new.status],
        new.reason,
        one_line(new.message),
    )


def one_line(message: str) -> str:
    """Fold white space and cut a message to the limit."""
    text = " ".join(message.split())
    return text if len(text) <= MESSAGE_LIMIT else text[: MESSAGE_LIMIT - 1] + "…"


def main_status(resource: Object) -> str:
    """Return the status of the condition that says whether all is well: ``True``, ``False`` or ``Unknown``."""
    conditions = (resource.get("status") or {}).get("conditions") or ()
    condition = find(conditions, "Synced" if resource["kind"] == SEALED_SECRET.kind else "Ready")
    return str(condition.get("status", "Unknown")) if condition else "Unknown"
