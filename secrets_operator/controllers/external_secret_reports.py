"""Writes the Ready condition of ExternalSecrets: the one place that does."""

from __future__ import annotations

from secrets_operator.controllers.deps import Deps
from secrets_operator.flow import Object
from secrets_operator.kube.resources import EXTERNAL_SECRETS
from secrets_operator.planning.conditions import Condition
from secrets_operator.planning.status import Success, external_secret_status
from secrets_operator.reporting.events import WARNING, Event

FAILED = "SecretSyncedError"


class Reports:
    """Tells users how their ExternalSecret is doing; says nothing twice."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    async def success(self, resource: Object, success: Success, *, reason: str, message: str) -> None:
        """Report a sync that went through."""
        await self._write(resource, Condition("Ready", True, reason, message), success)

    async def failure(self, resource: Object, message: str) -> None:
        """Report what keeps the resource from being synced; the last success stays recorded."""
        if await self._write(resource, Condition("Ready", False, FAILED, message), None):
            await self._deps.events.emit(resource, Event("UpdateFailed", message, WARNING))

    async def _write(self, resource: Object, condition: Condition, success: Success | None) -> bool:
        status = external_secret_status(
            resource.get("status") or {},
            condition,
            success=success,
            heartbeat=self._deps.settings.heartbeat_interval,
            now=self._deps.clock.now(),
        )
        if status is not None:
            await self._deps.statuses.write(EXTERNAL_SECRETS, resource, status)
        return status is not None
