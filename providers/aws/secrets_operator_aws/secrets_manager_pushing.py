"""Writes secrets of Secrets Manager, and deletes those it wrote: whole ones and single properties of JSON documents.

DescribeSecret comes first and says whose the secret is; GetSecretValue whether there is anything to write.
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from secrets_operator.errors import InvalidSpec, Terminal
from secrets_operator.flow import SecretBytes
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
from secrets_operator.provider.pushed_values import text_of, value_of
from secrets_operator.resources.providers.aws import AwsSecretsManager
from secrets_operator_aws.calls import Call, Calls
from secrets_operator_aws.errors import SDK_ERRORS, Meaning, meaning_of, no_answer
from secrets_operator_aws.json_properties import document_of, is_at, text_at, with_text, without
from secrets_operator_aws.push_specs import SecretsManagerPush, push_spec
from secrets_operator_aws.resource_policies import POLICY_TAG, ResourcePolicies, wanted_policy
from secrets_operator_aws.tag_changes import MARK, is_ours, tag_changes, tag_list, tags_of

# Of the first version, so that two who create one secret at once do not both.
_FIRST_VERSION = "00000000-0000-0000-0000-000000000001"
FOREIGN = (
    "secret not managed by external-secrets: somebody else made it, since it has no tag managed-by=external-secrets"
)

_Described = Mapping[str, Any]


class SecretsManagerPusher:
    """See ``pushing.Pusher``."""

    def __init__(self, calls: Calls, deletion: AwsSecretsManager | None) -> None:
        """Delete as the store says."""
        self._calls = calls
        self._deletion = deletion or AwsSecretsManager()
        self._policies = ResourcePolicies(calls)

    async def push(self, push: Push) -> PushAnswer:
        """Create the secret, or write what differs: tags, policy, replicas and the value."""
        spec = push_spec(push.metadata, SecretsManagerPush)
        pushed = value_of(push)
        if push.remote.property or spec.secret_push_format == "string":
            text_of(pushed, push.secret_key)
        policy = await wanted_policy(spec.resource_policy, push.read_source)
        described = await self._describe(push.remote.remote_key)
        if described is None:
            await self._create(push.remote, spec, pushed, policy)
            return Pushed(changed=True)
        arn, tags = described["ARN"], tags_of(described.get("Tags"))
        if not is_ours(tags):
            raise Terminal(FOREIGN)
        restored = "DeletedDate" in described
        if restored:
            await self._calls.make(Call("RestoreSecret", {"SecretId": arn}))
        there = await self._value(arn) if described.get("VersionIdsToStages") else None
        wanted = _wanted(push.remote.property, pushed, there)
        changes = [
            restored,
            await self._sync_tags(arn, tags, spec.tags),
            await self._policies.sync(arn, tags, policy, spec.resource_policy),
            await self._sync_replicas(described, spec),
        ]
        if there is None or wanted != there:
            await self._put(arn, wanted, spec, is_first=there is None)
            changes.append(True)
        return Pushed(changed=any(changes))

    async def exists(self, entry: RemoteEntry) -> PresenceAnswer:
        """Tell whether there is a secret with a value, and the property in it."""
        described = await self._describe(entry.remote_key)
        if described is None or "DeletedDate" in described or not described.get("VersionIdsToStages"):
            return Absent()
        if not entry.property:
            return Present()
        there = await self._value(described["ARN"])
        return Present() if _has(there, entry.property) else Absent()

    async def delete(self, entry: RemoteEntry) -> DeleteAnswer:
        """Take out the property, and with the last one, or without property, the secret."""
        described = await self._describe(entry.remote_key)
        if described is None or "DeletedDate" in described or not is_ours(tags_of(described.get("Tags"))):
            return Deleted(changed=False)
        if entry.property:
            there = await self._value(described["ARN"]) if described.get("VersionIdsToStages") else None
            if there is None or not _has(there, entry.property):
                return Deleted(changed=False)
            rest = without(document_of(there.reveal()), entry.property)
            if rest:
                await self._put(described["ARN"], SecretBytes(rest), _form_of(there), is_first=False)
                return Deleted(changed=True)
        await self._delete_whole(described)
        return Deleted(changed=True)

    async def _describe(self, key: str) -> _Described | None:
        try:
            described = await self._calls.make(Call("DescribeSecret", {"SecretId": key}))
        except SDK_ERRORS as error:
            if meaning_of(error) is Meaning.ABSENT:
                return None
            raise
        if "ARN" not in described:
            raise no_answer("DescribeSecret", "secret")
        return described

    async def _value(self, arn: str) -> _Value:
        response = await self._calls.make(Call("GetSecretValue", {"SecretId": arn}))
        text, binary = response.get("SecretString"), response.get("SecretBinary")
        if binary is not None:
            return _Value(bytes(binary), is_text=False)
        if text is None:
            raise no_answer("GetSecretValue", "value")
        return _Value(text.encode(), is_text=True)

    async def _create(
        self, entry: RemoteEntry, spec: SecretsManagerPush, pushed: SecretBytes, policy: str | None
    ) -> None:
        tags = {**spec.tags, **MARK, **(POLICY_TAG if policy else {})}
        arguments: dict[str, Any] = {
            "Name": entry.remote_key,
            "Description": spec.description,
            "Tags": tag_list(tags),
            "ClientRequestToken": _FIRST_VERSION,
            **({"KmsKeyId": spec.kms_key_id} if spec.kms_key_id else {}),
            **_as_asked(_wanted(entry.property, pushed, None), spec.secret_push_format),
        }
        if spec.replication_locations:
            arguments["AddReplicaRegions"] = _replicas(spec.replication_locations, spec.kms_key_id)
        made = await self._calls.make(Call("CreateSecret", arguments))
        if "ARN" not in made:
            raise no_answer("CreateSecret", "secret")
        if policy and spec.resource_policy is not None:
            await self._policies.put(made["ARN"], policy, spec.resource_policy)

    async def _put(self, arn: str, value: SecretBytes, spec: SecretsManagerPush, *, is_first: bool) -> None:
        # Made here and not by the SDK, so that a call that is made again does not make a version of its own.
        token = _FIRST_VERSION if is_first else str(uuid.uuid4())
        written = _as_asked(value, spec.secret_push_format)
        await self._calls.make(Call("PutSecretValue", {"SecretId": arn, "ClientRequestToken": token, **written}))

    async def _sync_tags(self, arn: str, there: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
        changes = tag_changes(there, wanted, keeps=POLICY_TAG)
        if changes.to_remove:
            await self._calls.make(Call("UntagResource", {"SecretId": arn, "TagKeys": list(changes.to_remove)}))
        if changes.to_set:
            await self._calls.make(Call("TagResource", {"SecretId": arn, "Tags": tag_list(changes.to_set)}))
        return bool(changes.to_remove or changes.to_set)

    async def _sync_replicas(self, described: _Described, spec: SecretsManagerPush) -> bool:
        if not spec.replication_locations:
            return False
        there, wanted = _regions(described), set(spec.replication_locations)
        added, removed = sorted(wanted - there), sorted(there - wanted)
        if added:
            regions = _replicas(added, described.get("KmsKeyId") or "")
            arguments = {"SecretId": described["ARN"], "AddReplicaRegions": regions}
            await self._calls.make(Call("ReplicateSecretToRegions", arguments))
        if removed:
            await self._remove_replicas(described, removed)
        return bool(added or removed)

    async def _remove_replicas(self, described: _Described, regions: list[str]) -> None:
        arguments = {"SecretId": described["ARN"], "RemoveReplicaRegions": regions}
        await self._calls.make(Call("RemoveRegionsFromReplication", arguments))

    async def _delete_whole(self, described: _Described) -> None:
        regions = sorted(_regions(described))
        if regions:
            await self._remove_replicas(described, regions)
        arguments: dict[str, Any] = {"SecretId": described["ARN"]}
        if self._deletion.force_delete_without_recovery:
            arguments["ForceDeleteWithoutRecovery"] = True
        elif self._deletion.recovery_window_in_days:
            arguments["RecoveryWindowInDays"] = self._deletion.recovery_window_in_days
        await self._calls.make(Call("DeleteSecret", arguments))


class _Value(SecretBytes):
    """A value as it is there."""

    __slots__ = ("is_text",)

    def __init__(self, value: bytes, *, is_text: bool) -> None:
        super().__init__(value)
        self.is_text = is_text


def _form_of(value: _Value) -> SecretsManagerPush:
    return SecretsManagerPush(secret_push_format="string" if value.is_text else "binary")


def _wanted(path: str, pushed: SecretBytes, there: SecretBytes | None) -> SecretBytes:
    """Return the value that is to be there; that which is there where nothing differs."""
    if not path:
        return pushed
    document, text = document_of(there.reveal() if there is not None else b""), pushed.reveal().decode()
    if there is not None and text_at(document, path) == text:
        return there
    return SecretBytes(with_text(document, path, text))


def _has(there: SecretBytes, path: str) -> bool:
    """Tell whether a value has a property; one that is no JSON has none."""
    try:
        return is_at(document_of(there.reveal()), path)
    except InvalidSpec:
        return False


def _as_asked(value: SecretBytes, form: str) -> dict[str, Any]:
    return {"SecretString": value.reveal().decode()} if form == "string" else {"SecretBinary": value.reveal()}


def _regions(described: _Described) -> set[str]:
    return {replica["Region"] for replica in described.get("ReplicationStatus") or ()}


def _replicas(regions: list[str] | tuple[str, ...], key: str) -> list[dict[str, str]]:
    return [{"Region": region, **({"KmsKeyId": key} if key else {})} for region in regions]
