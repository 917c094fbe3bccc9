"""The checks on pushing are themselves tested: a plug-in that breaks one rule is caught by the check of that rule."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from secrets_operator.errors import Retryable
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import (
    Absent,
    Answer,
    Capabilities,
    DeleteAnswer,
    Deleted,
    Found,
    PresenceAnswer,
    Present,
    Push,
    PushAnswer,
    Pushed,
    Pushing,
    Reference,
    Rejected,
    RemoteEntry,
)
from secrets_operator.provider.conformance import NonConformance, Pushes, Subject
from secrets_operator.provider.push_conformance import push_checks
from tests.conforming_plugin import Honest, Plugin, subject

FOREIGN = RemoteEntry("foreign", "a")


class Remote:
    """Maps by key, with a mark and a count of writes."""

    def __init__(self) -> None:
        self.secrets: dict[str, dict[str, str]] = {"foreign": {"a": "theirs"}}
        self.ours: set[str] = set()
        self.writes = 0

    async def state(self, _key: str) -> object:
        return self.writes


class Honestly(Honest):
    """Keeps every rule; the violations below replace one method each."""

    def __init__(self, remote: Remote) -> None:
        super().__init__()
        self.remote = remote
        self.pushing = Pushing(self.push, self.exists, self.delete)

    async def fetch(self, references: Sequence[Reference]) -> Sequence[Answer]:
        found = [self.remote.secrets.get(reference.key) for reference in references]
        return [Absent() if one is None else Found(SecretBytes(json.dumps(one).encode())) for one in found]

    async def push(self, push: Push) -> PushAnswer:
        key, name = push.remote.remote_key, push.remote.property
        there = self.remote.secrets.get(key)
        if there is not None and key not in self.remote.ours:
            return Rejected("somebody else made it")
        value = push.source.data[push.secret_key].reveal().decode()
        if there is not None and there.get(name) == value:
            return Pushed(changed=False)
        self.write(key, {**(there or {}), name: value})
        return Pushed(changed=True)

    def write(self, key: str, values: Mapping[str, str]) -> None:
        self.remote.writes += 1
        self.remote.ours.add(key)
        self.remote.secrets[key] = dict(values)

    async def exists(self, entry: RemoteEntry) -> PresenceAnswer:
        there = self.remote.secrets.get(entry.remote_key, {})
        return Present() if entry.property in there or (there and not entry.property) else Absent()

    async def delete(self, entry: RemoteEntry) -> DeleteAnswer:
        there = self.remote.secrets.get(entry.remote_key, {})
        if entry.property not in there or entry.remote_key not in self.remote.ours:
            return Deleted(changed=False)
        self.write(entry.remote_key, {name: text for name, text in there.items() if name != entry.property})
        if not self.remote.secrets[entry.remote_key]:
            del self.remote.secrets[entry.remote_key]
            self.remote.ours.discard(entry.remote_key)
        return Deleted(changed=True)


class Unmarked(Honestly):
    """Takes whatever is there for its own."""

    async def push(self, push: Push) -> PushAnswer:
        self.remote.ours.add(push.remote.remote_key)
        return await super().push(push)


class DeletingAll(Honestly):
    async def delete(self, entry: RemoteEntry) -> DeleteAnswer:
        self.remote.ours.add(entry.remote_key)
        return await super().delete(entry)


class WritingAlways(Honestly):
    async def push(self, push: Push) -> PushAnswer:
        answer = await super().push(push)
        self.remote.writes += 1
        return answer


class SayingChangedAlways(Honestly):
    async def push(self, push: Push) -> PushAnswer:
        answer = await super().push(push)
        return Pushed(changed=True) if isinstance(answer, Pushed) else answer


class Replacing(Honestly):
    """Forgets the other properties."""

    def write(self, key: str, values: Mapping[str, str]) -> None:
        super().write(key, dict(list(values.items())[-1:]))


class DeletingOnce(Honestly):
    async def delete(self, entry: RemoteEntry) -> DeleteAnswer:
        answer = await super().delete(entry)
        return answer if answer == Deleted(changed=True) else Rejected("there is no such secret")


class Raising(Honestly):
    async def exists(self, entry: RemoteEntry) -> PresenceAnswer:
        if not entry.remote_key:
            raise Retryable("the server does not answer")
        return await super().exists(entry)


class Quoting(Honestly):
    async def push(self, push: Push) -> PushAnswer:
        answer = await super().push(push)
        value = push.source.data[push.secret_key].reveal()
        return Rejected(f"cannot write {value!r}") if isinstance(answer, Rejected) else answer


class Mixing(Honestly):
    """Keeps what it writes in the session while others write."""

    pushed: Push

    async def push(self, push: Push) -> PushAnswer:
        self.pushed = push
        await asyncio.sleep(0)
        return await super().push(self.pushed)


class LosingUpdates(Honestly):
    """Writes what it read some time ago."""

    async def push(self, push: Push) -> PushAnswer:
        key = push.remote.remote_key
        read = dict(self.remote.secrets.get(key, {}))
        await asyncio.sleep(0)
        answer = await super().push(push)
        if answer == Pushed(changed=True):
            self.remote.secrets[key] = read | {push.remote.property: self.remote.secrets[key][push.remote.property]}
        return answer


class KeepingToItself(Honestly):
    def __init__(self, remote: Remote) -> None:
        super().__init__(remote)
        del self.pushing


def tried(session: Callable[[Remote], Any], capabilities: Capabilities = Capabilities.READ_WRITE) -> Subject:
    remote = Remote()
    plugin = Plugin(capabilities=capabilities, session=lambda: session(remote))
    pushes = Pushes(RemoteEntry("new", "a"), beside=RemoteEntry("new", "b"), foreign=FOREIGN, state=remote.state)
    return replace(subject(plugin), pushes=pushes)


def broken_by(make: Callable[[], Subject]) -> set[str]:
    """Return the checks that a plug-in fails, each on a remote side of its own."""
    failed = set()
    for check in push_checks(make()):
        try:
            asyncio.run(check(make()))
        except NonConformance:
            failed.add(check.__name__)
    return failed


def test_who_keeps_the_rules_passes() -> None:
    assert broken_by(lambda: tried(Honestly)) == set()


@pytest.mark.parametrize(
    ("session", "check"),
    [
        pytest.param(Unmarked, "what_others_made_stays_as_it_is", id="overwrites what others made"),
        pytest.param(DeletingAll, "what_others_made_stays_as_it_is", id="deletes what others made"),
        pytest.param(WritingAlways, "what_is_there_already_is_not_written", id="writes what is there"),
        pytest.param(SayingChangedAlways, "what_is_there_already_is_not_written", id="claims to have written"),
        pytest.param(Replacing, "a_property_leaves_the_others_alone", id="drops the other properties"),
        pytest.param(DeletingOnce, "what_is_pushed_is_deleted", id="fails for what is gone"),
        pytest.param(Raising, "odd_entries_are_answered", id="raises"),
        pytest.param(Quoting, "what_others_made_stays_as_it_is", id="quotes a value"),
        pytest.param(Mixing, "pushes_at_once_do_not_mix", id="mixes what is pushed at once"),
        pytest.param(LosingUpdates, "properties_pushed_at_once_are_all_kept", id="loses what others merge"),
        pytest.param(KeepingToItself, "capabilities_say_what_can_be_written", id="cannot be pushed to"),
    ],
)
def test_a_violation_is_caught(session: Callable[[Remote], Any], check: str) -> None:
    assert check in broken_by(lambda: tried(session))


def test_a_store_that_is_written_to_is_not_read_only() -> None:
    caught = broken_by(lambda: tried(Honestly, Capabilities.READ_ONLY))
    assert caught == {"capabilities_say_what_can_be_written"}
