"""Reconciles SealedSecrets: decrypt with the sealing keys, apply, report.

Every failure is tried again with back-off, for ever. What failed for a reason that lies in the ciphertext, the keys or
the Secret in the way is not worked out again until one of them changes: such a try costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from secrets_operator.controllers.deps import API_TROUBLE, Deps, Lookup
from secrets_operator.controllers.unsealing import Unsealer
from secrets_operator.controllers.writing import TargetWriting
from secrets_operator.errors import InvalidSpec, OperatorError, Refused
from secrets_operator.flow import Done, Key, Object, Outcome, Retry
from secrets_operator.kube.resources import SEALED_SECRETS
from secrets_operator.planning.conditions import Condition
from secrets_operator.planning.sealed_secret import (
    Blocked,
    Content,
    Settled,
    Unseal,
    desired,
    obstacle,
    plan,
    source_digest,
)
from secrets_operator.planning.sealing_key_inventory import memory_of, openable
from secrets_operator.planning.secret_state import SecretState
from secrets_operator.planning.status import sealed_secret_status
from secrets_operator.reporting.events import WARNING, Event
from secrets_operator.reporting.metrics import Stage
from secrets_operator.resources.labels import SEALED_KEYS_ANNOTATION
from secrets_operator.sealing.diagnosis import FailureReason
from secrets_operator.sealing.failures import UnsealError

UNSEAL_FAILED, UPDATE_FAILED = "ErrUnsealFailed", "ErrUpdateFailed"
_NOT_OWNED, _IMMUTABLE = "NotOwned", "Immutable"
# Reasons that lie in the Secret: they go when it does.
_IN_THE_WAY = (_NOT_OWNED, _IMMUTABLE)


class Obstacles(Protocol):
    """Wakes a resource when a Secret in its way changes; ``watching/secret_watches.py`` does."""

    def follow(self, key: Key, namespace: str, name: str, seen: str) -> None:
        """Wake ``key`` once the Secret has another resourceVersion than ``seen``."""
        ...

    def forget(self, key: Key) -> None:
        """Nothing is in the way of ``key`` any more."""
        ...


@dataclass(frozen=True, slots=True)
class Failed:
    """Why the Secret could not be brought in line: the condition's reason and message, and the Event's reason."""

    reason: str
    message: str
    event: str = UNSEAL_FAILED
    lasts: bool = False
    """Whether the same attempt is bound to fail again in the same way."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """Everything that decides how an attempt ends: as long as it is the same, so is the end."""

    source: str
    keys: frozenset[str]
    live: SecretState | None


class SealedSecrets:
    """The controller. Remembers in memory only what failed, and from what."""

    def __init__(
        self,
        deps: Deps,
        *,
        resources: Lookup,
        unsealer: Unsealer,
        fingerprints: Callable[[], frozenset[str]],
        obstacles: Obstacles,
    ) -> None:
        """Tell by ``fingerprints`` which sealing keys there are at the moment."""
        self._deps = deps
        self._resources = resources
        self._unsealer = unsealer
        self._fingerprints = fingerprints
        self._obstacles = obstacles
        self._writing = TargetWriting(deps, deps.secrets)
        self._failed: dict[Key, tuple[_Attempt, Failed]] = {}

    async def reconcile(self, key: Key) -> Outcome:
        """Bring one Secret in line with its SealedSecret."""
        resource = self._resources(key.namespace, key.name)
        if resource is None or "deletionTimestamp" in resource["metadata"]:
            self.forget(key)
            return Done()
        with self._counting("fetch", key.namespace), self._timed(Stage.OBSERVE):
            live = await self._deps.secrets.state(key.namespace, key.name)
        ended = await self._bring_in_line(key, resource, live)
        if isinstance(ended, Failed):
            if live is not None and ended.reason in _IN_THE_WAY:
                self._obstacles.follow(key, live.namespace, live.name, live.resource_version)
            self._deps.metrics.unseal_failed(_counted_as(ended), key.namespace)
            await self._report_failure(resource, ended)
            return Retry(ended.message)
        self.forget(key)
        try:
            # What was written just now was opened just now.
            warning = self._openable(resource, live) if ended is None else None
            await self._report(resource, Condition("Synced", True, "Unsealed", ""), warning)
        finally:
            if ended is not None:
                await self._deps.events.emit(resource, ended)
        return Done()

    def forget(self, key: Key) -> None:
        """Drop what is remembered of a resource that is in order, gone, or another replica's."""
        self._failed.pop(key, None)
        self._obstacles.forget(key)

    async def _bring_in_line(self, key: Key, resource: Object, live: SecretState | None) -> Failed | Event | None:
        """Return what failed, or what to tell about what was written; None when nothing was."""
        match plan(resource, live, self._deps.digester):
            case Settled():
                return None
            case Blocked(message):
                return Failed(_NOT_OWNED, f"failed update: {message}", UPDATE_FAILED)
            case Unseal(heals):
                attempt = _Attempt(source_digest(resource, self._deps.digester), self._fingerprints(), live)
                known = self._failed.get(key)
                if known is not None and known[0] == attempt:
                    return known[1]
                ended = await self._unseal(resource, live, healing=heals)
                if isinstance(ended, Failed) and ended.lasts:
                    self._failed[key] = attempt, ended
                return ended

    async def _unseal(self, resource: Object, live: SecretState | None, *, healing: bool) -> Failed | Event | None:
        try:
            return await self._open_and_write(resource, live, healing=healing)
        except API_TROUBLE:
            self._deps.metrics.unseal_failed("update", resource["metadata"]["namespace"])
            raise
        except UnsealError as error:
            # One line: the groups of items stand on lines of their own in the error.
            lasts = error.reason is not FailureReason.TEMPLATE_ERROR
            return Failed(error.reason, error.message.replace("\n", "; "), lasts=lasts)
        except (InvalidSpec, Refused) as error:
            return Failed("InvalidSpec", str(error), lasts=True)
        except OperatorError as error:
            return Failed("ApiError", str(error), UPDATE_FAILED)

    async def _open_and_write(
        self, resource: Object, live: SecretState | None, *, healing: bool
    ) -> Failed | Event | None:
        hint = live.annotations.get(SEALED_KEYS_ANNOTATION, "") if live is not None else ""
        with self._timed(Stage.RENDER):
            unsealed = await self._unsealer.unseal(resource, remembered=memory_of(resource, hint))
        content = Content(unsealed.data, unsealed.template, unsealed.opened_by)
        secret = desired(resource, content, live, self._deps.digester)
        in_the_way = obstacle(secret, live, self._deps.digester)
        if in_the_way:
            return Failed(_IMMUTABLE, f"failed update: {in_the_way}", UPDATE_FAILED, lasts=True)
        event = Event("Unsealed", "SealedSecret unsealed successfully", repeats=True)
        with self._timed(Stage.APPLY):
            return await self._writing.write(resource, secret, live, healing=healing, event=event)

    async def _report_failure(self, resource: Object, failed: Failed) -> None:
        if await self._report(resource, Condition("Synced", False, failed.reason, failed.message)):
            said = f"Failed to unseal: {failed.message}" if failed.event == UNSEAL_FAILED else failed.message
            await self._deps.events.emit(resource, Event(failed.event, said, WARNING))

    def _openable(self, resource: Object, live: SecretState | None) -> Condition | None:
        """Return what to warn of when the keys that opened the SealedSecret are not there any more."""
        remembered = live.annotations.get(SEALED_KEYS_ANNOTATION, "") if live is not None else ""
        return openable(memory_of(resource, remembered), self._fingerprints())

    async def _report(self, resource: Object, condition: Condition, warning: Condition | None = None) -> bool:
        status = sealed_secret_status(
            resource.get("status") or {},
            condition,
            warning=warning,
            generation=resource["metadata"].get("generation", 0),
            now=self._deps.clock.now(),
        )
        if status is not None and self._deps.settings.update_status:
            with self._counting("status", resource["metadata"]["namespace"]), self._timed(Stage.REPORT):
                await self._deps.statuses.write(SEALED_SECRETS, resource, status)
        return status is not None

    def _timed(self, stage: Stage) -> AbstractContextManager[object]:
        return self._deps.metrics.timed(SEALED_SECRETS.kind, stage)

    @contextmanager
    def _counting(self, reason: str, namespace: str) -> Iterator[None]:
        try:
            yield
        except OperatorError:
            self._deps.metrics.unseal_failed(reason, namespace)
            raise


def _counted_as(failed: Failed) -> str:
    """Return the reason under which Sealed Secrets counts a failure."""
    if failed.reason == _NOT_OWNED:
        return "unmanaged"
    return "unseal" if failed.event == UNSEAL_FAILED else "update"
