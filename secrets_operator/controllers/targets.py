"""Where an ExternalSecret's target is read and written: a Secret, or an object of the kind that its manifest names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from secrets_operator.applying.manifests import Manifests
from secrets_operator.controllers.deps import Deps
from secrets_operator.controllers.writing import TargetWriting
from secrets_operator.flow import Key
from secrets_operator.kube.resources import Resource
from secrets_operator.planning.external_secret import Wanted
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

    def release(self, key: Key) -> None:
        """Forget a resource that is gone."""
        self._watches.release(key)


def _is_former(state: SecretState, want: Wanted) -> bool:
    return state.namespace == want.key.namespace and state.name != want.target and state.controller == want.owner
