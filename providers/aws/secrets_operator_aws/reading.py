"""Reads secrets by complete name or ARN: current values in batches where possible, everything else one by one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from secrets_operator.provider import Absent, Answer, Failed, Reference, Rejected
from secrets_operator_aws.calls import Calls
from secrets_operator_aws.errors import SDK_ERRORS, Meaning, answer_for, meaning_of
from secrets_operator_aws.responses import read_batch, read_tags, read_value

# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html
BATCH_SIZE = 20
_CURRENT = "AWSCURRENT"
_VERSION_ID = "uuid/"


class Reader:
    """Answers references whose keys are names or ARNs as AWS knows them."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        # Once denied, the batch call is not tried again: each try would cost a call and a line in CloudTrail.
        self._batch_is_denied = False

    async def read(self, references: Sequence[Reference]) -> dict[Reference, Answer]:
        """Answer in batches where possible, and whatever they leave open one by one."""
        answers: dict[Reference, Answer] = {}
        for answered in await asyncio.gather(*map(self._batch, self._batches(references))):
            answers.update(answered)
        left = [reference for reference in references if reference not in answers]
        answers.update(zip(left, await asyncio.gather(*map(self._single, left)), strict=True))
        return answers

    def _batches(self, references: Iterable[Reference]) -> Iterator[list[Reference]]:
        """Group what the batch call can read.

        Names and ARNs are kept apart: an answer names its secret, and a secret of another account, asked for by ARN,
        may have the name of one of ours.
        """
        if self._batch_is_denied:
            return
        current = [reference for reference in references if not reference.version and not reference.metadata]
        by_arn = [reference for reference in current if reference.key.startswith("arn:")]
        by_name = [reference for reference in current if not reference.key.startswith("arn:")]
        for group in (by_arn, by_name):
            chunks = (group[start : start + BATCH_SIZE] for start in range(0, len(group), BATCH_SIZE))
            yield from (chunk for chunk in chunks if len(chunk) > 1)

    async def _batch(self, references: Sequence[Reference]) -> Mapping[Reference, Answer]:
        """Return the answers a batch call gives; what is missing must be read alone."""
        asked = {reference.key: reference for reference in references}
        call = partial(self._calls.client.batch_get_secret_value, SecretIdList=list(asked))
        try:
            response = await self._calls.make(call)
        except SDK_ERRORS as error:
            self._batch_is_denied |= meaning_of(error) is Meaning.DENIED
            answer = answer_for(error)
            # Asking one by one while AWS does not answer, or knows no such credential, would only add to the load.
            stands = isinstance(answer, Failed) or (isinstance(answer, Rejected) and answer.credentials)
            return dict.fromkeys(references, answer) if stands else {}
        return {asked[name]: answer for name, answer in read_batch(response).items() if name in asked}

    async def _single(self, reference: Reference) -> Answer:
        call, read = self._call(reference)
        try:
            response = await self._calls.make(call)
        except SDK_ERRORS as error:
            answer = answer_for(error)
            if reference.metadata and isinstance(answer, Absent):
                # The tags are missing, which says nothing about keys read from the value: never a reason to delete.
                return Rejected(Meaning.ABSENT.value)
            return answer
        return read(response)

    def _call(self, reference: Reference) -> tuple[Callable[[], Any], Callable[[Mapping[str, Any]], Answer]]:
        client = self._calls.client
        if reference.metadata:
            return partial(client.describe_secret, SecretId=reference.key), read_tags
        if reference.version.startswith(_VERSION_ID):
            version = {"VersionId": reference.version.removeprefix(_VERSION_ID)}
        else:
            version = {"VersionStage": reference.version or _CURRENT}
        return partial(client.get_secret_value, SecretId=reference.key, **version), read_value
