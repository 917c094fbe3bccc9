"""Reconciles SecretStores and ClusterSecretStores: check the provider object, check the credential, report."""

from __future__ import annotations

from datetime import datetime, timedelta

from secrets_operator.controllers.deps import API_TROUBLE, Deps, Lookup
from secrets_operator.controllers.store_finalizers import StoreFinalizers
from secrets_operator.errors import OperatorError, Retryable, Unsure
from secrets_operator.fetching.breaker import Breaker, State
from secrets_operator.fetching.sessions import Sessions
from secrets_operator.fetching.store_objects import provider_of, provider_problems
from secrets_operator.flow import Again, Done, Key, Never, Object, Outcome, Retry
from secrets_operator.kube.resources import CLUSTER_SECRET_STORES, SECRET_STORES
from secrets_operator.planning.conditions import Condition, find
from secrets_operator.planning.controller_classes import is_of_class
from secrets_operator.planning.secret_store import checked_every, store_problems
from secrets_operator.planning.status import Status, store_status, with_condition
from secrets_operator.provider.discovery import Providers
from secrets_operator.reporting.events import NORMAL, WARNING, Event
from secrets_operator.reporting.metrics import Stage
from secrets_operator.resources.conditions import CIRCUIT_OPEN

VALID, UNKNOWN, INVALID = "Valid", "ValidationUnknown", "InvalidProviderConfig"
_RESOURCES = {resource.kind: resource for resource in (SECRET_STORES, CLUSTER_SECRET_STORES)}


class SecretStores:
    """The controller of one of the two kinds of store."""

    def __init__(
        self,
        deps: Deps,
        *,
        kind: str,
        resources: Lookup,
        providers: Providers,
        sessions: Sessions,
        finalizers: StoreFinalizers,
    ) -> None:
        self._deps = deps
        self._finalizers = finalizers
        self._resource = _RESOURCES[kind]
        self._resources = resources
        self._providers = providers
        self._sessions = sessions

    async def reconcile(self, key: Key) -> Outcome:
        """Validate one store, if it is this replica's to do; a store of another controller class is left alone."""
        store = self._resources(key.namespace, key.name)
        if store is None:
            self._sessions.forget(key)
            return Done()
        if not is_of_class(store, self._deps.settings.controller_class):
            self._sessions.forget(key)
            return Done()
        if not self._deps.owns(key):
            # Another replica checks and reports; here only sessions are kept right, as long as there are any.
            await self._sessions.drop_stale_credentials(store)
            return Again(self._interval(store).total_seconds())
        await self._settle(store)
        breaker = self._sessions.breaker(store)
        if breaker.state is State.OPEN:
            await self._write(store, with_condition(store.get("status") or {}, _circuit(breaker), self._now()))
            return Again(breaker.remaining)
        try:
            with self._deps.metrics.timed(self._resource.kind, Stage.FETCH):
                message = await self._validate(store)
        except API_TROUBLE:
            raise
        except Unsure as error:
            await self._report(store, Condition("Ready", True, UNKNOWN, str(error)), capabilities="")
            return Again(self._interval(store).total_seconds())
        except OperatorError as error:
            await self._report(store, Condition("Ready", False, INVALID, str(error)), capabilities="")
            # A Secret that appears or a permission that is granted is not announced: look again, ever more seldom.
            return Retry(str(error), after=error.after if isinstance(error, Retryable) else None)
        if message:
            await self._report(store, Condition("Ready", False, INVALID, message), capabilities="")
            return Never(message)
        capabilities = self._providers.get(provider_of(store)[0]).capabilities
        await self._report(store, Condition("Ready", True, VALID, "store validated"), capabilities=capabilities)
        return Again(self._interval(store).total_seconds())

    async def _settle(self, store: Object) -> None:
        """Put the finalizer on the store or take it off. Raises an error of the API for one that waits to go."""
        try:
            await self._finalizers.settle(store)
        except OperatorError:
            # Reading must not depend on a right that only pushing needs; the next check tries again.
            if "deletionTimestamp" in store["metadata"]:
                raise

    async def _validate(self, store: Object) -> str:
        problems = store_problems(store)
        if problems:
            return "; ".join(problems)
        found = provider_problems(self._providers.get(provider_of(store)[0]), store)
        if not found:
            await self._sessions.validate(store)
        return found

    def _interval(self, store: Object) -> timedelta:
        return checked_every(store, self._deps.settings.store_refresh_interval)

    async def _report(self, store: Object, condition: Condition, *, capabilities: str) -> None:
        previous = store.get("status") or {}
        old = find(previous.get("conditions") or (), "Ready")
        capabilities = capabilities or previous.get("capabilities", "")
        status = store_status(previous, condition, capabilities=capabilities, now=self._now())
        await self._write(store, self._with_circuit(store, status))
        if old is None or old.get("reason") != condition.reason:
            kind = NORMAL if condition.reason == VALID else WARNING
            await self._deps.events.emit(store, Event(condition.reason, condition.message, kind))

    def _with_circuit(self, store: Object, status: Status | None) -> Status | None:
        """Add what the breaker says; a store whose breaker never opened has no such condition."""
        previous = status or store.get("status") or {}
        breaker = self._sessions.breaker(store)
        known = find(previous.get("conditions") or (), CIRCUIT_OPEN)
        if known is None and breaker.state is State.CLOSED:
            return status
        return with_condition(previous, _circuit(breaker), self._now()) or status

    async def _write(self, store: Object, status: Status | None) -> None:
        if status is not None:
            with self._deps.metrics.timed(self._resource.kind, Stage.REPORT):
                await self._deps.statuses.write(self._resource, store, status)

    def _now(self) -> datetime:
        return self._deps.clock.now()


def _circuit(breaker: Breaker) -> Condition:
    reason = {State.OPEN: "Open", State.HALF_OPEN: "HalfOpen", State.CLOSED: "Closed"}[breaker.state]
    message = "the store answers" if breaker.state is State.CLOSED else breaker.message
    return Condition(CIRCUIT_OPEN, breaker.state is not State.CLOSED, reason, message)
