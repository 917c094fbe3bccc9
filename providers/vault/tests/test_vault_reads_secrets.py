"""Reading over real HTTP."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from secrets_operator.errors import NotFound
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Absent, Found, Reference, Rejected


def found(text: str) -> Found:
    return Found(SecretBytes(text.encode()))


async def test_a_secret_is_its_map_as_json(place: Any, kv2: str, spec: Any, open_session: Any, fetch: Any) -> None:
    await place.put(f"{kv2}/data/app/db", {"data": {"user": "u<", "n": 5, "o": {"k": ["v"]}, "nil": None}})
    session = await open_session(spec)
    expected = found('{"n":5,"nil":null,"o":{"k":["v"]},"user":"u\\u003c"}')
    for key in ("app/db", f"{kv2}/app/db", f"{kv2}/data/app/db"):
        assert await fetch(session, key) == expected


async def write_raw(place: Any, path: str, body: bytes) -> None:
    headers = {"X-Vault-Token": place.token}
    async with place.session.post(f"{place.url}/v1/{path}", data=body, headers=headers) as written:
        assert written.status in {200, 204}


async def test_a_number_keeps_its_text_on_the_way(
    place: Any, kv1: str, spec: Any, open_session: Any, fetch: Any
) -> None:
    await write_raw(place, f"{kv1}/n", b'{"n": 1.50, "big": 12345678901234567890}')
    session = await open_session({**spec, "path": kv1, "version": "v1"})
    answer = await fetch(session, "n")
    assert answer == found('{"big":12345678901234567890,"n":1.50}')
    assert session.select(answer.payload, "n") == SecretBytes(b"1.50")
    assert session.extract(answer.payload)["big"] == SecretBytes(b"12345678901234567890")
    with pytest.raises(NotFound):
        session.select(answer.payload, "absent")


async def test_version_2_of_the_engine_makes_floats_of_numbers(
    place: Any, kv2: str, spec: Any, open_session: Any, fetch: Any
) -> None:
    await place.put(f"{kv2}/data/n", {"data": {"x": "wait until the engine is ready"}})
    await write_raw(place, f"{kv2}/data/n", b'{"data": {"n": 1.50, "big": 12345678901234567890, "whole": 5}}')
    assert await fetch(await open_session(spec), "n") == found('{"big":12345678901234567000,"n":1.5,"whole":5}')


async def test_a_version_can_be_chosen(place: Any, kv2: str, spec: Any, open_session: Any, fetch: Any) -> None:
    for number in (1, 2):
        await place.put(f"{kv2}/data/a", {"data": {"n": str(number)}})
    session = await open_session(spec)
    assert await fetch(session, "a") == found('{"n":"2"}')
    assert await fetch(session, "a", "1") == found('{"n":"1"}')
    assert await fetch(session, "a", "9") == Absent()


async def test_a_deleted_secret_is_absent_and_comes_back(
    place: Any, kv2: str, spec: Any, open_session: Any, fetch: Any
) -> None:
    await place.put(f"{kv2}/data/a", {"data": {"n": "1"}})
    session = await open_session(spec)
    await place.ask("DELETE", f"{kv2}/data/a")
    assert await fetch(session, "a") == Absent()
    await place.ask("POST", f"{kv2}/undelete/a", {"versions": [1]})
    assert await fetch(session, "a") == found('{"n":"1"}')
    await place.ask("POST", f"{kv2}/destroy/a", {"versions": [1]})
    assert await fetch(session, "a") == Absent()


async def test_an_engine_of_version_one_is_read(place: Any, kv1: str, spec: Any, open_session: Any, fetch: Any) -> None:
    await place.put(f"{kv1}/app/db", {"user": "u"})
    session = await open_session({**spec, "path": kv1, "version": "v1"})
    assert await fetch(session, "app/db") == await fetch(session, f"{kv1}/app/db") == found('{"user":"u"}')
    assert await fetch(session, "app/db", "7") == found('{"user":"u"}')
    assert await fetch(session, "absent") == Absent()
    assert isinstance(await fetch(session, "app/db", metadata=True), Rejected)


async def test_without_a_mount_a_key_is_a_whole_path(
    place: Any, kv2: str, kv1: str, spec: Any, open_session: Any, fetch: Any
) -> None:
    await place.put(f"{kv2}/data/a", {"data": {"n": "2"}})
    await place.put(f"{kv1}/a", {"n": "1"})
    spec = {name: value for name, value in spec.items() if name != "path"}
    two, one = await open_session(spec), await open_session({**spec, "version": "v1"})
    assert await fetch(two, f"{kv2}/a") == await fetch(two, f"{kv2}/data/a") == found('{"n":"2"}')
    assert await fetch(one, f"{kv1}/a") == found('{"n":"1"}')
    refused = await fetch(one, "auth/token/lookup-self")
    assert isinstance(refused, Rejected)
    assert place.token not in refused.message


async def test_metadata_is_read_in_place_of_the_value(
    place: Any, kv2: str, spec: Any, open_session: Any, fetch: Any
) -> None:
    await place.put(f"{kv2}/data/a", {"data": {"n": "1"}})
    await place.put(f"{kv2}/metadata/a", {"custom_metadata": {"owner": "team"}})
    session = await open_session(spec)
    answer = await fetch(session, f"{kv2}/data/a", metadata=True)
    shown = json.loads(answer.payload.reveal())
    assert (shown["owner"], shown["current_version"], shown["delete_version_after"]) == ("team", "1", "0s")
    assert session.select(answer.payload, "owner") == SecretBytes(b"team")
    assert isinstance(await fetch(session, "absent", metadata=True), Rejected)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        pytest.param({"path": "no-such-mount"}, "a", id="a mount that does not exist"),
        pytest.param({"version": "v1"}, "a", id="an engine of the other version"),
        pytest.param({}, "../a", id="a key that leads out of the mount"),
    ],
)
async def test_a_wrong_store_never_makes_a_secret_absent(
    *, place: Any, kv2: str, spec: Any, open_session: Any, fetch: Any, changes: Any, key: str
) -> None:
    await place.put(f"{kv2}/data/a", {"data": {"n": "1"}})
    session = await open_session({**spec, **changes})
    assert isinstance(await fetch(session, key), Rejected)


@pytest.mark.parametrize("key", ["what?version=1", "a#b", "50%", "50%25", "a b", "é/日", "a+b", "semi;colon", "q&a=1"])
async def test_a_key_is_taken_literally(
    place: Any, kv2: str, spec: Any, open_session: Any, fetch: Any, key: str
) -> None:
    from urllib.parse import quote

    from yarl import URL

    await place.put(f"{kv2}/data/ready", {"data": {}})
    url, headers = URL(f"{place.url}/v1/{kv2}/data/{quote(key)}", encoded=True), {"X-Vault-Token": place.token}
    async with place.session.post(url, json={"data": {"n": "1"}}, headers=headers) as written:
        assert written.status == 200
    assert await fetch(await open_session(spec), key) == found('{"n":"1"}')


async def test_many_reads_share_one_session(place: Any, kv2: str, spec: Any, open_session: Any) -> None:
    await place.put(f"{kv2}/data/k0", {"data": {"n": "0"}})
    await asyncio.gather(*(place.put(f"{kv2}/data/k{n}", {"data": {"n": str(n)}}) for n in range(1, 60)))
    session = await open_session(spec)
    references = [Reference(f"k{n}") for n in range(60)] + [Reference("absent")]
    rounds = await asyncio.gather(*(session.fetch(references) for _ in range(3)))
    for answers in rounds:
        assert list(answers) == [*(found(f'{{"n":"{n}"}}') for n in range(60)), Absent()]


async def test_nothing_that_a_session_holds_shows(spec: Any, place: Any, open_session: Any) -> None:
    session = await open_session(spec)
    held, asking = vars(session), vars(vars(session)["_asking"])
    shown = f"{session!r} {held!r} {asking!r} {vars(asking['_tokens'])!r} {vars(asking['_connection'])!r}"
    assert place.token not in shown
