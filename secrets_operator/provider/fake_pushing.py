"""The writing half of the ``fake`` provider: what is pushed stays in the memory of the process, for its lifetime.

What a store holds in its own spec is not overwritten. A whole Secret is kept as a JSON object of strings, a property as
a member of such an object. All that is here was pushed, so there is no mark of whose it is.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import SecretBytes
from secrets_operator.provider.contract import Absent, Rejected
from secrets_operator.provider.push_contract import (
    DeleteAnswer,
    Deleted,
    PresenceAnswer,
    Present,
    Push,
    PushAnswer,
    Pushed,
    Pushing,
    RemoteEntry,
)
from secrets_operator.provider.pushed_values import text_of, value_of


class FakeMemory:
    """What was pushed to one store: its values by remote key."""

    def __init__(self) -> None:
        self.values: dict[str, SecretBytes] = {}

    def pushing(self, given: Collection[str]) -> Pushing:
        """Return how a session writes whose store holds the keys ``given`` in its spec."""

        async def push(what: Push) -> PushAnswer:
            try:
                return self._push(what, given)
            except InvalidSpec as error:
                return Rejected(str(error))

        async def exists(remote: RemoteEntry) -> PresenceAnswer:
            return Present() if remote.remote_key in given or self._holds(remote) else Absent()

        async def delete(remote: RemoteEntry) -> DeleteAnswer:
            return Deleted(changed=self._delete(remote))

        return Pushing(push, exists, delete)

    def _push(self, what: Push, given: Collection[str]) -> PushAnswer:
        key, member = what.remote.remote_key, what.remote.property
        if key in given:
            return Rejected(f"the store holds {key!r} in its own spec, which is not overwritten: push to another key")
        value = value_of(what)
        if member:
            members = _members(self.values.get(key))
            if members is None:
                return Rejected(f"{key!r} is no JSON object, so nothing inside it can be set: push the whole of it")
            value = _document(members | {member: text_of(value, what.secret_key)})
        changed = self.values.get(key) != value
        self.values[key] = value
        return Pushed(changed)

    def _holds(self, remote: RemoteEntry) -> bool:
        if not remote.property:
            return remote.remote_key in self.values
        return remote.property in (_members(self.values.get(remote.remote_key)) or {})

    def _delete(self, remote: RemoteEntry) -> bool:
        if not self._holds(remote):
            return False
        members = _members(self.values[remote.remote_key]) or {}
        left = {name: value for name, value in members.items() if name != remote.property}
        if remote.property and left:
            self.values[remote.remote_key] = _document(left)
        else:
            del self.values[remote.remote_key]
        return True


def _members(value: SecretBytes | None) -> dict[str, Any] | None:
    """Return the members of a JSON object, none for no value; None for a value that is something else."""
    if value is None:
        return {}
    try:
        found = json.loads(value.reveal())
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _document(members: dict[str, Any]) -> SecretBytes:
    return SecretBytes(json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())
