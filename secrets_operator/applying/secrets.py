"""Writes native Secrets by server-side apply, under one field manager per owning resource.

Applying names only what the resource owns: foreign keys, labels and annotations stay, and a key that is no longer
applied goes. Nothing is sent when the Secret already is as desired.
"""

from __future__ import annotations

import base64
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

from secrets_operator.errors import NotFound, Refused
from secrets_operator.flow import Object, SecretBytes
from secrets_operator.kube.client import Client
from secrets_operator.kube.errors import Conflict
from secrets_operator.kube.resources import SECRETS
from secrets_operator.planning.secret_state import Digester, Owner, SecretState, secret_state
from secrets_operator.planning.targets import DesiredSecret
from secrets_operator.resources.policies import POWERFUL_SECRET_TYPES, power_of

Lookup = Callable[[str, str], SecretState | None]

# Writes whose watch event has not come yet; it takes milliseconds, so more than these are not under way.
_UNSEEN = 1000


class Secrets:
    """Reads the state of native Secrets and applies desired ones."""

    def __init__(self, client: Client, *, cached: Lookup, digester: Digester) -> None:
        """Look Secrets up by (namespace, name) in ``cached`` first; it knows those the operator has written."""
        self._client = client
        self._cached = cached
        self._digester = digester
        self._unseen: OrderedDict[tuple[str, str], tuple[str, SecretState]] = OrderedDict()

    async def state(self, namespace: str, name: str) -> SecretState | None:
        """Return the Secret as it is: from the watch, or for one never written by the operator from the API server.

        What was written counts before the watch has brought it back: a decision on what was there before it would
        write once more. Raises Retryable when the API server does not answer.
        """
        known = self._cached(namespace, name)
        if known is not None:
            return self._as_written(known)
        try:
            return secret_state(await self._client.get(SECRETS, namespace, name), self._digester)
        except NotFound:
            return None

    async def values(
        self, namespace: str, name: str, keys: Iterable[str]
    ) -> tuple[SecretState, dict[str, SecretBytes]]:
        """Return the Secret as the API server has it now, with the values of ``keys`` as far as it has them.

        Raises NotFound, or Retryable when the API server does not answer.
        """
        secret = await self._client.get(SECRETS, namespace, name)
        data = secret.get("data") or {}
        found = {key: SecretBytes(base64.b64decode(data[key] or "")) for key in keys if key in data}
        return secret_state(secret, self._digester), found

    async def take_over(self, desired: DesiredSecret) -> None:
        """Turn what our manager's name holds by plain updates into something applied, so that it can be given up.

        The way kubectl moves an object from client-side to server-side apply. Raises Retryable, also when the Secret
        changed meanwhile.
        """
        secret = await self._client.get(SECRETS, desired.namespace, desired.name)
        metadata = secret["metadata"]
        entries = applied_entries(metadata.get("managedFields") or [], desired.manager)
        body = {"metadata": {"managedFields": entries, "resourceVersion": metadata["resourceVersion"]}}
        await self._client.patch(SECRETS, desired.namespace, desired.name, body, manager=desired.manager)

    async def delete(self, state: SecretState) -> None:
        """Delete the Secret of that uid; none, or another of its name, is left alone. Raises Retryable."""
        try:
            await self._client.delete(SECRETS, state.namespace, state.name, uid=state.uid)
        except (NotFound, Conflict):
            return

    async def apply(self, desired: DesiredSecret) -> SecretState:
        """Apply ``desired`` and return the Secret as it is then.

        Raises Refused for a type that grants power, Terminal when the API server finds the Secret invalid, Retryable
        when it does not answer.
        """
        before = self._cached(desired.namespace, desired.name)
        if desired.type in POWERFUL_SECRET_TYPES:
            raise Refused(power_of(desired.type))
        applied = await self._client.apply(
            SECRETS, desired.namespace, desired.name, manifest(desired), manager=desired.manager
        )
        after = secret_state(applied, self._digester)
        # One that the watch does not know yet is read from the API server anyway.
        if before is not None:
            self._unseen[desired.namespace, desired.name] = before.resource_version, after
            while len(self._unseen) > _UNSEEN:
                self._unseen.popitem(last=False)
        return after

    def _as_written(self, known: SecretState) -> SecretState:
        """Return what was last written, as long as the watch still is where it was before that."""
        place = known.namespace, known.name
        version, after = self._unseen.get(place, ("", None))
        if after is None or version != known.resource_version:
            self._unseen.pop(place, None)
            return known
        return after


def applied_entries(entries: list[dict[str, Any]], manager: str) -> list[dict[str, Any]]:
    """Return managedFields in which the plain updates of ``manager`` are one apply."""
    ours = [entry for entry in entries if entry.get("manager") == manager and not entry.get("subresource")]
    others = [entry for entry in entries if entry not in ours]
    fields: dict[str, Any] = {}
    for entry in ours:
        _merge(fields, entry.get("fieldsV1") or {})
    return [*others, {**ours[-1], "operation": "Apply", "fieldsV1": fields}] if ours else others


def manifest(desired: DesiredSecret) -> Object:
    """Return the body of the apply: what the resource owns, nothing else."""
    body: Object = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata(desired)}
    if desired.type:
        body["type"] = desired.type
    if desired.immutable:
        body["immutable"] = True
    body["data"] = {key: base64.b64encode(value.reveal()).decode() for key, value in desired.data.items()}
    return body


def metadata(desired: DesiredSecret) -> dict[str, Any]:
    """Return the metadata in the body of the apply."""
    made: dict[str, Any] = {"name": desired.name, "namespace": desired.namespace}
    if desired.labels:
        made["labels"] = dict(desired.labels)
    if desired.annotations:
        made["annotations"] = dict(desired.annotations)
    if desired.finalizers:
        made["finalizers"] = list(desired.finalizers)
    if desired.owner is not None and desired.controlled:
        made["ownerReferences"] = [_reference(desired.owner, desired)]
    return made


def _reference(owner: Owner, desired: DesiredSecret) -> dict[str, Any]:
    reference: dict[str, Any] = {
        "apiVersion": desired.owner_api_version,
        "kind": owner.kind,
        "name": owner.name,
        "uid": owner.uid,
        "controller": True,
    }
    if desired.blocks_owner_deletion:
        reference["blockOwnerDeletion"] = True
    return reference


def _merge(into: dict[str, Any], fields: dict[str, Any]) -> None:
    for name, below in fields.items():
        _merge(into.setdefault(name, {}), below)
