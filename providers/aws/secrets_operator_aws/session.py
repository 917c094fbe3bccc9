"""A session on one AWS service: puts the store's prefix before keys and hands them to those who read and find."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from secrets_operator.errors import NotFound, Refused
from secrets_operator.flow import Query, SecretBytes
from secrets_operator.provider import Answer, FindAnswer, Reference
from secrets_operator.provider.properties import lookup_literal_first, spread
from secrets_operator_aws.calls import Calls
from secrets_operator_aws.errors import SDK_ERRORS, Meaning, error_for
from secrets_operator_aws.reading import Reads

Find = Callable[[Query], Awaitable[FindAnswer]]


class AwsSession:
    """Reads secrets with one client; ``credentials`` are the SDK's, None when there are none."""

    def __init__(self, calls: Calls, credentials: Any, reader: Reads, find: Find, *, prefix: str) -> None:
        self._calls = calls
        self._credentials = credentials
        self._reader = reader
        self._find = find
        self._prefix = prefix

    async def fetch(self, references: Sequence[Reference]) -> Sequence[Answer]:
        """Read all references; see ``reading`` and ``certificates``."""
        complete = [replace(reference, key=self._prefix + reference.key) for reference in references]
        answers = await self._reader.read(complete)
        return [answers[reference] for reference in complete]

    async def find(self, query: Query) -> FindAnswer:
        """Find by complete names, to which the prefix is not added."""
        return await self._find(query)

    def select(self, payload: SecretBytes, path: str) -> SecretBytes:
        """Pick a property, as a literal key first when it has dots; raises NotFound."""
        found = lookup_literal_first(payload.reveal(), path)
        if found is None:
            raise NotFound(f"property {path} does not exist in the value")
        return SecretBytes(found)

    def extract(self, payload: SecretBytes) -> Mapping[str, SecretBytes]:
        """Spread a JSON object; raises Terminal when the value is something else."""
        return {name: SecretBytes(value) for name, value in spread(payload.reveal()).items()}

    async def validate(self) -> None:
        """Obtain the credentials, roles included. Reads no secret: a store may hold none its credentials can read."""
        if self._credentials is None:
            raise Refused(Meaning.NO_CREDENTIALS.value)
        try:
            await self._calls.run(self._credentials.get_frozen_credentials)
        except SDK_ERRORS as error:
            # Not chained: AWS quotes signed headers in some errors, session tokens included.
            raise error_for(error) from None

    async def close(self) -> None:
        """Close the connections."""
        await self._calls.close()
