"""The next status of a resource, or None when the one it has says it all. Pure.

Nothing is written when nothing changed: ``refreshTime`` moves with the data or the conditions, and otherwise as a
heartbeat.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from secrets_operator.flow import Object
from secrets_operator.planning.conditions import Condition, find, says_the_same
from secrets_operator.planning.refresh import Synced, format_time, parse_time

Status = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Success:
    """A sync that went through; ``wrote`` says that the Secret changed."""

    synced: Synced
    binding: str
    """The Secret that it wrote; empty where the target is no Secret."""

    wrote: bool


def external_secret_status(
    previous: Status, condition: Condition, *, success: Success | None, heartbeat: timedelta, now: datetime
) -> Status | None:
    """Return the status to write. A failure keeps what the last success recorded."""
    same = says_the_same(_condition(previous, condition), condition)
    if success is None:
        return None if same else {**previous, "conditions": _conditions(previous, condition, now)}
    recorded: Status = {"syncedResourceVersion": success.synced.version}
    if success.binding:
        recorded["binding"] = {"name": success.binding}
    kept = {name: previous[name] for name in ("syncedResourceVersion", "binding") if name in previous}
    unchanged = same and not success.wrote and kept == recorded
    if unchanged and not is_older(previous.get("refreshTime"), heartbeat, now):
        return None
    return {
        "conditions": _conditions(previous, condition, now),
        "refreshTime": format_time(success.synced.refreshed_at or now),
        **recorded,
    }


def speaks_of_another_spec(resource: Object) -> bool:
    """Tell whether an ExternalSecret is Ready by its status, but the spec has changed since."""
    status = resource.get("status") or {}
    ready = find(status.get("conditions") or (), "Ready") or {}
    generation, _, _ = (status.get("syncedResourceVersion") or "").partition("-")
    return ready.get("status") == "True" and generation != str(resource["metadata"].get("generation", 0))


def store_status(previous: Status, condition: Condition, *, capabilities: str, now: datetime) -> Status | None:
    """Return the status of a store to write; ``capabilities`` is empty until it was validated once."""
    status = with_condition(previous, condition, now)
    if status is None and previous.get("capabilities", "") == capabilities:
        return None
    status = {**(status or previous)}
    status.pop("capabilities", None)
    return {**status, "capabilities": capabilities} if capabilities else status


def with_condition(previous: Status, condition: Condition, now: datetime) -> Status | None:
    """Return the status with one condition set and all others as they are; None when it says the same already."""
    if says_the_same(_condition(previous, condition), condition):
        return None
    conditions = previous.get("conditions") or []
    others = [one for one in conditions if one.get("type") != condition.type]
    return {**previous, "conditions": [*others, condition.as_status(conditions, now)]}


def sealed_secret_status(
    previous: Status, condition: Condition, *, warning: Condition | None = None, generation: int, now: datetime
) -> Status | None:
    """Return the status of a SealedSecret to write; conditions of this kind also carry ``lastUpdateTime``.

    ``warning`` is a second condition, which is there only while there is something to warn of.
    """
    said = [condition] if warning is None else [condition, warning]
    before = previous.get("conditions") or ()
    same = len(before) == len(said) and all(says_the_same(_condition(previous, one), one) for one in said)
    if same and previous.get("observedGeneration") == generation:
        return None
    conditions = [{**one.as_status(before, now), "lastUpdateTime": format_time(now)} for one in said]
    return {"observedGeneration": generation, "conditions": conditions}


def _condition(previous: Status, condition: Condition) -> dict[str, Any] | None:
    return find(previous.get("conditions") or (), condition.type)


def _conditions(previous: Status, condition: Condition, now: datetime) -> list[dict[str, str]]:
    return [condition.as_status(previous.get("conditions") or (), now)]


def is_older(text: str | None, age: timedelta, now: datetime) -> bool:
    """Tell whether a time of a status is older than ``age``, or makes no sense."""
    moment = parse_time(text)
    # A time ahead of now was written by a clock that was wrong: it would stand for as long as it was wrong.
    return moment is None or not timedelta(0) <= now - moment < age
