"""What a PushSecret has at its stores, as ``status.syncedPushSecrets`` records it, and what of it is to go. Pure.

The record has an entry for each place: ``<Kind>/<store>`` -> ``<remoteKey>`` or ``<remoteKey>/<property>`` -> the entry
in the form of ``data[]``. What is not recorded is never deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from secrets_operator.flow import Key, Object
from secrets_operator.planning.push_entries import Place
from secrets_operator.resources.names import CLUSTER_SECRET_STORE, SECRET_STORE

Recorded = Mapping[str, Any]
Record = Mapping[str, Mapping[str, Recorded]]
_KINDS = (SECRET_STORE.kind, CLUSTER_SECRET_STORE.kind)


def record_of(resource: Object) -> Record:
    """Return what the status of a PushSecret records."""
    return (resource.get("status") or {}).get("syncedPushSecrets") or {}


def store_id(store: Key) -> str:
    """Return what a store is called in a record."""
    return f"{store.kind}/{store.name}"


def store_of(recorded_as: str, namespace: str) -> Key | None:
    """Return the store that a record of a PushSecret in ``namespace`` means; None for what is no store."""
    kind, _, name = recorded_as.partition("/")
    if kind not in _KINDS or not name:
        return None
    return Key(kind, "" if kind == CLUSTER_SECRET_STORE.kind else namespace, name)


def place_of(recorded: Recorded) -> Place:
    """Return the place of one entry."""
    remote = (recorded.get("match") or {}).get("remoteRef") or {}
    return Place(remote.get("remoteKey") or "", remote.get("property") or "")


def without_empty(record: Record) -> dict[str, dict[str, Recorded]]:
    """Return a record without stores of which nothing is recorded."""
    return {store: dict(entries) for store, entries in record.items() if entries}


def merged(old: Record, new: Record) -> dict[str, dict[str, Recorded]]:
    """Return both records in one; where both have an entry, that of ``new``."""
    stores = dict.fromkeys([*old, *new])
    return without_empty({store: {**old.get(store, {}), **new.get(store, {})} for store in stores})


def surplus(old: Record, new: Record) -> dict[str, dict[str, Recorded]]:
    """Return what is recorded in ``old`` and is not wanted any more.

    What lies within something that is wanted, or around it, is not among it: to delete it would take along what was
    pushed a moment ago.
    """
    return without_empty({store: _surplus(entries, new.get(store, {})) for store, entries in old.items()})


def is_claimed(place: Place, store: Key, others: Iterable[Object]) -> bool:
    """Tell whether another PushSecret has, or is to have, something at a place of a store, or within or around it."""
    near = (other for other in others if _reaches(other, store))
    return any(overlap(place, claimed) for other in near for claimed in _claims(other, store))


def overlap(one: Place, other: Place) -> bool:
    """Tell whether to delete one place may take along something of the other."""
    if one.remote_key != other.remote_key:
        return False
    return not one.property or not other.property or _is_within(one, other) or _is_within(other, one)


def _surplus(old: Mapping[str, Recorded], new: Mapping[str, Recorded]) -> dict[str, Recorded]:
    wanted = [place_of(recorded) for recorded in new.values()]
    return {
        name: recorded
        for name, recorded in old.items()
        if name not in new and not any(overlap(place_of(recorded), place) for place in wanted)
    }


def _is_within(inner: Place, outer: Place) -> bool:
    # Some providers take a property for a path.
    return inner.property == outer.property or inner.property.startswith(f"{outer.property}.")


def _claims(resource: Object, store: Key) -> Iterator[Place]:
    yield from map(place_of, record_of(resource).get(store_id(store), {}).values())
    if any(_may_mean(ref, store) for ref in resource["spec"].get("secretStoreRefs") or ()):
        yield from map(place_of, resource["spec"].get("data") or ())


def _reaches(resource: Object, store: Key) -> bool:
    return not store.namespace or bool(resource["metadata"]["namespace"] == store.namespace)


def _may_mean(ref: Mapping[str, Any], store: Key) -> bool:
    by_labels = ref.get("labelSelector") is not None
    return (ref.get("kind") or SECRET_STORE.kind) == store.kind and (by_labels or ref.get("name") == store.name)
