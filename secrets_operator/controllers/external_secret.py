"""Reconciles ExternalSecrets: observe, plan, fetch, render, apply, report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from secrets_operator.controllers.deps import API_TROUBLE, Deps, Lookup
from secrets_operator.controllers.external_secret_reports import Reports
from secrets_operator.controllers.external_secret_sync import Manner, Sources, Sync, Synchronised
from secrets_operator.controllers.targets import Targets
from secrets_operator.errors import OperatorError
from secrets_operator.fetching.batching import Ahead, Ask
from secrets_operator.fetching.store_objects import key_of, revision_of
from secrets_operator.flow import Again, Done, Key, Lane, Never, Object, Outcome, Retry
from secrets_operator.kube.resources import CLUSTER_SECRET_STORES, EXTERNAL_SECRETS, SECRET_STORES
from secrets_operator.planning.conditions import main_status
from secrets_operator.planning.controller_classes import is_of_class, named_sources
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
from secrets_operator.planning.freshness import CONFIRM_SECONDS, Request, oldest_acceptable, readable_from
from secrets_operator.planning.generated_values import Record, latest, record_of
from secrets_operator.planning.generators import Spec
from secrets_operator.planning.generic_targets import refusal
from secrets_operator.planning.reads_ahead import interval_of, likely, references
from secrets_operator.planning.refresh import (
    Synced,
    is_younger,
    kept_up,
    last_sync,
    later,
    next_refresh_in,
    synced_version,
)
from secrets_operator.planning.stores import Grace, Readiness, StoreView, view_of
from secrets_operator.provider import Reference
from secrets_operator.queueing.workqueue import Waiting
from secrets_operator.reporting.metrics import Stage
from secrets_operator.reporting.snapshot import Refreshes

_STORES = (SECRET_STORES.kind, CLUSTER_SECRET_STORES.kind)


_Revision = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class _Last:
    """The last sync of this process: of which resource, from which versions of its stores and specs of generators."""

    uid: str
    stores: tuple[_Revision, ...]
    generators: tuple[Spec | None, ...]
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
        sources: Sources,
        targets: Targets,
    ) -> None:
        self._deps = deps
        self._resources = resources
        self._stores = stores
        self._reports = Reports(deps)
        self._sessions = sources.sessions
        self._targets = targets
        self._generating = sources.generating
        self._sync = Sync(deps, sources, targets=targets, reports=self._reports)
        self._started = deps.clock.now()
        self._wanted: dict[Key, tuple[str, Wanted | Unusable]] = {}
        self._last: dict[Key, _Last] = {}
        self._taken_over: dict[Key, datetime] = {}

    async def reconcile(self, key: Key) -> Outcome:
        """Bring one Secret in line with its ExternalSecret and its store."""
        resource = self._resources(key.namespace, key.name)
        if resource is None or "deletionTimestamp" in resource["metadata"]:
            self.forget(key)
            return Done()
        want = self._read(key, resource)
        if isinstance(want, Unusable):
            if self._is_anothers(resource):
                return Done()
            await self._reports.failure(resource, want.message)
            return Never(want.message)
        refused = refusal(want.kind, want.target, self._deps.settings)
        if refused:
            if self._is_anothers(resource):
                return Done()
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
        """Drop what is remembered of a resource that is gone, or another replica's."""
        self._taken_over.pop(key, None)
        self._wanted.pop(key, None)
        self._last.pop(key, None)
        self._targets.release(key)
        self._generating.forget(key)

    def refreshes(self, key: Key) -> Refreshes | None:
        """Return when the values of a resource were read and are to be read again; for any thread."""
        last, (_, want) = self._last.get(key), self._wanted.get(key, ("", None))
        if last is None or want is None or isinstance(want, Unusable) or last.synced.refreshed_at is None:
            resource = self._resources(key.namespace, key.name)
            return None if resource is None else Refreshes(last_sync(resource).refreshed_at, None)
        read = last.synced.refreshed_at
        seconds = next_refresh_in(last.synced, cadence=want.cadence, key=key, now=read)
        return Refreshes(read, None if seconds is None else read + timedelta(seconds=seconds))

    def take_over(self, key: Key, until: datetime) -> None:
        """A resource comes that another replica kept up to date ``until`` then."""
        self._taken_over[key] = until

    def reads_ahead(self, waiting: Iterable[tuple[Object, Waiting]]) -> Iterator[Ahead]:
        """Yield what waiting resources are going to ask of a store each: a call that goes out can take it along."""
        now = self._deps.clock.now()
        for store, one in waiting:
            resource, last = self._resources(one.key.namespace, one.key.name), self._last.get(one.key)
            if resource is None or one.key.kind != EXTERNAL_SECRETS.kind:
                continue
            key, reading = key_of(store), likely(resource, now)
            if reading is None and (last is None or self._revision(store) in last.stores):
                continue
            since = one.asked
            if reading is not None:
                request = Request(one.lane, one.asked, self._deps.clock.monotonic())
                since = oldest_acceptable(request, is_first=reading.is_first, interval=reading.interval)
            for asked in references(resource, key):
                yield Ahead(key, one.key.namespace, Ask(Reference(*asked), since), one.ticket)

    def reads_soon(self, due: Iterable[tuple[Object, Key, float]]) -> Iterator[Ahead]:
        """Yield what refreshes are going to ask of a store each that are due so soon that now will do as well."""
        now = self._deps.clock.monotonic()
        for store, one, at in due:
            resource = self._resources(one.namespace, one.name) if one.kind == EXTERNAL_SECRETS.kind else None
            if resource is None:
                continue
            key, since = key_of(store), readable_from(at, interval_of(resource["spec"]))
            if since <= now:
                for asked in references(resource, key):
                    yield Ahead(key, one.namespace, Ask(Reference(*asked), since))

    def _read(self, key: Key, resource: Object) -> Wanted | Unusable:
        version = f"{resource['metadata']['uid']}/{synced_version(resource)}"
        known = self._wanted.get(key)
        if known is None or known[0] != version:
            known = self._wanted[key] = (version, wanted(resource))
        return known[1]

    async def _follow(self, resource: Object, want: Wanted) -> Outcome:
        settings, now = self._deps.settings, self._deps.clock.now()
        if any(self._is_foreign(key) for key in want.unread):
            # The operator of that class takes the resource for its own: two must not write one Secret.
            return Done()
        stores = {key: self._stores(key) for key in want.stores}
        with self._deps.metrics.timed(EXTERNAL_SECRETS.kind, Stage.OBSERVE):
            target = await self._targets.of(want)
            observed = Observed(
                stores=tuple([await self._view(key, store, want.key.namespace, now) for key, store in stores.items()]),
                target=await target.state(want.key.namespace, want.target),
                last=self._reported(resource, want),
                now=now,
                is_new=is_younger(resource, NEW_SECONDS, now),
                bound=bound_to(resource),
                generators=self._generating.views(want),
            )
        observed = self._with_last_sync(want, observed, stores)
        decision = plan(want, observed, digester=self._deps.digester, recheck=settings.new_store_grace)
        match decision:
            case Wait(seconds):
                self._remember(want, observed, stores)
                return Done() if seconds is None else Again(seconds)
            case Hold(seconds):
                await self._reports.pending(resource)
                return Again(seconds)
            case Ignore():
                return Done()
            case Reject(message, retry):
                await self._reports.failure(resource, message)
                return Retry(message) if retry else Never(message)
            case SyncPlan():
                ready = {key: store for key, store in stores.items() if store is not None}
                return await self._run(resource, want, ready, observed=observed, decision=decision)

    async def _view(self, key: Key, store: Object | None, namespace: str, now: datetime) -> StoreView:
        settings = self._deps.settings
        return view_of(
            key,
            store,
            controller_class=settings.controller_class,
            denial=await self._denial(key, store, namespace),
            grace=Grace(settings.new_store_grace, self._started),
            now=now,
        )

    def _is_anothers(self, resource: Object) -> bool:
        """Tell whether a resource that cannot be acted on here is for the operator of another class to act on."""
        return any(map(self._is_foreign, named_sources(resource["spec"], resource["metadata"]["namespace"])))

    def _is_foreign(self, key: Key) -> bool:
        source = self._stores(key) if key.kind in _STORES else self._generating.lookup(key)
        return source is not None and not is_of_class(source, self._deps.settings.controller_class)

    async def _denial(self, key: Key, store: Object | None, namespace: str) -> str:
        settings = self._deps.settings
        if key.kind == CLUSTER_SECRET_STORES.kind and not settings.cluster_stores:
            return f"{key.kind}s are not read here (--enable-cluster-store-reconciler=false): name a SecretStore"
        if store is None or not is_of_class(store, settings.controller_class):
            return ""
        return await self._sessions.denial(store, namespace)

    def _with_last_sync(self, want: Wanted, observed: Observed, stores: Mapping[Key, Object | None]) -> Observed:
        # The status is written seldom; what this process did since is newer. A namesake applied after a deletion has
        # the same generation, but another uid.
        known = self._last.get(want.key)
        if known is None or (known.uid, known.synced.version) != (want.owner.uid, want.version):
            last = latest(observed.last, self._record(want, observed))
            return replace(observed, last=last, repeat=last.version != observed.last.version)
        # What was generated is told by the Secret, not by the status.
        done = known.synced if want.generators else later(known.synced, observed.last)
        edited = want.is_periodic and known.stores != self._revisions(stores)
        changed = want.is_periodic and _are_edited(known.generators, _specs(observed))
        # An edited source may hold other values: what was read before the edit is no longer fresh. But no edit of a
        # store is a reason to generate anew.
        stale = changed or (edited and not want.generators)
        return replace(observed, last=replace(done, refreshed_at=None) if stale else done, repeat=edited)

    def _revisions(self, stores: Mapping[Key, Object | None]) -> tuple[_Revision, ...]:
        return tuple(self._revision(store) for store in stores.values() if store is not None)

    def _revision(self, store: Object) -> _Revision:
        """Return what is another when a store was edited, or has another credential."""
        return (*revision_of(store), self._sessions.credential_changes(store))

    def _reported(self, resource: Object, want: Wanted) -> Synced:
        """Return the last sync by the status, and by the work that another replica surely did since."""
        last, until = last_sync(resource), self._taken_over.get(want.key)
        if until is None or want.generators or last.version != want.version or main_status(resource) != "True":
            return last
        return kept_up(last, cadence=want.cadence, key=want.key, until=until)

    def _record(self, want: Wanted, observed: Observed) -> Record | None:
        if not want.generators:
            return None
        record = record_of(observed.target, want.record, want.manager)
        return record if record is not None and record.keys else None

    def _remember(self, want: Wanted, observed: Observed, stores: Mapping[Key, Object | None]) -> None:
        # After a restart: what is as it should be was synced from its sources as they are.
        if want.key not in self._last and observed.last.version == want.version:
            self._last[want.key] = _Last(want.owner.uid, self._revisions(stores), _specs(observed), observed.last)

    async def _run(
        self, resource: Object, want: Wanted, stores: Mapping[Key, Object], *, observed: Observed, decision: SyncPlan
    ) -> Outcome:
        request, known = self._request(want.key), self._last.get(want.key)
        since = oldest_acceptable(
            request,
            is_first=not observed.last.version,
            interval=want.interval.total_seconds() if want.is_periodic else 0.0,
            not_before=known.not_before if known is not None else 0.0,
        )
        manner = Manner(decision.heals, since, decision.keeps)
        async with self._reports.in_time(resource):
            result = await self._sync.run(resource, want, stores, observed=observed, manner=manner)
        if not isinstance(result, Synchronised):
            return result
        # Only now: a status that could not be written has to be written by the next attempt.
        specs = known.generators if known is not None and decision.keeps else _specs(observed)
        last = self._last[want.key] = _Last(want.owner.uid, self._revisions(stores), specs, result.synced)
        await self._generating.settle(want, wrote=not decision.keeps)
        if result.read_at is None or result.read_at >= request.asked or not want.is_periodic or observed.last.version:
            return result.outcome
        # Read a moment before the resource asked: whoever created it may have written the value in that moment.
        again = replace(last, not_before=request.asked)
        if want.generators:  # as after an edit of the stores: nothing is generated anew
            self._last[want.key] = replace(again, stores=())
        else:
            self._last[want.key] = replace(again, synced=replace(result.synced, refreshed_at=None))
        return Again(CONFIRM_SECONDS)

    def _request(self, key: Key) -> Request:
        now = self._deps.clock.monotonic()
        claim = self._deps.claimed(key)
        return Request(Lane.CHANGED, now, now) if claim is None else Request(claim.lane, claim.asked, now)


def _specs(observed: Observed) -> tuple[Spec | None, ...]:
    # Not their generation: a generator that was deleted and applied again as it was is the same one.
    return tuple(view.spec if view.readiness is Readiness.READY else None for view in observed.generators)


def _are_edited(before: Sequence[Spec | None], after: Sequence[Spec | None]) -> bool:
    pairs = zip(before, after, strict=True)
    return any(old is not None and new is not None and old != new for old, new in pairs)
