"""Where an ExternalSecret's target is read and written: a Secret, or an object of the kind that its manifest names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from secrets_operator.applying.manifests import Manifests
from secrets_operator.controllers.deps import Deps
from secrets_operator.controllers.writing import TargetWriting
from secrets_operator.errors import NotFound
from secrets_operator.flow import Key, SecretBytes
from secrets_operator.kube.errors import Conflict
from secrets_operator.kube.resources import Resource
from secrets_operator.planning.external_secret import Observed, Wanted
from secrets_operator.planning.generated_values import kept_keys, kept_leaves, record_of
from secrets_operator.planning.secret_state import SecretState


class Watches(Protocol):
    """The watches of other kinds than Secrets, as far as controllers need them."""

    def use(self, key: Key, resource: Resource) -> None:
        """Record that ``key`` writes objects of this kind."""
        ...

    def release(self, key: Key) -> None:
        """Record that ``key`` writes none of these kinds any more."""
        ...

    def of(self, resource: Resource) -> Iterator[SecretState]:
        """Yield the objects of a watched kind."""
        ...


class Targets:
    """Hands out the writing of the kind that a resource asks for."""

    def __init__(self, deps: Deps, manifests: Manifests, watches: Watches) -> None:
        self._deps = deps
        self._manifests = manifests
        self._watches = watches
        self._secrets = TargetWriting(deps, deps.secrets)

    async def of(self, want: Wanted) -> TargetWriting:
        """Return the writing of the target's kind, which is watched from now on.

        Raises InvalidSpec for a kind that cannot be a target, Retryable while it is not served.
        """
        if want.kind.is_secret:
            self._watches.release(want.key)
            return self._secrets
        objects = await self._manifests.of(want.kind)
        self._watches.use(want.key, objects.resource)
        return TargetWriting(self._deps, objects, want.kind)

    async def former(self, want: Wanted, bound: str) -> list[tuple[TargetWriting, SecretState]]:
        """Return what ``want`` owns under a former ``target.name``, each with how it is written.

        ``bound`` is the Secret that its status names. Of other kinds the watch knows; one that it owns of a former kind
        stays until it is collected as garbage.
        """
        found: list[tuple[TargetWriting, SecretState]] = []
        if bound and (bound != want.target or not want.kind.is_secret):
            live = await self._deps.secrets.state(want.key.namespace, bound)
            if live is not None and live.controller == want.owner:
                found.append((self._secrets, live))
        if not want.kind.is_secret:
            objects = await self._manifests.of(want.kind)
            writing = TargetWriting(self._deps, objects, want.kind)
            found.extend((writing, state) for state in self._watches.of(objects.resource) if _is_former(state, want))
        return found

    async def require_unchanged(self, want: Wanted, observed: Observed) -> None:
        """Look at the target anew before values are generated.

        Raises Conflict when it was written meanwhile, as by another replica: its values must not be replaced a moment
        later.
        """
        if observed.target is None:
            return
        try:
            now = await self._now(want)
        except NotFound as error:
            raise _changed(want) from error
        if record_of(now, want.record, want.manager) != record_of(observed.target, want.record, want.manager):
            raise _changed(want)

    async def kept_values(self, want: Wanted, keys: frozenset[str]) -> dict[str, SecretBytes]:
        """Return the values of ``keys`` from the Secret; raises Conflict when they are no longer what they were."""
        try:
            state, values = await self._deps.secrets.values(want.key.namespace, want.target, keys)
        except NotFound as error:
            raise _changed(want) from error
        if not keys <= kept_keys(state, want.record, want.manager):
            raise _changed(want)
        return values

    async def kept_fields(self, want: Wanted, leaves: frozenset[str]) -> dict[str, Any]:
        """Return what was applied of an object that is no Secret; raises Conflict when it is no longer what it was."""
        objects = await self._manifests.of(want.kind)
        try:
            state, fields = await objects.applied(want.key.namespace, want.target, want.manager)
        except NotFound as error:
            raise _changed(want) from error
        if not leaves <= kept_leaves(state, want.record, want.manager):
            raise _changed(want)
        return fields

    async def _now(self, want: Wanted) -> SecretState:
        """Return the target as the API server has it now; raises NotFound."""
        place = want.key.namespace, want.target
        if want.kind.is_secret:
            state, _ = await self._deps.secrets.values(*place, ())
        else:
            state, _ = await (await self._manifests.of(want.kind)).applied(*place, want.manager)
        return state

    def release(self, key: Key) -> None:
        """Forget a resource that is gone."""
        self._watches.release(key)


def _changed(want: Wanted) -> Conflict:
    return Conflict(f"{want.kind.kind} {want.target} was changed meanwhile: it is looked at again", code=409)


def _is_former(state: SecretState, want: Wanted) -> bool:
    return state.namespace == want.key.namespace and state.name != want.target and state.controller == want.owner
