"""What a store says about itself, as the resources that use it see it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from secrets_operator.flow import Key, Object
from secrets_operator.planning.conditions import find
from secrets_operator.planning.controller_classes import is_of_class
from secrets_operator.planning.refresh import parse_time
from secrets_operator.planning.secret_store import store_problems
from secrets_operator.resources.references import StoreRef


class Readiness(Enum):
    """Whether a store can be read from."""

    MISSING = "missing"
    FOREIGN = "foreign"
    """Its ``spec.controller`` names another controller class."""

    DENIED = "denied"
    """Its conditions keep the namespace out that the resource is in."""

    PENDING = "pending"
    """Created so recently that nobody had the time to validate it."""

    NOT_READY = "not ready"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class StoreView:
    """A referenced store at the moment of the decision."""

    kind: str
    name: str
    readiness: Readiness
    detail: str = ""
    """The message of the store's own Ready condition, or why the resource may not use it."""


def store_key(reference: StoreRef, namespace: str) -> Key:
    """Return the key of the store that a reference in ``namespace`` means."""
    return Key(reference.kind, "" if reference.kind == "ClusterSecretStore" else namespace, reference.name or "")


@dataclass(frozen=True, slots=True)
class Grace:
    """How long a store may go without a condition: ``length``, from its creation or ``since``, what is later."""

    length: timedelta
    since: datetime


def view_of(
    key: Key, store: Object | None, *, controller_class: str, denial: str, grace: Grace, now: datetime
) -> StoreView:
    """Judge a store as cached; ``denial`` is what speaks against its use from the namespace of the resource."""
    if store is None:
        return StoreView(key.kind, key.name, Readiness.DENIED if denial else Readiness.MISSING, denial)
    if not is_of_class(store, controller_class):
        return StoreView(key.kind, key.name, Readiness.FOREIGN)
    if denial:
        # Ahead of all else: who may not use a store need not learn how it is doing.
        return StoreView(key.kind, key.name, Readiness.DENIED, denial)
    # The condition may be older than the spec, or another operator's: what is not acted on here must stop its readers
    # at once.
    problems = store_problems(store)
    if problems:
        return StoreView(key.kind, key.name, Readiness.NOT_READY, "; ".join(problems))
    condition = find((store.get("status") or {}).get("conditions") or (), "Ready")
    if condition is None:
        return StoreView(key.kind, key.name, _without_condition(store, grace, now))
    ready = condition.get("status") == "True"
    return StoreView(
        key.kind, key.name, Readiness.READY if ready else Readiness.NOT_READY, str(condition.get("message", ""))
    )


def _without_condition(store: Object, grace: Grace, now: datetime) -> Readiness:
    created = parse_time(store["metadata"].get("creationTimestamp"))
    since = max(created, grace.since) if created is not None else grace.since
    return Readiness.PENDING if now - since < grace.length else Readiness.NOT_READY
