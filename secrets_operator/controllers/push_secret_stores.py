"""Finds the stores that a PushSecret pushes to, as they are at the moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from secrets_operator.controllers.deps import Deps
from secrets_operator.errors import InvalidSpec, Refused
from secrets_operator.fetching.sessions import Sessions
from secrets_operator.flow import Key, Object
from secrets_operator.kube.resources import CLUSTER_SECRET_STORES, SECRET_STORES
from secrets_operator.planning.controller_classes import is_of_class
from secrets_operator.planning.push_secret import WantedPush, named_stores, selected_stores
from secrets_operator.planning.secret_store import store_problems

_REFS = "spec.secretStoreRefs"


@dataclass(frozen=True, slots=True)
class StoreCache:
    """The stores as cached."""

    get: Callable[[Key], Object | None]
    all: Callable[[str], Iterable[Object]]
    """All of a kind."""


@dataclass(frozen=True, slots=True)
class Targets:
    """The stores to push to, by their keys."""

    stores: dict[Key, Object]
    skipped: frozenset[Key]
    """Those that are meant, and not pushed to: what is recorded of them stays."""

    foreign: bool
    """Whether all there are belong to another operator."""


class PushStores:
    """See the module's docstring."""

    def __init__(self, deps: Deps, cache: StoreCache, sessions: Sessions) -> None:
        self._deps = deps
        self._cache = cache
        self._sessions = sessions

    def get(self, key: Key) -> Object | None:
        """Return a store as cached."""
        return self._cache.get(key)

    def is_foreign(self, store: Object) -> bool:
        """Tell whether a store is for an operator of another controller class."""
        return not is_of_class(store, self._deps.settings.controller_class)

    async def of(self, want: WantedPush) -> Targets:
        """Return the stores to push to: none that is being deleted, and none of another controller class.

        Raises InvalidSpec for a store that is named and missing, or has something wrong in its spec, and Refused for
        one that is named and keeps this namespace out.
        """
        found = dict(self._named(want)) | {key: self._existing(key) for key in self._selected(want)}
        usable: dict[Key, Object] = {}
        for key, store in found.items():
            if self.is_foreign(store) or "deletionTimestamp" in store["metadata"]:
                continue
            if await self._may_be_used(key, store, want):
                usable[key] = store
        foreign = bool(found) and all(map(self.is_foreign, found.values()))
        return Targets(usable, frozenset(found.keys() - usable.keys()), foreign)

    def _named(self, want: WantedPush) -> Iterator[tuple[Key, Object]]:
        for key in named_stores(want):
            store = self._cache.get(key)
            if store is None:
                raise InvalidSpec(f"there is no {key.kind} {key.name}", field=_REFS)
            yield key, store

    def _selected(self, want: WantedPush) -> tuple[Key, ...]:
        refs = want.spec.secret_store_refs
        kinds = {ref.kind for ref in refs if ref.label_selector is not None}
        candidates = [
            store
            for kind in (SECRET_STORES.kind, CLUSTER_SECRET_STORES.kind)
            if kind in kinds
            for store in self._cache.all(kind)
            if store["metadata"].get("namespace", "") in ("", want.key.namespace)
        ]
        return selected_stores(want, candidates)

    def _existing(self, key: Key) -> Object:
        store = self._cache.get(key)
        assert store is not None, "it was in the cache a moment ago, and nothing was awaited since"
        return store

    async def _may_be_used(self, key: Key, store: Object, want: WantedPush) -> bool:
        denial = await self._denial(key, store, want.key.namespace)
        if denial:
            if key in named_stores(want):
                raise Refused(denial, field=_REFS)
            return False  # chosen by labels: whoever labels stores need not know who may use them
        problems = store_problems(store)
        if problems:
            raise InvalidSpec(f"{key.kind} {key.name} cannot be used: {'; '.join(problems)}", field=_REFS)
        return True

    async def _denial(self, key: Key, store: Object, namespace: str) -> str:
        if key.kind == CLUSTER_SECRET_STORES.kind and not self._deps.settings.cluster_stores:
            return f"{key.kind}s are not used here (--enable-cluster-store-reconciler=false): name a SecretStore"
        return await self._sessions.denial(store, namespace)
