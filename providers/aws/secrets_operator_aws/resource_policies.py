"""The resource policy of a pushed secret: set where a push names one, taken away where a push no longer does.

A tag remembers that a push set it. So nothing is asked or written where none is wanted, and a policy that somebody else
set stays. https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_resource-policies.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from secrets_operator.errors import InvalidSpec
from secrets_operator.provider import ReadSource
from secrets_operator_aws.calls import Call, Calls
from secrets_operator_aws.errors import SDK_ERRORS, Meaning, meaning_of
from secrets_operator_aws.push_specs import ResourcePolicy
from secrets_operator_aws.tag_changes import tag_list

POLICY_TAG = {"secrets-operator.dev/resource-policy": "pushed"}
_FIELD = "metadata.spec.resourcePolicy.policySourceRef"


async def wanted_policy(asked: ResourcePolicy | None, read: ReadSource) -> str | None:
    """Return the policy that is wanted, as JSON; None for none. Raises InvalidSpec, and what ``read`` raises."""
    if asked is None:
        return None
    source = asked.policy_source_ref
    if source is None:
        raise InvalidSpec("is required: name the ConfigMap or Secret that holds the policy", field=_FIELD)
    text = (await read(source.kind, source.name, source.key, _FIELD)).reveal().decode("utf-8", "replace")
    if not text.strip():
        return None
    if not isinstance(_document(text), dict):
        raise InvalidSpec(f"key {source.key} is no policy: it must be a JSON object", field=_FIELD)
    return text


class ResourcePolicies:
    """Policies of secrets by their ARNs."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def sync(self, arn: str, tags: Mapping[str, str], wanted: str | None, asked: ResourcePolicy | None) -> bool:
        """Set what is wanted where it differs, or take away what a push set; tell whether anything was written."""
        is_set = tags.keys() >= POLICY_TAG.keys()
        if wanted is None or asked is None:
            if is_set:
                await self._delete(arn)
            return is_set
        if not is_set:
            # First the tag: a policy without it would never be taken away.
            await self._calls.make(Call("TagResource", {"SecretId": arn, "Tags": tag_list(POLICY_TAG)}))
        response = await self._calls.make(Call("GetResourcePolicy", {"SecretId": arn}))
        if _document(response.get("ResourcePolicy") or "") == _document(wanted):
            return not is_set
        await self.put(arn, wanted, asked)
        return True

    async def put(self, arn: str, policy: str, asked: ResourcePolicy) -> None:
        """Set a policy."""
        arguments: dict[str, Any] = {"SecretId": arn, "ResourcePolicy": policy}
        if asked.block_public_policy is not None:
            arguments["BlockPublicPolicy"] = asked.block_public_policy
        await self._calls.make(Call("PutResourcePolicy", arguments))

    async def _delete(self, arn: str) -> None:
        try:
            await self._calls.make(Call("DeleteResourcePolicy", {"SecretId": arn}))
        except SDK_ERRORS as error:
            if meaning_of(error) is not Meaning.ABSENT:
                raise
        await self._calls.make(Call("UntagResource", {"SecretId": arn, "TagKeys": list(POLICY_TAG)}))


def _document(text: str) -> Any:
    """Return what a policy says, however it is written; None for what is no JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return None
