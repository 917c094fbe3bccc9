"""The controller of GeneratorStates: deletes those whose deadline has passed, and takes back what they are about.

A finalizer keeps a state until the remote side has forgotten what it names, however it came to be deleted: by its
deadline, with its owner, or by somebody's hand. Clean-up is tried again until it works.
"""

from __future__ import annotations

from typing import Any

from secrets_operator.controllers.deps import Deps, Lookup
from secrets_operator.errors import InvalidSpec, NotFound, OperatorError
from secrets_operator.fetching.generation import Generation
from secrets_operator.flow import Again, Done, Key, Object, Outcome, Retry
from secrets_operator.kube.client import Client
from secrets_operator.kube.errors import Conflict
from secrets_operator.kube.resources import GENERATOR_STATES
from secrets_operator.planning.generator_states import FINALIZER, kept
from secrets_operator.reporting.events import WARNING, Event


class GeneratorStates:
    """See the module's docstring."""

    def __init__(self, deps: Deps, client: Client, generation: Generation, *, resources: Lookup) -> None:
        """Look states up by ``resources``."""
        self._deps = deps
        self._client = client
        self._generation = generation
        self._resources = resources

    async def reconcile(self, key: Key) -> Outcome:
        """Do what is due for one state; raises Retryable when the API server does not answer."""
        found = self._resources(key.namespace, key.name)
        if found is None:
            return Done()
        metadata = found["metadata"]
        finalizers: list[str] = metadata.get("finalizers") or []
        if "deletionTimestamp" in metadata:
            return await self._take_back(found, finalizers) if FINALIZER in finalizers else Done()
        if FINALIZER not in finalizers:
            await self._set_finalizers(found, [*finalizers, FINALIZER])
        state = kept(found)
        if state.deadline is None:
            return Done()
        left = (state.deadline - self._deps.clock.now()).total_seconds()
        if left > 0:
            return Again(left)
        try:
            await self._client.delete(GENERATOR_STATES, key.namespace, key.name, uid=state.uid)
        except (NotFound, Conflict):
            return Done()
        return Done()

    async def _take_back(self, found: Object, finalizers: list[str]) -> Outcome:
        try:
            identity, spec, state = _content(found)
            await self._generation.take_back(identity, spec, state)
        except OperatorError as error:
            message = f"could not take back what {_maker(found)} made: {error}"
            await self._deps.events.emit(found, Event("CleanupFailed", message, WARNING))
            return Retry(message, after=getattr(error, "after", None))
        await self._set_finalizers(found, [one for one in finalizers if one != FINALIZER])
        return Done()

    async def _set_finalizers(self, found: Object, finalizers: list[str]) -> None:
        metadata = found["metadata"]
        change = {"resourceVersion": metadata["resourceVersion"], "finalizers": finalizers}
        try:
            await self._client.patch(GENERATOR_STATES, metadata["namespace"], metadata["name"], {"metadata": change})
        except NotFound:
            return


def _content(found: Object) -> tuple[Key, dict[str, Any], dict[str, Any]]:
    """Return the generator of a state, its spec, and what it made; raises InvalidSpec."""
    spec = found.get("spec") or {}
    resource, state = spec.get("resource"), spec.get("state")
    if not isinstance(resource, dict) or not isinstance(resource.get("spec"), dict | None):
        raise InvalidSpec("must be the manifest of a generator", field="spec.resource")
    if not isinstance(state, dict):
        raise InvalidSpec("must be what a generator left there", field="spec.state")
    named = (resource.get("metadata") or {}).get("name") or ""
    identity = Key(str(resource.get("kind") or ""), found["metadata"]["namespace"], str(named))
    return identity, resource.get("spec") or {}, state


def _maker(found: Object) -> str:
    resource = (found.get("spec") or {}).get("resource")
    kind = resource.get("kind") if isinstance(resource, dict) else None
    return kind if isinstance(kind, str) else "a generator"
