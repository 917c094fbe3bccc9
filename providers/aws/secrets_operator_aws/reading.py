"""Reads what references name: in batches where the service has a call for that, everything else one by one."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from secrets_operator.provider import Absent, Answer, Failed, Reference, Rejected
from secrets_operator_aws.accounts import account_in
from secrets_operator_aws.calls import Call, Calls
from secrets_operator_aws.errors import TROUBLE, Meaning, answer_for, is_denied

# Once denied, the batch call is left alone for so many seconds: each try costs a call and a line in CloudTrail.
DENIAL_SECONDS = 600.0


class Requests(Protocol):
    """What one service is asked and how its responses read. Pure."""

    batch_size: int

    def batches(self, reference: Reference) -> bool:
        """Tell whether the batch call can read a reference."""
        ...

    def batch(self, references: Sequence[Reference]) -> Call:
        """Return the call that reads references with keys that all differ."""
        ...

    def batch_answers(self, response: Mapping[str, Any]) -> Mapping[str, Answer]:
        """Return the definite answers of a batch by key, in every form the key may have been asked in.

        Raises Retryable for a response that is none.
        """
        ...

    def single(self, reference: Reference) -> Call:
        """Return the call that reads one reference."""
        ...

    def answer(self, reference: Reference, response: Mapping[str, Any]) -> Answer:
        """Return the answer that the response to :meth:`single` gives; raises as :meth:`batch_answers`."""
        ...


class Reads(Protocol):
    """Answers references whose keys are names or ARNs as AWS knows them."""

    account: str
    """The account of the credential, as far as answers have told it; empty until then."""

    async def read(self, references: Sequence[Reference]) -> Mapping[Reference, Answer]:
        """Answer every reference."""
        ...

    def batch_of(self, reference: Reference) -> int:
        """Return how many references one call answers together with one; 1 where it is read alone."""
        ...


class Reader:
    """Reads with the calls of one session."""

    def __init__(self, calls: Calls, requests: Requests) -> None:
        self._calls = calls
        self._requests = requests
        self._denied_until = 0.0
        self.account = ""

    async def read(self, references: Sequence[Reference]) -> dict[Reference, Answer]:
        """Answer in batches where possible, and whatever they leave open one by one."""
        answers: dict[Reference, Answer] = {}
        for answered in await asyncio.gather(*map(self._batch, self._batches(references))):
            answers.update(answered)
        left = [reference for reference in references if reference not in answers]
        answers.update(zip(left, await asyncio.gather(*map(self._single, left)), strict=True))
        return answers

    def batch_of(self, reference: Reference) -> int:
        """Return the size of batches where the call for them is not denied."""
        return self._requests.batch_size if self._requests.batches(reference) and not self._is_denied() else 1

    def _is_denied(self) -> bool:
        return asyncio.get_running_loop().time() < self._denied_until

    def _batches(self, references: Iterable[Reference]) -> Iterator[list[Reference]]:
        """Group what the batch call can read; no group has a key twice, since answers are told apart by it.

        Names and ARNs are kept apart: an answer names its secret, and a secret of another account, asked for by ARN,
        may have the name of one of ours.
        """
        if self._is_denied():
            return
        groups: defaultdict[tuple[bool, int], list[Reference]] = defaultdict(list)
        seen: Counter[str] = Counter()
        for reference in references:
            if self._requests.batches(reference):
                groups[is_arn(reference.key), seen[reference.key]].append(reference)
                seen[reference.key] += 1
        size = self._requests.batch_size
        for group in groups.values():
            chunks = (group[start : start + size] for start in range(0, len(group), size))
            yield from (chunk for chunk in chunks if len(chunk) > 1)

    async def _batch(self, references: Sequence[Reference]) -> Mapping[Reference, Answer]:
        """Return the answers a batch call gives; what is missing must be read alone."""
        asked = {reference.key: reference for reference in references}
        try:
            response = await self._calls.make(self._requests.batch(references))
            self._learn(references[0], response)
            definite = self._requests.batch_answers(response)
        except TROUBLE as error:
            if is_denied(error):
                self._denied_until = asyncio.get_running_loop().time() + DENIAL_SECONDS
            answer = answer_for(error)
            # Asking one by one while AWS does not answer, or knows no such credential, would only add to the load.
            stands = isinstance(answer, Failed) or (isinstance(answer, Rejected) and answer.credentials)
            return dict.fromkeys(references, answer) if stands else {}
        return {asked[key]: answer for key, answer in definite.items() if key in asked}

    def _learn(self, reference: Reference, response: Mapping[str, Any]) -> None:
        # An ARN may be of another account, and no batch has both names and ARNs.
        if not self.account and not is_arn(reference.key):
            self.account = account_in(response)

    async def _single(self, reference: Reference) -> Answer:
        try:
            response = await self._calls.make(self._requests.single(reference))
            self._learn(reference, response)
            return self._requests.answer(reference, response)
        except TROUBLE as error:
            answer = answer_for(error)
            if reference.metadata and isinstance(answer, Absent):
                # The tags are missing, which says nothing about keys read from the value: never a reason to delete.
                return Rejected(Meaning.ABSENT.value)
            return answer


def is_arn(key: str) -> bool:
    """Tell whether a key is an ARN and not a name."""
    return key.startswith("arn:")
