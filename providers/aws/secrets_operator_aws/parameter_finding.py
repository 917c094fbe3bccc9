"""Finds parameters by name below a path, or else by tags; a name wins, as in External Secrets Operator.

GetParametersByPath returns names and values in one go. Where IAM denies it, parameters are listed and what matches is
read, which takes a permission for these alone.
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import Query, SecretBytes
from secrets_operator.provider import MOST_MATCHES, TOO_MANY_MATCHES, FindAnswer, Matches, Rejected
from secrets_operator.provider.name_patterns import name_matcher
from secrets_operator_aws.calls import Call, Calls
from secrets_operator_aws.errors import TROUBLE, is_denied, trouble_for
from secrets_operator_aws.finding import NO_CONDITION, values_of
from secrets_operator_aws.parameter_store import ParameterStoreRequests, value_of
from secrets_operator_aws.reading import Reads

_VALUES_A_PAGE = 10
_NAMES_A_PAGE = 50


async def find_parameters(query: Query, calls: Calls, reader: Reads) -> FindAnswer:
    """Answer a query with values by complete name."""
    if not (query.name or query.tags):
        return NO_CONDITION
    if query.path and not query.path.startswith("/"):
        return Rejected("the path of parameters begins with a slash: add it")
    try:
        matches = name_matcher(query.name)
        return await (_by_name(query, matches, calls, reader) if query.name else _by_tags(query, calls, reader))
    except InvalidSpec as error:
        return Rejected(str(error))
    except TROUBLE as error:
        return trouble_for(error)


async def _by_name(query: Query, matches: Callable[[str], bool], calls: Calls, reader: Reads) -> FindAnswer:
    try:
        return await _below(query.path or "/", matches, calls)
    except TROUBLE as error:
        if not is_denied(error):
            raise
    return await _listed(_path_filter(query.path), matches, calls, reader)


async def _below(path: str, matches: Callable[[str], bool], calls: Calls) -> FindAnswer:
    call = Call(
        "GetParametersByPath",
        {"Path": path, "Recursive": True, "WithDecryption": True, "MaxResults": _VALUES_A_PAGE},
    )
    found: dict[str, SecretBytes] = {}
    async for page in calls.pages(call, "Parameters"):
        for entry in page:
            if matches(entry["Name"]):
                found[entry["Name"]] = value_of(entry).payload
        if len(found) > MOST_MATCHES:
            return TOO_MANY_MATCHES
    return Matches(found)


async def _by_tags(query: Query, calls: Calls, reader: Reads) -> FindAnswer:
    tags = [{"Key": f"tag:{key}", "Values": [value]} for key, value in query.tags]
    return await _listed([*tags, *_path_filter(query.path)], lambda _: True, calls, reader)


def _path_filter(path: str) -> list[dict[str, Any]]:
    return [{"Key": "Path", "Option": "Recursive", "Values": [path]}] if path else []


async def _listed(
    filters: list[dict[str, Any]], matches: Callable[[str], bool], calls: Calls, reader: Reads
) -> FindAnswer:
    """List the names, and read the values of those that match."""
    names: dict[str, str] = {}
    arguments = {"MaxResults": _NAMES_A_PAGE, "ParameterFilters": filters}
    async for page in calls.pages(Call("DescribeParameters", arguments), "Parameters"):
        names |= {entry["Name"]: entry["Name"] for entry in page if matches(entry["Name"])}
        if len(names) > MOST_MATCHES:
            return TOO_MANY_MATCHES
    return await values_of(names, reader, batch_size=ParameterStoreRequests.batch_size)
