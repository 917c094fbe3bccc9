"""A session on one namespace of one API server."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial

from secrets_operator.errors import NotFound
from secrets_operator.flow import Query, SecretBytes
from secrets_operator.provider import Answer, FindAnswer, Reference
from secrets_operator.provider.answering import answered
from secrets_operator_kubernetes import documents
from secrets_operator_kubernetes.client import Client
from secrets_operator_kubernetes.push_settings import Places
from secrets_operator_kubernetes.pushing import KubernetesPushing
from secrets_operator_kubernetes.reading import Reading
from secrets_operator_kubernetes.reviews import require_access


class KubernetesSession:
    """Reads and writes Secrets over one pool of connections."""

    def __init__(self, client: Client, namespace: str, places: Places) -> None:
        """Read from ``namespace``, and push to ``places``."""
        self._client = client
        self._namespace = namespace
        self._reading = Reading(client, namespace)
        self.pushing = KubernetesPushing(client, places).contract

    async def fetch(self, references: Sequence[Reference]) -> Sequence[Answer]:
        """Read all Secrets at once; the API has no batch call that needs no more rights."""
        return await asyncio.gather(*(answered(partial(self._reading.one, reference)) for reference in references))

    async def find(self, query: Query) -> FindAnswer:
        """List by labels, or all and match their names."""
        return await answered(partial(self._reading.matching, query))

    def select(self, payload: SecretBytes, path: str) -> SecretBytes:
        """Pick a key, or a part of its value; raises NotFound."""
        found = documents.select(payload, path)
        if found is None:
            raise NotFound(f"property {path} does not exist in the Secret")
        return SecretBytes(found)

    def extract(self, payload: SecretBytes) -> Mapping[str, SecretBytes]:
        """Spread a Secret, its metadata, or a JSON object in a property; raises Terminal."""
        return {name: SecretBytes(value) for name, value in documents.extract(payload).items()}

    async def validate(self) -> None:
        """Ask whether Secrets may be read."""
        await require_access(self._client, self._namespace)

    async def close(self) -> None:
        """Close the connections; tokens end by themselves."""
        await self._client.close()
