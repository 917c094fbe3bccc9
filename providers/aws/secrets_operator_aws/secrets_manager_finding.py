"""Finds secrets by name, path and tags: a listing with AWS's own filters, then the values of what matches.

Listing first reads no value that does not match, and needs no permission to read the others.
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import Query
from secrets_operator.provider import MOST_MATCHES, TOO_MANY_MATCHES, FindAnswer, Rejected
from secrets_operator.provider.name_patterns import name_matcher
from secrets_operator_aws.calls import Call, Calls
from secrets_operator_aws.errors import TROUBLE, trouble_for
from secrets_operator_aws.finding import NO_CONDITION, values_of
from secrets_operator_aws.reading import Reads
from secrets_operator_aws.secrets_manager import SecretsManagerRequests

_PAGE_SIZE = 100
_MOST_FILTERS = 10


async def find_secrets(query: Query, calls: Calls, reader: Reads) -> FindAnswer:
    """Answer a query with values by complete name."""
    if not (query.name or query.tags):
        return NO_CONDITION
    filters = _filters(query)
    if len(filters) > _MOST_FILTERS:
        return Rejected("AWS takes at most 5 tags in a query, and 4 beside a path: remove some")
    try:
        names = await _names(filters, name_matcher(query.name), calls)
    except InvalidSpec as error:
        return Rejected(str(error))
    except TROUBLE as error:
        return trouble_for(error)
    if len(names) > MOST_MATCHES:
        return TOO_MANY_MATCHES
    return await values_of(names, reader, batch_size=SecretsManagerRequests.batch_size)


def _filters(query: Query) -> list[dict[str, Any]]:
    """Return the conditions AWS checks: each the start of a name, of any tag's key or of any tag's value."""
    conditions = [("name", query.path)] if query.path else []
    for key, value in query.tags:
        conditions += [("tag-key", key), ("tag-value", value)]
    return [{"Key": kind, "Values": [text]} for kind, text in conditions]


async def _names(filters: list[dict[str, Any]], matches: Callable[[str], bool], calls: Calls) -> dict[str, str]:
    """Return the names of all secrets that match by their ARNs, from every page but those beyond too many matches."""
    found: dict[str, str] = {}
    async for page in calls.pages(Call("ListSecrets", {"MaxResults": _PAGE_SIZE, "Filters": filters}), "SecretList"):
        found |= {entry["ARN"]: entry["Name"] for entry in page if matches(entry["Name"])}
        if len(found) > MOST_MATCHES:
            break
    return found
