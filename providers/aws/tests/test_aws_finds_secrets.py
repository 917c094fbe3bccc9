"""What a find matches in Secrets Manager, what it costs, and that it is answered whole or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from secrets_operator_aws.calls import Calls
from secrets_operator_aws.services import SERVICES

from secrets_operator.flow import SecretBytes
from secrets_operator.provider import MOST_MATCHES, TOO_MANY_MATCHES, Absent, Failed, Matches, Query, Rejected

DENIED = "access is denied: allow the action for this secret in IAM (AccessDeniedException)"


def tags(**pairs: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in pairs.items()]


def names(answer: Any) -> set[str] | str:
    return set(answer.payloads) if isinstance(answer, Matches) else str(answer)


@pytest.fixture
def shop(aws: Any) -> Any:
    """Some secrets of a shop."""
    aws.create_secret(Name="shop/db", SecretString="db-41c9", Tags=tags(env="prod", team="core"))
    aws.create_secret(Name="shop/mail", SecretBinary=b"\x00mail-77aa", Tags=tags(env="dev", team="core"))
    aws.create_secret(Name="shopping", SecretString="list-93ab")
    aws.create_secret(Name="team/shop/db", SecretString="other-0c9d", Tags=tags(env="prod"))
    return aws


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param(Query(name="^shop/"), {"shop/db", "shop/mail"}, id="a name that begins so"),
        pytest.param(Query(name="shop/db"), {"shop/db", "team/shop/db"}, id="a name that holds it anywhere"),
        pytest.param(Query(name="(?i)DB$"), {"shop/db", "team/shop/db"}, id="the syntax is Go's"),
        pytest.param(Query(path="shop/", name="db|list"), {"shop/db"}, id="a path is the start of a name"),
        pytest.param(Query(path="shop", name="i"), {"shop/mail", "shopping"}, id="a path ends anywhere"),
        pytest.param(Query(tags=(("env", "prod"),)), {"shop/db", "team/shop/db"}, id="a tag"),
        pytest.param(Query(tags=(("env", "prod"), ("team", "core"))), {"shop/db"}, id="tags that all must be there"),
        pytest.param(Query(path="team", tags=(("env", "prod"),)), {"team/shop/db"}, id="a tag below a path"),
        pytest.param(Query(name="mail", tags=(("env", "prod"),)), set(), id="a name and a tag must both fit"),
        pytest.param(Query(name="nowhere"), set(), id="nothing"),
    ],
)
async def test_matches_are_found_by_their_complete_names(
    shop: Any, open_session: Any, query: Query, expected: set[str]
) -> None:
    assert names(await (await open_session()).find(query)) == expected


async def test_values_are_whole_and_binary_ones_as_they_are(shop: Any, open_session: Any) -> None:
    expected = {"shop/db": SecretBytes(b"db-41c9"), "shop/mail": SecretBytes(b"\x00mail-77aa")}
    assert await (await open_session()).find(Query(name="^shop/")) == Matches(expected)


async def test_the_prefix_of_the_store_is_added_to_no_name_and_no_path(shop: Any, open_session: Any) -> None:
    session = await open_session(prefix="shop/")
    assert names(await session.find(Query(name="^shop/"))) == {"shop/db", "shop/mail"}
    assert names(await session.find(Query(path="team/", name="db"))) == {"team/shop/db"}


async def test_a_secret_scheduled_for_deletion_or_without_a_value_is_no_match(shop: Any, open_session: Any) -> None:
    shop.delete_secret(SecretId="shop/mail", RecoveryWindowInDays=7)
    shop.create_secret(Name="shop/empty")
    assert names(await (await open_session()).find(Query(name="^shop/"))) == {"shop/db"}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        pytest.param(Query(), "set name.regexp or tags", id="an empty one"),
        pytest.param(Query(path="shop/"), "set name.regexp or tags", id="a path alone"),
        pytest.param(Query(name="("), "name.regexp: is no regular expression in the syntax of RE2", id="a bad name"),
        pytest.param(
            Query(path="p", tags=tuple((f"t{index}", "v") for index in range(5))),
            "AWS takes at most 5 tags in a query, and 4 beside a path",
            id="more tags than AWS takes",
        ),
    ],
)
async def test_a_query_that_cannot_be_asked_is_rejected_without_a_call(
    gateway: Any, open_session: Any, query: Query, message: str
) -> None:
    answer = await (await open_session()).find(query)
    assert isinstance(answer, Rejected)
    assert answer.message.startswith(message)
    assert not gateway.calls


async def test_every_page_is_read_and_values_come_in_batches(aws: Any, gateway: Any, open_session: Any) -> None:
    for index in range(230):
        aws.create_secret(Name=f"app/{index}", SecretString=f"value-{index}")
    gateway.calls.clear()
    answer = await (await open_session()).find(Query(name="^app/"))
    assert answer == Matches({f"app/{index}": SecretBytes(f"value-{index}".encode()) for index in range(230)})
    assert dict(gateway.calls) == {"ListSecrets": 3, "BatchGetSecretValue": 12}
    gateway.calls.clear()
    assert names(await (await open_session()).find(Query(name="/22[0-9]$"))) == {f"app/22{n}" for n in range(10)}
    assert dict(gateway.calls) == {"ListSecrets": 3, "BatchGetSecretValue": 1}


async def test_values_are_read_one_by_one_where_batches_are_denied(shop: Any, gateway: Any, open_session: Any) -> None:
    gateway.fail("BatchGetSecretValue", 400, "AccessDeniedException")
    assert names(await (await open_session()).find(Query(name="shop"))) == {
        "shop/db", "shop/mail", "shopping", "team/shop/db"
    }  # fmt: skip


@pytest.mark.parametrize("operation", ["ListSecrets", "BatchGetSecretValue"])
@pytest.mark.parametrize(
    ("status", "code", "expected", "after"),
    [
        pytest.param(400, "ThrottlingException", "AWS asks to slow down (ThrottlingException)", 5.0, id="a throttle"),
        pytest.param(
            500,
            "InternalServiceError",
            "AWS cannot be reached or does not answer (InternalServiceError)",
            None,
            id="a fault of the service",
        ),
    ],
)
async def test_trouble_in_the_middle_fails_the_whole_query(
    *, aws: Any, gateway: Any, open_session: Any, operation: str, status: int, code: str, expected: str, after: Any
) -> None:
    for index in range(130):
        aws.create_secret(Name=f"app/{index}", SecretString="v")
    gateway.fail(operation, status, code, "RequestID: 7a1c-req", after=1)
    session = await open_session()
    assert await session.find(Query(name=".")) == Failed(f"{operation}: {expected}", after)
    gateway.faults.clear()
    assert len(names(await session.find(Query(name=".")))) == 130


async def test_trouble_with_the_last_single_value_fails_the_whole_query(
    aws: Any, gateway: Any, open_session: Any
) -> None:
    for index in range(21):
        aws.create_secret(Name=f"app/{index}", SecretString="v")
    gateway.fail("GetSecretValue", 503, "ServiceUnavailable")
    assert isinstance(await (await open_session()).find(Query(name=".")), Failed)


@pytest.mark.parametrize(
    ("operation", "code", "expected"),
    [
        pytest.param("ListSecrets", "AccessDeniedException", Rejected(f"ListSecrets: {DENIED}"), id="no listing"),
        pytest.param(
            "ListSecrets",
            "ResourceNotFoundException",
            Rejected("ListSecrets: the secret does not exist (ResourceNotFoundException)"),
            id="a listing is never absent",
        ),
        pytest.param(
            "GetSecretValue",
            "AccessDeniedException",
            Rejected(f"'shop/db': GetSecretValue: {DENIED}"),
            id="a value that may not be read is not left out",
        ),
        pytest.param(
            "BatchGetSecretValue",
            "ExpiredTokenException",
            Rejected(
                "BatchGetSecretValue: the credentials are not accepted: check the store's credentials and their expiry"
                " (ExpiredTokenException)",
                credentials=True,
            ),
            id="a credential that has expired",
        ),
    ],
)
async def test_a_refusal_rejects_the_whole_query(
    *, shop: Any, gateway: Any, open_session: Any, operation: str, code: str, expected: Rejected
) -> None:
    if operation == "GetSecretValue":
        gateway.fail("BatchGetSecretValue", 400, "AccessDeniedException")
    gateway.fail(operation, 400, code)
    assert await (await open_session()).find(Query(name="shop")) == expected


class Listing:
    """A client that lists ``pages`` and knows the values of ``readable``, by ARN."""

    def __init__(self, pages: Iterator[Mapping[str, Any]], readable: Sequence[str] = ()) -> None:
        self._pages = pages
        self._readable = readable

    def list_secrets(self, **_: Any) -> Mapping[str, Any]:
        return next(self._pages)

    def batch_get_secret_value(self, *, SecretIdList: Sequence[str]) -> dict[str, Any]:  # noqa: N803 the name of AWS
        known = [arn for arn in SecretIdList if arn in self._readable]
        return {
            "SecretValues": [{"Name": arn[4:], "ARN": arn, "SecretString": "v"} for arn in known],
            "Errors": [
                {"SecretId": arn, "ErrorCode": "ResourceNotFoundException"} for arn in SecretIdList if arn not in known
            ],
        }

    def get_secret_value(self, *, SecretId: str, VersionStage: str) -> dict[str, str]:  # noqa: N803 the names of AWS
        assert (SecretId in self._readable, VersionStage) == (True, "AWSCURRENT")
        return {"SecretString": "v"}


def page(names: Sequence[str], token: str = "") -> dict[str, Any]:
    return {"SecretList": [{"Name": name, "ARN": f"arn:{name}"} for name in names], "NextToken": token}


async def found(client: Listing, host: Any, query: Query) -> Any:
    async with asyncio.timeout(20):
        service = SERVICES["SecretsManager"]
        calls = Calls(client, host, service.counted_as)
        return await service.find(query, calls, service.reader(calls))


async def test_a_secret_deleted_since_the_listing_is_left_out(host: Any) -> None:
    client = Listing(iter([page(["a", "b", "c"])]), readable=["arn:a", "arn:c"])
    assert names(await found(client, host, Query(name="."))) == {"a", "c"}


async def test_a_success_without_a_list_is_no_empty_list(host: Any) -> None:
    answer = await found(Listing(iter([page(["a"], "2"), {}])), host, Query(name="."))
    assert answer == Failed("ListSecrets: AWS cannot be reached or does not answer (no list)")


async def test_more_matches_than_any_secret_holds_are_rejected_before_a_value_is_read(host: Any) -> None:
    pages = (page([f"{number}-{index}" for index in range(100)], "more") for number in range(10**6))
    assert await found(Listing(pages), host, Query(name="-")) == TOO_MANY_MATCHES
    assert str(MOST_MATCHES) in TOO_MANY_MATCHES.message


async def test_a_large_account_is_no_large_answer(host: Any) -> None:
    pages = (
        page([f"{number}-{index}" for index in range(100)], "" if number == 150 else "more") for number in range(151)
    )
    answer = await found(Listing(pages, readable=["arn:149-7"]), host, Query(name="^149-7$"))
    assert names(answer) == {"149-7"}
    assert not isinstance(answer, Absent)
