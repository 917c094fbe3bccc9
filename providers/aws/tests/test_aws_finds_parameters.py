"""What a find matches in Parameter Store, and what it does where IAM denies the quick way."""

from __future__ import annotations

from typing import Any

import pytest

from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Failed, Matches, Query, Rejected

STORE: dict[str, Any] = {"service": "ParameterStore"}
PARAMETERS = {"/shop/db": "db-41c9", "/shop/eu/mail": "mail-77aa", "/shopping": "list-93ab", "/team/shop/db": "x-0c9d"}
TAGS = {"/shop/db": {"env": "prod", "team": "core"}, "/shop/eu/mail": {"env": "dev"}, "/team/shop/db": {"env": "prod"}}


@pytest.fixture
def shop(ssm: Any, gateway: Any) -> Any:
    """Some parameters of a shop."""
    for name, value in PARAMETERS.items():
        tags = [{"Key": key, "Value": text} for key, text in TAGS.get(name, {}).items()]
        ssm.put_parameter(Name=name, Value=value, Type="SecureString", Tags=tags)
    gateway.calls.clear()
    return ssm


def matches(*names: str) -> Matches:
    return Matches({name: SecretBytes(PARAMETERS[name].encode()) for name in names})


BY_NAME = [
    pytest.param(Query(name="^/shop/"), matches("/shop/db", "/shop/eu/mail"), id="a name that begins so"),
    pytest.param(Query(name="db$"), matches("/shop/db", "/team/shop/db"), id="a name anywhere"),
    pytest.param(Query(path="/shop", name="."), matches("/shop/db", "/shop/eu/mail"), id="all below a path"),
    pytest.param(Query(path="/shop/eu/", name="."), matches("/shop/eu/mail"), id="a path with a slash at its end"),
    pytest.param(Query(name="db", tags=(("env", "dev"),)), matches("/shop/db", "/team/shop/db"), id="a name wins"),
    pytest.param(Query(name="nowhere"), matches(), id="nothing"),
]
BY_TAGS = [
    pytest.param(Query(tags=(("env", "prod"),)), matches("/shop/db", "/team/shop/db"), id="a tag"),
    pytest.param(Query(tags=(("env", "prod"), ("team", "core"))), matches("/shop/db"), id="tags that all must fit"),
    pytest.param(Query(path="/team", tags=(("env", "prod"),)), matches("/team/shop/db"), id="a tag below a path"),
]


@pytest.mark.parametrize(("query", "expected"), [*BY_NAME, *BY_TAGS])
async def test_matches_are_found_by_their_complete_names(
    shop: Any, open_session: Any, query: Query, expected: Matches
) -> None:
    assert await (await open_session(**STORE, prefix="/shop/")).find(query) == expected


@pytest.mark.parametrize(("query", "expected"), BY_NAME)
async def test_where_the_path_is_denied_parameters_are_listed_and_matches_read(
    shop: Any, gateway: Any, open_session: Any, query: Query, expected: Matches
) -> None:
    gateway.fail("GetParametersByPath", 400, "AccessDeniedException")
    assert await (await open_session(**STORE)).find(query) == expected
    assert gateway.calls["GetParametersByPath"] == 1


async def test_every_page_is_read(ssm: Any, gateway: Any, open_session: Any) -> None:
    for index in range(25):
        ssm.put_parameter(Name=f"/many/{index}", Value=f"value-{index}", Type="String")
    gateway.calls.clear()
    answer = await (await open_session(**STORE)).find(Query(path="/many", name="."))
    assert answer == Matches({f"/many/{index}": SecretBytes(f"value-{index}".encode()) for index in range(25)})
    assert dict(gateway.calls) == {"GetParametersByPath": 3}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        pytest.param(Query(path="/shop"), "set name.regexp or tags", id="a path alone"),
        pytest.param(Query(path="shop", name="."), "begins with a slash", id="a path that is none"),
        pytest.param(Query(name="("), "is no regular expression", id="a bad name"),
    ],
)
async def test_a_query_that_cannot_be_asked_is_rejected_without_a_call(
    gateway: Any, open_session: Any, query: Query, message: str
) -> None:
    answer = await (await open_session(**STORE)).find(query)
    assert isinstance(answer, Rejected)
    assert message in answer.message
    assert not gateway.calls


@pytest.mark.parametrize(
    ("operation", "query", "code", "expected"),
    [
        pytest.param("GetParametersByPath", Query(name="."), "InternalServerError", Failed, id="a page that fails"),
        pytest.param("DescribeParameters", Query(tags=(("env", "prod"),)), "InternalServerError", Failed, id="a list"),
        pytest.param("GetParameters", Query(tags=(("env", "prod"),)), "ThrottlingException", Failed, id="the values"),
        pytest.param("DescribeParameters", Query(tags=(("env", "prod"),)), "AccessDeniedException", Rejected, id="no"),
        pytest.param("GetParametersByPath", Query(name="."), "ParameterNotFound", Rejected, id="a list is not absent"),
    ],
)
async def test_trouble_fails_the_whole_query(
    *, shop: Any, gateway: Any, open_session: Any, operation: str, query: Query, code: str, expected: type
) -> None:
    gateway.fail(operation, 400, code)
    assert isinstance(await (await open_session(**STORE)).find(query), expected)
