"""Finds secrets by name, path and tags: a listing with AWS's own filters, then the values of what matches.

The listing is complete or the query fails, and so are the values: a part of them would look as if the other secrets
were deleted. Listing first reads no value that does not match, and needs no permission to read the others.
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import Query
from secrets_operator.provider import (
    MOST_MATCHES,
    TOO_MANY_MATCHES,
    Answer,
    Failed,
    FindAnswer,
    Found,
    Matches,
    Reference,
    Rejected,
)
from secrets_operator.provider.name_patterns import name_matcher
from secrets_operator.provider.parallel import in_parallel
from secrets_operator_aws.calls import Calls
from secrets_operator_aws.errors import SDK_ERRORS, Meaning, trouble_for
from secrets_operator_aws.reading import BATCH_SIZE, Reader

_PAGE_SIZE = 100
_MOST_FILTERS = 10
_BATCHES_AT_ONCE = 4

_Trouble = Failed | Rejected


async def find(query: Query, calls: Calls, reader: Reader) -> FindAnswer:
    """Answer a query with values by complete name."""
    if not (query.name or query.tags):
        return Rejected("set name.regexp or tags; name.regexp: '.*' finds everything")
    filters = _filters(query)
    if len(filters) > _MOST_FILTERS:
        return Rejected("AWS takes at most 5 tags in a query, and 4 beside a path: remove some")
    try:
        names = await _names(filters, name_matcher(query.name), calls)
    except InvalidSpec as error:
        return Rejected(str(error))
    return await _values(names, reader) if isinstance(names, Mapping) else names


def _filters(query: Query) -> list[dict[str, Any]]:
    """Return the conditions AWS checks: each the start of a name, of any tag's key or of any tag's value."""
    conditions = [("name", query.path)] if query.path else []
    for key, value in query.tags:
        conditions += [("tag-key", key), ("tag-value", value)]
    return [{"Key": kind, "Values": [text]} for kind, text in conditions]


async def _names(
    filters: Sequence[Mapping[str, Any]], matches: Callable[[str], bool], calls: Calls
) -> dict[str, str] | _Trouble:
    """Return the names of all secrets that match by their ARNs, from every page."""
    found: dict[str, str] = {}
    position: dict[str, str] = {}
    while True:
        call = partial(calls.client.list_secrets, MaxResults=_PAGE_SIZE, Filters=filters, **position)
        try:
            page = await calls.make(call)
        except SDK_ERRORS as error:
            return trouble_for(error)
        if "SecretList" not in page:
            # Some proxy's idea of success; as an empty list it would delete.
            return Failed(f"ListSecrets: {Meaning.UNAVAILABLE.value} (no list)")
        found |= {entry["ARN"]: entry["Name"] for entry in page["SecretList"] if matches(entry["Name"])}
        if len(found) > MOST_MATCHES:
            return TOO_MANY_MATCHES
        if not page.get("NextToken"):
            return found
        position = {"NextToken": page["NextToken"]}


async def _values(names: Mapping[str, str], reader: Reader) -> FindAnswer:
    """Read the values; a secret that was deleted since the listing is left out."""
    # Sorted, so that of several troubles it is always the same one that is told.
    references = [Reference(arn) for arn in sorted(names, key=lambda arn: names[arn])]
    batches = [references[start : start + BATCH_SIZE] for start in range(0, len(references), BATCH_SIZE)]
    read = await in_parallel(reader.read, batches, at_once=_BATCHES_AT_ONCE, enough=_has_trouble)
    answers = {reference: answers[reference] for batch, answers in read for reference in batch}
    for reference, answer in answers.items():
        if isinstance(answer, _Trouble):
            return _about(names[reference.key], answer)
    return Matches({names[ref.key]: answer.payload for ref, answer in answers.items() if isinstance(answer, Found)})


def _has_trouble(answers: Mapping[Reference, Answer]) -> bool:
    return any(isinstance(answer, _Trouble) for answer in answers.values())


def _about(name: str, trouble: _Trouble) -> _Trouble:
    """Name the secret that the user must act on; an outage or a bad credential is nobody's in particular."""
    if isinstance(trouble, Failed) or trouble.credentials:
        return trouble
    return Rejected(f"{name!r}: {trouble.message}")
