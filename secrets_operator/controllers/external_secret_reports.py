"""Writes the Ready condition of ExternalSecrets: the one place that does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from secrets_operator.controllers.deps import Deps
from secrets_operator.errors import OperatorError
from secrets_operator.flow import Object
from secrets_operator.kube.resources import EXTERNAL_SECRETS
from secrets_operator.planning.conditions import Condition
from secrets_operator.planning.generic_targets import SECRET_KIND, TargetKind, target_kind
from secrets_operator.planning.status import Status, Success, external_secret_status, speaks_of_another_spec
from secrets_operator.reporting.events import WARNING, Event
from secrets_operator.reporting.metrics import Stage

FAILED, PENDING = "SyncedError", "SyncPending"
# How long a changed spec may take before the condition of the former one is withdrawn; seconds. Nearly all are quicker,
# and cost no write but the one that says how it went.
PATIENCE = 1.0


class Reports:
    """Tells users how their ExternalSecret is doing; says nothing twice."""

    def __init__(self, deps: Deps, *, patience: float = PATIENCE) -> None:
        self._deps = deps
        self._patience = patience
        self._late: dict[str, _Late] = {}
        self._withdrawn: dict[str, Status] = {}

    async def success(self, resource: Object, success: Success, *, reason: str, message: str) -> None:
        """Report a sync that went through."""
        await self._conclude(resource, Condition("Ready", True, reason, message), success)

    async def failure(self, resource: Object, message: str) -> None:
        """Report what keeps the resource from being synced; the last success stays recorded."""
        await self._fail(resource, message, target_kind(resource["spec"]))

    async def not_allowed(self, resource: Object, message: str) -> None:
        """Report that the kind of its target is not written; as in External Secrets Operator with a Secret's reason."""
        await self._fail(resource, message, SECRET_KIND)

    async def _fail(self, resource: Object, message: str, kind: TargetKind) -> None:
        if await self._conclude(resource, Condition("Ready", False, kind.reason(FAILED), message), None):
            await self._deps.events.emit(resource, Event("UpdateFailed", message, WARNING))

    async def pending(self, resource: Object) -> None:
        """Withdraw a success that an older spec had; says nothing where the condition is no success anyway."""
        if speaks_of_another_spec(resource):
            # It only says less than before: without it the next attempt goes on as well.
            with suppress(OperatorError):
                await self._withdraw(resource)

    @asynccontextmanager
    async def in_time(self, resource: Object) -> AsyncIterator[None]:
        """Withdraw the success of an older spec when what is done meanwhile takes too long."""
        uid = resource["metadata"]["uid"]
        if speaks_of_another_spec(resource):
            self._late[uid] = _Late(self._patience, lambda: self.pending(resource))
        try:
            yield
        finally:
            await self._end_waiting(uid)
            self._withdrawn.pop(uid, None)

    async def _conclude(self, resource: Object, condition: Condition, success: Success | None) -> bool:
        with self._deps.metrics.timed(EXTERNAL_SECRETS.kind, Stage.REPORT):
            # What is said last has to be written last.
            await self._end_waiting(resource["metadata"]["uid"])
            return await self._write(resource, condition, success) is not None

    async def _end_waiting(self, uid: str) -> None:
        late = self._late.pop(uid, None)
        if late is not None:
            await late.end()

    async def _withdraw(self, resource: Object) -> None:
        reason = target_kind(resource["spec"]).reason(PENDING)
        condition = Condition("Ready", None, reason, "the changed spec is not synced yet")
        status = await self._write(resource, condition, None)
        if status is not None:
            self._withdrawn[resource["metadata"]["uid"]] = status

    async def _write(self, resource: Object, condition: Condition, success: Success | None) -> Status | None:
        status = external_secret_status(
            self._withdrawn.get(resource["metadata"]["uid"]) or resource.get("status") or {},
            condition,
            success=success,
            heartbeat=self._deps.settings.heartbeat_interval,
            now=self._deps.clock.now(),
        )
        if status is not None:
            await self._deps.statuses.write(EXTERNAL_SECRETS, resource, status)
        return status


class _Late:
    """Calls ``act`` after some seconds, unless it is ended before; a call under way is waited for."""

    def __init__(self, seconds: float, act: Callable[[], Awaitable[None]]) -> None:
        self._seconds = seconds
        self._act = act
        self._is_acting = False
        self._task = asyncio.create_task(self._run())

    async def end(self) -> None:
        if not self._is_acting:
            self._task.cancel()
        await asyncio.wait({self._task})

    async def _run(self) -> None:
        await asyncio.sleep(self._seconds)
        self._is_acting = True
        await self._act()
