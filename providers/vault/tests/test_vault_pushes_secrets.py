"""What is pushed to Vault, whose it is, and that nothing is written that is there already."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from secrets_operator_vault.documents import parse
from secrets_operator_vault.pushed_maps import is_same

from secrets_operator.provider import Absent, Deleted, Failed, Present, Pushed, Rejected, RemoteEntry
from secrets_operator.provider.memory import push_of

CHANGED, UNCHANGED = Pushed(changed=True), Pushed(changed=False)
MARK = {"managed-by": "external-secrets"}


def entry(name: str = "", key: str = "app/db") -> RemoteEntry:
    return RemoteEntry(key, name)


async def push(session: Any, data: Mapping[str, bytes], secret_key: str = "", to: RemoteEntry | None = None) -> Any:
    return await session.pushing.push(push_of(to or entry(), data, secret_key))


async def stored(place: Any, path: str) -> Any:
    status, answer = await place.ask("GET", path)
    return answer["data"] if status == 200 else None


WHOLE = [
    pytest.param({"user": b"me", "pw": b"x"}, "", {"user": "me", "pw": "x"}, id="all keys -> texts"),
    pytest.param({"doc": b'{"user": "me"}'}, "doc", {"user": "me"}, id="a key that is a JSON object -> its members"),
    pytest.param(
        {"doc": b'{"n": 1.50, "big": 3, "deep": {"on": true, "list": [1, null]}}'},
        "doc",
        {"n": 1.5, "big": 3, "deep": {"on": True, "list": [1, None]}},
        id="numbers and nested objects -> as they are",
    ),
]


@pytest.mark.parametrize(("data", "secret_key", "expected"), WHOLE)
async def test_a_whole_push_makes_a_map_once(
    *, place: Any, kv2: str, spec: Any, open_session: Any, data: Any, secret_key: str, expected: Any
) -> None:
    session = await open_session(spec)
    assert await push(session, data, secret_key) == CHANGED
    assert await push(session, data, secret_key) == UNCHANGED
    kept = await stored(place, f"{kv2}/data/app/db")
    assert (kept["data"], kept["metadata"]["version"]) == (expected, 1)
    assert kept["metadata"]["custom_metadata"] == MARK


@pytest.mark.parametrize(("data", "secret_key", "expected"), WHOLE)
async def test_version_1_keeps_the_mark_in_the_map(
    *, place: Any, kv1: str, spec: Any, open_session: Any, data: Any, secret_key: str, expected: Any
) -> None:
    session = await open_session({**spec, "path": kv1, "version": "v1"})
    assert await push(session, data, secret_key) == CHANGED
    assert await push(session, data, secret_key) == UNCHANGED
    assert await stored(place, f"{kv1}/app/db") == {**expected, "custom_metadata": MARK}


async def test_a_whole_push_replaces_what_was_pushed(place: Any, kv2: str, spec: Any, open_session: Any) -> None:
    session = await open_session(spec)
    await push(session, {"a": b"1", "b": b"2"})
    assert await push(session, {"a": b"1"}) == CHANGED
    assert (await stored(place, f"{kv2}/data/app/db"))["data"] == {"a": "1"}


async def test_a_property_is_merged_into_whatever_else_is_there(
    place: Any, kv2: str, spec: Any, open_session: Any
) -> None:
    session = await open_session(spec)
    await push(session, {"doc": b'{"n": 12345678901234567890, "deep": {"x": [1.50]}}'}, "doc")
    assert await push(session, {"pw": b"p-1"}, "pw", entry("db.password")) == CHANGED
    assert await push(session, {"pw": b"p-1"}, "pw", entry("db.password")) == UNCHANGED
    expected = {"n": 12345678901234567000, "deep": {"x": [1.5]}, "db.password": "p-1"}
    assert (await stored(place, f"{kv2}/data/app/db"))["data"] == expected


async def test_the_whole_secret_can_be_one_property(place: Any, kv2: str, spec: Any, open_session: Any) -> None:
    session = await open_session(spec)
    assert await push(session, {"b": b"2", "a": b"1"}, to=entry("json")) == CHANGED
    assert (await stored(place, f"{kv2}/data/app/db"))["data"] == {"json": '{"a":"1","b":"2"}'}


@pytest.mark.parametrize(
    ("data", "secret_key", "to", "told"),
    [
        pytest.param({"pw": b"p-1"}, "pw", entry(), "is not a JSON object", id="a plain text is no map"),
        pytest.param({"pw": b'["p-1"]'}, "pw", entry(), "is not a JSON object", id="nor is a list"),
        pytest.param({"pw": b'{"a": "\\ud800"}'}, "pw", entry(), "cannot be written", id="half a character is no text"),
        pytest.param({"jks": b"\xfe\xed"}, "jks", entry("jks"), "key jks is not text", id="bytes are not replaced"),
        pytest.param({"pw": b"p-1"}, "pw", entry("deep"), "other than a text", id="an object is not overwritten"),
        pytest.param({}, "", entry(), "no keys", id="nothing is emptied"),
        pytest.param({"a": b"1"}, "", entry(key="../sys/policy"), "between slashes", id="a path stays in the mount"),
    ],
)
async def test_what_cannot_be_kept_faithfully_is_refused(
    *, place: Any, kv2: str, spec: Any, open_session: Any, data: Any, secret_key: str, to: RemoteEntry, told: str
) -> None:
    session = await open_session(spec)
    await push(session, {"doc": b'{"deep": {"x": 1}}'}, "doc")
    answer = await push(session, data, secret_key, to)
    assert isinstance(answer, Rejected)
    assert told in answer.message
    assert "p-1" not in answer.message
    assert (await stored(place, f"{kv2}/data/app/db"))["data"] == {"deep": {"x": 1}}


@pytest.mark.parametrize("key", ["app/db", "MOUNT/app/db", "MOUNT/data/app/db", "/app//db/"])
async def test_every_way_to_write_a_key_is_one_place(
    *, place: Any, kv2: str, spec: Any, open_session: Any, key: str
) -> None:
    session, to = await open_session(spec), entry(key=key.replace("MOUNT", kv2))
    assert await push(session, {"a": b"1"}, to=to) == CHANGED
    assert (await stored(place, f"{kv2}/metadata/app/db"))["custom_metadata"] == MARK
    assert await session.pushing.exists(to) == Present()
    assert await session.pushing.delete(to) == Deleted(changed=True)
    assert await stored(place, f"{kv2}/metadata/app/db") is None


async def test_without_a_mount_a_key_is_a_whole_path(place: Any, kv2: str, spec: Any, open_session: Any) -> None:
    session = await open_session({name: value for name, value in spec.items() if name != "path"})
    assert await push(session, {"a": b"1"}, to=entry(key=f"{kv2}/app/db")) == CHANGED
    assert (await stored(place, f"{kv2}/metadata/app/db"))["custom_metadata"] == MARK


@pytest.mark.parametrize("for_all", [True, False], ids=["of the mount", "of the secret"])
async def test_check_and_set_is_satisfied(*, place: Any, kv2: str, spec: Any, open_session: Any, for_all: bool) -> None:
    await place.put(f"{kv2}/{'config' if for_all else 'metadata/app/db'}", {"cas_required": True})
    session = await open_session({**spec, "checkAndSet": {"required": True}})
    for value in (b"1", b"2"):
        for name in ("a", "b"):
            assert await push(session, {"k": value}, "k", entry(name)) == CHANGED
    assert await session.pushing.delete(entry("a")) == Deleted(changed=True)
    kept = await stored(place, f"{kv2}/data/app/db")
    assert (kept["data"], kept["metadata"]["version"]) == ({"b": "2"}, 5)


async def test_metadata_of_others_stays(place: Any, kv2: str, spec: Any, open_session: Any) -> None:
    """Settings may wait for the first value, and somebody may note something on what is ours."""
    await place.put(f"{kv2}/metadata/app/db", {"max_versions": 4, "custom_metadata": {"team": "shop"}})
    session = await open_session(spec)
    assert await push(session, {"a": b"1"}) == CHANGED
    await place.put(f"{kv2}/metadata/app/db", {"custom_metadata": {**MARK, "team": "shop", "tier": "1"}})
    assert await push(session, {"a": b"1"}) == UNCHANGED
    assert await push(session, {"a": b"2"}) == CHANGED
    kept = await stored(place, f"{kv2}/metadata/app/db")
    assert (kept["max_versions"], kept["custom_metadata"]) == (4, {**MARK, "team": "shop", "tier": "1"})


async def test_a_secret_that_others_deleted_is_still_theirs(place: Any, kv2: str, spec: Any, open_session: Any) -> None:
    await place.put(f"{kv2}/data/app/db", {"data": {"a": "theirs"}})
    await place.ask("DELETE", f"{kv2}/data/app/db")
    session = await open_session(spec)
    answer = await push(session, {"a": b"1"})
    assert isinstance(answer, Rejected)
    assert "vault kv metadata delete" in answer.message
    assert await session.pushing.delete(entry()) == Deleted(changed=False)
    await place.ask("POST", f"{kv2}/undelete/app/db", {"versions": [1]})
    assert (await stored(place, f"{kv2}/data/app/db"))["data"] == {"a": "theirs"}


async def test_what_is_ours_and_was_deleted_is_pushed_and_deleted_for_good(
    place: Any, kv2: str, spec: Any, open_session: Any
) -> None:
    session = await open_session(spec)
    await push(session, {"a": b"1"})
    await place.ask("DELETE", f"{kv2}/data/app/db")
    assert await session.pushing.exists(entry()) == Absent()
    assert await push(session, {"a": b"1"}) == CHANGED
    assert (await stored(place, f"{kv2}/data/app/db"))["metadata"]["version"] == 2
    await place.ask("DELETE", f"{kv2}/data/app/db")
    assert await session.pushing.delete(entry("a")) == Deleted(changed=False)
    assert await session.pushing.delete(entry()) == Deleted(changed=True)
    assert await stored(place, f"{kv2}/metadata/app/db") is None


async def test_a_property_exists_by_its_name_or_as_a_path(spec: Any, open_session: Any) -> None:
    session = await open_session(spec)
    await push(session, {"doc": b'{"a.b": "x", "deep": {"x": null}}'}, "doc")
    asked = {name: await session.pushing.exists(entry(name)) for name in ("a.b", "deep.x", "deep.y", "c")}
    assert asked == {"a.b": Present(), "deep.x": Present(), "deep.y": Absent(), "c": Absent()}


async def test_the_mark_of_version_1_is_no_property(kv1: str, spec: Any, open_session: Any) -> None:
    session = await open_session({**spec, "path": kv1, "version": "v1"})
    assert isinstance(await push(session, {"a": b"1"}, "a", entry("custom_metadata")), Rejected)


async def test_who_writes_at_once_takes_nothing_from_the_others(
    place: Any, kv2: str, spec: Any, open_session: Any
) -> None:
    sessions = [await open_session(spec) for _ in range(6)]
    pushes = [(session, {"k": b"%d" % index}, "k", entry(f"p{index}")) for index, session in enumerate(sessions)]
    answers = await asyncio.gather(*(push(*one) for one in pushes))
    told = {answer.message for answer in answers if isinstance(answer, Failed)}
    assert told <= {"somebody else wrote the secret meanwhile: the push is tried again"}
    assert CHANGED in answers
    kept = (await stored(place, f"{kv2}/data/app/db"))["data"]
    assert kept == {f"p{index}": str(index) for index, answer in enumerate(answers) if answer == CHANGED}


LEAST = """
path "{mount}/data/*" {{ capabilities = ["create", "read", "update"] }}
path "{mount}/metadata/*" {{ capabilities = ["create", "read", "update", "delete"] }}
"""


async def test_the_policy_of_the_documentation_is_enough_and_needed(
    place: Any, kv2: str, spec: Any, open_session: Any
) -> None:
    await place.ask("PUT", f"sys/policies/acl/{kv2}", {"policy": LEAST.format(mount=kv2)})
    _, made = await place.ask("POST", "auth/token/create", {"policies": [kv2]})
    session = await open_session(spec, secret={"token": made["auth"]["client_token"]})
    for name in ("a", "b"):
        assert await push(session, {"k": b"1"}, "k", entry(name)) == CHANGED
        assert await session.pushing.exists(entry(name)) == Present()
    for name in ("a", "b"):
        assert await session.pushing.delete(entry(name)) == Deleted(changed=True)


@pytest.mark.parametrize(
    ("area", "lacking", "told"),
    [
        pytest.param("data", "update", "create and update MOUNT/data/app/db", id="who may not write"),
        pytest.param("data", "read", "read MOUNT/data/app/db", id="who may not read"),
        pytest.param("metadata", "create", "create and update MOUNT/metadata/app/db", id="who may not mark"),
        pytest.param("metadata", "read", "read MOUNT/metadata/app/db", id="who may not ask whose it is"),
    ],
)
async def test_a_missing_right_is_named(
    *, place: Any, kv2: str, spec: Any, open_session: Any, area: str, lacking: str, told: str
) -> None:
    rules = LEAST.format(mount=kv2).splitlines()
    rules = [
        line.replace(f'"{lacking}"', "").replace("[, ", "[").replace(", ,", ",") if f"/{area}/" in line else line
        for line in rules
    ]
    await place.ask("PUT", f"sys/policies/acl/{kv2}", {"policy": "\n".join(rules)})
    _, made = await place.ask("POST", "auth/token/create", {"policies": [kv2]})
    session = await open_session(spec, secret={"token": made["auth"]["client_token"]})
    denied = "permission denied: allow it in a policy of the store's token (status 403)"
    assert await push(session, {"a": b"1"}) == Rejected(f"{denied}: {told.replace('MOUNT', kv2)}")


@pytest.mark.parametrize(
    ("one", "other", "version", "same"),
    [
        pytest.param('{"a":1.50,"b":"x"}', '{"b":"x","a":1.5}', "v2", True, id="v2: the same double is the same"),
        pytest.param('{"a":12345678901234567891}', '{"a":12345678901234567000}', "v2", True, id="v2: of any size"),
        pytest.param('{"a":1e400}', '{"a":1}', "v2", False, id="v2: what no double holds is different"),
        pytest.param('{"a":1.50}', '{"a":1.5}', "v1", False, id="v1: the text of a number counts"),
        pytest.param('{"a":{"b":[1,{"c":null}]}}', '{"a":{"b":[1,{"c":null}]}}', "v2", True, id="nested is compared"),
        pytest.param('{"a":true}', '{"a":1}', "v2", False, id="true is not 1"),
        pytest.param('{"a":"1"}', '{"a":1}', "v2", False, id="text is no number"),
    ],
)
def test_maps_are_compared_by_value(one: str, other: str, version: str, *, same: bool) -> None:
    assert is_same(parse(one.encode()), parse(other.encode()), version) is same
