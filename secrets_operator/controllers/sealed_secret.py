"""Reconciles SealedSecrets: decrypt with the sealing keys, apply, report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from secrets_operator.controllers.deps import API_TROUBLE, Deps, Lookup
from secrets_operator.controllers.writing import TargetWriting
from secrets_operator.errors import InvalidSpec, OperatorError, Refused
from secrets_operator.fetching.blocking import Blocking
from secrets_operator.flow import Done, Key, Never, Object, Outcome, Retry
from secrets_operator.kube.resources import SEALED_SECRETS
from secrets_operator.planning.conditions import Condition
from secrets_operator.planning.refresh import synced_version
from secrets_operator.planning.sealed_secret import Blocked, Settled, Unseal, desired, plan
from secrets_operator.planning.secret_state import SecretState
from secrets_operator.planning.status import sealed_secret_status
from secrets_operator.reporting.events import WARNING, Event
from secrets_operator.sealing.keyring import Keyring
from secrets_operator.sealing.unseal import UnsealError, unseal

UNSEAL_FAILED, UPDATE_FAILED = "ErrUnsealFailed", "ErrUpdateFailed"


class SealedSecrets:
    """The controller. Remembers which version it unsealed, and which key opened which item."""

    def __init__(self, deps: Deps, *, resources: Lookup, keyring: Callable[[], Keyring], blocking: Blocking) -> None:
        self._deps = deps
        self._resources = resources
        self._keyring = keyring
        self._blocking = blocking
        self._writing = TargetWriting(deps, deps.secrets)
        self._unsealed: dict[Key, str] = {}
        self._opened_by: dict[Key, Mapping[str, str]] = {}

    async def reconcile(self, key: Key) -> Outcome:
        """Bring one Secret in line with its SealedSecret."""
        resource = self._resources(key.namespace, key.name)
        if resource is None or "deletionTimestamp" in resource["metadata"]:
            self._unsealed.pop(key, None)
            self._opened_by.pop(key, None)
            return Done()
        live = await self._deps.secrets.state(key.namespace, key.name)
        version = self._unsealed.get(key, "")
        match plan(resource, live, unsealed_version=version, digester=self._deps.digester):
            case Settled():
                return Done()
            case Blocked(message):
                await self._report_failure(resource, "NotOwned", f"failed update: {message}", event=UPDATE_FAILED)
                # The Secret in the way is not watched: look again, ever more seldom.
                return Retry(message)
            case Unseal(heals):
                return await self._unseal(key, resource, live, healing=heals)

    async def _unseal(self, key: Key, resource: Object, live: SecretState | None, *, healing: bool) -> Outcome:
        try:
            told = await self._open_and_write(key, resource, live, healing=healing)
        except API_TROUBLE:
            raise
        except UnsealError as error:
            # One line: the groups of items stand on lines of their own in the error.
            message = error.message.replace("\n", "; ")
            await self._report_failure(resource, error.reason, message, event=UNSEAL_FAILED)
            return Never(message)
        except (InvalidSpec, Refused) as error:
            await self._report_failure(resource, "InvalidSpec", str(error), event=UNSEAL_FAILED)
            return Never(str(error))
        except OperatorError as error:
            await self._report_failure(resource, "ApiError", str(error), event=UPDATE_FAILED)
            return Retry(str(error))
        self._unsealed[key] = synced_version(resource)
        try:
            await self._report(resource, Condition("Synced", True, "Unsealed", ""))
        finally:
            if told is not None:
                await self._deps.events.emit(resource, told)
        return Done()

    async def _open_and_write(
        self, key: Key, resource: Object, live: SecretState | None, *, healing: bool
    ) -> Event | None:
        remembered = self._opened_by.get(key, {})
        # RSA takes milliseconds an item and releases the interpreter lock: a thread keeps the loop free.
        unsealed = await self._blocking.run(partial(unseal, resource, self._keyring(), remembered=remembered))
        self._opened_by[key] = unsealed.opened_by
        secret = desired(resource, unsealed.data, live, self._deps.digester)
        event = Event("Unsealed", "SealedSecret unsealed successfully", repeats=True)
        return await self._writing.write(resource, secret, live, healing=healing, event=event)

    async def _report_failure(self, resource: Object, reason: str, message: str, *, event: str) -> None:
        if await self._report(resource, Condition("Synced", False, reason, message)):
            said = f"Failed to unseal: {message}" if event == UNSEAL_FAILED else message
            await self._deps.events.emit(resource, Event(event, said, WARNING))

    async def _report(self, resource: Object, condition: Condition) -> bool:
        status = sealed_secret_status(
            resource.get("status") or {},
            condition,
            generation=resource["metadata"].get("generation", 0),
            now=self._deps.clock.now(),
        )
        if status is not None:
            await self._deps.statuses.write(SEALED_SECRETS, resource, status)
        return status is not None
