"""Keeps the finalizer on stores from which a PushSecret is to delete some day, and takes it off all others."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from secrets_operator.applying.finalizers import Finalizers, has_finalizer
from secrets_operator.flow import Object
from secrets_operator.kube.resources import CLUSTER_SECRET_STORES, SECRET_STORES
from secrets_operator.planning.push_stores import is_held
from secrets_operator.resources.labels import SECRET_STORE_FINALIZER

_RESOURCES = {resource.kind: resource for resource in (SECRET_STORES, CLUSTER_SECRET_STORES)}


class StoreFinalizers:
    """See the module's docstring."""

    def __init__(
        self,
        finalizers: Finalizers,
        push_secrets: Callable[[], Iterable[Object]],
        *,
        sees_all: Callable[[Object], bool],
    ) -> None:
        """Ask ``sees_all`` whether ``push_secrets`` has every PushSecret that may need a store."""
        self._finalizers = finalizers
        self._push_secrets = push_secrets
        self._sees_all = sees_all

    async def settle(self, store: Object) -> None:
        """Put the finalizer on a store or take it off; raises Conflict or another error of the API."""
        if not is_held(store, self._push_secrets()):
            if has_finalizer(store, SECRET_STORE_FINALIZER) and self._sees_all(store):
                await self._finalizers.remove(_RESOURCES[store["kind"]], store, SECRET_STORE_FINALIZER)
        else:
            await self.hold(store)

    async def hold(self, store: Object) -> None:
        """Put the finalizer on a store that is not being deleted; raises as :meth:`settle`."""
        if not has_finalizer(store, SECRET_STORE_FINALIZER) and "deletionTimestamp" not in store["metadata"]:
            await self._finalizers.add(_RESOURCES[store["kind"]], store, SECRET_STORE_FINALIZER)
