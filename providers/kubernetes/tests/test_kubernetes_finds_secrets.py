"""What a query matches: labels before names, everything or nothing."""

from __future__ import annotations

from typing import Any

import pytest

from secrets_operator.flow import Query
from secrets_operator.provider import Failed, Matches, Rejected


@pytest.fixture
async def session(place: Any, open_session: Any) -> Any:
    for name, team in (("app-db", "shop"), ("app-mail", "shop"), ("other", "else")):
        await place.put(name, {"k": name.encode()}, labels={"team": team, "tier": name[-1]})
    return await open_session()


def names(answer: Any) -> set[str]:
    assert isinstance(answer, Matches), answer
    return set(answer.payloads)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param(Query(name="^app-"), {"app-db", "app-mail"}, id="a name"),
        pytest.param(Query(name="e"), {"other"}, id="anywhere in the name"),
        pytest.param(Query(tags=(("team", "shop"),)), {"app-db", "app-mail"}, id="a label"),
        pytest.param(Query(tags=(("team", "shop"), ("tier", "b"))), {"app-db"}, id="several labels"),
        pytest.param(Query(name="^other$", tags=(("team", "shop"),)), {"app-db", "app-mail"}, id="labels win"),
        pytest.param(Query(name="^nothing$"), set(), id="no match"),
    ],
)
async def test_a_query_matches(session: Any, query: Query, expected: set[str]) -> None:
    assert names(await session.find(query)) == expected


async def test_values_are_whole_secrets(session: Any) -> None:
    answer = await session.find(Query(name="^other$"))
    assert answer.payloads["other"].reveal() == b'{"k":"other"}'


@pytest.mark.parametrize(
    "query",
    [
        pytest.param(Query(), id="no condition at all"),
        pytest.param(Query(name="a", path="shop"), id="a path"),
        pytest.param(Query(tags=(("team", "a,b"),)), id="a label value that would be more than one"),
        pytest.param(Query(tags=(("team=x,y", ""),)), id="a label key that would be more than one"),
        pytest.param(Query(name="(", tags=(("team", "shop"),)), id="a name that is no expression, beside labels"),
    ],
)
async def test_a_query_that_cannot_be_asked_is_refused(session: Any, query: Query) -> None:
    assert isinstance(await session.find(query), Rejected)


async def test_all_pages_are_read(place: Any, open_session: Any) -> None:
    for index in range(205):
        await place.put(f"s-{index:03}", {})
    assert len(names(await (await open_session()).find(Query(name="^s-")))) == 205


async def test_trouble_on_a_later_page_is_trouble_with_the_query(place: Any, open_session: Any) -> None:
    for index in range(105):
        await place.put(f"s-{index:03}", {})
    session = await open_session()
    place.cluster.fail_requests(503, path="continue=")
    assert isinstance(await session.find(Query(name="^s-")), Failed)
    place.cluster.fail_requests(410, path="continue=")
    assert isinstance(await session.find(Query(name="^s-")), Failed)


async def test_a_namespace_that_does_not_exist_is_not_an_empty_one(place: Any, open_session: Any) -> None:
    login = {"login": {"token": place.cluster.token}}
    session = await open_session(place.store(remoteNamespace="shpo"), secrets=login)
    assert isinstance(await session.find(Query(name="a")), Rejected)


async def test_the_right_to_list_is_named_when_it_is_missing(place: Any, open_session: Any) -> None:
    only_get = [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]
    session = await open_session(secrets={"login": {"token": await place.account("getter", only_get)}})
    answer = await session.find(Query(name="a"))
    assert isinstance(answer, Rejected)
    assert "list secrets in namespace shop" in answer.message
