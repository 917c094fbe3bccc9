"""Writes objects that are no Secrets, by server-side apply as Secrets are: one field manager per owning resource.

Which kinds there are the API server says. What it makes of an apply may differ from what was sent, by defaults inside
a list for example; that is remembered, so that the difference is taken neither for drift nor for something to write.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from secrets_operator.applying.secrets import metadata
from secrets_operator.errors import InvalidSpec, NotFound, Retryable
from secrets_operator.flow import Object
from secrets_operator.kube.client import Client
from secrets_operator.kube.errors import Conflict, ResourceUnknown, ServerError
from secrets_operator.kube.resources import Resource
from secrets_operator.planning.generic_targets import TargetKind
from secrets_operator.planning.manifest_state import applied_fields, manifest_state
from secrets_operator.planning.secret_state import Digester, OwnedFields, SecretState
from secrets_operator.planning.targets import DesiredSecret

Cached = Callable[[Resource, str, str], SecretState | None]

_FIELD = "spec.target.manifest"


class Manifests:
    """Finds the kinds and hands out access to the objects of each."""

    def __init__(self, client: Client, *, cached: Cached, digester: Digester) -> None:
        """Look objects up by (resource, namespace, name) in ``cached`` first; it knows those the operator wrote."""
        self._client = client
        self._cached = cached
        self._digester = digester
        self._objects: dict[TargetKind, ManifestObjects] = {}

    async def of(self, kind: TargetKind) -> ManifestObjects:
        """Return access to the objects of a kind.

        Raises InvalidSpec for a cluster-wide kind, a Retryable while the kind is not served.
        """
        known = self._objects.get(kind)
        if known is None or known.is_gone:
            resource = await self._resource(kind)
            known = self._objects[kind] = ManifestObjects(self._client, resource, self._cached, self._digester)
        return known

    def known(self, resource: Resource) -> ManifestObjects | None:
        """Return access to the objects of a kind that :meth:`of` was asked for."""
        return self._objects.get(TargetKind(resource.api_version, resource.kind))

    async def _resource(self, kind: TargetKind) -> Resource:
        try:
            served = await self._client.served(kind.group, kind.version)
        except (NotFound, ResourceUnknown) as error:
            raise _not_served(kind) from error
        resource = next((found for found in served if found.kind == kind.kind), None)
        if resource is None:
            raise _not_served(kind)
        if not resource.namespaced:
            raise InvalidSpec(f"{kind.kind} is cluster-wide, and only namespaced kinds can be written", field=_FIELD)
        return resource


@dataclass(frozen=True, slots=True)
class _Settled:
    """What an apply meant, and what the API server made of it: the digests of the leaves."""

    meant: Mapping[str, str]
    made: Mapping[str, str]


class ManifestObjects:
    """The objects of one kind."""

    def __init__(self, client: Client, resource: Resource, cached: Cached, digester: Digester) -> None:
        self.resource = resource
        self.is_gone = False
        """Whether the API server no longer serves the kind under this name."""

        self._client = client
        self._cached = cached
        self._digester = digester
        self._settled: dict[tuple[str, str, str], _Settled] = {}

    async def state(self, namespace: str, name: str) -> SecretState | None:
        """Return the object as it is: from its watch, or from the API server; None when there is none."""
        known = self._cached(self.resource, namespace, name)
        if known is None:
            try:
                found = await self._client.get(self.resource, namespace, name)
            except NotFound:
                return None
            except ResourceUnknown:
                self.is_gone = True
                raise
            known = manifest_state(found, self._digester)
        return self.as_meant(known)

    async def applied(self, namespace: str, name: str, manager: str) -> tuple[SecretState, dict[str, Any]]:
        """Return the object as the API server has it now, and of its fields what ``manager`` applied.

        Raises NotFound, or Retryable when the API server does not answer.
        """
        found = await self._client.get(self.resource, namespace, name)
        return self.as_meant(manifest_state(found, self._digester)), applied_fields(found, manager)

    def as_meant(self, state: SecretState) -> SecretState:
        """Return the state with what we applied as we meant it, where it still is as the API server made it."""
        for manager in state.applied:
            settled = self._settled.get((state.namespace, state.name, manager))
            if settled is not None and settled.made == _owned(state, manager):
                owned = replace(state.applied[manager], data=frozenset(settled.meant))
                digests = {path: digest for path, digest in state.digests.items() if path not in settled.made}
                state = replace(state, digests={**digests, **settled.meant}, applied={**state.applied, manager: owned})
        return state

    async def take_over(self, desired: DesiredSecret) -> None:
        """Do nothing: External Secrets Operator writes these objects under no name of its own that could be ours."""

    async def delete(self, state: SecretState) -> None:
        """Delete the object of that uid; none, or another of its name, is left alone. Raises Retryable."""
        try:
            await self._client.delete(self.resource, state.namespace, state.name, uid=state.uid)
        except (NotFound, Conflict):
            return

    async def apply(self, desired: DesiredSecret) -> SecretState:
        """Apply ``desired`` and return the object as it is then, as the API server has it.

        Raises Terminal when the API server finds the object invalid, Retryable when it does not answer.
        """
        body: Object = {
            "apiVersion": self.resource.api_version,
            "kind": self.resource.kind,
            "metadata": metadata(desired),
            **(desired.fields or {}),
            **({"immutable": True} if desired.immutable else {}),
        }
        place = (desired.namespace, desired.name)
        try:
            applied = await self._client.apply(self.resource, *place, body, manager=desired.manager)
        except ServerError as error:
            if error.code != 500:
                raise
            # A server-side apply that names a field which the schema does not have is answered with 500.
            message = (
                f"the API server could not apply {desired.kind.kind} {desired.name} (500): does its schema have all "
                "the fields that are written?"
            )
            raise Retryable(message, field=_FIELD) from error
        state = manifest_state(applied, self._digester)
        self._settle(desired, state)
        return state

    def _settle(self, desired: DesiredSecret, state: SecretState) -> None:
        place = (desired.namespace, desired.name, desired.manager)
        meant = {path: self._digester.digest(json.reveal()) for path, json in desired.data.items()}
        made = _owned(state, desired.manager)
        self._settled.pop(place, None)
        if meant != made:
            self._settled[place] = _Settled(meant, made)


def _owned(state: SecretState, manager: str) -> dict[str, str]:
    owned = state.applied.get(manager, OwnedFields()).data
    return {path: state.digests.get(path, "") for path in owned}


def _not_served(kind: TargetKind) -> Retryable:
    message = f"the cluster has no {kind.kind} in {kind.api_version}: is its CustomResourceDefinition installed?"
    return Retryable(message, field=_FIELD)
