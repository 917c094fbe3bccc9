"""Writes a desired Secret and says so: shared by the controllers that own Secrets."""

from __future__ import annotations

import structlog

from secrets_operator.controllers.deps import Deps
from secrets_operator.errors import Refused
from secrets_operator.flow import Object
from secrets_operator.planning.secret_state import SecretState
from secrets_operator.planning.targets import DesiredSecret, drift_of, is_taken_over, nothing_to_write
from secrets_operator.reporting.events import WARNING, Event
from secrets_operator.resources.policies import POWERFUL_SECRET_TYPES

log = structlog.get_logger(__name__)


async def write_secret(
    deps: Deps, resource: Object, desired: DesiredSecret, live: SecretState | None, *, healing: bool, event: Event
) -> bool:
    """Apply ``desired`` unless the live Secret is as desired already; return whether a write was made.

    A write is announced by ``event``, or when it is ``healing`` (somebody else changed what ``resource`` owns) by an
    Event that names the keys and the writers. Raises as :meth:`secrets_operator.applying.secrets.Secrets.apply`.
    """
    if nothing_to_write(desired, live, deps.digester):
        return False
    if live is not None and live.type in POWERFUL_SECRET_TYPES:
        raise Refused(f"Secret {desired.name} is of type {live.type}, which grants power: choose another name")
    if live is not None and is_taken_over(live, desired.manager):
        await deps.secrets.take_over(desired)
    await deps.secrets.apply(desired)
    drifted = healing and _has_drifted(desired, live, deps)
    deps.metrics.wrote_secret(resource["kind"], healed=drifted)
    said = _healed(desired, live, deps) if drifted else event
    log.info("secret written", namespace=desired.namespace, secret=desired.name, reason=said.reason)
    await deps.events.emit(resource, said)
    return True


async def delete_secret(deps: Deps, resource: Object, live: SecretState) -> None:
    """Delete exactly this Secret, and say so; one that was replaced meanwhile is left alone. Raises as above."""
    await deps.secrets.delete(live)
    log.info("secret deleted", namespace=live.namespace, secret=live.name)
    await deps.events.emit(resource, Event("Deleted", f"Deleted Secret {live.name}", repeats=True))


def _has_drifted(desired: DesiredSecret, live: SecretState | None, deps: Deps) -> bool:
    # With a new digest key every Secret looks changed, though what is in it is what we want: that is nobody's doing.
    if live is None or drift_of(desired, live, deps.digester).keys:
        return True
    return not desired.labels.items() <= live.labels.items()


def _healed(desired: DesiredSecret, live: SecretState | None, deps: Deps) -> Event:
    if live is None:
        return Event("DriftHealed", f"Secret {desired.name} was deleted and is written again", WARNING, repeats=True)
    drift = drift_of(desired, live, deps.digester)
    return Event("DriftHealed", f"Secret {desired.name} put right again: {drift}", WARNING, repeats=True)
