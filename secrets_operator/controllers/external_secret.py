"""Reconciles ExternalSecrets: observe, plan, fetch, render, apply, report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from secrets_operator.controllers.deps import API_TROUBLE, Deps, Lookup
from secrets_operator.controllers.external_secret_reports import Reports
from secrets_operator.controllers.external_secret_sync import Sync, Synchronised
from secrets_operator.controllers.template_rendering import TemplateRendering
from secrets_operator.errors import OperatorError
from secrets_operator.fetching.sessions import Sessions
from secrets_operator.flow import Again, Done, Key, Never, Object, Outcome, Retry
from secrets_operator.planning.external_secret import (
    NEW_SECONDS,
    Hold,
    Ignore,
    Observed,
    Reject,
    Unusable,
    Wait,
    Wanted,
    bound_to,
    plan,
    wanted,
)
from secrets_operator.planning.external_secret import Sync as SyncPlan
from secrets_operator.planning.refresh import Synced, is_younger, last_sync, synced_version
from secrets_operator.planning.stores import Grace, StoreView, is_of_class, view_of


@dataclass(frozen=True, slots=True)
class _Last:
    """The last sync of this process: of which resource, from which versions of its stores."""

    uid: str
    stores: tuple[tuple[str, int], ...]
    synced: Synced


class ExternalSecrets:
    """The controller. Remembers what it read of each resource, and when each was last synced."""

    def __init__(
        self,
        deps: Deps,
        *,
        resources: Lookup,
        stores: Callable[[Key], Object | None],
        sessions: Sessions,
        templates: TemplateRendering,
    ) -> None:
        self._deps = deps
        self._resources = resources
        self._stores = stores
        self._reports = Reports(deps)
        self._sessions = sessions
        self._sync = Sync(deps, sessions, templates, self._reports)
        self._started = deps.clock.now()
        self._wanted: dict[Key, tuple[str, Wanted | Unusable]] = {}
        self._last: dict[Key, _Last] = {}

    async def reconcile(self, key: Key) -> Outcome:
        """Bring one Secret in line with its ExternalSecret and its store."""
        resource = self._resources(key.namespace, key.name)
        if resource is None or "deletionTimestamp" in resource["metadata"]:
            self.forget(key)
            return Done()
        want = self._read(key, resource)
        if isinstance(want, Unusable):
            await self._reports.failure(resource, want.message)
            return Never(want.message)
        try:
            return await self._follow(resource, want)
        except API_TROUBLE:
            await self._reports.pending(resource)
            raise
        except OperatorError as error:
            await self._reports.failure(resource, str(error))
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
        stores = {key: self._stores(key) for key in want.stores}
        observed = Observed(
            stores=tuple([await self._view(key, store, want.key.namespace, now) for key, store in stores.items()]),
            target=await self._deps.secrets.state(want.key.namespace, want.target),
            last=self._last_sync(want, resource, stores),
            now=now,
            is_new=is_younger(resource, NEW_SECONDS, now),
            bound=bound_to(resource),
        )
        match plan(want, observed, digester=self._deps.digester, recheck=settings.new_store_grace):
            case Wait(seconds):
                return Done() if seconds is None else Again(seconds)
            case Hold(seconds):
                await self._reports.pending(resource)
                return Again(seconds)
            case Ignore():
                return Done()
            case Reject(message, retry):
                await self._reports.failure(resource, message)
                return Retry(message) if retry else Never(message)
            case SyncPlan(heals):
                ready = {key: store for key, store in stores.items() if store is not None}
                return await self._run(resource, want, ready, observed=observed, healing=heals)

    async def _view(self, key: Key, store: Object | None, namespace: str, now: datetime) -> StoreView:
        controller_class = self._deps.settings.controller_class
        ours = store is not None and is_of_class(store, controller_class)
        return view_of(
            key,
            store,
            controller_class=controller_class,
            denial=await self._sessions.denial(store, namespace) if ours and store is not None else "",
            grace=Grace(self._deps.settings.new_store_grace, self._started),
            now=now,
        )

    def _last_sync(self, want: Wanted, resource: Object, stores: Mapping[Key, Object | None]) -> Synced:
        # The status is written seldom; what this process did since is newer. A namesake applied after a deletion has
        # the same generation, but another uid.
        known = self._last.get(want.key)
        if known is None or (known.uid, known.synced.version) != (want.owner.uid, want.version):
            return last_sync(resource)
        if known.stores != _revisions(stores) and want.is_periodic:
            # An edited store may hold other values: what was read before the edit is no longer fresh.
            return replace(known.synced, refreshed_at=None)
        return known.synced

    async def _run(
        self, resource: Object, want: Wanted, stores: Mapping[Key, Object], *, observed: Observed, healing: bool
    ) -> Outcome:
        async with self._reports.in_time(resource):
            result = await self._sync.run(resource, want, stores, observed=observed, healing=healing)
        if not isinstance(result, Synchronised):
            return result
        # Only now: a status that could not be written has to be written by the next attempt.
        self._last[want.key] = _Last(want.owner.uid, _revisions(stores), result.synced)
        return result.outcome


def _revisions(stores: Mapping[Key, Object | None]) -> tuple[tuple[str, int], ...]:
    metadata = [store["metadata"] for store in stores.values() if store is not None]
    return tuple((found["uid"], found.get("generation", 0)) for found in metadata)
