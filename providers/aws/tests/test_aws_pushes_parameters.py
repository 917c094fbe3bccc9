"""What a push makes of a parameter in Parameter Store, and what it leaves alone."""

from __future__ import annotations

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

WRITES = {"PutParameter", "AddTagsToResource", "RemoveTagsFromResource", "DeleteParameter"}


@pytest.fixture
async def pushing(open_session: Any) -> Pushing:
    found: Pushing = (await open_session(RetrySettings(1), service="ParameterStore", prefix="/p/")).pushing
    return found


def tags(ssm: Any) -> dict[str, str]:
    listed = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/p/app")["TagList"]
    return {tag["Key"]: tag["Value"] for tag in listed}


def described(ssm: Any) -> dict[str, Any]:
    (found,) = ssm.describe_parameters()["Parameters"]
    return dict(found)


def writes(gateway: Any) -> dict[str, int]:
    return {call: count for call, count in gateway.calls.items() if call in WRITES}


async def test_a_parameter_is_made_as_external_secrets_operator_makes_it(ssm: Any, pushing: Pushing) -> None:
    assert await pushing.push(entry("app", "value")) == Pushed(changed=True)
    found = described(ssm)
    assert (found["Type"], found["Tier"]) == ("String", "Standard")
    assert found["Description"] == "secret 'managed-by:external-secrets'"
    assert ssm.get_parameter(Name="/p/app")["Parameter"]["Value"] == "value"
    assert tags(ssm) == {"managed-by": "external-secrets"}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param({"secretType": "StringList"}, {"Type": "StringList", "Tier": "Standard"}, id="a list"),
        pytest.param(
            {"secretType": "SecureString"},
            {"Type": "SecureString", "KeyId": "alias/aws/ssm", "Tier": "Standard"},
            id="encrypted with AWS's key",
        ),
        pytest.param(
            {"secretType": "SecureString", "kmsKeyID": "alias/own"},
            {"Type": "SecureString", "KeyId": "alias/own", "Tier": "Standard"},
            id="encrypted with a key of one's own",
        ),
        pytest.param({"tier": {"type": "Advanced"}}, {"Type": "String", "Tier": "Advanced"}, id="the advanced tier"),
        pytest.param({"tier": {"type": "Standard"}}, {"Type": "String", "Tier": "Standard"}, id="no other tier"),
        pytest.param({"description": "of shop"}, {"Description": "of shop"}, id="a description"),
    ],
)
async def test_metadata_say_how_it_is_made(
    ssm: Any, pushing: Pushing, spec: dict[str, Any], expected: dict[str, str]
) -> None:
    assert await pushing.push(entry("app", "value", **spec)) == Pushed(changed=True)
    found = described(ssm)
    assert {name: found[name] for name in expected} == expected


async def test_policies_of_the_advanced_tier_are_passed_on(ssm: Any, gateway: Any, pushing: Pushing) -> None:
    policy = {"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": "2030-01-01T00:00:00.000Z"}}
    assert await pushing.push(entry("app", "value", tier={"type": "Advanced", "policies": [policy]})) == Pushed(
        changed=True
    )


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param({}, '{"a":"MQ==","b":"Mg=="}', id="in base64"),
        pytest.param({"encodeAsDecoded": True}, '{"a":"1","b":"2"}', id="as they are"),
    ],
)
async def test_a_whole_secret_is_json_of_its_values(
    ssm: Any, pushing: Pushing, spec: dict[str, Any], expected: str
) -> None:
    await pushing.push(entry("app", {"b": b"2", "a": b"1"}, **spec))
    assert ssm.get_parameter(Name="/p/app")["Parameter"]["Value"] == expected


@pytest.mark.parametrize("kind", ["String", "SecureString"])
async def test_what_is_there_is_not_written_again(ssm: Any, gateway: Any, pushing: Pushing, kind: str) -> None:
    for value in ("old", "sensitive"):
        push = entry("app", value, secretType=kind, tags={"team": "shop"})
        assert await pushing.push(push) == Pushed(changed=True)
    gateway.calls.clear()
    assert await pushing.push(push) == Pushed(changed=False)
    assert dict(gateway.calls) == {"GetParameter": 1, "ListTagsForResource": 1}


async def test_only_what_differs_is_written(ssm: Any, gateway: Any, pushing: Pushing) -> None:
    await pushing.push(entry("app", "value", tags={"team": "shop", "old": "x"}))
    gateway.calls.clear()
    assert await pushing.push(entry("app", "value", tags={"team": "ops"})) == Pushed(changed=True)
    assert tags(ssm) == {"team": "ops", "managed-by": "external-secrets"}
    assert writes(gateway) == {"AddTagsToResource": 1, "RemoveTagsFromResource": 1}
    assert await pushing.push(entry("app", "new")) == Pushed(changed=True)
    assert tags(ssm)["team"] == "ops", "a push that says nothing of tags leaves them"


async def test_what_others_made_stays(ssm: Any, gateway: Any, pushing: Pushing) -> None:
    ssm.put_parameter(Name="/p/app", Value="theirs", Type="String")
    gateway.calls.clear()
    answer = await pushing.push(entry("app", "value"))
    assert isinstance(answer, Rejected)
    assert "not managed by external-secrets" in answer.message
    assert await pushing.delete(RemoteEntry("app")) == Deleted(changed=False)
    assert (await pushing.exists(RemoteEntry("app")), writes(gateway)) == (Present(), {})


async def test_what_is_ours_is_deleted_once(ssm: Any, gateway: Any, pushing: Pushing) -> None:
    await pushing.push(entry("app", "value"))
    assert await pushing.delete(RemoteEntry("app")) == Deleted(changed=True)
    assert await pushing.delete(RemoteEntry("app")) == Deleted(changed=False)
    assert await pushing.exists(RemoteEntry("app")) == Absent()
    assert gateway.calls["DeleteParameter"] == 1


@pytest.mark.parametrize(
    ("push", "says"),
    [
        pytest.param(entry("app", b"\xff"), "not text", id="bytes"),
        pytest.param(entry("app", {}), "no keys", id="a Secret without keys"),
        pytest.param(entry("app", "x", secretType="Text"), "metadata.spec.secretType", id="a type that is none"),
        pytest.param(entry("app", "x", tags={"managed-by": "me"}), "metadata.spec.tags.managed-by", id="the mark"),
    ],
)
async def test_what_cannot_be_pushed_is_named_and_nothing_is_asked(
    gateway: Any, pushing: Pushing, push: Any, says: str
) -> None:
    answer = await pushing.push(push)
    assert isinstance(answer, Rejected)
    assert says in answer.message
    assert not gateway.calls


@pytest.mark.parametrize("operation", ["GetParameter", "ListTagsForResource", "PutParameter"])
async def test_an_outage_in_the_middle_is_told_and_writes_nothing_wrong(
    ssm: Any, gateway: Any, pushing: Pushing, operation: str
) -> None:
    await pushing.push(entry("app", "old"))
    gateway.fail(operation, 400, "ThrottlingException", "value-5d0e")
    answer = await pushing.push(entry("app", "value-5d0e"))
    assert isinstance(answer, Failed)
    assert "5d0e" not in answer.message
    gateway.faults.clear()
    assert ssm.get_parameter(Name="/p/app")["Parameter"]["Value"] == "old"
