"""What a find matches in Vault, and that it is answered whole or not at all."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from secrets_operator_vault.answers import names_in
from secrets_operator_vault.client import Reply

from devvault import Fault
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Absent, Failed, Matches, Query, Rejected

SECRETS = ("db", "dev/config", "dev/db", "dev/deep/er/db", "prod/db", "prod eu/käse")
DENIED = "permission denied: allow it in a policy of the store's token (status 403)"


def names(answer: Any) -> set[str] | str:
    return set(answer.payloads) if isinstance(answer, Matches) else str(answer)


def below(folder: str) -> set[str]:
    return {name for name in SECRETS if name.startswith(folder)}


async def fill(place: Any, mount: str, infix: str = "data/") -> None:
    await place.put(f"{mount}/{infix}db", {"data": {"n": "db"}} if infix else {"n": "db"})
    rest = [name for name in SECRETS if name != "db"]
    await asyncio.gather(
        *(place.put(f"{mount}/{infix}{name}", {"data": {"n": name}} if infix else {"n": name}) for name in rest)
    )


@pytest.fixture
async def filled(place: Any, kv2: str) -> str:
    await fill(place, kv2)
    return kv2


QUERIES = [
    pytest.param(Query(), set(SECRETS), id="no condition -> everything"),
    pytest.param(Query(name="db$"), {"db", "dev/db", "dev/deep/er/db", "prod/db"}, id="a name at any depth"),
    pytest.param(Query(name="^dev/"), below("dev/"), id="a name is the path from the mount"),
    pytest.param(Query(name="EU|ß"), set(), id="case matters"),
    pytest.param(Query(name="(?i)EU/KÄ"), {"prod eu/käse"}, id="unless told otherwise, as in Go"),
    pytest.param(Query(path="dev"), below("dev/"), id="a path -> what is below, with its path in the name"),
    pytest.param(Query(path="/dev//deep/"), {"dev/deep/er/db"}, id="slashes too many mean nothing"),
    pytest.param(Query(path="prod eu", name="k"), {"prod eu/käse"}, id="a path with a space"),
    pytest.param(Query(path="dev", name="^db"), set(), id="a name is not relative to the path"),
    pytest.param(Query(path="pro"), "Absent()", id="a path is a folder and not the start of a name"),
    pytest.param(Query(path="db"), "Absent()", id="a secret is no folder"),
]


@pytest.mark.parametrize(("query", "expected"), QUERIES)
async def test_secrets_are_found_in_an_engine_of_version_2(
    *, filled: str, spec: Any, open_session: Any, query: Query, expected: Any
) -> None:
    assert names(await (await open_session(spec)).find(query)) == expected


@pytest.mark.parametrize(("query", "expected"), QUERIES)
async def test_secrets_are_found_in_an_engine_of_version_1(
    *, place: Any, kv1: str, spec: Any, open_session: Any, query: Query, expected: Any
) -> None:
    await fill(place, kv1, "")
    session = await open_session({**spec, "path": kv1, "version": "v1"})
    assert names(await session.find(query)) == expected


async def test_values_are_whole_maps_as_json(place: Any, kv2: str, spec: Any, open_session: Any) -> None:
    await place.put(f"{kv2}/data/a", {"data": {"b": [1, None], "a": "<"}})
    answer = await (await open_session(spec)).find(Query(name="a"))
    assert answer == Matches({"a": SecretBytes(b'{"a":"\\u003c","b":[1,null]}')})


async def test_a_folder_named_like_the_mount_is_a_folder(place: Any, kv2: str, spec: Any, open_session: Any) -> None:
    await place.put(f"{kv2}/data/{kv2}/data/x", {"data": {"n": "1"}})
    assert names(await (await open_session(spec)).find(Query(name="x$"))) == {f"{kv2}/data/x"}


async def test_an_empty_engine_is_absent(kv1: str, spec: Any, open_session: Any) -> None:
    assert await (await open_session({**spec, "path": kv1, "version": "v1"})).find(Query()) == Absent()


async def test_deleted_and_destroyed_secrets_are_no_matches(
    place: Any, filled: str, spec: Any, open_session: Any
) -> None:
    await place.ask("DELETE", f"{filled}/data/dev/db")
    await place.ask("PUT", f"{filled}/destroy/prod/db", {"versions": [1]})
    assert names(await (await open_session(spec)).find(Query(name="db$"))) == {"db", "dev/deep/er/db"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param(Query(tags=(("team", "core"),)), {"dev/db", "prod/db"}, id="a tag"),
        pytest.param(Query(tags=(("env", "prod"), ("team", "core"))), {"prod/db"}, id="every tag must be there"),
        pytest.param(Query(path="dev", tags=(("team", "core"),)), {"dev/db"}, id="below a path"),
        pytest.param(Query(tags=(("team", "cor"),)), set(), id="a value is the whole value"),
        pytest.param(Query(tags=(("current_version", "2"),)), {"prod/db"}, id="metadata of the system counts"),
        pytest.param(Query(name="^db$", tags=(("team", "core"),)), {"db"}, id="a name wins over tags"),
    ],
)
async def test_tags_are_metadata(
    *, place: Any, filled: str, spec: Any, open_session: Any, query: Query, expected: set[str]
) -> None:
    for name, env in (("dev/db", "dev"), ("prod/db", "prod")):
        await place.put(f"{filled}/metadata/{name}", {"custom_metadata": {"team": "core", "env": env}})
    await place.put(f"{filled}/data/prod/db", {"data": {"n": "2"}})
    assert names(await (await open_session(spec)).find(query)) == expected


@pytest.mark.parametrize(
    ("fields", "query", "message"),
    [
        pytest.param({}, Query(name="("), "name.regexp: is no regular expression in the syntax", id="a bad name"),
        pytest.param({}, Query(path="a/../b"), "must not have . or .. between slashes", id="a path that leads out"),
        pytest.param({"path": None}, Query(name="x"), "a query needs the mount of the engine", id="no mount"),
        pytest.param({"path": "sys", "version": "v1"}, Query(), "sys/ is not a secrets engine", id="no engine"),
        pytest.param(
            {"version": "v1"}, Query(tags=(("a", "b"),)), "an engine of version v1 has no tags", id="tags in version 1"
        ),
    ],
)
async def test_a_query_that_cannot_be_asked_is_rejected_without_a_call(
    *, spec: Any, open_session: Any, stand_in: Any, fields: Any, query: Query, message: str
) -> None:
    session = await open_session({name: value for name, value in {**spec, **fields}.items() if value is not None})
    answer = await session.find(query)
    assert isinstance(answer, Rejected)
    assert answer.message.startswith(message)
    assert stand_in.log.matching("list|metadata", "GET") == []


async def test_a_wrong_mount_or_version_is_no_empty_folder(
    place: Any, filled: str, spec: Any, open_session: Any
) -> None:
    for fields in ({"path": "nowhere"}, {"version": "v1"}):
        answer = await (await open_session({**spec, **fields})).find(Query())
        assert isinstance(answer, Rejected), fields
        assert "check server, path and version" in answer.message


@pytest.mark.parametrize(
    "where",
    [
        pytest.param("/metadata$", id="at the first listing"),
        pytest.param("/metadata/dev/deep$", id="at a listing below"),
        pytest.param("/data/dev/config$", id="at a value"),
        pytest.param("/data/dev/deep/er/db$", id="at the last value"),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_trouble_in_the_middle_fails_the_whole_query(
    *, filled: str, spec: Any, open_session: Any, stand_in: Any, where: str, status: int
) -> None:
    session = await open_session(spec)
    stand_in.fail(where, status)
    assert isinstance(await session.find(Query()), Failed)
    assert names(await session.find(Query())) == set(SECRETS)


@pytest.mark.parametrize("status", [429, 500])
async def test_trouble_with_metadata_fails_the_whole_query(
    *, filled: str, spec: Any, open_session: Any, stand_in: Any, status: int
) -> None:
    session = await open_session(spec)
    stand_in.fail("/metadata/prod/db$", status)
    assert isinstance(await session.find(Query(tags=(("current_version", "1"),))), Failed)


async def test_the_wait_the_server_asks_for_is_passed_on(
    filled: str, spec: Any, open_session: Any, stand_in: Any
) -> None:
    session = await open_session(spec)
    stand_in.add_fault(Fault("data/dev/db$", 429, headers={"Retry-After": "7"}))
    answer = await session.find(Query())
    assert isinstance(answer, Failed)
    assert answer.after == 7.0


async def test_a_folder_or_value_that_may_not_be_read_rejects_the_whole_query(
    place: Any, filled: str, spec: Any, open_session: Any
) -> None:
    await place.ask(
        "PUT",
        f"sys/policies/acl/{filled}",
        {
            "policy": f'path "{filled}/metadata/*" {{ capabilities = ["list"] }}\n'
            f'path "{filled}/metadata/dev/deep/" {{ capabilities = ["deny"] }}\n'
            f'path "{filled}/data/+/db" {{ capabilities = ["read"] }}'
        },
    )
    _, made = await place.ask("POST", "auth/token/create", {"policies": [filled]})
    session = await open_session(spec, secret={"token": made["auth"]["client_token"]})
    assert await session.find(Query(name="db$")) == Rejected(f"'dev/deep': {DENIED}")
    assert names(await session.find(Query(path="prod"))) == {"prod/db"}
    assert await session.find(Query(path="prod eu")) == Rejected(f"'prod eu/käse': {DENIED}")


async def test_an_expired_token_is_the_credentials_fault(filled: str, spec: Any, open_session: Any) -> None:
    session = await open_session(spec, secret={"token": "hvs.wrong-9d1e"})
    answer = await session.find(Query())
    assert isinstance(answer, Rejected)
    assert answer.credentials
    assert "9d1e" not in answer.message


async def test_each_folder_and_each_match_is_asked_for_once_and_nothing_else(
    place: Any, kv2: str, spec: Any, open_session: Any, stand_in: Any
) -> None:
    await place.put(f"{kv2}/data/first", {"data": {"n": "1"}})
    await asyncio.gather(*(place.put(f"{kv2}/data/f{n % 20}/s{n}", {"data": {"n": "1"}}) for n in range(100)))
    session = await open_session(spec)
    stand_in.log.clear()
    assert len(names(await session.find(Query(name="s[0-9]+$")))) == 100
    assert len(stand_in.log.matching(f"{re.escape(kv2)}/metadata")) == 21
    assert len(stand_in.log.matching(f"{re.escape(kv2)}/data/")) == 100
    assert not stand_in.log.matching("/data/first$")


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        pytest.param(200, b'{"data": {"keys": ["a", "b/"]}}', list, id="a listing"),
        pytest.param(404, b'{"errors": []}', Absent, id="an empty folder"),
        pytest.param(404, b'{"errors": ["no handler for route"]}', Rejected, id="no engine"),
        pytest.param(
            404, b'{"data": null, "warnings": ["Invalid path"]}', Rejected, id="another version of the engine"
        ),
        pytest.param(404, b"<html>", Rejected, id="a page of a proxy"),
        pytest.param(200, b"<html>", Failed, id="a friendly page of a proxy"),
        pytest.param(200, b'{"data": {}}', Failed, id="no names"),
        pytest.param(200, b'{"data": {"keys": [1]}}', Failed, id="names that are no text"),
        pytest.param(503, b'{"errors": ["Vault is sealed"]}', Failed, id="a sealed server"),
    ],
)
def test_only_a_listing_is_a_listing(status: int, body: bytes, kind: type) -> None:
    assert isinstance(names_in(Reply(status, body)), kind)
