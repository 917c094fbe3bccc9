"""Records what generators made that has to be taken back one day, and says when it is not used any more.

A record is made before the values are written: whatever happens next, somebody knows of them. What is not used any more
gets a deadline, and is taken back by ``generator_states`` when that has passed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Protocol

from secrets_operator.clock import Clock
from secrets_operator.errors import OperatorError, Retryable
from secrets_operator.fetching.generation import Generation
from secrets_operator.flow import Key
from secrets_operator.kube.client import Client
from secrets_operator.kube.resources import EXTERNAL_SECRETS, GENERATOR_STATES
from secrets_operator.planning.external_secret import Wanted
from secrets_operator.planning.generator_states import Kept, entry_of, manifest, owner_key, printed, snapshot, spent
from secrets_operator.planning.generators import GeneratorView
from secrets_operator.planning.secret_state import Owner
from secrets_operator.provider import Entropy
from secrets_operator.settings import Settings

StatesOf = Callable[[str], Iterable[Kept]]
"""The uid of an owner -> its GeneratorStates as cached."""


class Asker(Protocol):
    """What asks for values: a read ExternalSecret or PushSecret."""

    @property
    def key(self) -> Key:
        """Its key."""
        ...

    @property
    def owner(self) -> Owner:
        """It as the owner of what is recorded."""
        ...


class GeneratorStateRecords:
    """See the module's docstring."""

    def __init__(
        self,
        client: Client,
        settings: Settings,
        generation: Generation,
        *,
        states_of: StatesOf,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        """Draw the ends of names from ``entropy``."""
        self._client = client
        self._settings = settings
        self._generation = generation
        self._states_of = states_of
        self._clock = clock
        self._entropy = entropy

    async def record(self, want: Asker, field: str, view: GeneratorView, state: Mapping[str, Any]) -> str:
        """Record what a generator made for an entry, and return the name of the record; empty where none is kept.

        What cannot be recorded is taken back at once. Raises Retryable then: nobody may use it.
        """
        # The flag is about ExternalSecrets only, as in External Secrets Operator.
        if not self._settings.generator_states and want.owner.kind == EXTERNAL_SECRETS.kind:
            return ""
        resource = snapshot(view, want.key.namespace)
        mark = self._entropy(4).hex()
        body = manifest(want.owner, want.key, entry_of(field), resource=resource, state=state, mark=mark)
        try:
            await self._client.create(GENERATOR_STATES, want.key.namespace, body)
        except OperatorError as error:
            with contextlib.suppress(OperatorError):
                identity = Key(view.kind, want.key.namespace, view.key.name)
                await self._generation.take_back(identity, view.spec, state)
            raise Retryable(f"no GeneratorState can be written, so it was taken back: {error}") from error
        return str(body["metadata"]["name"])

    async def settle(self, want: Wanted, made: Collection[str]) -> None:
        """Set the deadlines of what a resource does not use any more, now that its values are written."""
        await self.settle_entries(want, [read.field for read in want.reads if read.generator is not None], made)

    async def settle_entries(self, want: Asker, fields: Iterable[str], made: Collection[str]) -> None:
        """Do so, ``fields`` being the entries that generate."""
        states = list(self._states_of(want.owner.uid))
        if not states:
            return
        entries = {owner_key(want.key, entry_of(field)) for field in fields}
        grace = self._settings.generator_gc_grace_period
        await self._end(spent(states, entries=entries, made=made), printed(self._clock.now() + grace))

    async def abandon(self, namespace: str, names: Iterable[str]) -> None:
        """End what was recorded and will never be used."""
        for name in names:
            await self._set_deadline(namespace, name, printed(self._clock.now()))

    async def _end(self, states: Iterable[Kept], deadline: str) -> None:
        for state in states:
            await self._set_deadline(state.namespace, state.name, deadline)

    async def _set_deadline(self, namespace: str, name: str, deadline: str) -> None:
        # What does not work now is done after the next refresh: it is then older still.
        with contextlib.suppress(OperatorError):
            await self._client.patch(
                GENERATOR_STATES, namespace, name, {"spec": {"garbageCollectionDeadline": deadline}}
            )
