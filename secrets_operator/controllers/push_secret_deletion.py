"""Deletes at the stores what a PushSecret pushed and wants no more.

Only what is recorded is deleted, and nothing that another PushSecret has at the same place. What cannot be deleted now
stays recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from secrets_operator.controllers.push_secret_stores import PushStores
from secrets_operator.controllers.push_secret_sync import PushResult
from secrets_operator.errors import OperatorError
from secrets_operator.fetching.sessions import Sessions
from secrets_operator.flow import Key, Object
from secrets_operator.planning.push_record import Record, Recorded, is_claimed, place_of, store_of
from secrets_operator.provider import Failed
from secrets_operator.provider.push_contract import Deleted, RemoteEntry

_GONE = "is gone, and what was pushed to it cannot be deleted: bring the store back, or set spec.deletionPolicy to None"


class PushDeletion:
    """See the module's docstring."""

    def __init__(self, stores: PushStores, sessions: Sessions, *, others: Callable[[Key], Iterable[Object]]) -> None:
        """Ask ``others`` for all PushSecrets but one that are not being deleted."""
        self._stores = stores
        self._sessions = sessions
        self._others = others

    async def run(self, key: Key, surplus: Record, result: PushResult) -> None:
        """Delete what is ``surplus``. The record of ``result`` has it until it is gone, its failures say why it is not.

        Whoever breaks this off finds in the record what is left.
        """
        for name, entries in surplus.items():
            result.record.setdefault(name, {}).update(entries)
        for name, entries in surplus.items():
            await self._from(name, key, entries, result)

    async def _from(self, name: str, key: Key, entries: Mapping[str, Recorded], result: PushResult) -> None:
        store_key = store_of(name, key.namespace)
        store = None if store_key is None else self._stores.get(store_key)
        if store_key is None or store is None:
            result.failures.append(f"{name}: {_GONE}")
            return
        if self._stores.is_foreign(store):
            return
        try:
            async with self._sessions.use(store, key.namespace) as session:
                for place, recorded in entries.items():
                    where = place_of(recorded)
                    if not is_claimed(where, store_key, self._others(key)):
                        metadata = recorded.get("metadata") or {}
                        answer = await session.pushes.delete(RemoteEntry(where.remote_key, where.property, metadata))
                        if not isinstance(answer, Deleted):
                            result.fail(store_key, f"deleting {place}", answer)
                            if isinstance(answer, Failed):
                                return  # it does not answer: the rest need not be tried
                            continue
                        result.changed = result.changed or answer.changed
                    del result.record[name][place]
        except OperatorError as error:
            result.fail(store_key, "deleting", error)
