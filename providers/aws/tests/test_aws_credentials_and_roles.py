"""Whose identity a session reads with."""

from __future__ import annotations

import logging
from typing import Any

import boto3
import pytest
from secrets_operator_aws.provider import PROVIDER

from secrets_operator.errors import InvalidSpec, NamespaceUnknown, Refused, Retryable
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Found, Reference, Rejected, StoreIdentity
from secrets_operator.provider.memory import MemoryHost

OTHER_ACCOUNT_ROLE = "arn:aws:iam::222222222222:role/reader"


def with_token(spec: dict[str, Any], key: str) -> dict[str, Any]:
    keys = {**spec["auth"]["secretRef"], "sessionTokenSecretRef": {"name": "keys", "key": key}}
    return {"secretRef": keys}


async def test_a_session_token_is_sent(aws: Any, gateway: Any, open_session: Any, spec: dict[str, Any]) -> None:
    aws.create_secret(Name="a", SecretString="v")
    session = await open_session(auth=with_token(spec, "token"))
    await session.fetch([Reference("a")])
    assert gateway.tokens[-1] == "tok-3e1f"


async def test_without_auth_the_credentials_are_the_environments(
    aws: Any, gateway: Any, open_session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "env")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "env")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token-of-the-environment")
    aws.create_secret(Name="a", SecretString="v")
    session = await open_session(auth=None)
    await session.validate()
    assert list(await session.fetch([Reference("a")])) == [Found(SecretBytes(b"v"))]
    assert gateway.tokens[-1] == "token-of-the-environment"


async def test_no_credentials_anywhere_is_said_plainly(gateway: Any, open_session: Any) -> None:
    session = await open_session(auth=None, role=OTHER_ACCOUNT_ROLE)
    with pytest.raises(Refused, match=r"no usable credentials: set auth\.secretRef"):
        await session.validate()
    (answer,) = await session.fetch([Reference("a")])
    assert isinstance(answer, Rejected)
    assert answer.credentials


@pytest.fixture
def secret_of_another_account(aws: Any, gateway: Any) -> Any:
    """The secret ``a`` in the account of OTHER_ACCOUNT_ROLE, which moto tells apart by the assumed credentials."""
    sts = boto3.client(
        "sts",
        region_name="eu-central-1",
        endpoint_url=gateway.url,
        aws_access_key_id="admin",
        aws_secret_access_key="admin",
    )
    keys = sts.assume_role(RoleArn=OTHER_ACCOUNT_ROLE, RoleSessionName="admin")["Credentials"]
    there = boto3.client(
        "secretsmanager",
        region_name="eu-central-1",
        endpoint_url=gateway.url,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    there.create_secret(Name="a", SecretString="of the other account")
    gateway.calls.clear()
    yield
    there.delete_secret(SecretId="a", ForceDeleteWithoutRecovery=True)
    sts.close()
    there.close()


@pytest.mark.usefixtures("secret_of_another_account")
async def test_a_role_is_assumed_once_and_read_with(gateway: Any, open_session: Any) -> None:
    session = await open_session(role=OTHER_ACCOUNT_ROLE)
    for _ in range(3):
        assert list(await session.fetch([Reference("a")])) == [Found(SecretBytes(b"of the other account"))]
    assert gateway.calls["AssumeRole"] == 1


@pytest.mark.usefixtures("secret_of_another_account")
async def test_additional_roles_come_before_the_role(gateway: Any, open_session: Any) -> None:
    others = [f"arn:aws:iam::33333333333{index}:role/step" for index in range(2)]
    session = await open_session(additionalRoles=others, role=OTHER_ACCOUNT_ROLE)
    assert list(await session.fetch([Reference("a")])) == [Found(SecretBytes(b"of the other account"))]
    assert gateway.calls["AssumeRole"] == 3


async def test_the_external_id_belongs_to_the_role_only(gateway: Any, open_session: Any) -> None:
    others = [f"arn:aws:iam::33333333333{index}:role/step" for index in range(2)]
    session = await open_session(additionalRoles=others, role=OTHER_ACCOUNT_ROLE, externalID="contract-7")
    await session.validate()
    assert [(login["RoleArn"], login.get("ExternalId")) for login in gateway.logins] == [
        (others[0], None),
        (others[1], None),
        (OTHER_ACCOUNT_ROLE, "contract-7"),
    ]


async def test_an_external_id_without_a_role_asks_for_nothing(gateway: Any, open_session: Any) -> None:
    await (await open_session(externalID="contract-7")).validate()
    assert gateway.logins == []


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        pytest.param(403, "AccessDenied", Refused, id="a denied role is the user's to fix"),
        pytest.param(403, "InvalidClientTokenId", Refused, id="so are keys that are not known"),
        pytest.param(503, "ServiceUnavailable", Retryable, id="an outage of STS is tried again"),
    ],
)
async def test_a_role_that_cannot_be_assumed_fails_the_validation(
    gateway: Any, open_session: Any, status: int, code: str, error: type[Exception]
) -> None:
    gateway.fail("AssumeRole", status, code, "User: arn:aws:sts::1:assumed-role/x/7a1c-req is not authorized")
    session = await open_session(role=OTHER_ACCOUNT_ROLE)
    with pytest.raises(error, match=f"AssumeRole: .*{code}") as raised:
        await session.validate()
    assert "7a1c" not in str(raised.value)
    (answer,) = await session.fetch([Reference("a")])
    assert getattr(answer, "credentials", None) is (True if error is Refused else None)


async def test_static_keys_are_validated_without_any_call(gateway: Any, open_session: Any) -> None:
    session = await open_session()
    await session.validate()
    assert sum(gateway.calls.values()) == 0


@pytest.mark.parametrize(
    ("key", "message"),
    [
        pytest.param("nothing", "has no key nothing", id="a missing key of the Secret"),
        pytest.param("bad", "does not hold an AWS key", id="a key that is not ASCII"),
    ],
)
async def test_an_unusable_secret_is_named_by_its_field(
    open_session: Any, spec: dict[str, Any], key: str, message: str
) -> None:
    with pytest.raises(InvalidSpec, match=message) as raised:
        await open_session(auth=with_token(spec, key))
    assert raised.value.field == "auth.secretRef.sessionTokenSecretRef"


async def test_a_cluster_store_without_consumer_has_no_credentials_yet(spec: dict[str, Any]) -> None:
    with pytest.raises(NamespaceUnknown):
        await PROVIDER.open(spec, MemoryHost(store=StoreIdentity("ClusterSecretStore", "aws", "")))


async def test_an_endpoint_that_is_no_address_is_said_plainly(
    open_session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRETSMANAGER_ENDPOINT", "localhost")
    with pytest.raises(Refused, match="AWS_SECRETSMANAGER_ENDPOINT is not an http address"):
        await open_session()


@pytest.mark.usefixtures("secret_of_another_account")
async def test_debug_logging_shows_neither_values_nor_keys(open_session: Any, caplog: pytest.LogCaptureFixture) -> None:
    session = await open_session(role=OTHER_ACCOUNT_ROLE)
    with caplog.at_level(logging.DEBUG):
        await session.fetch([Reference("a")])
    assert "of the other account" not in caplog.text
    assert "SecretAccessKey" not in caplog.text
