"""Makes the generated values of ExternalSecrets and keeps those that could not be written yet.

A retry after a failed write writes the values that were made for the first attempt: a lease or a token is asked for
once, and a write whose answer was lost does not leave a Secret that is replaced a second later.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from secrets_operator.controllers.deps import Deps
from secrets_operator.controllers.generator_state_records import GeneratorStateRecords
from secrets_operator.errors import OperatorError, Retryable
from secrets_operator.fetching.generation import Generation
from secrets_operator.flow import Cause, Fetched, Key, Miss, Object, Read, Value
from secrets_operator.planning.external_secret import Observed, Wanted
from secrets_operator.planning.generators import GeneratorView, view_of_generator
from secrets_operator.provider import Generated


@dataclass(frozen=True, slots=True)
class _Attempt:
    """Values by the field of their entry, with the monotonic time up to which they may be written."""

    basis: tuple[Any, ...]
    """What they were made for: another resource, version of it or spec of a generator makes them void."""

    values: dict[str, tuple[Value, float]] = field(default_factory=dict, repr=False)
    records: dict[str, str] = field(default_factory=dict)
    """The names of the GeneratorStates that were made for them."""


class Generating:
    """See the module's docstring."""

    def __init__(
        self,
        deps: Deps,
        generation: Generation,
        records: GeneratorStateRecords,
        *,
        lookup: Callable[[Key], Object | None],
    ) -> None:
        """Look generators up by ``lookup``; ``records`` remember what has to be taken back."""
        self._records = records
        self._deps = deps
        self._generation = generation
        self.lookup = lookup
        self._unwritten: dict[Key, _Attempt] = {}

    def views(self, want: Wanted) -> tuple[GeneratorView, ...]:
        """Return the generators of a resource as they are."""
        return tuple(
            view_of_generator(
                key,
                self.lookup(key),
                controller_class=self._deps.settings.controller_class,
                obstacle=self._generation.obstacle,
            )
            for key in want.generators
        )

    async def add_to(self, fetched: Fetched, want: Wanted, observed: Observed) -> Fetched:
        """Make what the generators of a resource are to make, in its place among what was fetched.

        Whoever calls sees to it before that nobody else has just made some.
        """
        if not want.generators:
            return fetched
        basis = (want.owner.uid, want.version, tuple(view.spec for view in observed.generators))
        attempt = self._unwritten.get(want.key)
        if attempt is None or attempt.basis != basis:
            if attempt is not None:
                await self._records.abandon(want.key.namespace, attempt.records.values())
            attempt = self._unwritten[want.key] = _Attempt(basis)
        views = {view.key: view for view in observed.generators}
        asked = [(read, views[read.generator]) for read in want.reads if read.generator is not None]
        made = await asyncio.gather(*(self._value(read, view, want, attempt) for read, view in asked))
        place = {read.field: index for index, read in enumerate(want.reads)}
        values = [*fetched.values, *(one for one in made if isinstance(one, Value))]
        misses = [*fetched.misses, *(one for one in made if isinstance(one, Miss))]
        return Fetched(
            tuple(sorted(values, key=lambda one: place[one.read.field])),
            tuple(sorted(misses, key=lambda one: place[one.read.field])),
        )

    async def settle(self, want: Wanted, *, wrote: bool) -> None:
        """Drop what was made for a resource that is now as it should be, with what it ``wrote`` or without.

        What it does not use any more is taken back after a while.
        """
        attempt = self._unwritten.pop(want.key, None)
        made = tuple(attempt.records.values()) if attempt is not None else ()
        if not wrote:
            await self._records.abandon(want.key.namespace, made)
            made = ()
        await self._records.settle(want, made)

    def forget(self, key: Key) -> None:
        """Drop what was made for a resource that is gone, or another replica's: its states go with it, or stay."""
        self._unwritten.pop(key, None)

    async def _value(self, read: Read, view: GeneratorView, want: Wanted, attempt: _Attempt) -> Value | Miss:
        known, until = attempt.values.get(read.field, (None, 0.0))
        if known is not None and self._deps.clock.monotonic() < until:
            return known
        if read.field in attempt.records:
            await self._records.abandon(want.key.namespace, [attempt.records.pop(read.field)])
        result = await self._generate(read, view, want, attempt)
        self._deps.metrics.read(view.kind, Counter([result.cause if isinstance(result, Miss) else "found"]))
        if isinstance(result, Miss):
            return result
        value = Value(read, result.values)
        attempt.values[read.field] = value, self._deps.clock.monotonic() + result.fresh_seconds
        return value

    async def _generate(self, read: Read, view: GeneratorView, want: Wanted, attempt: _Attempt) -> Generated | Miss:
        named = f"{view.key.kind} {view.key.name}"
        try:
            return await self._recorded(read, view, want, attempt)
        except Retryable as error:
            return Miss(read, Cause.FAILED, f"{named} failed: {error}", error.after)
        except OperatorError as error:
            return Miss(read, Cause.REJECTED, f"{named} was refused: {error}")

    async def _recorded(self, read: Read, view: GeneratorView, want: Wanted, attempt: _Attempt) -> Generated:
        made = await self._generation.generate(view, want.key.namespace)
        if made.state is not None:
            name = await self._records.record(want, read.field, view, made.state)
            if name:
                attempt.records[read.field] = name
        return made
