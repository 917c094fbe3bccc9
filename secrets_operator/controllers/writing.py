"""Writes and deletes target objects: shared by the controllers that own some.

What there is to tell is returned, so that the caller reports the status first: in a storm of new resources an Event
would otherwise stand between a written Secret and the condition that says so.
"""

from __future__ import annotations

from typing import Protocol

import structlog

from secrets_operator.controllers.deps import Deps
from secrets_operator.errors import OperatorError, Refused
from secrets_operator.flow import Object
from secrets_operator.planning.generic_targets import SECRET_KIND, TargetKind
from secrets_operator.planning.secret_state import SecretState
from secrets_operator.planning.targets import (
    DesiredSecret,
    drift_of,
    is_taken_over,
    keeping_finalizers,
    nothing_to_write,
)
from secrets_operator.reporting.events import WARNING, Event
from secrets_operator.resources.policies import POWERFUL_SECRET_TYPES

log = structlog.get_logger(__name__)


class TargetObjects(Protocol):
    """Where objects of the target's kind are read and written: :class:`secrets_operator.applying.secrets.Secrets`."""

    async def state(self, namespace: str, name: str) -> SecretState | None:
        """Return the object as it is, or None."""
        ...

    async def take_over(self, desired: DesiredSecret) -> None:
        """Turn what our manager's name holds by plain updates into something applied."""
        ...

    async def apply(self, desired: DesiredSecret) -> SecretState:
        """Apply ``desired`` and return the object as it is then."""
        ...

    async def delete(self, state: SecretState) -> None:
        """Delete the object of that uid."""
        ...


class TargetWriting:
    """Writes the targets of one kind."""

    def __init__(self, deps: Deps, objects: TargetObjects, kind: TargetKind = SECRET_KIND) -> None:
        self._deps = deps
        self._objects = objects
        self._kind = kind.kind
        self._is_secret = kind.is_secret

    async def state(self, namespace: str, name: str) -> SecretState | None:
        """Return the object as it is, or None; raises Retryable when the API server does not answer."""
        return await self._objects.state(namespace, name)

    async def write(
        self, resource: Object, desired: DesiredSecret, live: SecretState | None, *, healing: bool, event: Event
    ) -> Event | None:
        """Apply ``desired`` unless the live object is as desired already; return what to tell, None without a write.

        That is ``event``, or when it is ``healing`` (somebody else changed what ``resource`` owns) an Event that names
        the keys and the writers. Raises as :meth:`secrets_operator.applying.secrets.Secrets.apply`.
        """
        if nothing_to_write(desired, live, self._deps.digester):
            return None
        if live is not None and live.type in POWERFUL_SECRET_TYPES:
            raise Refused(f"Secret {desired.name} is of type {live.type}, which grants power: choose another name")
        if live is not None and is_taken_over(live, desired.manager):
            await self._objects.take_over(desired)
        drifted = healing and self._has_drifted(desired, live)
        try:
            applied = await self._objects.apply(keeping_finalizers(desired, live))
        except OperatorError:
            if drifted:
                self._deps.metrics.drift_stayed(resource["kind"])
            raise
        if applied == live:
            # The API server made nothing else of it than what was there.
            return None
        self._deps.metrics.wrote_secret(resource["kind"], healed=drifted)
        said = self._healed(desired, live) if drifted else event
        log.info(
            "secret written" if self._is_secret else "resource written", **self._named(desired), reason=said.reason
        )
        return said

    async def delete(self, live: SecretState) -> Event:
        """Delete exactly this object and return what to tell; one that was replaced meanwhile is left alone."""
        await self._objects.delete(live)
        log.info("secret deleted" if self._is_secret else "resource deleted", **self._named(live))
        return Event("Deleted", f"Deleted {self._kind} {live.name}", repeats=True)

    def _named(self, target: DesiredSecret | SecretState) -> dict[str, str]:
        named = {"secret": target.name} if self._is_secret else {"of": self._kind, "name": target.name}
        return {"namespace": target.namespace, **named}

    def _has_drifted(self, desired: DesiredSecret, live: SecretState | None) -> bool:
        # With a new digest key every Secret looks changed, though what is in it is what we want: nobody's doing.
        if live is None or drift_of(desired, live, self._deps.digester).keys:
            return True
        return not desired.labels.items() <= live.labels.items()

    def _healed(self, desired: DesiredSecret, live: SecretState | None) -> Event:
        if live is None:
            message = f"{self._kind} {desired.name} was deleted and is written again"
        else:
            message = f"{self._kind} {desired.name} put right again: {drift_of(desired, live, self._deps.digester)}"
        return Event("DriftHealed", message, WARNING, repeats=True)
