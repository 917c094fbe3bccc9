"""The checks of ``conformance`` on pushing: what is ours is written and deleted, nothing else, nothing needlessly."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any

from secrets_operator.errors import NotFound
from secrets_operator.flow import SecretBytes
from secrets_operator.provider.contract import (
    Absent,
    Capabilities,
    Failed,
    Found,
    Reference,
    Rejected,
    Session,
    is_per_reader,
)
from secrets_operator.provider.memory import push_of
from secrets_operator.provider.probing import MARK, Ask, require, require_clean, session
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
    pushing_of,
)
from secrets_operator.provider.subject import Check, NonConformance, Pushes, Subject

_FIRST = b'{"pushed":"first-%s"}' % MARK.encode()
_OTHER = b'{"pushed":"other-%s"}' % MARK.encode()
_AT_ONCE = 5
_ODD_NAMES = ("", " ", ".", "../up", "a/../b", "\n", "caf\N{LATIN SMALL LETTER E WITH ACUTE}", "a\x00b", "x" * 3000)
_ODD_METADATA: tuple[Any, ...] = (
    {"kind": "Odd"},
    {"apiVersion": 1, "kind": [], "spec": None},
    {"apiVersion": "kubernetes.external-secrets.io/v1alpha1", "kind": "PushSecretMetadata", "spec": {"odd": [None]}},
)

Answer = PushAnswer | PresenceAnswer | DeleteAnswer


def push_checks(subject: Subject) -> list[Check]:
    """Return the checks that apply to a subject."""
    if subject.pushes is None:
        return [capabilities_say_what_can_be_written]
    applicable = list(_ALWAYS)
    if subject.pushes.state is not None:
        applicable.append(what_is_there_already_is_not_written)
    if subject.pushes.beside is not None:
        applicable += [a_property_leaves_the_others_alone, properties_pushed_at_once_are_all_kept]
    if subject.pushes.foreign is not None:
        applicable.append(what_others_made_stays_as_it_is)
    return applicable


def push_asks(subject: Subject) -> Iterator[Ask]:
    """Yield what a plug-in can be asked about pushing, for the checks of trouble."""
    if subject.pushes is None:
        return
    entry = subject.pushes.entry
    for act in _acts(entry):

        async def ask(opened: Session, act: Callable[[Pushing], Awaitable[Answer]] = act) -> Any:
            return await act(_pushing(opened))

        yield ask


async def capabilities_say_what_can_be_written(subject: Subject) -> None:
    """Stores that can be written to do not call themselves read only, and others do not claim to be."""
    async with session(subject) as opened:
        writes = pushing_of(opened) is not None
        claims = subject.provider.capabilities is not Capabilities.READ_ONLY
        require(claims or not writes, "a session with pushing has the capabilities ReadWrite or WriteOnly")
        require(writes or subject.pushes is None, "a session that can be pushed to has an attribute pushing")


async def what_is_pushed_is_there(subject: Subject) -> None:
    """A value arrives as it is, also when another one was there; only then is there such an entry."""
    entry = _pushes(subject).entry
    async with session(subject) as opened:
        pushing = _pushing(opened)
        require(await pushing.exists(entry) == Absent(), "an entry that was never pushed is Absent")
        for value in (_FIRST, _OTHER):
            _require(subject, await pushing.push(_push(entry, value)), Pushed(changed=True))
            _require(subject, await pushing.exists(entry), Present())
            await _require_stored(subject, opened, entry, value)


async def what_is_there_already_is_not_written(subject: Subject) -> None:
    """Pushing again, deleting what is gone and asking write nothing, by any session."""
    entry, state = _pushes(subject).entry, _state(subject)
    empty = await state(entry.remote_key)
    async with session(subject) as opened:
        pushing = _pushing(opened)
        _require(subject, await pushing.delete(entry), Deleted(changed=False))
        require(await state(entry.remote_key) == empty, "deleting what was never there writes nothing")
        await pushing.push(_push(entry, _FIRST))
        written = await state(entry.remote_key)
        require(written != empty, "a push shows in the state that the subject tells")
    async with session(subject) as opened:
        pushing = _pushing(opened)
        _require(subject, await pushing.push(_push(entry, _FIRST)), Pushed(changed=False))
        await pushing.exists(entry)
        require(await state(entry.remote_key) == written, "an unchanged push writes nothing")


async def what_is_pushed_is_deleted(subject: Subject) -> None:
    """Deleting takes away what was pushed, twice is not once too often, and then it can be pushed anew."""
    entry = _pushes(subject).entry
    async with session(subject) as opened:
        pushing = _pushing(opened)
        for value in (_FIRST, _OTHER):
            _require(subject, await pushing.push(_push(entry, value)), Pushed(changed=True))
            _require(subject, await pushing.delete(entry), Deleted(changed=True))
            _require(subject, await pushing.exists(entry), Absent())
            _require(subject, await pushing.delete(entry), Deleted(changed=False))


async def a_property_leaves_the_others_alone(subject: Subject) -> None:
    """Properties are merged into what is there, and taken out of it one by one."""
    pushes = _pushes(subject)
    entry, beside = pushes.entry, pushes.beside
    assert beside is not None, "this check is for subjects that merge"
    async with session(subject) as opened:
        pushing = _pushing(opened)
        await pushing.push(_push(entry, _FIRST))
        _require(subject, await pushing.exists(beside), Absent())
        _require(subject, await pushing.delete(beside), Deleted(changed=False))
        _require(subject, await pushing.push(_push(beside, _OTHER)), Pushed(changed=True))
        await _require_stored(subject, opened, entry, _FIRST)
        await _require_stored(subject, opened, beside, _OTHER)
        _require(subject, await pushing.delete(entry), Deleted(changed=True))
        _require(subject, await pushing.exists(entry), Absent())
        await _require_stored(subject, opened, beside, _OTHER)
        _require(subject, await pushing.delete(beside), Deleted(changed=True))
        _require(subject, await pushing.exists(replace(beside, property="")), Absent())


async def what_others_made_stays_as_it_is(subject: Subject) -> None:
    """A secret without the mark is there, is not overwritten, and is not deleted."""
    foreign, state = _pushes(subject).foreign, _state(subject)
    assert foreign is not None, "this check is for subjects with marks"
    before = await state(foreign.remote_key)
    async with session(subject) as opened:
        pushing = _pushing(opened)
        _require(subject, await pushing.exists(foreign), Present())
        answer = await pushing.push(_push(foreign, _FIRST))
        require_clean(subject, f"{answer!r} {answer}")
        require(isinstance(answer, Rejected), f"pushing over what others made is Rejected, not {type(answer).__name__}")
        require(not getattr(answer, "credentials", False), "it says nothing about the credential")
        _require(subject, await pushing.delete(foreign), Deleted(changed=False))
    require(await state(foreign.remote_key) == before, "what others made stays as it is")


async def pushes_at_once_do_not_mix(subject: Subject) -> None:
    """Entries that are pushed at the same moment keep their values."""
    first = _pushes(subject).entry
    values = {
        replace(first, remote_key=f"{first.remote_key}-{index}"): b'{"pushed":"%d-%s"}' % (index, MARK.encode())
        for index in range(_AT_ONCE)
    }
    async with session(subject) as opened:
        pushing = _pushing(opened)
        await asyncio.gather(*(pushing.push(_push(entry, value)) for entry, value in values.items()))
        for entry, value in values.items():
            await _require_stored(subject, opened, entry, value)


async def properties_pushed_at_once_are_all_kept(subject: Subject) -> None:
    """Who merges into one remote secret at the same moment loses nothing of the others, and need not come again."""
    first = _pushes(subject).entry
    entries = [replace(first, property=f"{first.property}-{index}") for index in range(_AT_ONCE)]
    async with session(subject) as opened:
        pushing = _pushing(opened)
        for answer in await asyncio.gather(*(pushing.push(_push(entry, _FIRST)) for entry in entries)):
            _require(subject, answer, Pushed(changed=True))
        for entry in entries:
            await _require_stored(subject, opened, entry, _FIRST)
        for deleted in await asyncio.gather(*(pushing.delete(entry) for entry in entries)):
            _require(subject, deleted, Deleted(changed=True))
        _require(subject, await pushing.exists(replace(first, property="")), Absent())


async def odd_entries_are_answered(subject: Subject) -> None:
    """Whatever a user wrote is answered, not raised, and shows no value."""
    entry = _pushes(subject).entry
    odd = [replace(entry, remote_key=name) for name in _ODD_NAMES]
    odd += [replace(entry, property=name) for name in _ODD_NAMES if entry.property]
    odd += [replace(entry, metadata=metadata) for metadata in _ODD_METADATA]
    async with session(subject) as opened:
        for asked in odd:
            for act in _acts(asked):
                try:
                    answer = await act(_pushing(opened))
                except Exception as error:
                    raise NonConformance(f"{type(error).__name__} is raised for an odd entry") from error
                require_clean(subject, f"{answer!r} {answer}")


_ALWAYS: tuple[Check, ...] = (
    capabilities_say_what_can_be_written,
    what_is_pushed_is_there,
    what_is_pushed_is_deleted,
    pushes_at_once_do_not_mix,
    odd_entries_are_answered,
)


def _acts(entry: RemoteEntry) -> tuple[Callable[[Pushing], Awaitable[Answer]], ...]:
    return (
        lambda pushing: pushing.push(_push(entry, _FIRST)),
        lambda pushing: pushing.exists(entry),
        lambda pushing: pushing.delete(entry),
    )


def _push(entry: RemoteEntry, value: bytes) -> Push:
    return push_of(entry, {"key": value}, "key")


def _pushing(opened: Session) -> Pushing:
    pushing = pushing_of(opened)
    if pushing is None:
        raise NonConformance("a session that can be pushed to has an attribute pushing")
    return pushing


async def _require_stored(subject: Subject, opened: Session, entry: RemoteEntry, value: bytes) -> None:
    """Require that what was pushed is read back, whole or as a property."""
    reads_the_property = is_per_reader(subject.provider)
    reference = Reference(entry.remote_key, property=entry.property if reads_the_property else "")
    (answer,) = await opened.fetch([reference])
    require(isinstance(answer, Found), f"what was pushed is Found, not {type(answer).__name__}")
    assert isinstance(answer, Found)
    picks = entry.property and not reads_the_property
    try:
        stored = opened.select(answer.payload, entry.property) if picks else answer.payload
    except NotFound:
        raise NonConformance("a property that was pushed is still there") from None
    require(stored == SecretBytes(value), "what was pushed is read back as it was")


def _require(subject: Subject, answer: Answer, expected: Answer) -> None:
    require_clean(subject, f"{answer!r} {answer}")
    why = f": {answer.message}" if isinstance(answer, Failed | Rejected) else ""
    require(answer == expected, f"the answer is {expected}, not {type(answer).__name__}{why}")


def _pushes(subject: Subject) -> Pushes:
    assert subject.pushes is not None, "these checks are for subjects that are pushed to"
    return subject.pushes


def _state(subject: Subject) -> Callable[[str], Awaitable[object]]:
    state = _pushes(subject).state
    assert state is not None, "this check is for subjects that know what is there"
    return state
