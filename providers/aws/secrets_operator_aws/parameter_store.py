"""What Parameter Store is asked and what its responses say. Pure.

A version or label is part of the name of a parameter in the API: ``/app/db:3``, ``/app/db:stable``.
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Answer, Found, Reference
from secrets_operator_aws.calls import Call
from secrets_operator_aws.errors import no_answer
from secrets_operator_aws.tags import tags_as_value

# arn:aws:ssm:region:account:parameter/name
_COLONS_OF_AN_ARN = 5


class ParameterStoreRequests:
    """Values come in batches, whatever their version; tags one by one."""

    batch_size = 10

    def batches(self, reference: Reference) -> bool:
        """Tell whether a value is wanted by a key that comes back as it was asked: without a version of its own."""
        colons = _COLONS_OF_AN_ARN if reference.key.startswith("arn:") else 0
        return not reference.metadata and reference.key.count(":") == colons

    def batch(self, references: Sequence[Reference]) -> Call:
        """Return a GetParameters."""
        return Call("GetParameters", {"Names": [_name(reference) for reference in references], "WithDecryption": True})

    def batch_answers(self, response: Mapping[str, Any]) -> Mapping[str, Answer]:
        """Return the values by name and by ARN; what the service calls invalid is for a call of its own to explain."""
        if "Parameters" not in response:
            raise no_answer("GetParameters", "list")
        answers: dict[str, Answer] = {}
        for entry in response["Parameters"]:
            answer = value_of(entry)
            answers |= {name: answer for name in (entry.get("Name"), entry.get("ARN")) if name}
        return answers

    def single(self, reference: Reference) -> Call:
        """Return a GetParameter, or the ListTagsForResource that has the tags."""
        if reference.metadata:
            return Call("ListTagsForResource", {"ResourceType": "Parameter", "ResourceId": reference.key})
        return Call("GetParameter", {"Name": _name(reference), "WithDecryption": True})

    def answer(self, reference: Reference, response: Mapping[str, Any]) -> Answer:
        """Return the value or the tags."""
        if not reference.metadata:
            return value_of(response.get("Parameter"))
        if "TagList" not in response:
            raise no_answer("ListTagsForResource", "list")
        return tags_as_value(response["TagList"])


def value_of(parameter: Any) -> Found:
    """Return the value of one parameter of a response; raises Retryable when there is none."""
    value = parameter.get("Value") if isinstance(parameter, Mapping) else None
    if not isinstance(value, str):
        raise no_answer("GetParameter", "value")
    return Found(SecretBytes(value.encode()))


def _name(reference: Reference) -> str:
    return f"{reference.key}:{reference.version}" if reference.version else reference.key
