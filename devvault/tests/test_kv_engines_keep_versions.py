"""The key/value engines beyond the recordings."""

import json
from typing import Any

import aiohttp
import pytest

from devvault import DevVault


async def put(client: Any, path: str, **data: Any) -> Any:
    return await client("POST", f"secret/data/{path}", {"data": data})


async def test_only_the_newest_versions_are_kept(client: Any) -> None:
    await client("POST", "secret/metadata/a", {"max_versions": 2})
    for number in range(4):
        await put(client, "a", n=number)
    metadata = (await client("GET", "secret/metadata/a")).data
    assert (sorted(metadata["versions"]), metadata["oldest_version"], metadata["current_version"]) == (["3", "4"], 3, 4)
    assert (await client("GET", "secret/data/a?version=2")).status == 404
    assert (await client("GET", "secret/data/a?version=3")).data["data"] == {"n": 2}


async def test_ten_versions_are_kept_unless_said_otherwise(client: Any) -> None:
    for number in range(12):
        await put(client, "a", n=number)
    assert len((await client("GET", "secret/metadata/a")).data["versions"]) == 10


async def test_a_version_is_deleted_when_its_time_is_over(client: Any, clock: Any) -> None:
    await client("POST", "secret/metadata/a", {"delete_version_after": "1h30m"})
    await put(client, "a", n=1)
    assert (await client("GET", "secret/data/a")).data["metadata"]["deletion_time"] != ""
    clock.advance(5401)
    reply = await client("GET", "secret/data/a")
    assert (reply.status, reply.data["data"]) == (404, None)


async def test_custom_metadata_is_shown_with_the_data_and_patched_by_name(client: Any) -> None:
    await put(client, "a", n=1)
    await client("POST", "secret/metadata/a", {"custom_metadata": {"owner": "team", "tier": "gold"}})
    await client("PATCH", "secret/metadata/a", {"custom_metadata": {"tier": None, "env": "dev"}})
    expected = {"owner": "team", "env": "dev"}
    assert (await client("GET", "secret/metadata/a")).data["custom_metadata"] == expected
    assert (await client("GET", "secret/data/a")).data["metadata"]["custom_metadata"] == expected


@pytest.mark.parametrize(
    "custom",
    [
        pytest.param({str(number): "x" for number in range(65)}, id="more than 64 keys are refused"),
        pytest.param({"k" * 129: "x"}, id="a long key is refused"),
        pytest.param({"k": "v" * 513}, id="a long value is refused"),
        pytest.param({"k": ""}, id="an empty value is refused"),
        pytest.param({"k": ["x"]}, id="a list is refused"),
    ],
)
async def test_custom_metadata_has_limits(client: Any, custom: Any) -> None:
    assert (await client("POST", "secret/metadata/a", {"custom_metadata": custom})).status == 400
    assert (await client("GET", "secret/metadata/a")).status == 404


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        pytest.param({"custom_metadata": {"b": "2"}}, {"b": "2"}, id="what is given takes the place of all"),
        pytest.param({"custom_metadata": {"b": 5, "c": True}}, {"b": "5", "c": "1"}, id="numbers become text"),
        pytest.param({"custom_metadata": None}, None, id="null clears it"),
        pytest.param({"custom_metadata": {}}, None, id="so does an empty object"),
        pytest.param({"max_versions": 3}, {"a": "1"}, id="without it, it stays"),
    ],
)
async def test_custom_metadata_is_replaced(client: Any, given: Any, kept: Any) -> None:
    await client("POST", "secret/metadata/a", {"custom_metadata": {"a": "1"}})
    assert (await client("POST", "secret/metadata/a", given)).status == 204
    assert (await client("GET", "secret/metadata/a")).data.get("custom_metadata") == kept


async def test_metadata_can_exist_before_the_first_version(client: Any) -> None:
    await client("POST", "secret/metadata/a", {"custom_metadata": {"owner": "team"}})
    assert (await client("GET", "secret/metadata/a")).data["current_version"] == 0
    assert (await client("GET", "secret/data/a")).status == 404
    assert (await put(client, "a", n=1)).data["version"] == 1


async def test_a_patch_merges_into_the_latest_version(client: Any) -> None:
    await put(client, "a", keep="k", drop="d", deep={"x": 1, "y": 2})
    reply = await client("PATCH", "secret/data/a", {"data": {"drop": None, "deep": {"y": None, "z": 3}}})
    assert reply.data["version"] == 2
    assert (await client("GET", "secret/data/a")).data["data"] == {"keep": "k", "deep": {"x": 1, "z": 3}}
    assert (await client("PATCH", "secret/data/absent", {"data": {"a": "b"}})).status == 404


async def test_chosen_versions_are_deleted_and_come_back(client: Any) -> None:
    await put(client, "a", n=1)
    await put(client, "a", n=2)
    assert (await client("POST", "secret/delete/a", {"versions": [1]})).status == 204
    assert (await client("GET", "secret/data/a?version=1")).status == 404
    assert (await client("GET", "secret/data/a")).status == 200
    assert (await client("POST", "secret/undelete/a", {"versions": ["1"]})).status == 204
    assert (await client("GET", "secret/data/a?version=1")).data["data"] == {"n": 1}
    assert (await client("POST", "secret/destroy/a", {})).errors == ["No version number provided"]


async def test_a_destroyed_version_does_not_come_back(client: Any) -> None:
    await put(client, "a", n=1)
    await client("PUT", "secret/destroy/a", {"versions": [1]})
    await client("PUT", "secret/undelete/a", {"versions": [1]})
    assert (await client("GET", "secret/data/a")).data["metadata"]["destroyed"] is True


async def test_check_and_set_can_be_required_for_one_key(client: Any) -> None:
    await client("POST", "secret/metadata/a", {"cas_required": True})
    assert (await put(client, "a", n=1)).errors == ["check-and-set parameter required for this call"]
    assert (await client("POST", "secret/data/a", {"data": {}, "options": {"cas": 0}})).status == 200


MISMATCH = "check-and-set parameter did not match the current version"
NO_NUMBER = "error parsing check-and-set parameter"


@pytest.mark.parametrize(
    ("cas", "error"),
    [
        pytest.param(2, "", id="the latest version"),
        pytest.param("2", "", id="the same as text"),
        pytest.param(0, MISMATCH, id="none, though there is one"),
        pytest.param(-1, MISMATCH, id="less than none"),
        pytest.param(None, MISMATCH, id="null is none"),
        pytest.param(True, MISMATCH, id="true is 1"),
        pytest.param("x", NO_NUMBER, id="a word"),
        pytest.param(1.5, NO_NUMBER, id="a fraction"),
    ],
)
async def test_check_and_set_is_answered_as_by_vault_1_21(client: Any, cas: Any, error: str) -> None:
    await put(client, "a", n=1)
    await client("DELETE", "secret/data/a")
    await put(client, "a", n=2)
    reply = await client("POST", "secret/data/a", {"data": {}, "options": {"cas": cas}})
    assert (reply.errors == [error] and reply.status == 400) if error else reply.data["version"] == 3


async def read_back(vault: DevVault, path: str, number: str) -> str:
    """Write a number and return the text in which it comes back."""
    headers = {"X-Vault-Token": vault.root_token}
    async with aiohttp.ClientSession(headers=headers) as session:
        inner = f'{{"n": {number}}}'
        body = f'{{"data": {inner}}}' if "data" in path else inner
        async with session.post(f"{vault.url}/v1/{path}", data=body) as written:
            assert written.status in {200, 204}
        async with session.get(f"{vault.url}/v1/{path}") as read:
            answered = json.loads(await read.read(), parse_float=str, parse_int=str)["data"]
    return str((answered.get("data") or answered)["n"])


@pytest.mark.parametrize("text", ["1.50", "1e5", "12345678901234567890123", "0.1", "-0.0", "7"])
async def test_version_1_keeps_the_text_of_a_number(client: Any, vault: DevVault, text: str) -> None:
    await client("POST", "sys/mounts/one", {"type": "kv"})
    assert await read_back(vault, "one/n", text) == text


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1.50", "1.5"),
        ("1e5", "100000"),
        ("1e20", "100000000000000000000"),
        ("1e21", "1e+21"),
        ("1e-7", "1e-7"),
        ("0.1", "0.1"),
        ("-0.0", "-0"),
        ("0", "0"),
        ("7", "7"),
        ("123456789.125", "123456789.125"),
        ("9007199254740993", "9007199254740992"),
        ("12345678901234567890123", "1.2345678901234568e+22"),
    ],
)
async def test_version_2_makes_a_float_of_a_number(vault: DevVault, written: str, read: str) -> None:
    # As Vault 1.21 answered.
    assert await read_back(vault, "secret/data/n", written) == read


async def test_version_2_takes_no_number_that_is_no_float(client: Any, vault: DevVault) -> None:
    headers = {"X-Vault-Token": vault.root_token}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{vault.url}/v1/secret/data/n", data='{"data": {"n": 1e400}}') as refused,
    ):
        assert (refused.status, (await refused.json())["errors"][0][:14]) == (500, "malformed JSON")
    assert (await client("GET", "secret/data/n")).status == 404


async def test_listing_shows_one_level_with_folders(client: Any) -> None:
    for path in ("b", "a/x", "a/y/z", "a"):
        await put(client, path, n=1)
    assert (await client("LIST", "secret/metadata")).data["keys"] == ["a", "a/", "b"]
    assert (await client("LIST", "secret/metadata/a/")).data["keys"] == ["x", "y/"]


async def test_version_one_tells_how_long_a_value_may_be_kept(client: Any) -> None:
    await client("POST", "sys/mounts/one", {"type": "kv", "options": {"version": "1"}})
    await client("POST", "one/a", {"user": "u"})
    await client("POST", "one/b", {"user": "u", "ttl": "30m"})
    assert (await client("GET", "one/a")).body["lease_duration"] == 2764800
    assert (await client("GET", "one/b")).body["lease_duration"] == 1800


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        pytest.param("POST", "secret/data/a/", {"data": {}}, 400, id="a path that ends in a slash cannot be written"),
        pytest.param("POST", "secret/data/a", {"data": "x"}, 400, id="data must be a map"),
        pytest.param("POST", "secret/data/a", [], 400, id="a body must be an object"),
        pytest.param("POST", "secret/data/a", {"data": {}, "options": {"cas": "x"}}, 400, id="cas must be a number"),
        pytest.param("POST", "secret/nonsense", {}, 404, id="a write without data/ gets the hint"),
        pytest.param("POST", "sys/mounts/x", {"type": "pki"}, 400, id="an engine the stand-in lacks is refused"),
        pytest.param("POST", "sys/mounts/secret/deeper", {"type": "kv"}, 400, id="a mount inside a mount is refused"),
        pytest.param("DELETE", "sys/mounts/sys", None, 400, id="sys cannot be unmounted"),
        pytest.param("GET", "sys/nonsense", None, 404, id="an unknown system path is not found"),
        pytest.param("DELETE", "sys/mounts", None, 405, id="an operation a path lacks is refused"),
    ],
)
async def test_refusals(client: Any, method: str, path: str, body: Any, status: int) -> None:
    assert (await client(method, path, body)).status == status


async def test_unmounting_drops_what_was_stored(client: Any) -> None:
    await put(client, "a", n=1)
    assert (await client("DELETE", "sys/mounts/secret")).status == 204
    assert (await client("POST", "sys/mounts/secret", {"type": "kv-v2", "description": "d"})).status == 204
    assert (await client("GET", "secret/data/a")).status == 404
    listed = (await client("GET", "sys/mounts")).body
    assert listed["secret/"]["options"] == listed["data"]["secret/"]["options"] == {"version": "2"}
    assert (await client("POST", "sys/mounts/secret/tune", {"max_lease_ttl": "1h"})).status == 204
    assert (await client("GET", "sys/mounts/secret/tune")).data["max_lease_ttl"] == 3600
