"""Which stores a PushSecret needs, and whether a store is to stay for the sake of one. Pure.

A store that something was pushed to, and from which it is to be deleted some day, must not go before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pydantic import ValidationError

from secrets_operator.flow import Key, Object
from secrets_operator.planning.label_selectors import selects
from secrets_operator.planning.push_record import record_of, store_id, store_of
from secrets_operator.resources.label_selectors import LabelSelector
from secrets_operator.resources.names import CLUSTER_SECRET_STORE, SECRET_STORE


def deletes(push_secret: Object) -> bool:
    """Tell whether a PushSecret deletes what it pushed."""
    return bool(push_secret["spec"].get("deletionPolicy") == "Delete")


def is_held(store: Object, push_secrets: Iterable[Object]) -> bool:
    """Tell whether a store is to have the finalizer: a PushSecret that deletes has pushed to it, or names it."""
    metadata = store["metadata"]
    key = Key(store["kind"], metadata.get("namespace", ""), metadata["name"])
    return any(
        deletes(one) and _reaches(one, key) and (record_of(one).get(store_id(key)) or _names(one, store))
        for one in push_secrets
    )


def stores_of(push_secret: Object) -> frozenset[Key]:
    """Return the stores that a PushSecret names or has pushed to.

    A store without a name stands for all of its kind: the PushSecret chooses some of them by their labels.
    """
    namespace = push_secret["metadata"]["namespace"]
    recorded = (store_of(name, namespace) for name in record_of(push_secret))
    return frozenset([*_references(push_secret), *(key for key in recorded if key is not None)])


def _references(push_secret: Object) -> Iterator[Key]:
    namespace = push_secret["metadata"]["namespace"]
    for ref in push_secret["spec"].get("secretStoreRefs") or ():
        kind = ref.get("kind") or SECRET_STORE.kind
        name = "" if ref.get("labelSelector") is not None else ref.get("name") or ""
        yield Key(kind, "" if kind == CLUSTER_SECRET_STORE.kind else namespace, name)


def _reaches(push_secret: Object, store: Key) -> bool:
    return not store.namespace or push_secret["metadata"]["namespace"] == store.namespace


def _names(push_secret: Object, store: Object) -> bool:
    return any(_means(ref, store) for ref in push_secret["spec"].get("secretStoreRefs") or ())


def _means(ref: Object, store: Object) -> bool:
    if (ref.get("kind") or SECRET_STORE.kind) != store["kind"]:
        return False
    if ref.get("labelSelector") is None:
        return bool(ref.get("name") == store["metadata"]["name"])
    try:
        selector = LabelSelector.model_validate(ref["labelSelector"])
    except ValidationError:
        return False
    return selects(selector, store["metadata"].get("labels") or {})
