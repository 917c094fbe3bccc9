"""Follows the Secrets that stores log in with: a store is looked at again the moment one of them is made or changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from secrets_operator.fetching.referents import Referent
from secrets_operator.flow import Key, Object
from secrets_operator.kube.resources import CLUSTER_SECRET_STORES, SECRET_STORES, SECRETS
from secrets_operator.provider import StoreIdentity
from secrets_operator.watching.cache import Change
from secrets_operator.watching.secret_watches import SecretWatches

_STORES = (SECRET_STORES.kind, CLUSTER_SECRET_STORES.kind)


class CredentialWatches:
    """Told of what sessions read, and of what becomes of the stores."""

    def __init__(self, watches: SecretWatches, namespaces: Sequence[str] = ()) -> None:
        """Follow Secrets of ``namespaces`` only; without any, of all of them."""
        self._watches = watches
        self._namespaces = namespaces

    def read(self, asker: StoreIdentity, found: Referent) -> None:
        """Note that a store has read an object, or looked for one."""
        is_followed = found.kind == SECRETS.kind and asker.kind in _STORES
        if is_followed and (not self._namespaces or found.namespace in self._namespaces):
            store = Key(asker.kind, "" if asker.kind == CLUSTER_SECRET_STORES.kind else asker.namespace, asker.name)
            self._watches.follow_also(store, found.namespace, found.name, found.version)

    def of_stores(self, kind: str) -> Callable[[Change[Object]], None]:
        """Return what is to be told of every change of one kind of store."""

        def handle(change: Change[Object]) -> None:
            # A store that was edited may log in with other Secrets.
            if change.new is None or change.old is None or change.old.get("spec") != change.new.get("spec"):
                self._watches.forget(Key(kind, change.namespace, change.name))

        return handle
