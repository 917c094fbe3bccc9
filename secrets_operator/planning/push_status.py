"""The next status of a PushSecret, or None when the one it has says it all. Pure.

As with an ExternalSecret nothing is written when nothing changed, but for a heartbeat of ``refreshTime``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from secrets_operator.planning.conditions import Condition, find, says_the_same
from secrets_operator.planning.push_record import Record, without_empty
from secrets_operator.planning.refresh import Synced, format_time
from secrets_operator.planning.status import Status, is_older

SYNCED, KEPT = "PushSecret synced", "PushSecret synced; what was there already is left as it is"
SOURCE_DELETED = "the source Secret was deleted, and with it what was pushed from it"


@dataclass(frozen=True, slots=True)
class PushSuccess:
    """A push that went through; ``changed`` says that a provider has something new."""

    synced: Synced
    changed: bool


def push_status(
    previous: Status,
    condition: Condition,
    *,
    record: Record,
    success: PushSuccess | None,
    heartbeat: timedelta,
    now: datetime,
) -> Status | None:
    """Return the status to write; ``record`` is what is at the stores by now. A failure keeps the last success."""
    recorded = without_empty(record)
    same = says_the_same(find(previous.get("conditions") or (), condition.type), condition)
    same = same and (previous.get("syncedPushSecrets") or {}) == recorded
    status = {name: value for name, value in previous.items() if name != "syncedPushSecrets"}
    if success is not None:
        same = same and not success.changed and previous.get("syncedResourceVersion") == success.synced.version
        same = same and not is_older(previous.get("refreshTime"), heartbeat, now)
        status["syncedResourceVersion"] = success.synced.version
        status["refreshTime"] = format_time(success.synced.refreshed_at or now)
    if same:
        return None
    status["conditions"] = [condition.as_status(previous.get("conditions") or (), now)]
    return {**status, "syncedPushSecrets": recorded} if recorded else status
