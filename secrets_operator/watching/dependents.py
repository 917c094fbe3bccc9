"""Which resources depend on a store or a namespace, and which write a Secret: the way from a change to keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import get_args

from secrets_operator.flow import Key
from secrets_operator.resources.names import CLUSTER_SECRET_STORE, SECRET_STORE
from secrets_operator.resources.references import GeneratorKind

SECRET, NAMESPACE = "Secret", "Namespace"
_STORES = frozenset({SECRET_STORE.kind, CLUSTER_SECRET_STORE.kind})
_SOURCES = _STORES.union(get_args(GeneratorKind))


class Dependents:
    """An index from one key to the keys that depend on it; each dependent is filed anew when it changes."""

    def __init__(self) -> None:
        self._dependents: defaultdict[Key, set[Key]] = defaultdict(set)
        self._dependencies: dict[Key, tuple[Key, ...]] = {}

    def file(self, dependent: Key, dependencies: Iterable[Key]) -> None:
        """Record what ``dependent`` depends on, in place of what was recorded before."""
        self.drop(dependent)
        recorded = self._dependencies[dependent] = tuple(dependencies)
        for key in recorded:
            self._dependents[key].add(dependent)

    def drop(self, dependent: Key) -> None:
        """Forget a dependent."""
        for key in self._dependencies.pop(dependent, ()):
            self._dependents[key].discard(dependent)
            if not self._dependents[key]:
                del self._dependents[key]

    def of(self, key: Key) -> tuple[Key, ...]:
        """Return the keys that depend on ``key``, sorted so that runs are repeatable."""
        return tuple(sorted(self._dependents.get(key, ())))

    def group_of(self, dependent: Key) -> str:
        """Return the store or generator whose share of workers a resource uses; empty when there is none.

        A store that is being validated is its own: it may hang like any read from it.
        """
        if dependent.kind in _STORES:
            return str(dependent)
        sources = (key for key in self._dependencies.get(dependent, ()) if key.kind in _SOURCES)
        return next(map(str, sources), "")
