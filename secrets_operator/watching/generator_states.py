"""Watches GeneratorStates: which an owner has, and which there is something to do about."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable

from secrets_operator.controllers.deps import Deps
from secrets_operator.controllers.generator_state_records import GeneratorStateRecords
from secrets_operator.controllers.generator_states import GeneratorStates
from secrets_operator.fetching.generation import Generation
from secrets_operator.flow import Key, Lane, Object, Outcome
from secrets_operator.kube.client import Client
from secrets_operator.kube.resources import GENERATOR_STATES
from secrets_operator.planning.generator_states import Kept, kept
from secrets_operator.queueing.workqueue import WorkQueue
from secrets_operator.settings import Settings
from secrets_operator.watching.cache import Change
from secrets_operator.watching.collections import Collection, custom_resource, selections
from secrets_operator.watching.reflectors import Reflectors


class GeneratorStateWatch:
    """See the module's docstring; the kind may be missing on the cluster."""

    def __init__(self, reflectors: Reflectors, settings: Settings, queue: WorkQueue) -> None:
        self._queue = queue
        self._of_owner: defaultdict[str, dict[Key, Kept]] = defaultdict(dict)
        project = custom_resource(GENERATOR_STATES.api_version, GENERATOR_STATES.kind)
        watched = selections(GENERATOR_STATES, settings, optional=True)
        self.collection: Collection[Object] = Collection(
            GENERATOR_STATES.kind, [reflectors.of(selection, project, self._changed) for selection in watched]
        )

    def records(self, deps: Deps, client: Client, generation: Generation) -> GeneratorStateRecords:
        """Return what writes the states that are watched."""
        return GeneratorStateRecords(
            client,
            deps.settings,
            generation,
            states_of=self.of_owner,
            clock=deps.clock,
            entropy=secrets.token_bytes,
        )

    def controller(
        self, deps: Deps, client: Client, generation: Generation
    ) -> dict[str, Callable[[Key], Awaitable[Outcome]]]:
        """Return what works on them, by their kind."""
        states = GeneratorStates(deps, client, generation, resources=self.collection.get)
        return {GENERATOR_STATES.kind: states.reconcile}

    def of_owner(self, uid: str) -> Iterable[Kept]:
        """Return the states of one owner."""
        return tuple(self._of_owner[uid].values()) if uid in self._of_owner else ()

    def _changed(self, change: Change[Object]) -> None:
        key = Key(GENERATOR_STATES.kind, change.namespace, change.name)
        if change.old is not None:
            self._drop(key, kept(change.old).owner_uid)
        if change.new is not None:
            state = kept(change.new)
            if state.owner_uid and "deletionTimestamp" not in change.new["metadata"]:
                self._of_owner[state.owner_uid][key] = state
            # Nobody waits for it.
            self._queue.add(key, Lane.REFRESH)

    def _drop(self, key: Key, owner: str) -> None:
        held = self._of_owner.get(owner)
        if held is not None:
            held.pop(key, None)
            if not held:
                del self._of_owner[owner]
