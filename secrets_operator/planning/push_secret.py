"""Decides about one PushSecret: what it asks for, which stores it means, whether a push is due. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import ValidationError

from secrets_operator.flow import Key, Object
from secrets_operator.planning.conditions import main_status
from secrets_operator.planning.external_secret import Unusable
from secrets_operator.planning.generators import generator_key
from secrets_operator.planning.label_selectors import selector_problems
from secrets_operator.planning.push_entries import PushTarget, means
from secrets_operator.planning.refresh import (
    SHORTEST_INTERVAL,
    Cadence,
    Synced,
    next_refresh,
    next_refresh_in,
    synced_version,
)
from secrets_operator.planning.secret_state import Owner
from secrets_operator.resources.label_selectors import LabelSelector
from secrets_operator.resources.names import CLUSTER_SECRET_STORE, PUSH_SECRET
from secrets_operator.resources.problems import problems_in
from secrets_operator.resources.push_secret import PushSecretSpec, PushStoreRef
from secrets_operator.resources.push_secret_checks import push_spec_problems

# How long a source must be gone before what was pushed from it is deleted; seconds. A Secret that is deleted and made
# anew, by hand or by its owner, is gone for a moment.
SOURCE_GRACE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class WantedPush:
    """What a PushSecret asks for; computed once per version of it."""

    key: Key
    uid: str
    spec: PushSecretSpec
    version: str

    @property
    def owner(self) -> Owner:
        """It as the owner of what is made for it."""
        return Owner(PUSH_SECRET.group, PUSH_SECRET.kind, self.key.name, self.uid)

    @property
    def keeps(self) -> bool:
        """Whether what is at a store already stays as it is."""
        return self.spec.update_policy == "IfNotExists"

    @property
    def deletes(self) -> bool:
        """Whether what was pushed is deleted when it is wanted no more."""
        return self.spec.deletion_policy == "Delete"

    @property
    def source_name(self) -> str:
        """The one Secret that is pushed; empty for a selector or a generator."""
        secret = self.spec.selector.secret
        return (secret.name or "") if secret is not None else ""

    @property
    def generator(self) -> Key | None:
        """The generator whose values are pushed."""
        reference = self.spec.selector.generator_ref
        return None if reference is None else generator_key(reference, self.key.namespace)

    @property
    def interval(self) -> timedelta:
        """The refresh interval, a second at least; zero and below stay so."""
        interval = self.spec.refresh_every
        return max(interval, SHORTEST_INTERVAL) if interval > timedelta(0) else interval


def wanted_push(resource: Object) -> WantedPush | Unusable:
    """Read a PushSecret; every problem at once, each with its field and what to do."""
    try:
        spec = PushSecretSpec.model_validate(resource["spec"])
    except ValidationError as error:
        return Unusable(tuple(f"spec.{problem}" for problem in problems_in(error)))
    problems = [
        *push_spec_problems(spec),
        *(problem for path, selector in _selectors(spec) for problem in selector_problems(selector, path)),
    ]
    if problems:
        return Unusable(tuple(map(str, problems)))
    metadata = resource["metadata"]
    key = Key(PUSH_SECRET.kind, metadata["namespace"], metadata["name"])
    return WantedPush(key, metadata["uid"], spec, synced_version(resource))


def push_is_due(resource: Object, want: WantedPush, last: Synced, now: datetime) -> bool:
    """Decide whether to push now, ``last`` being the last push that went through.

    Other than with an ExternalSecret, a changed spec is pushed also with an interval of 0.
    """
    if last.version != want.version or last.refreshed_at is None or main_status(resource) != "True":
        return True
    if want.interval <= timedelta(0):
        return False
    return last.refreshed_at > now or next_refresh(last.refreshed_at, want.interval, want.key) <= now


def seconds_until_push(want: WantedPush, last: Synced, now: datetime) -> float | None:
    """Return the seconds until the periodic push after ``last``; None when only changes are pushed."""
    return next_refresh_in(last, cadence=Cadence("Periodic", want.interval), key=want.key, now=now)


def named_stores(want: WantedPush) -> tuple[Key, ...]:
    """Return the stores that are named, in order."""
    refs = (ref for ref in want.spec.secret_store_refs if ref.label_selector is None)
    return tuple(dict.fromkeys(_named(ref, want.key.namespace) for ref in refs))


def selected_stores(want: WantedPush, stores: Iterable[Object]) -> tuple[Key, ...]:
    """Return those of ``stores`` that are chosen by their labels, by kind and name."""
    refs = [ref for ref in want.spec.secret_store_refs if ref.label_selector is not None]
    targets = map(target_of, stores) if refs else ()
    return tuple(sorted(target.key for target in targets if any(means(ref, target) for ref in refs)))


def target_of(store: Object) -> PushTarget:
    """Return a store as what is pushed to."""
    metadata: Mapping[str, object] = store["metadata"]
    key = Key(store["kind"], str(metadata.get("namespace") or ""), str(metadata["name"]))
    return PushTarget(key, store["metadata"].get("labels") or {})


def _named(ref: PushStoreRef, namespace: str) -> Key:
    return Key(ref.kind, "" if ref.kind == CLUSTER_SECRET_STORE.kind else namespace, ref.name or "")


def _selectors(spec: PushSecretSpec) -> Iterator[tuple[str, LabelSelector]]:
    for name, refs in (
        ("secretStoreRefs", spec.secret_store_refs),
        ("dataTo", tuple(entry.store_ref for entry in spec.data_to)),
    ):
        for index, ref in enumerate(refs):
            if ref.label_selector is not None:
                inner = "storeRef.labelSelector" if name == "dataTo" else "labelSelector"
                yield f"spec.{name}[{index}].{inner}", ref.label_selector
    secret = spec.selector.secret
    if secret is not None and secret.selector is not None:
        yield "spec.selector.secret.selector", secret.selector
