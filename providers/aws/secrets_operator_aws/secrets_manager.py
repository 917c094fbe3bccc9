"""What Secrets Manager is asked and what its responses say. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Absent, Answer, Found, Reference, Rejected
from secrets_operator_aws.calls import Call
from secrets_operator_aws.errors import TABLE, Meaning, no_answer
from secrets_operator_aws.tags import tags_as_value

_CURRENT = "AWSCURRENT"
_VERSION_ID = "uuid/"


class SecretsManagerRequests:
    """Current values come in batches; versions and tags one by one."""

    # https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html
    batch_size = 20

    def batches(self, reference: Reference) -> bool:
        """Tell whether the current value is wanted, the only one that the batch call returns."""
        return not reference.version and not reference.metadata

    def batch(self, references: Sequence[Reference]) -> Call:
        """Return a BatchGetSecretValue."""
        return Call("BatchGetSecretValue", {"SecretIdList": [reference.key for reference in references]})

    def batch_answers(self, response: Mapping[str, Any]) -> Mapping[str, Answer]:
        """Return the definite answers by name and by ARN; other errors are for a call of their own."""
        if not response.keys() & {"SecretValues", "Errors"}:
            raise no_answer("BatchGetSecretValue", "list")
        answers: dict[str, Answer] = {}
        for entry in response.get("SecretValues", []):
            answer = _value(entry)
            if isinstance(answer, Found):
                answers |= {entry["Name"]: answer, entry["ARN"]: answer}
        for entry in response.get("Errors", []):
            if TABLE.get(entry.get("ErrorCode", "")) is Meaning.ABSENT:
                answers[entry["SecretId"]] = Absent()
        return answers

    def single(self, reference: Reference) -> Call:
        """Return a GetSecretValue, or the DescribeSecret that has the tags."""
        if reference.metadata:
            return Call("DescribeSecret", {"SecretId": reference.key})
        if reference.version.startswith(_VERSION_ID):
            version = {"VersionId": reference.version.removeprefix(_VERSION_ID)}
        else:
            version = {"VersionStage": reference.version or _CURRENT}
        return Call("GetSecretValue", {"SecretId": reference.key, **version})

    def answer(self, reference: Reference, response: Mapping[str, Any]) -> Answer:
        """Return the value or the tags."""
        if not reference.metadata:
            return _value(response)
        if "ARN" not in response:
            raise no_answer("DescribeSecret", "secret")
        return tags_as_value(response.get("Tags", []))


def _value(response: Mapping[str, Any]) -> Answer:
    """Return the string of a secret or else its bytes."""
    if response.get("SecretString") is not None:
        return Found(SecretBytes(response["SecretString"].encode()))
    if response.get("SecretBinary") is not None:
        return Found(SecretBytes(bytes(response["SecretBinary"])))
    if "ARN" not in response:
        raise no_answer("GetSecretValue", "secret")
    return Rejected("the secret has neither a string nor a binary value")
