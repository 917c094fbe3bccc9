"""Writes the status of PushSecrets: the one place that does."""

from __future__ import annotations

from secrets_operator.controllers.deps import Deps
from secrets_operator.flow import Object
from secrets_operator.kube.resources import PUSH_SECRETS
from secrets_operator.planning.conditions import Condition
from secrets_operator.planning.push_record import Record, record_of
from secrets_operator.planning.push_status import KEPT, SOURCE_DELETED, SYNCED, PushSuccess, push_status
from secrets_operator.reporting.events import NORMAL, WARNING, Event
from secrets_operator.reporting.metrics import Stage
from secrets_operator.resources.conditions import PUSH_ERRORED, PUSH_SOURCE_DELETED, PUSH_SYNCED


class PushReports:
    """Tells users how their PushSecret is doing; says nothing twice."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    async def success(self, resource: Object, success: PushSuccess, record: Record, *, kept: bool) -> None:
        """Report a push that went through; ``kept`` says that something was there already and was left."""
        condition = Condition("Ready", True, PUSH_SYNCED, KEPT if kept else SYNCED)
        before = [one.get("reason") for one in (resource.get("status") or {}).get("conditions") or ()]
        await self._write(resource, condition, record, success)
        if success.changed or before != [PUSH_SYNCED]:
            event = Event(PUSH_SYNCED, condition.message, NORMAL, repeats=success.changed)
            await self._deps.events.emit(resource, event)

    async def failure(self, resource: Object, message: str, record: Record | None = None) -> None:
        """Report what is in the way; the last success stays recorded, and what is at the stores."""
        condition = Condition("Ready", False, PUSH_ERRORED, message)
        if await self._write(resource, condition, record_of(resource) if record is None else record, None):
            await self._deps.events.emit(resource, Event(PUSH_ERRORED, message, WARNING))

    async def source_deleted(self, resource: Object) -> None:
        """Report that the source is gone, and what was pushed with it."""
        condition = Condition("Ready", False, PUSH_SOURCE_DELETED, SOURCE_DELETED)
        if await self._write(resource, condition, {}, None):
            await self._deps.events.emit(resource, Event(PUSH_SOURCE_DELETED, SOURCE_DELETED))

    async def _write(self, resource: Object, condition: Condition, record: Record, success: PushSuccess | None) -> bool:
        status = push_status(
            resource.get("status") or {},
            condition,
            record=record,
            success=success,
            heartbeat=self._deps.settings.heartbeat_interval,
            now=self._deps.clock.now(),
        )
        if status is None:
            return False
        with self._deps.metrics.timed(PUSH_SECRETS.kind, Stage.REPORT):
            await self._deps.statuses.write(PUSH_SECRETS, resource, status)
        return True
