"""Reconciles ExternalSecrets: observe, plan, fetch, render, apply, report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from secrets_operator.controllers.deps import API_TROUBLE, Deps, Lookup
from secrets_operator.controllers.external_secret_reports import Reports
from secrets_operator.controllers.external_secret_sync import Manner, Sync, Synchronised
from secrets_operator.controllers.targets import Targets
from secrets_operator.controllers.template_rendering import TemplateRendering
from secrets_operator.errors import OperatorError
from secrets_operator.fetching.batching import Ask
from secrets_operator.fetching.sessions import Sessions, key_of, revision_of
from secrets_operator.flow import Again, Done, Key, Lane, Never, Object, Outcome, Retry
from secrets_operator.kube.resources import EXTERNAL_SECRETS
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
from secrets_operator.planning.freshness import CONFIRM_SECONDS, Request, oldest_acceptable
from secrets_operator.planning.generic_targets import refusal
from secrets_operator.planning.reads_ahead import is_likely_due, references
from secrets_operator.planning.refresh import Synced, is_younger, last_sync, synced_version
from secrets_operator.planning.stores import Grace, StoreView, is_of_class, view_of
from secrets_operator.provider import Reference
from secrets_operator.queueing.workqueue import Waiting


@dataclass(frozen=True, slots=True)
class _Last:
    """The last sync of this process: of which resource, from which versions of its stores."""

    uid: str
    stores: tuple[tuple[str, int], ...]
    synced: Synced
    not_before: float = 0.0
    """Values read before this monotonic time will not do for the next sync."""


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
        targets: Targets,
    ) -> None:
        self._deps = deps
        self._resources = resources
        self._stores = stores
        self._reports = Reports(deps)
        self._sessions = sessions
        self._targets = targets
        self._sync = Sync(deps, sessions, templates, targets=targets, reports=self._reports)
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
        refused = refusal(want.kind, self._deps.settings)
        if refused:
            await self._reports.not_allowed(resource, refused)
            return Never(refused)
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
        self._targets.release(key)

    def reads_ahead(self, store: Object, waiting: Iterable[Waiting]) -> Iterator[Ask]:
        """Yield what waiting resources are going to ask of ``store``: a call that goes out can take it along."""
        now, key = self._deps.clock.now(), key_of(store)
        for one in waiting:
            resource, last = self._resources(one.key.namespace, one.key.name), self._last.get(one.key)
            if resource is None or one.key.kind != EXTERNAL_SECRETS.kind:
                continue
            edited = last is not None and revision_of(store) not in last.stores
            if edited or is_likely_due(resource, now):
                yield from (Ask(Reference(*asked), one.asked) for asked in references(resource, key))

    def _read(self, key: Key, resource: Object) -> Wanted | Unusable:
        version = f"{resource['metadata']['uid']}/{synced_version(resource)}"
        known = self._wanted.get(key)
        if known is None or known[0] != version:
            known = self._wanted[key] = (version, wanted(resource))
        return known[1]

    async def _follow(self, resource: Object, want: Wanted) -> Outcome:
        settings, now = self._deps.settings, self._deps.clock.now()
        stores = {key: self._stores(key) for key in want.stores}
        target = await self._targets.of(want)
        observed = Observed(
            stores=tuple([await self._view(key, store, want.key.namespace, now) for key, store in stores.items()]),
            target=await target.state(want.key.namespace, want.target),
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
        request, known = self._request(want.key), self._last.get(want.key)
        since = oldest_acceptable(
            request,
            is_first=not observed.last.version,
            interval=want.interval.total_seconds() if want.is_periodic else 0.0,
            not_before=known.not_before if known is not None else 0.0,
        )
        manner = Manner(healing, since)
        async with self._reports.in_time(resource):
            result = await self._sync.run(resource, want, stores, observed=observed, manner=manner)
        if not isinstance(result, Synchronised):
            return result
        # Only now: a status that could not be written has to be written by the next attempt.
        last = self._last[want.key] = _Last(want.owner.uid, _revisions(stores), result.synced)
        if result.read_at is None or result.read_at >= request.asked or not want.is_periodic or observed.last.version:
            return result.outcome
        # Read a moment before the resource asked: whoever created it may have written the value in that moment.
        self._last[want.key] = replace(last, synced=replace(result.synced, refreshed_at=None), not_before=request.asked)
        return Again(CONFIRM_SECONDS)

    def _request(self, key: Key) -> Request:
        now = self._deps.clock.monotonic()
        claim = self._deps.claimed(key)
        return Request(Lane.CHANGED, now, now) if claim is None else Request(claim.lane, claim.asked, now)


def _revisions(stores: Mapping[Key, Object | None]) -> tuple[tuple[str, int], ...]:
    return tuple(revision_of(store) for store in stores.values() if store is not None)
