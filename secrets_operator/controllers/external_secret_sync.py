"""The second half of an ExternalSecret's reconcile: fetch, render, decide, apply, report."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from secrets_operator.controllers.deps import Deps
from secrets_operator.controllers.external_secret_reports import Reports
from secrets_operator.controllers.generating import Generating
from secrets_operator.controllers.targets import Targets
from secrets_operator.controllers.template_rendering import TemplateRendering
from secrets_operator.fetching.gather import gather
from secrets_operator.fetching.sessions import Sessions
from secrets_operator.fetching.store_objects import provider_of
from secrets_operator.flow import (
    Again,
    Cause,
    Done,
    Fetched,
    Key,
    Miss,
    Never,
    Object,
    Outcome,
    Read,
    Retry,
    SecretBytes,
)
from secrets_operator.kube.resources import EXTERNAL_SECRETS
from secrets_operator.planning.desired import from_external_secret, from_manifest, from_template
from secrets_operator.planning.external_secret import Observed, Wanted, bound_to, until_next_run
from secrets_operator.planning.generated_values import Record, kept_parts, ordered, with_record
from secrets_operator.planning.generic_targets import TargetKind
from secrets_operator.planning.refresh import Synced
from secrets_operator.planning.secret_state import SecretState
from secrets_operator.planning.secret_writes import (
    DELETED,
    MISSING,
    SYNCED,
    Decision,
    Leave,
    Refuse,
    Remove,
    decide,
    unwritable,
)
from secrets_operator.planning.status import Success
from secrets_operator.planning.targets import DesiredSecret
from secrets_operator.rendering.manifest_template import RenderedManifest
from secrets_operator.reporting.events import Event
from secrets_operator.reporting.metrics import Stage

Values = Mapping[str, SecretBytes]


@dataclass(frozen=True, slots=True)
class Manner:
    """How to sync: to put a changed Secret right or not, with nothing that was read before ``since`` (monotonic).

    Keys that it ``keeps`` have the values that are in the Secret; when there are any, nothing is generated.
    """

    heals: bool
    since: float
    keeps: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Synchronised:
    """A sync that went through, when to run again, and when the oldest of its values was read (monotonic)."""

    synced: Synced
    outcome: Again | Done
    read_at: float | None


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the values come from, and what renders them."""

    sessions: Sessions
    templates: TemplateRendering
    generating: Generating


class Sync:
    """Brings one Secret in line with what its store holds."""

    def __init__(self, deps: Deps, sources: Sources, *, targets: Targets, reports: Reports) -> None:
        self._deps = deps
        self._generating = sources.generating
        self._sessions = sources.sessions
        self._templates = sources.templates
        self._reports = reports
        self._targets = targets

    async def run(
        self, resource: Object, want: Wanted, stores: Mapping[Key, Object], *, observed: Observed, manner: Manner
    ) -> Synchronised | Outcome:
        """Return what was synced, or the outcome of a failure that was reported."""
        generates = bool(want.generators) and not manner.keeps
        decision: Decision | None = unwritable(want, observed.target) if generates else None
        with self._timed(Stage.FETCH):
            fetched = await self._fetch(want, stores, manner.since)
            if generates and decision is None and not _failures(fetched, want):
                # Last: what is made is to be written, not thrown away because of another entry.
                await self._targets.require_unchanged(want, observed)
                fetched = await self._generating.add_to(fetched, want, observed)
        failed = _failures(fetched, want)
        if failed:
            return await self._failed(resource, failed)
        for miss in fetched.misses:
            await self._deps.events.emit(resource, Event("MissingProviderSecret", f"{miss.read.field}: {miss.message}"))
        synced = Synced(want.version, observed.last.refreshed_at or observed.now if manner.keeps else observed.now)
        if decision is None:
            decision = await self._decided(resource, want, fetched, observed=observed, manner=manner)
        if isinstance(decision, Refuse):
            await self._reports.failure(resource, decision.message)
            return Never(decision.message)
        reason, message = _says(decision, want.kind)
        told: list[Event | None] = []
        try:
            with self._timed(Stage.APPLY):
                told.append(await self._carry_out(resource, want, decision, observed, healing=manner.heals))
                if isinstance(decision, DesiredSecret):
                    # Only now is there an object under the new name: the former one would live on unnoticed, and grow
                    # old.
                    for writing, former in await self._targets.former(want, bound_to(resource)):
                        told.append(await writing.delete(former))
            success = Success(synced, want.target if want.kind.is_secret else "", wrote=told[0] is not None)
            await self._reports.success(resource, success, reason=reason, message=message)
        finally:
            await self._tell(resource, told)
        seconds = until_next_run(
            want, None if reason == want.kind.reason(MISSING) else observed.target, synced, observed.now
        )
        return Synchronised(synced, Done() if seconds is None else Again(seconds), fetched.read_at)

    async def _decided(
        self, resource: Object, want: Wanted, fetched: Fetched, *, observed: Observed, manner: Manner
    ) -> Decision:
        with self._timed(Stage.RENDER):
            values = await self._templates.values(fetched)
            if manner.keeps:
                desired = await self._kept(resource, want, values, keeps=manner.keeps, live=observed.target)
            else:
                desired = await self._desired(resource, want, values)
            desired = await self._recorded(desired, want, fetched, observed=observed, manner=manner)
        return decide(want, desired, observed.target, self._deps.digester, has_values=bool(values or manner.keeps))

    def _timed(self, stage: Stage) -> AbstractContextManager[object]:
        return self._deps.metrics.timed(EXTERNAL_SECRETS.kind, stage)

    async def _kept(
        self, resource: Object, want: Wanted, values: Values, *, keeps: frozenset[str], live: SecretState | None
    ) -> DesiredSecret:
        """Return what is to be written when generated values stay; what was made of them is taken from ``live``."""
        template, digester = want.spec.target.template, self._deps.digester
        if not want.kind.is_secret:
            parts = kept_parts(template, {}, live, want.manager)
            fields = await self._targets.kept_fields(want, keeps)
            return from_manifest(want, RenderedManifest(fields, parts.labels, parts.annotations), digester)
        kept = await self._targets.kept_values(want, keeps)
        if template is not None:
            return from_template(want, template, kept_parts(template, kept, live, want.manager), digester)
        return from_external_secret(resource, want, {**values, **kept}, digester)

    async def _desired(self, resource: Object, want: Wanted, values: Values) -> DesiredSecret:
        """Return what is to be written, of values that were all fetched or generated just now."""
        template = want.spec.target.template
        if not (values or want.spec.target.deletion_policy == "Merge"):
            # Nothing was fetched: what becomes of the target is for the deletion policy to say, not for a template.
            template = None
        if not want.kind.is_secret:
            kind = want.kind
            made = await self._templates.render_manifest(want.key, template, values, is_config_map=kind.is_config_map)
            return from_manifest(want, made, self._deps.digester)
        if template is None:
            return from_external_secret(resource, want, values, self._deps.digester)
        rendered = await self._templates.render(want.key, template, values)
        return from_template(want, template, rendered, self._deps.digester)

    async def _recorded(
        self, desired: DesiredSecret, want: Wanted, fetched: Fetched, *, observed: Observed, manner: Manner
    ) -> DesiredSecret:
        """Record on the object what is generated of it, and when it was."""
        if not want.generators:
            return desired
        keys, made = manner.keeps, observed.last if manner.keeps else Synced(want.version, observed.now)
        if not keys and (want.spec.target.template is not None or not want.kind.is_secret):
            keys = frozenset(desired.data)  # what was made of them cannot be told apart
        elif not keys:
            generated = Fetched(tuple(value for value in fetched.values if value.read.generator is not None))
            values = await self._templates.values(generated)
            keys = frozenset(key for key in values if desired.data.get(key) == values[key])
        record = Record(made, ordered(keys))
        return with_record(desired, want.record, record, observed.target, self._deps.digester)

    async def _fetch(self, want: Wanted, stores: Mapping[Key, Object], since: float) -> Fetched:
        """Read from every store at once, and put the answers into the order of the entries again."""
        by_store = {key: [read for read in want.reads if read.store == key] for key in stores}
        parts = await asyncio.gather(
            *(self._fetch_from(stores[key], reads, want.key.namespace, since) for key, reads in by_store.items())
        )
        place = {read.field: index for index, read in enumerate(want.reads)}
        values = sorted((found for part in parts for found in part.values), key=lambda found: place[found.read.field])
        misses = sorted((miss for part in parts for miss in part.misses), key=lambda miss: place[miss.read.field])
        read_at = min((part.read_at for part in parts if part.read_at is not None), default=None)
        return Fetched(tuple(values), tuple(misses), read_at)

    async def _fetch_from(self, store: Object, reads: Sequence[Read], namespace: str, since: float) -> Fetched:
        async with self._sessions.use(store, namespace) as session:
            fetched = await gather(reads, session, since, namespace)
            if any(miss.credentials for miss in fetched.misses):
                self._sessions.discard(session)
        provider, _ = provider_of(store)
        results = [*("found" for _ in fetched.values), *(miss.cause for miss in fetched.misses)]
        self._deps.metrics.read(provider, Counter(results))
        return fetched

    async def _failed(self, resource: Object, failed: Sequence[Miss]) -> Outcome:
        details = "; ".join(f"{miss.read.field}: {miss.message}" for miss in failed)
        message = f"could not get secret data from provider: {details}"
        await self._reports.failure(resource, message)
        waits = [miss.after for miss in failed if miss.after is not None]
        return Retry(message, after=max(waits, default=None))

    async def _carry_out(
        self,
        resource: Object,
        want: Wanted,
        decision: Leave | Remove | DesiredSecret,
        observed: Observed,
        *,
        healing: bool,
    ) -> Event | None:
        """Return what to tell about it; None when nothing was written."""
        live = observed.target
        if isinstance(decision, Leave):
            return None
        writing = await self._targets.of(want)
        if isinstance(decision, Remove):
            assert live is not None
            return await writing.delete(live)
        reason = "Created" if live is None else "Updated"
        event = Event(reason, f"{reason} {want.kind.kind} {decision.name}", repeats=True)
        return await writing.write(resource, decision, live, healing=healing, event=event)

    async def _tell(self, resource: Object, told: Iterable[Event | None]) -> None:
        for event in told:
            if event is not None:
                await self._deps.events.emit(resource, event)


def _failures(fetched: Fetched, want: Wanted) -> list[Miss]:
    return [miss for miss in fetched.misses if not _is_accepted(miss, want)]


def _is_accepted(miss: Miss, want: Wanted) -> bool:
    """Tell whether a miss means "drop the key": only a definite answer does, and only where the policy says so."""
    return miss.cause is Cause.ABSENT and want.spec.target.deletion_policy != "Retain"


def _says(decision: Leave | Remove | DesiredSecret, kind: TargetKind) -> tuple[str, str]:
    if isinstance(decision, Leave):
        return decision.reason, decision.message
    if isinstance(decision, Remove):
        return kind.reason(DELETED), f"{kind.noun} deleted: the provider has no data for it any more"
    return kind.reason(SYNCED), f"{kind.noun} synced"
