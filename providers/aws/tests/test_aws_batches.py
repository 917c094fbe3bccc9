"""How many calls a fetch costs, and what happens when the batch call does not answer for all."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError
from secrets_operator_aws.calls import Call, Calls
from secrets_operator_aws.reading import DENIAL_SECONDS, Reader
from secrets_operator_aws.secrets_manager import SecretsManagerRequests

from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Absent, Failed, Found, Reference, Rejected


def create(aws: Any, count: int) -> list[Reference]:
    for index in range(count):
        aws.create_secret(Name=f"app/{index}", SecretString=f"value-{index}")
    return [Reference(f"app/{index}") for index in range(count)]


def values(answers: Any) -> list[str]:
    return [answer.payload.reveal().decode() if isinstance(answer, Found) else str(answer) for answer in answers]


@pytest.mark.parametrize(
    ("count", "batches", "singles"),
    [
        pytest.param(1, 0, 1, id="one secret is one plain call"),
        pytest.param(2, 1, 0, id="two secrets are one batch"),
        pytest.param(20, 1, 0, id="twenty secrets are one batch"),
        pytest.param(21, 1, 1, id="the one left over is read alone"),
        pytest.param(45, 3, 0, id="forty-five secrets are three batches"),
    ],
)
async def test_current_values_are_read_in_batches(
    aws: Any, gateway: Any, open_session: Any, count: int, batches: int, singles: int
) -> None:
    references = create(aws, count)
    session = await open_session()
    assert values(await session.fetch(references)) == [f"value-{index}" for index in range(count)]
    assert (gateway.calls["BatchGetSecretValue"], gateway.calls["GetSecretValue"]) == (batches, singles)


async def test_the_absent_is_absent_in_a_batch_without_a_second_call(aws: Any, gateway: Any, open_session: Any) -> None:
    references = [*create(aws, 2), Reference("gone")]
    session = await open_session()
    assert (await session.fetch(references))[2] == Absent()
    assert gateway.calls["GetSecretValue"] == 0


async def test_versions_and_metadata_stay_out_of_the_batch(aws: Any, gateway: Any, open_session: Any) -> None:
    references = create(aws, 2)
    session = await open_session()
    answers = await session.fetch([*references, Reference("app/0", "AWSCURRENT"), Reference("app/1", metadata=True)])
    assert values(answers) == ["value-0", "value-1", "value-0", "{}"]
    assert dict(gateway.calls) | {"CreateSecret": 0} == {
        "BatchGetSecretValue": 1,
        "GetSecretValue": 1,
        "DescribeSecret": 1,
        "CreateSecret": 0,
    }


async def test_a_secret_asked_for_by_name_and_by_arn_is_answered_twice(aws: Any, open_session: Any) -> None:
    create(aws, 3)
    arns = [Reference(aws.describe_secret(SecretId=f"app/{index}")["ARN"]) for index in range(3)]
    session = await open_session()
    assert values(await session.fetch([*arns, Reference("app/0"), Reference("app/2")])) == [
        *(f"value-{index}" for index in range(3)),
        "value-0",
        "value-2",
    ]


async def test_a_denied_batch_call_is_tried_once_a_session(aws: Any, gateway: Any, open_session: Any) -> None:
    references = create(aws, 3)
    gateway.fail("BatchGetSecretValue", 400, "AccessDeniedException")
    session = await open_session()
    for _ in range(2):
        assert values(await session.fetch(references)) == ["value-0", "value-1", "value-2"]
    assert (gateway.calls["BatchGetSecretValue"], gateway.calls["GetSecretValue"]) == (1, 6)


class Denying:
    """Calls that deny the batch call and find every secret; knows what was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def make(self, call: Call) -> Mapping[str, Any]:
        self.asked.append(call.operation)
        if call.operation == "BatchGetSecretValue":
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, call.operation)
        return {"ARN": "arn", "SecretString": "v"}


@pytest.mark.looptime
async def test_a_denied_batch_call_is_tried_again_after_a_while() -> None:
    calls = Denying()
    reader = Reader(cast("Calls", calls), SecretsManagerRequests())
    for _ in range(4):
        await reader.read([Reference("a"), Reference("b")])
        await asyncio.sleep(DENIAL_SECONDS / 2 + 1)
    assert calls.asked == ["BatchGetSecretValue", *["GetSecretValue"] * 4] * 2


async def test_a_malformed_key_spoils_only_its_own_answer(aws: Any, gateway: Any, open_session: Any) -> None:
    references = create(aws, 2)
    gateway.fail("BatchGetSecretValue", 400, "InvalidParameterException")
    session = await open_session()
    assert values(await session.fetch(references)) == ["value-0", "value-1"]
    del gateway.faults["BatchGetSecretValue"]
    assert values(await session.fetch(references)) == ["value-0", "value-1"]
    assert gateway.calls["BatchGetSecretValue"] == 2


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        pytest.param(400, "ThrottlingException", Failed, id="a throttled batch fails as a whole"),
        pytest.param(503, "ServiceUnavailable", Failed, id="an outage fails the batch as a whole"),
        pytest.param(400, "UnrecognizedClientException", Rejected, id="a refused credential rejects it as a whole"),
    ],
)
async def test_trouble_with_the_batch_call_is_not_multiplied(
    aws: Any, gateway: Any, open_session: Any, status: int, code: str, kind: type
) -> None:
    references = create(aws, 3)
    gateway.fail("BatchGetSecretValue", status, code)
    session = await open_session()
    assert {type(answer) for answer in await session.fetch(references)} == {kind}
    assert gateway.calls["GetSecretValue"] == 0


def test_an_entry_with_an_error_other_than_not_found_is_left_open() -> None:
    response = {
        "SecretValues": [{"Name": "a", "ARN": "arn:a", "SecretString": "v"}, {"Name": "b", "ARN": "arn:b"}],
        "Errors": [
            {"SecretId": "c", "ErrorCode": "ResourceNotFoundException"},
            {"SecretId": "d", "ErrorCode": "AccessDeniedException"},
        ],
    }
    value = Found(SecretBytes(b"v"))
    assert SecretsManagerRequests().batch_answers(response) == {"a": value, "arn:a": value, "c": Absent()}


class TwoAccounts:
    """A client whose account shares a secret's name with another account, whose secret is asked for by partial ARN."""

    def batch_get_secret_value(self, *, SecretIdList: list[str]) -> dict[str, Any]:  # noqa: N803 the name of AWS
        return {"SecretValues": [entry for name in SecretIdList for entry in [self._entry(name), self._entry("other")]]}

    def get_secret_value(self, *, SecretId: str, VersionStage: str) -> dict[str, Any]:  # noqa: N803 the names of AWS
        assert VersionStage == "AWSCURRENT"
        return self._entry(SecretId)

    def _entry(self, name: str) -> dict[str, Any]:
        account = "theirs" if name.startswith("arn:") else "ours"
        short = name.rpartition(":")[2]
        return {
            "Name": short,
            "ARN": f"arn:aws:secretsmanager:{account}:secret:{short}-AbCdEf",
            "SecretString": account,
        }


async def test_a_secret_of_another_account_is_not_taken_for_ours_of_the_same_name(host: Any) -> None:
    reader = Reader(Calls(TwoAccounts(), host, "AWS/SecretsManager"), SecretsManagerRequests())
    theirs = [Reference(f"arn:aws:secretsmanager:theirs:secret:{name}") for name in ("db", "mail")]
    ours = [Reference("db"), Reference("mail")]
    for asked in ([*ours, *theirs], [*theirs, *ours]):
        answers = await reader.read(asked)
        assert values(answers[reference] for reference in ours) == ["ours", "ours"]
        assert values(answers[reference] for reference in theirs) == ["theirs", "theirs"]
