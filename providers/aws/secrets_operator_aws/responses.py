"""What a response of Secrets Manager says. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Absent, Answer, Found, Rejected
from secrets_operator_aws.errors import TABLE, Meaning

_HTML = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


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
