"""Reconciles ExternalSecrets: observe, plan, fetch, render, apply, report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from secrets_operator.controllers.deps import API_TROUBLE, Deps, Lookup
from secrets_operator.controllers.writing import write_secret
from secrets_operator.errors import OperatorError
from secrets_operator.fetching.gather import gather
from secrets_operator.fetching.sessions import Sessions, provider_of
from secrets_operator.flow import Again, Done, Fetched, Key, Never, Object, Outcome, Retry
from secrets_operator.kube.resources import EXTERNAL_SECRETS
from secrets_operator.planning.conditions import Condition
from secrets_operator.planning.desired import from_external_secret
from secrets_operator.planning.external_secret import (
    NEW_SECONDS,
    Hold,
    Ignore,
    Observed,
    Reject,
    Sync,
    Unusable,
    Wait,
    Wanted,
    plan,
    until_refresh,
    wanted,
)
from secrets_operator.planning.refresh import Synced, is_younger, last_sync, synced_version
from secrets_operator.planning.status import Success, external_secret_status
from secrets_operator.planning.stores import Grace, view_of
from secrets_operator.rendering.external_secret import secret_data
from secrets_operator.reporting.events import WARNING, Event

SYNCED, FAILED = "SecretSynced", "SecretSyncedError"
MESSAGE_SYNCED = "secret synced"
MESSAGE_RETAINED = "secret retained: the provider has no data for it any more, and deletionPolicy is Retain"


class ExternalSecrets:
    """The controller. Remembers what it read of each resource, and when each was last synced."""

    def __init__(
        self, deps: Deps, *, resources: Lookup, stores: Callable[[Key], Object | None], sessions: Sessions
    ) -> None:
        self._deps = deps
        self._resources = resources
        self._stores = stores
        self._sessions = sessions
        self._started = deps.clock.now()
        self._wanted: dict[Key, tuple[str, Wanted | Unusable]] = {}
        self._last: dict[Key, tuple[str, Synced]] = {}

    async def reconcile(self, key: Key) -> Outcome:
        """Bring one Secret in line with its ExternalSecret and its store."""
        resource = self._resources(key.namespace, key.name)
        if resource is None or "deletionTimestamp" in resource["metadata"]:
            self.forget(key)
            return Done()
        want = self._read(key, resource)
        if isinstance(want, Unusable):
            await self._report_failure(resource, want.message)
            return Never(want.message)
        try:
            return await self._follow(resource, want)
        except API_TROUBLE:
            raise
        except OperatorError as error:
            await self._report_failure(resource, str(error))
            return Retry(str(error))

    def forget(self, key: Key) -> None:
        """Drop what is remembered of a resource that is gone."""
        self._wanted.pop(key, None)
        self._last.pop(key, None)

    def _read(self, key: Key, resource: Object) -> Wanted | Unusable:
        version = f"{resource['metadata']['uid']}/{synced_version(resource)}"
        known = self._wanted.get(key)
        if known is None or known[0] != version:
            known = self._wanted[key] = (version, wanted(resource))
        return known[1]

    async def _follow(self, resource: Object, want: Wanted) -> Outcome:
        settings, now = self._deps.settings, self._deps.clock.now()
        store = self._stores(want.store_key)
        observed = Observed(
            store=view_of(
                want.store_key,
                store,
                controller_class=settings.controller_class,
                grace=Grace(settings.new_store_grace, self._started),
                now=now,
            ),
            target=await self._deps.secrets.state(want.key.namespace, want.target),
            last=self._last_sync(want, resource),
            now=now,
            is_new=is_younger(resource, NEW_SECONDS, now),
        )
        match plan(want, observed, digester=self._deps.digester, recheck=settings.new_store_grace):
            case Wait(seconds):
                return Done() if seconds is None else Again(seconds)
            case Hold(seconds):
                return Again(seconds)
            case Ignore():
                return Done()
            case Reject(message, retry):
                await self._report_failure(resource, message)
                return Retry(message) if retry else Never(message)
            case Sync(heals):
                assert store is not None
                return await self._sync(resource, want, store, observed=observed, healing=heals)

    def _last_sync(self, want: Wanted, resource: Object) -> Synced:
        # The status is written seldom; what this process did since is newer. A namesake applied after a deletion has
        # the same generation, but another uid.
        uid, known = self._last.get(want.key, ("", Synced("", None)))
        return known if (uid, known.version) == (want.owner.uid, want.version) else last_sync(resource)

    async def _sync(
        self, resource: Object, want: Wanted, store: Object, *, observed: Observed, healing: bool
    ) -> Outcome:
        fetched = await self._fetch(want, store)
        if fetched.misses:
            return await self._report_misses(resource, fetched)
        data = secret_data(fetched)
        if data:
            secret = from_external_secret(resource, want, data, self._deps.digester)
            event = _written(want, observed)
            wrote = await write_secret(self._deps, resource, secret, observed.target, healing=healing, event=event)
        else:
            wrote = False  # everything was answered and nothing is left: the policy Retain keeps what there is
        synced = Synced(want.version, observed.now)
        condition = Condition("Ready", True, SYNCED, MESSAGE_SYNCED if data else MESSAGE_RETAINED)
        await self._report(resource, condition, Success(synced, want.target, wrote))
        # Only now: a status that could not be written has to be written by the next attempt.
        self._last[want.key] = (want.owner.uid, synced)
        seconds = until_refresh(want, synced, observed.now)
        return Done() if seconds is None else Again(seconds)

    async def _fetch(self, want: Wanted, store: Object) -> Fetched:
        async with self._sessions.use(store, want.key.namespace) as session:
            fetched = await gather(want.reads, session)
            if any(miss.credentials for miss in fetched.misses):
                self._sessions.discard(session)
        provider, _ = provider_of(store)
        self._deps.metrics.read(
            provider, Counter([*("found" for _ in fetched.values), *(m.cause for m in fetched.misses)])
        )
        return fetched

    async def _report_misses(self, resource: Object, fetched: Fetched) -> Outcome:
        details = "; ".join(f"{miss.read.field}: {miss.message}" for miss in fetched.misses)
        message = f"could not get secret data from provider: {details}"
        await self._report_failure(resource, message)
        waits = [miss.after for miss in fetched.misses if miss.after is not None]
        return Retry(message, after=max(waits, default=None))

    async def _report_failure(self, resource: Object, message: str) -> None:
        changed = await self._report(resource, Condition("Ready", False, FAILED, message), None)
        if changed:
            await self._deps.events.emit(resource, Event("UpdateFailed", message, WARNING))

    async def _report(self, resource: Object, condition: Condition, success: Success | None) -> bool:
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


def _written(want: Wanted, observed: Observed) -> Event:
    reason = "Created" if observed.target is None else "Updated"
    return Event(reason, f"{reason} Secret {want.target}", repeats=True)
