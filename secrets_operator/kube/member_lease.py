"""The Lease by which one replica tells the others that it is at work."""

from __future__ import annotations

from secrets_operator.clock import Clock
from secrets_operator.errors import NotFound
from secrets_operator.flow import Object
from secrets_operator.kube.client import Client
from secrets_operator.kube.resources import LEASES
from secrets_operator.resources.labels import MEMBER_LABEL, WEIGHT_ANNOTATION
from secrets_operator.settings import Replicas

_MANAGER = "secrets-operator"


class MemberLease:
    """One Lease for one process; no other process ever writes it."""

    def __init__(self, client: Client, replicas: Replicas, *, namespace: str, clock: Clock) -> None:
        self._client = client
        self._replicas = replicas
        self._namespace = namespace
        self._clock = clock
        self._acquired = ""

    async def renew(self, weight: int) -> None:
        """Say that this replica is at work, also after its Lease was cleared away, and how much of its share it keeps.

        Raises what the API server says.
        """
        now = self._clock.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self._acquired = self._acquired or now
        name = self._replicas.identity
        body: Object = {
            "apiVersion": LEASES.api_version,
            "kind": LEASES.kind,
            "metadata": {
                "name": name,
                "namespace": self._namespace,
                "labels": {MEMBER_LABEL: self._replicas.group},
                "annotations": {WEIGHT_ANNOTATION: str(weight)},
            },
            "spec": {
                "holderIdentity": name,
                "leaseDurationSeconds": round(self._replicas.lease_duration.total_seconds()),
                "acquireTime": self._acquired,
                "renewTime": now,
            },
        }
        await self._client.apply(LEASES, self._namespace, name, body, manager=_MANAGER)

    async def release(self) -> None:
        """Take the Lease away, so that the others need not wait until it has run out."""
        await self.clear(self._replicas.identity, "")

    async def clear(self, name: str, version: str) -> None:
        """Delete a Lease unless it was renewed since it had resourceVersion ``version`` (empty: in any case)."""
        try:
            await self._client.delete(LEASES, self._namespace, name, resource_version=version)
        except NotFound:
            return
