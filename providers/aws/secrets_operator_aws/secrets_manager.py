"""A session on AWS Secrets Manager.

Current values that are asked for together are read by BatchGetSecretValue, everything else one by one. The SDK blocks,
so each call is one trip through the host's thread pool.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from secrets_operator.errors import NotFound, Refused
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Absent, Answer, Failed, Found, Host, Reference, Rejected
from secrets_operator.provider.properties import lookup_literal_first, spread
from secrets_operator_aws.errors import SDK_ERRORS, TABLE, Meaning, answer_for, error_for, meaning_of

# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html
BATCH_SIZE = 20
_CURRENT = "AWSCURRENT"
_VERSION_ID = "uuid/"
_HTML = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


class SecretsManagerSession:
    """Reads secrets with one client; ``credentials`` are the SDK's, None when there are none."""

    def __init__(self, client: Any, credentials: Any, host: Host, *, prefix: str) -> None:
        self._client = client
        self._credentials = credentials
        self._host = host
        self._prefix = prefix
        # Once denied, the batch call is not tried again: each try would cost a call and a line in CloudTrail.
        self._batch_is_denied = False

    async def fetch(self, references: Sequence[Reference]) -> Sequence[Answer]:
        """Answer in batches where possible, and whatever they leave open one by one."""
        answers: dict[Reference, Answer] = {}
        for answered in await asyncio.gather(*map(self._batch, self._batches(references))):
            answers.update(answered)
        left = [reference for reference in references if reference not in answers]
        answers.update(zip(left, await asyncio.gather(*map(self._single, left)), strict=True))
        return [answers[reference] for reference in references]

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
            await self._host.run_blocking(self._credentials.get_frozen_credentials)
        except SDK_ERRORS as error:
            # Not chained: AWS quotes signed headers in some errors, session tokens included.
            raise error_for(error) from None

    async def close(self) -> None:
        """Close the connections."""
        await self._host.run_blocking(self._client.close)

    def _batches(self, references: Iterable[Reference]) -> Iterator[list[Reference]]:
        """Group what the batch call can read.

        Names and ARNs are kept apart: an answer names its secret, and a secret of another account, asked for by ARN,
        may have the name of one of ours.
        """
        if self._batch_is_denied:
            return
        current = [reference for reference in references if not reference.version and not reference.metadata]
        by_arn = [reference for reference in current if self._id(reference).startswith("arn:")]
        by_name = [reference for reference in current if not self._id(reference).startswith("arn:")]
        for group in (by_arn, by_name):
            chunks = (group[start : start + BATCH_SIZE] for start in range(0, len(group), BATCH_SIZE))
            yield from (chunk for chunk in chunks if len(chunk) > 1)

    async def _batch(self, references: Sequence[Reference]) -> Mapping[Reference, Answer]:
        """Return the answers a batch call gives; what is missing must be read alone."""
        asked = {self._id(reference): reference for reference in references}
        call = partial(self._client.batch_get_secret_value, SecretIdList=list(asked))
        try:
            response = await self._host.run_blocking(call)
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
            response = await self._host.run_blocking(call)
        except SDK_ERRORS as error:
            answer = answer_for(error)
            if reference.metadata and isinstance(answer, Absent):
                # The tags are missing, which says nothing about keys read from the value: never a reason to delete.
                return Rejected(Meaning.ABSENT.value)
            return answer
        return read(response)

    def _call(self, reference: Reference) -> tuple[Callable[[], Any], Callable[[Mapping[str, Any]], Answer]]:
        name = self._id(reference)
        if reference.metadata:
            return partial(self._client.describe_secret, SecretId=name), read_tags
        if reference.version.startswith(_VERSION_ID):
            version = {"VersionId": reference.version.removeprefix(_VERSION_ID)}
        else:
            version = {"VersionStage": reference.version or _CURRENT}
        return partial(self._client.get_secret_value, SecretId=name, **version), read_value

    def _id(self, reference: Reference) -> str:
        return self._prefix + reference.key


def read_value(response: Mapping[str, Any]) -> Answer:
    """Return the string of a secret or else its bytes."""
    if response.get("SecretString") is not None:
        return Found(SecretBytes(response["SecretString"].encode()))
    if response.get("SecretBinary") is not None:
        return Found(SecretBytes(bytes(response["SecretBinary"])))
    return Rejected("the secret has neither a string nor a binary value")


def read_batch(response: Mapping[str, Any]) -> dict[str, Answer]:
    """Return the definite answers of a batch by name and by ARN; other errors are for a call of their own."""
    answers: dict[str, Answer] = {}
    for entry in response.get("SecretValues", []):
        answer = read_value(entry)
        if isinstance(answer, Found):
            answers |= {entry["Name"]: answer, entry["ARN"]: answer}
    for entry in response.get("Errors", []):
        if TABLE.get(entry.get("ErrorCode", "")) is Meaning.ABSENT:
            answers[entry["SecretId"]] = Absent()
    return answers


def read_tags(response: Mapping[str, Any]) -> Answer:
    """Return the tags as a JSON object, written as Go writes a map: sorted, without spaces, safe inside HTML."""
    tags = {tag["Key"]: tag.get("Value", "") for tag in response.get("Tags", [])}
    text = json.dumps(tags, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return Found(SecretBytes("".join(_HTML.get(character, character) for character in text).encode()))
