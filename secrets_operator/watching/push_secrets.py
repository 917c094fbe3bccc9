"""From a change of a PushSecret to keys: its own, and those of stores that it holds no longer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from secrets_operator.flow import Key, Lane, Object
from secrets_operator.planning.push_stores import deletes, stores_of
from secrets_operator.queueing.workqueue import WorkQueue
from secrets_operator.resources.names import CLUSTER_GENERATOR, PUSH_SECRET
from secrets_operator.watching.cache import Change
from secrets_operator.watching.dependents import NAMESPACE, SECRET, Dependents
from secrets_operator.watching.handlers import concerns_us


class PushSecretChanges:
    """Queues keys; called for every real change of a PushSecret."""

    def __init__(self, queue: WorkQueue, dependents: Dependents, *, stores: Callable[[str], Iterable[Object]]) -> None:
        """Look up by ``stores`` all stores of a kind."""
        self._queue = queue
        self._dependents = dependents
        self._stores = stores

    def push_secret(self, change: Change[Object]) -> None:
        """A PushSecret came, changed or went."""
        key = Key(PUSH_SECRET.kind, change.namespace, change.name)
        if change.new is None:
            self._dependents.drop(key)
        else:
            self._dependents.file(key, _dependencies(key, change.new))
        if concerns_us(change):
            self._queue.add(key)
        # Its finalizer may go from a store that no PushSecret needs any more; one that is needed gets it when the
        # PushSecret is worked on.
        for store in self._each(_held(change.old) - _held(change.new)):
            self._queue.add(store, Lane.STORE)

    def _each(self, stores: Iterable[Key]) -> Iterator[Key]:
        for key in stores:
            if key.name:
                yield key
                continue
            for store in self._stores(key.kind):
                metadata = store["metadata"]
                if metadata.get("namespace", "") == key.namespace:
                    yield key._replace(name=metadata["name"])


def _held(push_secret: Object | None) -> frozenset[Key]:
    return stores_of(push_secret) if push_secret is not None and deletes(push_secret) else frozenset()


def _dependencies(key: Key, push_secret: Object) -> list[Key]:
    selector = push_secret["spec"].get("selector") or {}
    secret, generator = selector.get("secret") or {}, selector.get("generatorRef") or {}
    stores = sorted(stores_of(push_secret))
    # The conditions of a cluster store look at the labels of the namespace.
    found = [*stores, *([Key(NAMESPACE, "", key.namespace)] if any(not one.namespace for one in stores) else [])]
    if secret.get("name"):
        found.append(Key(SECRET, key.namespace, secret["name"]))
    if generator.get("name"):
        kind = generator.get("kind", "")
        found.append(Key(kind, "" if kind == CLUSTER_GENERATOR.kind else key.namespace, generator["name"]))
    return found
