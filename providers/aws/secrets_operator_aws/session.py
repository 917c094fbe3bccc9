"""A session on one AWS service: puts the store's prefix before keys for those who read, find and write."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import replace

from secrets_operator.errors import Refused
from secrets_operator.flow import Query, SecretBytes
from secrets_operator.provider import Answer, FindAnswer, Pushing, Reference, Rejected, Sharing
from secrets_operator.provider.properties import extracted, lookup_literal_first, selected
from secrets_operator_aws.calls import Calls
from secrets_operator_aws.connections import Lease
from secrets_operator_aws.errors import SDK_ERRORS, Meaning, error_for
from secrets_operator_aws.reading import Reads

Find = Callable[[Query], Awaitable[FindAnswer]]


class AwsSession:
    """Reads secrets with one client, which others may have too."""

    def __init__(self, calls: Calls, lease: Lease, reader: Reads, find: Find, *, prefix: str) -> None:
        self.sharing: Sharing | None = None
        self.pushing: Pushing | None = None
        self._close_writing: Callable[[], Awaitable[None]] | None = None
        self._own_account = ""
        self._calls = calls
        self._lease = lease
        self._reader = reader
        self._find = find
        self._prefix = prefix

    async def fetch(self, references: Sequence[Reference]) -> Sequence[Answer]:
        """Read all references; see ``reading`` and ``certificates``."""
        return await self._fetch_complete([self._complete(reference) for reference in references])

    def share_as(self, identity: bytes, place: tuple[str, str], account: Callable[[], str]) -> None:
        """Share what is read with sessions of the same identity; ``account`` is the one STS said it logged into.

        AWS has limits for each account at each ``place``: service and region. Without a role the account is known from
        what was read.
        """

        def limited() -> Hashable:
            number = account() or self._own_account or self._reader.account
            return (number, *place) if number else None

        self.sharing = Sharing(identity, self._complete, self._fetch_complete, limited, self._reader.batch_of)

    def write_with(self, pushing: Pushing, close: Callable[[], Awaitable[None]]) -> None:
        """Be written to, until the session is closed; then call ``close``."""
        self.pushing, self._close_writing = pushing, close

    async def find(self, query: Query) -> FindAnswer:
        """Find by complete names, to which the prefix is not added."""
        return await self._find(query)

    def select(self, payload: SecretBytes, path: str) -> SecretBytes:
        """Pick a property, as a literal key first when it has dots; raises NotFound."""
        return selected(lookup_literal_first(payload.reveal(), path), path)

    def extract(self, payload: SecretBytes) -> Mapping[str, SecretBytes]:
        """Spread a JSON object; raises Terminal when the value is something else."""
        return extracted(payload)

    async def validate(self) -> None:
        """Obtain the credentials, roles included. Reads no secret: a store may hold none its credentials can read."""
        if self._lease.credentials is None:
            raise Refused(Meaning.NO_CREDENTIALS.value)
        try:
            frozen = await self._calls.run(self._lease.credentials.get_frozen_credentials)
        except SDK_ERRORS as error:
            self._lease.turned_down()
            # Not chained: AWS quotes signed headers in some errors, session tokens included.
            raise error_for(error) from None
        self._own_account = frozen.account_id or ""

    async def close(self) -> None:
        """Close the connections."""
        await self._calls.run(self._lease.give_back)
        if self._close_writing is not None:
            await self._close_writing()

    def _complete(self, reference: Reference) -> Reference:
        return replace(reference, key=self._prefix + reference.key)

    async def _fetch_complete(self, references: Sequence[Reference]) -> Sequence[Answer]:
        answers = await self._reader.read(references)
        if any(isinstance(answer, Rejected) and answer.credentials for answer in answers.values()):
            self._lease.turned_down()
        return [answers[reference] for reference in references]
