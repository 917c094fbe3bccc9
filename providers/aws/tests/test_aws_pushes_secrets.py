"""What a push makes of a secret in Secrets Manager, and what it leaves alone."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from secrets_operator.provider import (
    Absent,
    Deleted,
    Failed,
    Present,
    Pushed,
    Pushing,
    Rejected,
    RemoteEntry,
    RetrySettings,
)
from tests.aws_pushes import entry

READ = {"DescribeSecret", "GetSecretValue", "GetResourcePolicy"}
MARK = {"Key": "managed-by", "Value": "external-secrets"}
POLICY = {"resourcePolicy": {"policySourceRef": {"kind": "ConfigMap", "name": "policies", "key": "policy.json"}}}


@pytest.fixture
async def pushing(open_session: Any) -> Pushing:
    session = await open_session(RetrySettings(1), prefix="p/")
    found: Pushing = session.pushing
    return found


def tags(aws: Any, name: str = "p/app") -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in aws.describe_secret(SecretId=name)["Tags"]}


def writes(gateway: Any) -> dict[str, int]:
    return {call: count for call, count in gateway.calls.items() if call not in READ}


async def test_a_secret_is_made_as_external_secrets_operator_makes_it(aws: Any, pushing: Pushing) -> None:
    assert await pushing.push(entry("app", "value")) == Pushed(changed=True)
    described, got = aws.describe_secret(SecretId="p/app"), aws.get_secret_value(SecretId="p/app")
    assert described["Description"] == "secret 'managed-by:external-secrets'"
    assert described["Tags"] == [MARK]
    assert (got["SecretBinary"], got["VersionId"]) == (b"value", "00000000-0000-0000-0000-000000000001")


async def test_metadata_say_how_it_is_made(aws: Any, pushing: Pushing) -> None:
    spec = {"secretPushFormat": "string", "description": "of shop", "kmsKeyId": "alias/own", "tags": {"team": "shop"}}
    answer = await pushing.push(entry("app", {"b": b"2", "a": b"1"}, **spec, replicationLocations=["eu-west-1"]))
    assert answer == Pushed(changed=True)
    described = aws.describe_secret(SecretId="p/app")
    assert aws.get_secret_value(SecretId="p/app")["SecretString"] == '{"a":"1","b":"2"}'
    assert (described["Description"], described["KmsKeyId"]) == ("of shop", "alias/own")
    assert tags(aws) == {"team": "shop", "managed-by": "external-secrets"}
    assert [replica["Region"] for replica in described["ReplicationStatus"]] == ["eu-west-1"]


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"tags": {"team": "shop"}, "replicationLocations": ["eu-west-1"]}, id="tags and replicas"),
        pytest.param(POLICY, id="a policy"),
    ],
)
async def test_what_is_there_is_not_written_again(aws: Any, gateway: Any, pushing: Pushing, spec: Any) -> None:
    for value in ("old", "value"):
        await pushing.push(entry("app", value, policy='{"Version": "2012-10-17"}', **spec))
    gateway.calls.clear()
    again = entry("app", "value", policy='{ "Version":"2012-10-17"}', **spec)
    assert await pushing.push(again) == Pushed(changed=False)
    assert writes(gateway) == {}
    assert set(gateway.calls) == READ - (set() if spec is POLICY else {"GetResourcePolicy"}), "no right is asked for"


async def test_only_what_differs_is_written(aws: Any, gateway: Any, pushing: Pushing) -> None:
    first = {"tags": {"team": "shop", "old": "x"}, "replicationLocations": ["eu-west-1", "us-east-1"]}
    await pushing.push(entry("app", "value", **first))
    gateway.calls.clear()
    then = {"tags": {"team": "ops"}, "replicationLocations": ["us-east-1", "us-west-2"]}
    assert await pushing.push(entry("app", "value", **then)) == Pushed(changed=True)
    assert tags(aws) == {"team": "ops", "managed-by": "external-secrets"}
    regions = {replica["Region"] for replica in aws.describe_secret(SecretId="p/app")["ReplicationStatus"]}
    assert regions == {"us-east-1", "us-west-2"}
    assert set(writes(gateway)) == {
        "TagResource",
        "UntagResource",
        "ReplicateSecretToRegions",
        "RemoveRegionsFromReplication",
    }
    await pushing.push(entry("app", "value"))
    assert tags(aws)["team"] == "ops", "a push that says nothing of tags leaves them"


async def test_a_policy_is_set_and_taken_away_only_where_a_push_set_it(
    aws: Any, gateway: Any, pushing: Pushing
) -> None:
    def policy() -> Any:
        return json.loads(aws.get_resource_policy(SecretId="p/app").get("ResourcePolicy") or "null")

    await pushing.push(entry("app", "value"))
    aws.put_resource_policy(SecretId="p/app", ResourcePolicy='{"Id":"of somebody else"}')
    assert await pushing.push(entry("app", "value")) == Pushed(changed=False)
    assert policy() == {"Id": "of somebody else"}

    assert await pushing.push(entry("app", "value", policy='{"Id":"ours"}', **POLICY)) == Pushed(changed=True)
    assert policy() == {"Id": "ours"}
    assert await pushing.push(entry("app", "value", tags={"team": "shop"})) == Pushed(changed=True)
    assert policy() is None
    assert tags(aws) == {"team": "shop", "managed-by": "external-secrets"}


async def test_a_secret_without_a_value_gets_its_first(aws: Any, pushing: Pushing) -> None:
    aws.create_secret(Name="p/app", Tags=[MARK])
    assert await pushing.exists(RemoteEntry("app")) == Absent()
    assert await pushing.delete(RemoteEntry("app", "a")) == Deleted(changed=False)
    assert await pushing.push(entry("app", "value", path="a.b")) == Pushed(changed=True)
    assert aws.get_secret_value(SecretId="p/app")["SecretBinary"] == b'{"a":{"b":"value"}}'
    assert await pushing.exists(RemoteEntry("app")) == Present()


async def test_a_secret_that_was_deleted_is_restored_with_the_new_value(aws: Any, pushing: Pushing) -> None:
    await pushing.push(entry("app", "old"))
    assert await pushing.delete(RemoteEntry("app")) == Deleted(changed=True)
    assert "DeletedDate" in aws.describe_secret(SecretId="p/app")
    assert await pushing.push(entry("app", "value")) == Pushed(changed=True)
    assert aws.get_secret_value(SecretId="p/app")["SecretBinary"] == b"value"


@pytest.mark.parametrize(
    ("settings", "window"),
    [
        pytest.param({}, 30, id="as AWS does by itself"),
        pytest.param({"recoveryWindowInDays": 7}, 7, id="with a window"),
        pytest.param({"forceDeleteWithoutRecovery": True}, None, id="at once"),
    ],
)
async def test_a_secret_is_deleted_as_the_store_says(
    aws: Any, open_session: Any, settings: dict[str, Any], window: int | None
) -> None:
    pushing = (await open_session(secretsManager=settings)).pushing
    await pushing.push(entry("app", "value", replicationLocations=["eu-west-1"]))
    assert await pushing.delete(RemoteEntry("app")) == Deleted(changed=True)
    if window is None:
        with pytest.raises(aws.exceptions.ResourceNotFoundException):
            aws.describe_secret(SecretId="app")
        return
    described = aws.describe_secret(SecretId="app")
    assert round((described["DeletedDate"] - described["CreatedDate"]).total_seconds() / 86_400) == window
    assert not described.get("ReplicationStatus")


async def test_properties_pushed_at_once_do_not_undo_each_other(aws: Any, pushing: Pushing) -> None:
    aws.create_secret(Name="p/app", SecretString='{"there": 1.50}', Tags=[MARK])
    names = [f"n{number}" for number in range(6)]
    await asyncio.gather(*(pushing.push(entry("app", name, path=name)) for name in names))
    written = aws.get_secret_value(SecretId="p/app")["SecretBinary"]
    assert json.loads(written) == {"there": 1.5, **{name: name for name in names}}
    assert b"1.50" in written


async def test_a_property_is_deleted_and_the_rest_keeps_its_form(aws: Any, pushing: Pushing) -> None:
    aws.create_secret(Name="p/app", SecretString='{"a":{"b":"x"},"c":1.50}', Tags=[MARK])
    assert await pushing.delete(RemoteEntry("app", "a.b")) == Deleted(changed=True)
    assert aws.get_secret_value(SecretId="p/app")["SecretString"] == '{"c":1.50}'
    assert await pushing.delete(RemoteEntry("app", "a.b")) == Deleted(changed=False)


@pytest.mark.parametrize(
    ("push", "says"),
    [
        pytest.param(entry("app", "x", tags={"managed-by": "me"}), "metadata.spec.tags.managed-by", id="the mark"),
        pytest.param(entry("app", "x", secretPushFormat="text"), "metadata.spec.secretPushFormat", id="a format"),
        pytest.param(entry("app", "x", odd=1), "metadata.spec.odd: unknown field", id="a field that is none"),
        pytest.param(entry("app", b"\xff", secretPushFormat="string"), "not text", id="bytes as a string"),
        pytest.param(entry("app", b"\xff", path="a"), "not text", id="bytes as a property"),
        pytest.param(entry("app", "x", path="a.*"), "several places", id="a property with a wildcard"),
        pytest.param(entry("app", "x", resourcePolicy={}), "policySourceRef: is required", id="a policy of nothing"),
        pytest.param(entry("app", "x", policy="[]", **POLICY), "is no policy", id="a policy that is none"),
    ],
)
async def test_what_cannot_be_pushed_is_named_and_nothing_is_asked(
    gateway: Any, pushing: Pushing, push: Any, says: str
) -> None:
    answer = await pushing.push(push)
    assert isinstance(answer, Rejected)
    assert says in answer.message
    assert writes(gateway) == {}


async def test_a_text_that_is_no_json_takes_no_property(aws: Any, gateway: Any, pushing: Pushing) -> None:
    await pushing.push(entry("app", "plain"))
    gateway.calls.clear()
    answer = await pushing.push(entry("app", "x", path="a"))
    assert isinstance(answer, Rejected)
    assert "no JSON object" in answer.message
    assert (await pushing.exists(RemoteEntry("app", "a")), writes(gateway)) == (Absent(), {})


@pytest.mark.parametrize(
    ("operation", "code", "says", "is_tried_again"),
    [
        pytest.param("CreateSecret", "AccessDeniedException", "allow the action in IAM", False, id="a missing right"),
        pytest.param("DescribeSecret", "ThrottlingException", "slow down", True, id="a throttle"),
        pytest.param("CreateSecret", "ResourceExistsException", "meanwhile", True, id="somebody was quicker"),
        pytest.param("CreateSecret", "LimitExceededException", "AWS's quotas", False, id="no room for more secrets"),
        pytest.param("CreateSecret", "InvalidRequestException", "check remoteKey", False, id="a name that is none"),
    ],
)
async def test_trouble_is_an_answer(
    *, aws: Any, gateway: Any, pushing: Pushing, operation: str, code: str, says: str, is_tried_again: bool
) -> None:
    gateway.fail(operation, 400, code, "RequestID: 7a1c-req")
    answer = await pushing.push(entry("app", "value-5d0e"))
    assert isinstance(answer, Failed if is_tried_again else Rejected)
    assert says in answer.message
    assert "7a1c" not in answer.message
    assert "5d0e" not in answer.message


async def test_a_write_that_is_made_again_makes_one_version(aws: Any, gateway: Any, open_session: Any) -> None:
    pushing = (await open_session(RetrySettings(3, 0.1))).pushing
    await pushing.push(entry("app", "old"))
    gateway.fail_once("PutSecretValue", 500, "InternalServiceError")
    assert await pushing.push(entry("app", "value")) == Pushed(changed=True)
    assert gateway.calls["PutSecretValue"] == 2
    assert len(aws.describe_secret(SecretId="app")["VersionIdsToStages"]) == 2
