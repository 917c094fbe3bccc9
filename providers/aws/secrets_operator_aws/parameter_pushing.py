"""Writes parameters of Parameter Store, and deletes those it wrote.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from secrets_operator.errors import Terminal
from secrets_operator.provider import (
    Absent,
    DeleteAnswer,
    Deleted,
    PresenceAnswer,
    Present,
    Push,
    PushAnswer,
    Pushed,
    RemoteEntry,
)
from secrets_operator.provider.pushed_values import require_keys, text_of, whole
from secrets_operator_aws.calls import Call, Calls
from secrets_operator_aws.errors import SDK_ERRORS, Meaning, meaning_of, no_answer
from secrets_operator_aws.parameter_store import value_of
from secrets_operator_aws.push_specs import ParameterStorePush, push_spec
from secrets_operator_aws.tag_changes import MARK, is_ours, tag_changes, tag_list, tags_of

FOREIGN = (
    "parameter not managed by external-secrets: somebody else made it, since it has no tag managed-by=external-secrets"
)


class ParameterPusher:
    """See ``pushing.Pusher``. A parameter is one text: the property of an entry has no effect."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def push(self, push: Push) -> PushAnswer:
        """Create the parameter, or write what differs: the value and tags."""
        spec, name = push_spec(push.metadata, ParameterStorePush), push.remote.remote_key
        wanted = _text(push, spec)
        there = await self._get(name, decrypted=True)
        if there is None:
            await self._put(name, wanted, spec, Overwrite=False, Tags=tag_list({**spec.tags, **MARK}))
            return Pushed(changed=True)
        tags = await self._tags(name)
        if not is_ours(tags):
            raise Terminal(FOREIGN)
        changed = await self._sync_tags(name, tags, spec.tags)
        if value_of(there).payload.reveal() != wanted.encode():
            await self._put(name, wanted, spec, Overwrite=True)
            changed = True
        return Pushed(changed=changed)

    async def exists(self, entry: RemoteEntry) -> PresenceAnswer:
        """Tell whether there is a parameter."""
        return Absent() if await self._get(entry.remote_key) is None else Present()

    async def delete(self, entry: RemoteEntry) -> DeleteAnswer:
        """Delete a parameter that is ours."""
        name = entry.remote_key
        if await self._get(name) is None or not is_ours(await self._tags(name)):
            return Deleted(changed=False)
        await self._calls.make(Call("DeleteParameter", {"Name": name}))
        return Deleted(changed=True)

    async def _get(self, name: str, *, decrypted: bool = False) -> Mapping[str, Any] | None:
        try:
            response = await self._calls.make(Call("GetParameter", {"Name": name, "WithDecryption": decrypted}))
        except SDK_ERRORS as error:
            if meaning_of(error) is Meaning.ABSENT:
                return None
            raise
        found = response.get("Parameter")
        if not isinstance(found, Mapping):
            raise no_answer("GetParameter", "parameter")
        return found

    async def _tags(self, name: str) -> dict[str, str]:
        listed = await self._calls.make(Call("ListTagsForResource", {"ResourceType": "Parameter", "ResourceId": name}))
        if "TagList" not in listed:
            raise no_answer("ListTagsForResource", "list")
        return tags_of(listed["TagList"])

    async def _put(self, name: str, text: str, spec: ParameterStorePush, **more: Any) -> None:
        arguments = {"Name": name, "Value": text, "Type": spec.secret_type, "Description": spec.description, **more}
        if spec.secret_type == "SecureString":
            arguments["KeyId"] = spec.kms_key_id
        if spec.tier.type == "Advanced":
            arguments["Tier"] = spec.tier.type
            if spec.tier.policies is not None:
                arguments["Policies"] = json.dumps(spec.tier.policies)
        await self._calls.make(Call("PutParameter", arguments))

    async def _sync_tags(self, name: str, there: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
        changes, place = tag_changes(there, wanted), {"ResourceType": "Parameter", "ResourceId": name}
        if changes.to_remove:
            await self._calls.make(Call("RemoveTagsFromResource", {**place, "TagKeys": list(changes.to_remove)}))
        if changes.to_set:
            await self._calls.make(Call("AddTagsToResource", {**place, "Tags": tag_list(changes.to_set)}))
        return bool(changes.to_remove or changes.to_set)


def _text(push: Push, spec: ParameterStorePush) -> str:
    """Return the value, or the whole Secret as JSON with values in base64, in plain with ``encodeAsDecoded``."""
    data = push.source.data
    if push.secret_key:
        return text_of(data[push.secret_key], push.secret_key)
    if spec.encode_as_decoded:
        return whole(data).reveal().decode()
    require_keys(data)
    encoded = {name: base64.b64encode(value.reveal()).decode() for name, value in data.items()}
    return json.dumps(encoded, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
