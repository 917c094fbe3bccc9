"""Reconciles PushSecrets: observe the source and the stores, push, delete what is wanted no more, report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from secrets_operator.applying.finalizers import Finalizers, has_finalizer
from secrets_operator.controllers.deps import API_TROUBLE, Deps, Lookup
from secrets_operator.controllers.push_secret_deletion import PushDeletion
from secrets_operator.controllers.push_secret_reports import PushReports
from secrets_operator.controllers.push_secret_sources import PushSources, Source
from secrets_operator.controllers.push_secret_stores import PushStores, Targets
from secrets_operator.controllers.push_secret_sync import Attempt, PushResult, PushSync
from secrets_operator.controllers.store_finalizers import StoreFinalizers
from secrets_operator.errors import OperatorError
from secrets_operator.fetching.store_objects import revision_of
from secrets_operator.flow import Again, Done, Key, Never, Object, Outcome, Retry
from secrets_operator.kube.resources import PUSH_SECRETS
from secrets_operator.planning.conditions import find
from secrets_operator.planning.external_secret import Unusable
from secrets_operator.planning.push_record import (
    Record,
    merged,
    place_of,
    record_of,
    store_id,
    store_of,
    surplus,
    without_empty,
)
from secrets_operator.planning.push_secret import (
    SOURCE_GRACE_SECONDS,
    WantedPush,
    push_is_due,
    seconds_until_push,
    wanted_push,
)
from secrets_operator.planning.push_status import PushSuccess
from secrets_operator.planning.push_stores import deletes
from secrets_operator.planning.refresh import Synced, last_sync, later, synced_version
from secrets_operator.provider.push_contract import PushedSecret
from secrets_operator.reporting.metrics import Stage
from secrets_operator.reporting.snapshot import Refreshes
from secrets_operator.resources.conditions import PUSH_SOURCE_DELETED
from secrets_operator.resources.labels import PUSH_SECRET_FINALIZER

_Revisions = tuple[tuple[str, int], ...]


class Follow(Protocol):
    """Wakes a resource when its source changes: :class:`secrets_operator.watching.push_sources.SourceWatches`."""

    def follow(self, key: Key, name: str, seen: str) -> None:
        """Wake ``key`` once the Secret ``name`` has another resourceVersion than ``seen``, none being empty."""
        ...

    def forget(self, key: Key) -> None:
        """Wake ``key`` no more."""
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What the controller works with."""

    stores: PushStores
    sources: PushSources
    sync: PushSync
    deletion: PushDeletion
    finalizers: Finalizers
    store_finalizers: StoreFinalizers
    follow: Follow


@dataclass(frozen=True, slots=True)
class _Last:
    """The last push of this process: of which resource, what it pushed, and to which versions of its stores."""

    uid: str
    synced: Synced
    stores: _Revisions
    source: tuple[str, ...]


class PushSecrets:
    """The controller. Remembers what it pushed of each resource until the status tells of it, and what is under way."""

    def __init__(self, deps: Deps, parts: Parts, *, resources: Lookup) -> None:
        self._deps = deps
        self._parts = parts
        self._resources = resources
        self._reports = PushReports(deps)
        self._wanted: dict[Key, tuple[str, WantedPush | Unusable]] = {}
        self._last: dict[Key, _Last] = {}
        self._attempts: dict[Key, Attempt] = {}
        self._records: dict[Key, tuple[str, Record]] = {}
        self._missing: dict[Key, float] = {}

    async def reconcile(self, key: Key) -> Outcome:
        """Bring the stores in line with one PushSecret and its source."""
        resource = self._resources(key.namespace, key.name)
        if resource is None:
            self.forget(key)
            return Done()
        try:
            if "deletionTimestamp" in resource["metadata"]:
                return await self._go(key, resource)
            want = self._read(key, resource)
            if isinstance(want, Unusable):
                await self._reports.failure(resource, want.message)
                return Never(want.message)
            return await self._follow(resource, want)
        except API_TROUBLE:
            raise
        except OperatorError as error:
            await self._reports.failure(resource, str(error), self._recorded(key, resource))
            return Retry(str(error))

    def forget(self, key: Key) -> None:
        """Drop what is remembered of a resource that is gone, or another replica's."""
        self._parts.follow.forget(key)
        for remembered in (self._wanted, self._last, self._attempts, self._records, self._missing):
            remembered.pop(key, None)

    def refreshes(self, key: Key) -> Refreshes | None:
        """Return when a resource was pushed and is to be pushed again; for any thread."""
        resource, (_, want) = self._resources(key.namespace, key.name), self._wanted.get(key, ("", None))
        if resource is None:
            return None
        if want is None or isinstance(want, Unusable):
            return Refreshes(last_sync(resource).refreshed_at, None)
        last = self._last_sync(resource, want)
        pushed = last.refreshed_at
        seconds = None if pushed is None else seconds_until_push(want, last, pushed)
        return Refreshes(pushed, None if pushed is None or seconds is None else pushed + timedelta(seconds=seconds))

    def _read(self, key: Key, resource: Object) -> WantedPush | Unusable:
        version = f"{resource['metadata']['uid']}/{synced_version(resource)}"
        known = self._wanted.get(key)
        if known is None or known[0] != version:
            known = self._wanted[key] = (version, wanted_push(resource))
        return known[1]

    async def _go(self, key: Key, resource: Object) -> Outcome:
        """Delete what was pushed, if that is wanted, and let the resource go."""
        self._parts.follow.forget(key)
        if not has_finalizer(resource, PUSH_SECRET_FINALIZER):
            return Done()
        if deletes(resource):
            result = await self._delete_all(key, resource)
            if result.failures:
                return await self._fail(key, resource, result)
            if without_empty(result.record):
                return Done()  # the rest is at stores of another operator, which has to delete it
        await self._parts.finalizers.remove(PUSH_SECRETS, resource, PUSH_SECRET_FINALIZER)
        return Done()

    async def _follow(self, resource: Object, want: WantedPush) -> Outcome:
        targets = await self._parts.stores.of(want)
        if targets.foreign:
            return Done()
        if not targets.stores:
            message = "spec.secretStoreRefs: there is no store to push to that has these labels and is here to stay"
            await self._reports.failure(resource, message, self._recorded(want.key, resource))
            return Never(message)
        await self._settle_finalizers(resource, want, targets)
        with self._deps.metrics.timed(PUSH_SECRETS.kind, Stage.OBSERVE):
            source = await self._parts.sources.observe(want)
        if want.source_name:
            self._parts.follow.follow(want.key, want.source_name, source.version)
        if not source.secrets and want.generator is None:
            return await self._without_source(resource, want)
        self._missing.pop(want.key, None)
        now, revisions = self._deps.clock.now(), tuple(map(revision_of, targets.stores.values()))
        last, known = self._last_sync(resource, want), self._last.get(want.key)
        is_edited = known is not None and (known.stores, known.source) != (revisions, source.fingerprint)
        if not is_edited and not push_is_due(resource, want, last, now):
            if known is None or known.uid != want.uid:
                # After a restart: what is there was pushed from the source and to the stores as they are.
                self._last[want.key] = _Last(want.uid, last, revisions, source.fingerprint)
            return self._wait(want, last)
        return await self._push(resource, want, targets, source)

    async def _settle_finalizers(self, resource: Object, want: WantedPush, targets: Targets) -> None:
        if not want.deletes:
            if has_finalizer(resource, PUSH_SECRET_FINALIZER):
                await self._parts.finalizers.remove(PUSH_SECRETS, resource, PUSH_SECRET_FINALIZER)
            return
        # Before anything is pushed: what is at a store must not outlive all who know of it.
        if not has_finalizer(resource, PUSH_SECRET_FINALIZER):
            await self._parts.finalizers.add(PUSH_SECRETS, resource, PUSH_SECRET_FINALIZER)
        recorded = (store_of(name, want.key.namespace) for name in self._recorded(want.key, resource))
        for key in dict.fromkeys([*targets.stores, *(key for key in recorded if key is not None)]):
            store = self._parts.stores.get(key)
            if store is not None and not self._parts.stores.is_foreign(store):
                await self._parts.store_finalizers.hold(store)

    def _last_sync(self, resource: Object, want: WantedPush) -> Synced:
        known, reported = self._last.get(want.key), last_sync(resource)
        return reported if known is None or known.uid != want.uid else later(known.synced, reported)

    def _recorded(self, key: Key, resource: Object) -> Record:
        """Return what is at the stores. The status may not be written yet, or not be known to the cache."""
        uid, record = self._records.get(key, ("", {}))
        return record if uid == resource["metadata"]["uid"] else record_of(resource)

    async def _without_source(self, resource: Object, want: WantedPush) -> Outcome:
        recorded = self._recorded(want.key, resource)
        if not want.source_name:
            message = "spec.selector.secret.selector: no Secret of the namespace has these labels"
            await self._reports.failure(resource, message, recorded)
            return Retry(message)
        message = f"spec.selector.secret.name: there is no Secret {want.source_name}"
        interval = want.interval.total_seconds()
        if not want.deletes or not without_empty(recorded):
            ready = find((resource.get("status") or {}).get("conditions") or (), "Ready") or {}
            if want.deletes and ready.get("reason") == PUSH_SOURCE_DELETED:
                return Again(interval) if interval > 0 else Done()
            await self._reports.failure(resource, message, recorded)
            return Retry(message)
        now = self._deps.clock.monotonic()
        left = self._missing.setdefault(want.key, now) + SOURCE_GRACE_SECONDS - now
        if left > 0:
            message = f"{message}; what was pushed from it is deleted unless it comes back soon"
            await self._reports.failure(resource, message, recorded)
            return Again(left)
        result = await self._delete_all(want.key, resource)
        if result.failures:
            return await self._fail(want.key, resource, result)
        await self._reports.source_deleted(resource)
        self._attempts.pop(want.key, None)
        self._last.pop(want.key, None)
        return Again(interval) if interval > 0 else Done()

    async def _delete_all(self, key: Key, resource: Object) -> PushResult:
        recorded = self._recorded(key, resource)
        result = PushResult(recorded)
        try:
            await self._parts.deletion.run(key, recorded, result)
        finally:
            self._records[key] = (resource["metadata"]["uid"], without_empty(result.record))
        return result

    async def _push(self, resource: Object, want: WantedPush, targets: Targets, source: Source) -> Outcome:
        started = self._deps.clock.now()
        attempt = self._attempt(want, source)
        result = PushResult(self._recorded(want.key, resource))
        with self._deps.metrics.timed(PUSH_SECRETS.kind, Stage.APPLY):
            secrets = source.secrets if want.generator is None else (await self._generated(want, attempt),)
            try:
                await self._push_all(want, targets, secrets, attempt, result)
            finally:
                # Whatever comes next: what is at a store is not to be forgotten.
                self._records[want.key] = (want.uid, without_empty(result.record))
        if result.failures:
            return await self._fail(want.key, resource, result)
        synced = Synced(want.version, started)
        success = PushSuccess(synced, result.changed)
        await self._reports.success(resource, success, result.record, kept=result.kept)
        # Only now: a status that could not be written has to be written by the next attempt.
        del self._attempts[want.key]
        unused = attempt.unused if attempt.done else attempt.of_no_use(stays=False)
        await self._parts.sources.settle(want, attempt.generated if attempt.done else None, unused)
        revisions = tuple(map(revision_of, targets.stores.values()))
        self._last[want.key] = _Last(want.uid, synced, revisions, source.fingerprint)
        return self._wait(want, synced)

    async def _push_all(
        self,
        want: WantedPush,
        targets: Targets,
        secrets: Sequence[PushedSecret],
        attempt: Attempt,
        result: PushResult,
    ) -> None:
        """Push, then delete what is wanted no more; what was not pushed yet stays recorded as it was before."""
        stores, before, clean = list(targets.stores.values()), result.before, False
        try:
            await self._parts.sync.push(want, stores, secrets, attempt, result)
            clean = not result.failures
        finally:
            if not clean:
                result.record = merged(before, result.record)
        if not clean:
            return
        for key in targets.skipped:
            if store_id(key) in before:
                result.record[store_id(key)] = dict(before[store_id(key)])
        extra = surplus(before, result.record) if want.deletes else {}
        if extra:
            await self._parts.deletion.run(want.key, extra, result)
            # Two stores may be one on the remote side: what was pushed there a moment ago is pushed again.
            attempt.forget({place_of(entry) for entries in extra.values() for entry in entries.values()})
            await self._parts.sync.push(want, stores, secrets, attempt, result)

    async def _fail(self, key: Key, resource: Object, result: PushResult) -> Outcome:
        record = without_empty(result.record)
        self._records[key] = (resource["metadata"]["uid"], record)
        await self._reports.failure(resource, result.message, record)
        return Retry(result.message, after=result.after)

    def _attempt(self, want: WantedPush, source: Source) -> Attempt:
        basis = (want.uid, want.version, source.fingerprint)
        attempt = self._attempts.get(want.key)
        if attempt is None or attempt.basis != basis:
            unused = [] if attempt is None else attempt.of_no_use(stays=want.keeps)
            attempt = self._attempts[want.key] = Attempt(basis, unused=unused)
        return attempt

    async def _generated(self, want: WantedPush, attempt: Attempt) -> PushedSecret:
        # A retry pushes what was made for the first try: stores must not end up with different values.
        now = self._deps.clock.monotonic()
        if attempt.generated is None or now >= attempt.fresh_until:
            made = await self._parts.sources.generated(want)
            attempt.unused = attempt.of_no_use(stays=want.keeps)
            attempt.generated, attempt.fresh_until = made, now + made.fresh_seconds
            attempt.done.clear()
        return attempt.generated.secret

    def _wait(self, want: WantedPush, last: Synced) -> Outcome:
        seconds = seconds_until_push(want, last, self._deps.clock.now())
        return Done() if seconds is None else Again(seconds)
