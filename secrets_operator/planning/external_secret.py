"""Decides what to do about one ExternalSecret. Pure: what is observed comes in, a plan that compares with == goes out.

The checks run in order and the first that has something to say decides, as a checklist.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pydantic import ValidationError

from secrets_operator.flow import Key, Object, Query, Read
from secrets_operator.planning.generated_values import kept_keys, kept_leaves
from secrets_operator.planning.generators import GeneratorView, generator_key
from secrets_operator.planning.generic_targets import SECRET_KIND, TargetKind, target_kind
from secrets_operator.planning.marks import (
    Marks,
    external_secret_manager,
    external_secret_marks,
    generated_annotation,
)
from secrets_operator.planning.refresh import (
    SHORTEST_INTERVAL,
    Cadence,
    Synced,
    next_refresh_in,
    refresh_is_due,
    synced_version,
)
from secrets_operator.planning.secret_state import Digester, Owner, SecretState
from secrets_operator.planning.stores import Readiness, StoreView, store_key
from secrets_operator.planning.support import EXTERNAL_SECRET, unsupported_fields, unsupported_message
from secrets_operator.planning.sync_windows import Windows, read_windows
from secrets_operator.planning.targets import is_taken_over, secret_is_intact, secret_is_owned_by_another
from secrets_operator.resources.external_secret import ExternalSecretSpec
from secrets_operator.resources.external_secret_checks import spec_problems
from secrets_operator.resources.names import EXTERNAL_SECRET as TYPE
from secrets_operator.resources.problems import problems_in
from secrets_operator.resources.references import SourceRef, StoreRef
from secrets_operator.resources.remote_refs import Find, RemoteRef
from secrets_operator.resources.rewrites import Rewrite

# How old a resource may be to count as new, and how soon it is looked at again; seconds.
NEW_SECONDS = 1.0
# How soon to look again for a Secret to merge into: one nobody wrote to yet is not watched.
MERGE_RECHECK_SECONDS = 10.0
ANY_NAME = ".*"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The parts of an ExternalSecret that do not depend on the world; computed once per version of it."""

    key: Key
    owner: Owner
    target: str
    manager: str
    stores: tuple[Key, ...]
    """The stores it reads from, in the order of its entries."""

    generators: tuple[Key, ...]
    """The generators that make values for it, in the order of its entries."""

    spec: ExternalSecretSpec
    version: str
    reads: tuple[Read, ...]
    windows: Windows | None = None
    kind: TargetKind = SECRET_KIND
    """What kind of object it writes."""

    unread: tuple[Key, ...] = ()
    """The stores it names and reads nothing from: only their controller class counts."""

    @property
    def marks(self) -> Marks:
        """How its Secret shows that it was written for this resource."""
        return external_secret_marks(self.spec.target.creation_policy, self.key.name)

    @property
    def record(self) -> str:
        """The annotation by which its Secret tells when values were generated."""
        return generated_annotation(self.key.name)

    @property
    def interval(self) -> timedelta:
        """The refresh interval, a second at least: anything shorter would be a busy loop. Zero and below stay so."""
        interval = self.spec.refresh_every
        return max(interval, SHORTEST_INTERVAL) if interval > timedelta(0) else interval

    @property
    def is_periodic(self) -> bool:
        """Whether values are read again without a change of the resource."""
        return self.spec.refresh_policy == "Periodic" and self.interval > timedelta(0)

    @property
    def cadence(self) -> Cadence:
        """When it is to be refreshed."""
        return Cadence(self.spec.refresh_policy, self.interval, self.windows)


@dataclass(frozen=True, slots=True)
class Unusable:
    """An ExternalSecret that cannot be acted on until the user changes it."""

    problems: tuple[str, ...]

    @property
    def message(self) -> str:
        """The line for the condition."""
        return "; ".join(self.problems)


@dataclass(frozen=True, slots=True)
class Observed:
    """The world at the moment of the decision."""

    stores: tuple[StoreView, ...]
    target: SecretState | None
    last: Synced
    now: datetime
    is_new: bool = False
    """Created less than NEW_SECONDS ago."""

    bound: str = ""
    """The Secret that the last sync wrote, by the status."""

    generators: tuple[GeneratorView, ...] = ()
    repeat: bool = False
    """Sync again though no refresh is due: stores were edited, or the status does not know the last sync."""


@dataclass(frozen=True, slots=True)
class Wait:
    """All is well: come back in ``seconds`` (None: only when something changes)."""

    seconds: float | None


@dataclass(frozen=True, slots=True)
class Hold:
    """Something it depends on is on its way; say nothing and look again in ``seconds`` at the latest."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Ignore:
    """Another controller's business."""


@dataclass(frozen=True, slots=True)
class Reject:
    """It cannot be synced now. ``retry`` says that time may help; otherwise only a change does."""

    message: str
    retry: bool = False


@dataclass(frozen=True, slots=True)
class Sync:
    """Read the remote values and apply them; ``heals`` says that the Secret was changed or deleted by somebody else.

    The values of the keys that it ``keeps`` are those in the Secret; when there are any, nothing is generated.
    """

    heals: bool = False
    keeps: frozenset[str] = frozenset()


Plan = Wait | Hold | Ignore | Reject | Sync


def wanted(resource: Object) -> Wanted | Unusable:
    """Read an ExternalSecret; every problem at once, each with its field and what to do."""
    unsupported = unsupported_fields(resource["spec"], EXTERNAL_SECRET)
    if unsupported:
        return Unusable((unsupported_message(unsupported),))
    try:
        spec = ExternalSecretSpec.model_validate(resource["spec"])
    except ValidationError as error:
        return Unusable(tuple(f"spec.{problem}" for problem in problems_in(error)))
    problems = spec_problems(spec)
    if problems:
        return Unusable(tuple(map(str, problems)))
    metadata = resource["metadata"]
    key = Key(TYPE.kind, metadata["namespace"], metadata["name"])
    reads = tuple(_reads(spec, key.namespace))
    stores = tuple(dict.fromkeys(read.store for read in reads if read.store is not None))
    generators = tuple(dict.fromkeys(read.generator for read in reads if read.generator is not None))
    if not all(store.name for store in stores):
        return Unusable(
            ("spec.secretStoreRef.name: is required: name the SecretStore or ClusterSecretStore to read from",)
        )
    return Wanted(
        key=key,
        owner=Owner(TYPE.group, TYPE.kind, key.name, metadata["uid"]),
        target=spec.target.name or key.name,
        manager=external_secret_manager(key.name),
        stores=stores,
        generators=generators,
        spec=spec,
        version=synced_version(resource),
        reads=reads,
        windows=read_windows(spec.sync_windows),
        kind=target_kind(resource["spec"]),
        unread=tuple(dict.fromkeys(store for store in _named(spec, key.namespace) if store not in stores)),
    )


def plan(want: Wanted, observed: Observed, *, digester: Digester, recheck: timedelta) -> Plan:
    """Decide. ``recheck`` is how long to wait at most for a store that is on its way.

    The store counts only when it is needed: while the Secret is intact and no refresh is due, a store that fails its
    validation says nothing about the resources that were read from it.
    """
    sources: tuple[StoreView | GeneratorView, ...] = (*observed.stores, *observed.generators)
    if any(source.readiness is Readiness.FOREIGN for source in sources):
        return Ignore()
    intact = _is_as_applied(want, observed.target, digester)
    due = refresh_is_due(observed.last, version=want.version, cadence=want.cadence, key=want.key, now=observed.now)
    keeps = frozenset() if due else _kept(want, observed.target)
    repeats = observed.repeat and (bool(keeps) or not want.generators)
    if intact and not due and not repeats:
        return Wait(until_next_run(want, observed.target, observed.last, observed.now))
    blocked = _blocked(observed, recheck, generates=not keeps)
    if blocked is not None:
        return blocked
    other = _foreign_owner(want, observed.target)
    if other is not None:
        # Its owner may go, and an unlabelled Secret is not watched: look again, ever more seldom.
        message = (
            f"{want.kind.kind} {want.target} is owned by {other.kind} {other.name}: choose another spec.target.name"
        )
        return Reject(message, retry=True)
    # Under a new target name, or written by another operator, the Secret was never as we left it.
    same_target = observed.bound in ("", want.target)
    synced_by_us = bool(observed.last.version) and same_target and not is_taken_over(observed.target, want.manager)
    return Sync(heals=not intact and synced_by_us, keeps=keeps)


def until_next_run(want: Wanted, target: SecretState | None, last: Synced, now: datetime) -> float | None:
    """Return the seconds until the resource is to be looked at again; None when nothing but an event brings it back."""
    seconds = next_refresh_in(last, cadence=want.cadence, key=want.key, now=now)
    if want.spec.target.creation_policy == "Merge" and target is None:
        return MERGE_RECHECK_SECONDS if seconds is None else min(seconds, MERGE_RECHECK_SECONDS)
    return seconds


def bound_to(resource: Object) -> str:
    """Return the name of the Secret that the last sync wrote; empty before the first."""
    name: str = ((resource.get("status") or {}).get("binding") or {}).get("name") or ""
    return name


def _foreign_owner(want: Wanted, target: SecretState | None) -> Owner | None:
    policy = want.spec.target.creation_policy
    other = secret_is_owned_by_another(target, want.owner) if policy != "None" else None
    # Only an owner needs the Secret to itself; others may write into a Secret that some other kind of resource owns.
    return other if other is not None and (policy == "Owner" or other.kind == TYPE.kind) else None


def _is_as_applied(want: Wanted, target: SecretState | None, digester: Digester) -> bool:
    policy = want.spec.target.creation_policy
    if policy in ("Orphan", "None") or (policy == "Merge" and target is None):
        # Left alone between refreshes: an orphan is nobody's to repair, and there is nothing else to compare with.
        return True
    return secret_is_intact(target, want.manager, want.marks, digester)


def _kept(want: Wanted, target: SecretState | None) -> frozenset[str]:
    if not want.generators:
        return frozenset()
    kept = kept_keys if want.kind.is_secret else kept_leaves
    return kept(target, want.record, want.manager)


def _blocked(observed: Observed, recheck: timedelta, *, generates: bool) -> Plan | None:
    blocks = [_store_blocks(store, recheck, is_new=observed.is_new) for store in observed.stores]
    if generates:
        blocks += [_generator_blocks(view, is_new=observed.is_new) for view in observed.generators]
    return next((block for block in blocks if block is not None), None)


def _generator_blocks(view: GeneratorView, *, is_new: bool) -> Plan | None:
    if view.readiness is Readiness.READY:
        return None
    if view.readiness is Readiness.MISSING and is_new:
        return Hold(NEW_SECONDS)
    if view.readiness is Readiness.MISSING:
        return Reject(f"there is no {view.key.kind} {view.key.name}: create the generator", retry=True)
    # Neither a spec that is wrong nor a plug-in that is not there heals by itself.
    return Reject(view.detail)


def _store_blocks(store: StoreView, recheck: timedelta, *, is_new: bool) -> Plan | None:
    match store.readiness:
        case Readiness.READY | Readiness.FOREIGN:
            return None
        case Readiness.DENIED:
            # Where namespaces are not watched, nobody tells us that a label has changed.
            return Reject(store.detail, retry=True)
        case Readiness.PENDING:
            return Hold(recheck.total_seconds())
        case Readiness.MISSING if is_new:
            # A GitOps tool applies a folder in any order: its store is likely to be the next object.
            return Hold(NEW_SECONDS)
        case Readiness.MISSING:
            return Reject(f"could not get store: there is no {store.kind} {store.name}", retry=True)
        case Readiness.NOT_READY:
            detail = f": {store.detail}" if store.detail else ""
            return Reject(f"{store.kind} {store.name} is not ready{detail}", retry=True)


def _reads(spec: ExternalSecretSpec, namespace: str) -> Iterator[Read]:
    # Later entries override earlier ones and data overrides dataFrom, so dataFrom comes first.
    for index, many in enumerate(spec.data_from):
        store = _store_of(many.source_ref, spec, namespace)
        generator = many.source_ref.generator_ref if many.source_ref is not None else None
        if generator is not None:
            field = f"spec.dataFrom[{index}].sourceRef.generatorRef"
            yield Read(field, "", rewrite=many.rewrite, generator=generator_key(generator, namespace))
        elif many.extract is not None:
            yield replace(_read(many.extract, f"spec.dataFrom[{index}].extract", rewrite=many.rewrite), store=store)
        elif many.find is not None:
            yield replace(_find(many.find, f"spec.dataFrom[{index}].find", many.rewrite), store=store)
    for index, one in enumerate(spec.data):
        read = _read(one.remote_ref, f"spec.data[{index}].remoteRef", secret_key=one.secret_key)
        yield replace(read, store=_store_of(one.source_ref, spec, namespace))


def _named(spec: ExternalSecretSpec, namespace: str) -> Iterator[Key]:
    return (store_key(reference, namespace) for reference in spec.store_refs() if reference.name)


def _store_of(source: SourceRef | None, spec: ExternalSecretSpec, namespace: str) -> Key:
    own = source.store_ref if source is not None else None
    return store_key(own or spec.secret_store_ref or StoreRef(), namespace)


def _read(remote: RemoteRef, field: str, *, secret_key: str = "", rewrite: tuple[Rewrite, ...] = ()) -> Read:
    return Read(
        field=field,
        key=remote.key,
        version=remote.version or "",
        property=remote.property or "",
        secret_key=secret_key,
        conversion=remote.conversion_strategy,
        metadata=remote.metadata_policy == "Fetch",
        decoding=remote.decoding_strategy,
        null_bytes=remote.null_byte_policy,
        rewrite=rewrite,
    )


def _find(find: Find, field: str, rewrite: tuple[Rewrite, ...]) -> Read:
    # A condition on the name that says nothing is still one: it matches every name, and counts as given.
    name = (find.name.regexp or ANY_NAME) if find.name is not None else ""
    return Read(
        field=field,
        key="",
        conversion=find.conversion_strategy,
        decoding=find.decoding_strategy,
        null_bytes=find.null_byte_policy,
        rewrite=rewrite,
        find=Query(path=find.path or "", name=name, tags=tuple(sorted(find.tags.items()))),
    )
