"""Tokens: how long they live, how often they work, and what ends with them."""

from typing import Any

import pytest


async def details(client: Any, token: str) -> Any:
    return await client("GET", "auth/token/lookup-self", token=token)


async def test_a_token_expires(client: Any, clock: Any) -> None:
    token = await client.token(ttl="1h")
    clock.advance(3599)
    assert (await details(client, token)).data["ttl"] == 1
    clock.advance(1)
    assert (await details(client, token)).status == 403


async def test_renewing_extends_a_token_up_to_its_maximum(client: Any, clock: Any) -> None:
    token = await client.token(ttl="1h", explicit_max_ttl="90m")
    clock.advance(3000)
    renewed = await client("POST", "auth/token/renew-self", {}, token=token)
    assert renewed.body["auth"]["lease_duration"] == 2400
    assert (await details(client, token)).data["last_renewal"] is not None
    clock.advance(2400)
    assert (await details(client, token)).status == 403


async def test_a_periodic_token_lives_as_long_as_it_is_renewed(client: Any, clock: Any) -> None:
    token = await client.token(period="1h")
    for _ in range(800):
        clock.advance(3599)
        assert (await client("POST", "auth/token/renew-self", {}, token=token)).status == 200
    assert (await details(client, token)).data["period"] == 3600


async def test_a_token_with_uses_stops_working_after_the_last(client: Any) -> None:
    token = await client.token(num_uses=2)
    assert (await details(client, token)).data["num_uses"] == 1
    assert (await details(client, token)).status == 200
    assert (await details(client, token)).status == 403


async def test_revoking_a_token_revokes_its_children_but_not_orphans(client: Any) -> None:
    await client.policy("maker", 'path "auth/token/*" { capabilities = ["create", "update", "sudo"] }')
    parent = await client.token(policies=["maker"])
    child = (await client("POST", "auth/token/create", {}, token=parent)).body["auth"]["client_token"]
    orphan = (await client("POST", "auth/token/create-orphan", {}, token=parent)).body["auth"]["client_token"]
    assert (await client("POST", "auth/token/revoke-self", {}, token=parent)).status == 204
    assert [(await details(client, one)).status for one in (child, orphan)] == [403, 200]


async def test_revoking_as_orphan_keeps_the_children(client: Any) -> None:
    await client.policy("maker", 'path "auth/token/*" { capabilities = ["create", "update"] }')
    parent = await client.token(policies=["maker"])
    child = (await client("POST", "auth/token/create", {}, token=parent)).body["auth"]["client_token"]
    assert (await client("POST", "auth/token/revoke-orphan", {"token": parent})).status == 204
    assert [(await details(client, one)).status for one in (parent, child)] == [403, 200]


async def test_a_token_is_found_by_its_accessor_without_being_shown(client: Any) -> None:
    token = await client.token(policies=["default"], display_name="ci", meta={"k": "v"})
    accessor = (await details(client, token)).data["accessor"]
    found = (await client("POST", "auth/token/lookup-accessor", {"accessor": accessor})).data
    assert (found["id"], found["display_name"], found["meta"]) == ("", "token-ci", {"k": "v"})
    assert accessor in (await client("LIST", "auth/token/accessors")).data["keys"]
    assert (await client("POST", "auth/token/renew-accessor", {"accessor": accessor})).status == 200
    assert (await client("POST", "auth/token/revoke-accessor", {"accessor": accessor})).status == 204
    assert (await details(client, token)).status == 403
    assert (await client("POST", "auth/token/lookup-accessor", {"accessor": accessor})).status == 403


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        pytest.param({"policies": ["other"]}, "subset", id="a child has no policy its parent lacks"),
        pytest.param({"policies": ["root"]}, "root tokens", id="only root makes root tokens"),
        pytest.param({"no_parent": True}, "sudo", id="an orphan needs sudo"),
        pytest.param({"id": "chosen"}, "sudo", id="a chosen id needs sudo"),
        pytest.param({"type": "odd"}, "token_type", id="an unknown type is refused"),
        pytest.param({"type": "batch", "num_uses": 3}, "batch", id="a batch token has no uses"),
        pytest.param({"ttl": "soon"}, '"ttl"', id="a ttl must be a duration"),
    ],
)
async def test_a_token_cannot_give_more_than_it_has(client: Any, options: Any, hint: str) -> None:
    await client.policy("maker", 'path "auth/token/create" { capabilities = ["update"] }')
    token = await client.token(policies=["maker"])
    reply = await client("POST", "auth/token/create", options, token=token)
    assert reply.status == 400
    assert hint in reply.errors[0]


async def test_a_chosen_id_is_taken_once(client: Any) -> None:
    assert await client.token(id="chosen", policies=["default"]) == "chosen"
    assert (await client("POST", "auth/token/create", {"id": "chosen"})).status == 400


async def test_a_token_inherits_the_policies_of_its_parent(client: Any) -> None:
    await client.policy("maker", 'path "auth/token/create" { capabilities = ["update"] }')
    parent = await client.token(policies=["maker"])
    bare = {"no_default_policy": True, "policies": ["maker"]}
    child = (await client("POST", "auth/token/create", bare, token=parent)).body
    assert child["auth"]["policies"] == ["maker"]
    inherited = (await client("POST", "auth/token/create", {}, token=parent)).body
    assert inherited["auth"]["policies"] == ["default", "maker"]


async def test_the_root_token_never_expires(client: Any, clock: Any) -> None:
    clock.advance(10**9)
    found = (await client("GET", "auth/token/lookup-self")).data
    assert (found["ttl"], found["expire_time"], found["policies"]) == (0, None, ["root"])
    assert (await client("POST", "auth/token/renew-self", {})).status == 400


async def test_a_token_can_come_as_a_bearer(client: Any, vault: Any) -> None:
    headers = {"Authorization": f"Bearer {vault.root_token}"}
    async with client._session.get(f"{vault.url}/v1/sys/mounts", headers=headers) as response:
        assert response.status == 200
