"""The second half of a PushSecret's reconcile: push every entry to every store. Stores do not wait for each other."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from secrets_operator.controllers.push_secret_sources import Made, PushSources
from secrets_operator.controllers.template_rendering import TemplateRendering
from secrets_operator.errors import OperatorError, Retryable
from secrets_operator.fetching.openings import OpenSession
from secrets_operator.fetching.sessions import Sessions
from secrets_operator.fetching.store_objects import key_of, revision_of
from secrets_operator.flow import Key, Object
from secrets_operator.planning.push_entries import Place, PushEntry, PushTarget, check_data_to, push_entries
from secrets_operator.planning.push_record import Record, overlap, store_id
from secrets_operator.planning.push_secret import WantedPush, target_of
from secrets_operator.provider import Absent, Failed, Rejected
from secrets_operator.provider.push_contract import Present, Push, PushAnswer, Pushed, PushedSecret, RemoteEntry
from secrets_operator.rendering.push_keys import original_keys, remote_names
from secrets_operator.rendering.rewriting import Transform
from secrets_operator.resources.push_secret import PushDataTo

Done = tuple[Key, tuple[str, int], Place]


@dataclass(slots=True)
class Attempt:
    """What was made and pushed for one version of a resource and its sources, until all of it is at the stores."""

    basis: tuple[Any, ...]
    generated: Made | None = field(default=None, repr=False)
    fresh_until: float = 0.0
    """Until when what was generated may be pushed (monotonic)."""

    unused: list[Made] = field(default_factory=list, repr=False)
    """What was generated before and did not get to all stores."""

    done: set[Done] = field(default_factory=set)
    """By store, its revision and place; it is not pushed again by the next try."""

    changed: bool = False

    def of_no_use(self, *, stays: bool) -> list[Made]:
        """Return what was generated and is replaced; where what is at a store ``stays``, not what got to one."""
        replaced = [] if self.generated is None or (stays and self.done) else [self.generated]
        return [*self.unused, *replaced]

    def forget(self, places: Collection[Place]) -> None:
        """Have what is at these places, or within or around them, pushed again."""
        self.done = {mark for mark in self.done if not any(overlap(mark[2], place) for place in places)}


@dataclass(slots=True)
class PushResult:
    """What came of it; the record is of what is at the stores now, as far as it was pushed."""

    before: Record
    record: dict[str, dict[str, Any]] = field(default_factory=dict)
    changed: bool = False
    kept: bool = False
    """Something was there already and was left as it is."""

    failures: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def fail(self, store: Key, where: str, error: Failed | Rejected | OperatorError) -> None:
        """Note what is in the way."""
        message = str(error) if isinstance(error, OperatorError) else error.message
        self.failures.append(f"{store_id(store)}: {where}{': ' if where else ''}{message}")
        after = error.after if isinstance(error, Failed | Retryable) else None
        if after is not None:
            self.waits.append(after)

    @property
    def message(self) -> str:
        """The line for the condition."""
        return f"could not push to provider: {'; '.join(sorted(self.failures))}"

    @property
    def after(self) -> float | None:
        """The longest wait in seconds that a store asked for."""
        return max(self.waits, default=None)


@dataclass(frozen=True, slots=True)
class _Planned:
    entry: PushEntry
    source: PushedSecret


class PushSync:
    """See the module's docstring."""

    def __init__(self, sessions: Sessions, sources: PushSources, templates: TemplateRendering) -> None:
        self._sessions = sessions
        self._sources = sources
        self._templates = templates

    async def push(
        self,
        want: WantedPush,
        stores: Sequence[Object],
        sources: Sequence[PushedSecret],
        attempt: Attempt,
        result: PushResult,
    ) -> None:
        """Push all entries of all sources to every store, and note in ``result`` what came of it.

        Raises InvalidSpec, before anything is pushed, for an entry that cannot be.
        """
        rendered = [await self._sources.templated(want, source) for source in sources]
        planned = await self._templates.with_transform(partial(_plans, want, stores, rendered))
        pushes = (self._push_to(store, planned[key_of(store)], want, attempt, result) for store in stores)
        await asyncio.gather(*pushes)
        result.changed = attempt.changed

    async def _push_to(
        self, store: Object, planned: Sequence[_Planned], want: WantedPush, attempt: Attempt, result: PushResult
    ) -> None:
        key, revision = key_of(store), revision_of(store)
        recorded = result.record.setdefault(store_id(key), {})
        try:
            async with self._sessions.use(store, want.key.namespace) as session:
                for one in planned:
                    mark, place = (key, revision, one.entry.place), str(one.entry.place)
                    answer = Pushed(changed=False) if mark in attempt.done else await self._push(session, one, want)
                    match answer:
                        case Pushed(changed):
                            attempt.changed = attempt.changed or changed
                            attempt.done.add(mark)
                            recorded[place] = one.entry.record()
                        case Present():
                            result.kept = True
                            if place in result.before.get(store_id(key), {}):
                                recorded[place] = one.entry.record()
                        case Failed() | Rejected():
                            result.fail(key, f"{one.entry.field} ({place})", answer)
                            if self._is_hopeless(session, answer):
                                return
        except OperatorError as error:
            result.fail(key, "", error)

    async def _push(self, session: OpenSession, one: _Planned, want: WantedPush) -> PushAnswer | Present:
        entry = one.entry
        metadata = entry.metadata or {}
        remote = RemoteEntry(entry.place.remote_key, entry.place.property, metadata)
        if want.keeps:
            there = await session.pushes.exists(remote)
            if not isinstance(there, Absent):
                return there
        source = _converted(one.source, entry)
        reader = self._sources.reader(want)
        return await session.pushes.push(Push(remote, entry.secret_key, source, metadata, want.key.namespace, reader))

    def _is_hopeless(self, session: OpenSession, answer: Failed | Rejected) -> bool:
        """Tell whether the rest need not be tried: the store does not answer, or does not know who asks."""
        if isinstance(answer, Rejected) and answer.credentials:
            self._sessions.discard(session)
            return True
        return isinstance(answer, Failed)


def _plans(
    want: WantedPush, stores: Sequence[Object], sources: Sequence[PushedSecret], transform: Transform
) -> dict[Key, list[_Planned]]:
    """Return what goes to each store; of several sources that have the same place the last one counts."""
    targets = [target_of(store) for store in stores]
    check_data_to(want.spec, targets)
    planned: dict[Key, dict[Place, _Planned]] = {target.key: {} for target in targets}
    for source in sources:
        for target in targets:
            for entry in _entries(want, target, source, transform):
                planned[target.key][entry.place] = _Planned(entry, source)
    return {key: list(entries.values()) for key, entries in planned.items()}


def _entries(want: WantedPush, target: PushTarget, source: PushedSecret, transform: Transform) -> tuple[PushEntry, ...]:
    def keys(strategy: str, path: str) -> Collection[str]:
        return original_keys(source.data, strategy, field=f"{path}.conversionStrategy")

    def rename(path: str, entry: PushDataTo, chosen: Sequence[str]) -> Mapping[str, str]:
        return remote_names(chosen, entry.rewrite, field=f"{path}.rewrite", transform=transform)

    return push_entries(want.spec, target, keys=keys, rename=rename)


def _converted(source: PushedSecret, entry: PushEntry) -> PushedSecret:
    data = original_keys(source.data, entry.conversion, field=f"{entry.field}.conversionStrategy")
    if entry.only is not None:
        data = {key: value for key, value in data.items() if key in entry.only}
    return replace(source, data=data)
