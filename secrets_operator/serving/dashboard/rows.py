"""One line of the table: what a resource says about itself. Pure: objects in, rows out.

Read by hand rather than through the models: a page of thousands of resources must cost next to nothing. No field that
could hold a value is read: of a spec only names, of a status only conditions and times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from secrets_operator.flow import Key, Object
from secrets_operator.planning.conditions import find
from secrets_operator.planning.generators import NAMESPACED_KINDS
from secrets_operator.planning.marks import (
    SEALED_SECRET_MARKS,
    external_secret_manager,
    external_secret_marks,
    sealed_secret_manager,
)
from secrets_operator.planning.refresh import SHORTEST_INTERVAL, Cadence, last_sync, next_refresh_in, parse_time
from secrets_operator.planning.secret_state import Digester, SecretState
from secrets_operator.planning.sync_windows import read_windows
from secrets_operator.planning.targets import secret_is_intact
from secrets_operator.resources.conditions import CIRCUIT_OPEN
from secrets_operator.resources.durations import DurationError, parse_timedelta
from secrets_operator.resources.names import (
    CLUSTER_EXTERNAL_SECRET,
    CLUSTER_GENERATOR,
    CLUSTER_PUSH_SECRET,
    CLUSTER_SECRET_STORE,
    EXTERNAL_SECRET,
    PUSH_SECRET,
    SEALED_SECRET,
    SECRET_STORE,
)
from secrets_operator.resources.sync_windows import SyncWindows

# In the order in which they are offered.
KINDS = (
    EXTERNAL_SECRET.kind,
    CLUSTER_EXTERNAL_SECRET.kind,
    PUSH_SECRET.kind,
    CLUSTER_PUSH_SECRET.kind,
    SEALED_SECRET.kind,
    SECRET_STORE.kind,
    CLUSTER_SECRET_STORE.kind,
    CLUSTER_GENERATOR.kind,
    *sorted(NAMESPACED_KINDS),
)
STORES = (SECRET_STORE.kind, CLUSTER_SECRET_STORE.kind)
GENERATORS = frozenset({CLUSTER_GENERATOR.kind, *NAMESPACED_KINDS})
_CLUSTER_WIDE = frozenset({CLUSTER_SECRET_STORE.kind, CLUSTER_GENERATOR.kind})
_DEFAULT_INTERVAL = "1h"


class State(StrEnum):
    """How a resource is doing; in the order in which people want to know."""

    FAILING = "failing"
    WAITING = "waiting"
    """It says nothing yet, or its success was withdrawn."""

    READY = "ready"
    DECLARED = "declared"
    """Kinds without a status: there is nothing to be ready."""

    FOREIGN = "foreign"
    """An operator of another controller class looks after it, and what it says is that one's."""


class Drift(StrEnum):
    """How the Secret in the cluster compares with what was last applied."""

    NONE = "none"
    CHANGED = "changed"
    MISSING = "missing"
    UNKNOWN = "unknown"
    """It was never written, or what is written is no Secret."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a resource reads from or pushes to; ``key`` is None where there is no resource to look at."""

    text: str
    key: Key | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A resource in the table."""

    key: Key
    state: State
    reason: str = ""
    error: str = ""
    """What its condition says; empty while all is well."""

    sources: tuple[Source, ...] = ()
    synced_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Refresh:
    """When values are read or pushed again: a time, or why there is none."""

    at: datetime | None = None
    text: str = ""


def row(key: Key, resource: Object, is_foreign: Callable[[Key], bool]) -> Row:
    """Return the line of a resource as cached; ``is_foreign`` tells it of stores and generators."""
    sources = tuple(dict.fromkeys(sources_of(key, resource.get("spec") or {})))
    if _is_anothers(key, sources, is_foreign):
        return Row(key, State.FOREIGN, sources=sources)
    conditions = (resource.get("status") or {}).get("conditions") or ()
    condition = find(conditions, "Synced" if key.kind == SEALED_SECRET.kind else "Ready") or {}
    circuit = find(conditions, CIRCUIT_OPEN) or {}
    state = _state(key.kind, condition)
    error = str(condition.get("message") or "") if state in {State.FAILING, State.WAITING} else ""
    if circuit.get("status") == "True":
        state, error = State.FAILING, str(circuit.get("message") or "") or error
    return Row(
        key,
        state,
        reason=str(condition.get("reason") or ""),
        error=error,
        sources=sources,
        synced_at=_synced_at(resource, condition),
    )


def is_source(key: Key) -> bool:
    """Tell whether others read from a resource of this kind."""
    return key.kind in STORES or key.kind in GENERATORS


def refresh(known: Row, resource: Object, now: datetime) -> Refresh:
    """Return when the values of a resource are read or pushed again, as its spec says."""
    key = known.key
    if known.state is State.FOREIGN:
        return Refresh()
    if key.kind not in {EXTERNAL_SECRET.kind, PUSH_SECRET.kind, SEALED_SECRET.kind}:
        return Refresh()
    if known.state is State.FAILING:
        return Refresh(text="retrying")
    if key.kind == SEALED_SECRET.kind:
        return Refresh(text="on change")
    spec = resource.get("spec") or {}
    policy = spec.get("refreshPolicy") or "Periodic"
    if policy != "Periodic":
        return Refresh(text="on change" if policy == "OnChange" else "never")
    return _periodic(key, resource, now, otherwise="on change" if key.kind == PUSH_SECRET.kind else "never")


def _periodic(key: Key, resource: Object, now: datetime, *, otherwise: str) -> Refresh:
    spec = resource.get("spec") or {}
    try:
        interval = parse_timedelta(spec.get("refreshInterval") or _DEFAULT_INTERVAL)
        windows = spec.get("syncWindows")
        kept = read_windows(SyncWindows.model_validate(windows)) if windows else None
    except (DurationError, ValidationError):
        return Refresh(text="never")
    if interval <= timedelta(0):
        return Refresh(text=otherwise)
    cadence = Cadence("Periodic", max(interval, SHORTEST_INTERVAL), kept)
    seconds = next_refresh_in(last_sync(resource), cadence=cadence, key=key, now=now)
    return Refresh(text="soon") if seconds is None else Refresh(now + timedelta(seconds=seconds))


def target_of(key: Key, resource: Object) -> str:
    """Return the name of the Secret that a resource writes; empty when it writes none."""
    spec = resource.get("spec") or {}
    if key.kind == EXTERNAL_SECRET.kind and not (spec.get("target") or {}).get("manifest"):
        return str((spec.get("target") or {}).get("name") or key.name)
    return key.name if key.kind == SEALED_SECRET.kind else ""


def drift(known: Row, resource: Object, live: SecretState | None, digester: Digester) -> Drift:
    """Compare the Secret as it was last seen with what this resource applied."""
    key, status = known.key, resource.get("status") or {}
    if known.state is State.FOREIGN:
        return Drift.UNKNOWN
    if key.kind == EXTERNAL_SECRET.kind:
        policy = (resource["spec"].get("target") or {}).get("creationPolicy") or "Owner"
        manager, marks = external_secret_manager(key.name), external_secret_marks(policy, key.name)
        was_written = bool((status.get("binding") or {}).get("name"))
    else:
        manager, marks = sealed_secret_manager(key.name), SEALED_SECRET_MARKS
        was_written = (find(status.get("conditions") or (), "Synced") or {}).get("status") == "True"
    if live is None:
        return Drift.MISSING if was_written else Drift.UNKNOWN
    if secret_is_intact(live, manager, marks, digester):
        return Drift.NONE
    return Drift.CHANGED if was_written else Drift.UNKNOWN


def _state(kind: str, condition: dict[str, Any]) -> State:
    if kind in GENERATORS:
        return State.DECLARED
    return {"True": State.READY, "False": State.FAILING}.get(str(condition.get("status")), State.WAITING)


def _synced_at(resource: Object, condition: dict[str, Any]) -> datetime | None:
    refreshed = parse_time((resource.get("status") or {}).get("refreshTime"))
    if refreshed is not None or condition.get("status") != "True":
        return refreshed
    return parse_time(condition.get("lastUpdateTime") or condition.get("lastTransitionTime"))


def _is_anothers(key: Key, sources: tuple[Source, ...], is_foreign: Callable[[Key], bool]) -> bool:
    if key.kind == EXTERNAL_SECRET.kind:
        return any(source.key is not None and is_foreign(source.key) for source in sources)
    if key.kind == PUSH_SECRET.kind:
        # One store of ours is enough to have something to push.
        return bool(sources) and all(source.key is not None and is_foreign(source.key) for source in sources)
    return is_foreign(key)


def sources_of(key: Key, spec: dict[str, Any]) -> Iterator[Source]:
    """Yield what a resource reads from or pushes to, in the order of its spec; perhaps more than once."""
    if key.kind in STORES:
        yield from (Source(str(name)) for name in spec.get("provider") or ())
    elif key.kind == SEALED_SECRET.kind:
        yield Source("ciphertext")
    elif key.kind == CLUSTER_GENERATOR.kind:
        yield Source(str(spec.get("kind") or ""))
    elif key.kind in {EXTERNAL_SECRET.kind, CLUSTER_EXTERNAL_SECRET.kind}:
        inner = spec if key.kind == EXTERNAL_SECRET.kind else spec.get("externalSecretSpec") or {}
        yield from _references(inner, key.namespace)
    elif key.kind in {PUSH_SECRET.kind, CLUSTER_PUSH_SECRET.kind}:
        inner = spec if key.kind == PUSH_SECRET.kind else spec.get("pushSecretSpec") or {}
        yield from (_pushed_to(reference, key.namespace) for reference in inner.get("secretStoreRefs") or ())


def _references(spec: dict[str, Any], namespace: str) -> Iterator[Source]:
    entries: Iterable[dict[str, Any]] = [*(spec.get("data") or ()), *(spec.get("dataFrom") or ())]
    own = [spec.get("secretStoreRef") or {}]
    refs = [(one, SECRET_STORE.kind) for one in own]
    for entry in entries:
        source = entry.get("sourceRef") or {}
        refs += [(source.get("storeRef") or {}, SECRET_STORE.kind), (source.get("generatorRef") or {}, "")]
    for reference, default in refs:
        name, kind = reference.get("name"), reference.get("kind") or default
        if name:
            yield _named(kind, name, namespace)


def _pushed_to(reference: dict[str, Any], namespace: str) -> Source:
    kind = reference.get("kind") or SECRET_STORE.kind
    name = reference.get("name")
    if name and not reference.get("labelSelector"):
        return _named(kind, name, namespace)
    return Source(f"each {kind} with certain labels")


def _named(kind: str, name: str, namespace: str) -> Source:
    place = "" if kind in _CLUSTER_WIDE else namespace
    return Source(str(name), Key(kind, place, name) if place or kind in _CLUSTER_WIDE else None)
