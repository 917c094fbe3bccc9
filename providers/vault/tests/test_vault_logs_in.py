"""Tokens and roles: logging in, logging in again, saying goodbye."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from secrets_operator_vault.logins.ticket import Surroundings
from secrets_operator_vault.provider import VaultProvider

from secrets_operator.errors import InvalidSpec, NamespaceUnknown, Refused
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Found, Query, Reference, Rejected, StoreIdentity
from secrets_operator.provider.memory import MemoryHost

DENIED = Rejected("permission denied: allow it in a policy of the store's token (status 403)")
VALUE = Found(SecretBytes(b'{"n":"1"}'))


def role_spec(spec: Any, mount: str, role_id: str = "", **auth: Any) -> Any:
    named = {"roleId": f" {role_id}\n"} if role_id else {"roleRef": {"name": "vault", "key": "role"}}
    secret = {"secretRef": {"name": "vault", "key": "secret"}}
    return {**spec, "auth": {"appRole": {"path": mount, **named, **secret}, **auth}}


@pytest.fixture
async def role(place: Any, kv2: str) -> Any:
    """A role that may read the one secret there is."""
    await place.put(f"{kv2}/data/a", {"data": {"n": "1"}})
    return await place.app_role(f"{kv2}/data/*", token_ttl="10m")


@pytest.mark.parametrize("by", ["id", "reference"])
async def test_a_role_logs_in_once(
    *, spec: Any, role: Any, open_session: Any, fetch: Any, stand_in: Any, by: str
) -> None:
    mount, role_id, secret_id = role
    used = role_spec(spec, mount, role_id if by == "id" else "")
    # Secrets made from files end in a line break.
    session = await open_session(used, secret={"role": f"{role_id}\n", "secret": f"{secret_id}\n"})
    assert [await fetch(session, "a") for _ in range(3)] == [VALUE] * 3
    await session.validate()
    assert len(stand_in.log.matching(f"auth/{mount}/login")) == 1


async def test_the_role_id_wins_over_its_reference(place: Any, spec: Any, role: Any, open_session: Any) -> None:
    mount, role_id, secret_id = role
    used = role_spec(spec, mount, role_id)
    used["auth"]["appRole"]["roleRef"] = {"name": "absent", "key": "absent"}
    await (await open_session(used, secret={"secret": secret_id})).validate()


@pytest.mark.parametrize("wrong", ["role", "secret"])
async def test_a_wrong_role_is_refused_without_showing_it(spec: Any, role: Any, open_session: Any, wrong: str) -> None:
    mount, role_id, secret_id = role
    secret = {"role": role_id, "secret": secret_id, wrong: "wr0ng-and-private"}
    with pytest.raises(Refused) as refused:
        await open_session(role_spec(spec, mount), secret=secret)
    assert refused.value.field == "auth.appRole"
    assert not any(text in str(refused.value) for text in (role_id, secret_id, "wr0ng-and-private"))


async def test_an_expired_token_is_replaced_once_for_all_reads(
    spec: Any, role: Any, open_session: Any, stand_in: Any, clock: Any
) -> None:
    mount, role_id, secret_id = role
    session = await open_session(role_spec(spec, mount, role_id), secret={"secret": secret_id})
    clock.advance(601)
    rounds = await asyncio.gather(*(session.fetch([Reference("a")]) for _ in range(8)))
    assert rounds == [[VALUE]] * 8
    assert len(stand_in.log.matching(f"auth/{mount}/login")) == 2


async def test_an_expired_token_is_replaced_before_a_validation_fails(
    spec: Any, role: Any, open_session: Any, stand_in: Any, clock: Any
) -> None:
    mount, role_id, secret_id = role
    session = await open_session(role_spec(spec, mount, role_id), secret={"secret": secret_id})
    clock.advance(601)
    await session.validate()


async def test_a_login_that_fails_under_way_is_reported_and_opens_the_session_anew(
    *, place: Any, spec: Any, role: Any, open_session: Any, fetch: Any, stand_in: Any, clock: Any
) -> None:
    mount, role_id, secret_id = role
    session = await open_session(role_spec(spec, mount, role_id), secret={"secret": secret_id})
    await place.ask("POST", f"auth/{mount}/role/app/secret-id/destroy", {"secret_id": secret_id})
    clock.advance(601)
    answer = await fetch(session, "a")
    assert isinstance(answer, Rejected)
    assert answer.credentials
    with pytest.raises(Refused):
        await session.validate()


async def test_what_a_policy_denies_is_denied_and_the_session_stays(
    place: Any, kv2: str, spec: Any, open_session: Any, fetch: Any
) -> None:
    await place.put(f"{kv2}/data/a", {"data": {"n": "1"}})
    await place.put(f"{kv2}/data/b", {"data": {"n": "2"}})
    mount, role_id, secret_id = await place.app_role(f"{kv2}/data/a")
    session = await open_session(role_spec(spec, mount, role_id), secret={"secret": secret_id})
    rounds = await asyncio.gather(*(session.fetch([Reference("a"), Reference("b")]) for _ in range(6)))
    assert [list(answers) for answers in rounds] == [[VALUE, DENIED]] * 6
    assert await fetch(session, "a") == VALUE


async def test_tokens_of_own_logins_are_revoked(spec: Any, role: Any, host: Any, stand_in: Any) -> None:
    mount, role_id, secret_id = role
    used = MemoryHost(secrets={("default", "vault"): {"secret": secret_id}})
    session = await VaultProvider(Surroundings({})).open(role_spec(spec, mount, role_id), used)
    (denied,) = await session.fetch([Reference("a/b", metadata=True)])
    assert isinstance(denied, Rejected)
    await session.close()
    revoked = stand_in.log.matching("auth/token/revoke-self")
    assert [one.status for one in revoked] == [204]
    assert len(stand_in.log.matching("/login$")) == 1


async def test_a_static_token_is_never_revoked(place: Any, kv2: str, spec: Any, host: Any) -> None:
    await place.put(f"{kv2}/data/a", {"data": {"n": "1"}})
    token = await place.token_for(f"{kv2}/data/*")
    session = await VaultProvider(Surroundings({})).open(
        spec, MemoryHost(secrets={("default", "vault"): {"token": token}})
    )
    await session.close()
    assert (await place.ask("GET", f"{kv2}/data/a", token=token))[0] == 200


async def test_a_dead_static_token_is_told_from_a_denying_policy(
    place: Any, kv2: str, spec: Any, open_session: Any, fetch: Any
) -> None:
    await place.put(f"{kv2}/data/a", {"data": {"n": "1"}})
    poor = await open_session(spec, secret={"token": await place.token_for()})
    assert await fetch(poor, "a") == DENIED
    await poor.validate()
    dead = await open_session(spec, secret={"token": "hvs.gone"})
    answer = await fetch(dead, "a")
    assert (type(answer), answer.credentials) == (Rejected, True)
    with pytest.raises(Refused) as refused:
        await dead.validate()
    assert refused.value.field == "auth"


async def test_a_static_token_that_was_rotated_is_read_again(place: Any, kv2: str, spec: Any, fetch: Any) -> None:
    await place.put(f"{kv2}/data/a", {"data": {"n": "1"}})
    old, new = [await place.token_for(f"{kv2}/data/*") for _ in range(2)]
    data = {"token": old}
    session = await VaultProvider(Surroundings({})).open(spec, MemoryHost(secrets={("default", "vault"): data}))
    assert await fetch(session, "a") == VALUE
    await place.ask("POST", "auth/token/revoke", {"token": old})
    data["token"] = new
    assert await fetch(session, "a") == VALUE
    await session.close()


async def test_without_auth_no_token_is_sent_unless_it_belongs_to_that_server(
    place: Any, kv2: str, spec: Any, open_session: Any, fetch: Any
) -> None:
    await place.put(f"{kv2}/data/a", {"data": {"n": "1"}})
    bare = {name: value for name, value in spec.items() if name != "auth"}
    own = {"VAULT_ADDR": f"{place.url}/", "VAULT_TOKEN": place.token}
    assert await fetch(await open_session(bare, environ=own), "a") == VALUE
    for environ in ({**own, "VAULT_ADDR": "https://elsewhere"}, {"VAULT_TOKEN": place.token}, {}):
        session = await open_session(bare, environ=environ)
        assert isinstance(await fetch(session, "a"), Rejected)
        with pytest.raises(Refused):
            await session.validate()


async def test_namespace_and_headers_are_sent(
    spec: Any, role: Any, open_session: Any, fetch: Any, stand_in: Any
) -> None:
    mount, role_id, secret_id = role
    used = role_spec(spec, mount, role_id, namespace="logins")
    session = await open_session(
        {**used, "namespace": "team/a", "headers": {"X-Team": "blue"}}, secret={"secret": secret_id}
    )
    assert await fetch(session, "a") == VALUE
    (login,) = stand_in.log.matching("/login$")
    (reading,) = stand_in.log.matching("/data/a$", "GET")
    assert (login.namespace, reading.namespace) == ("logins", "team/a")
    assert login.headers["x-team"] == reading.headers["x-team"] == "blue"


@pytest.mark.parametrize(
    ("secret", "field"),
    [
        pytest.param({}, "auth.tokenSecretRef", id="a missing key"),
        pytest.param({"token": ""}, "auth.tokenSecretRef", id="an empty token"),
        pytest.param({"token": "tok\nen"}, "auth.tokenSecretRef", id="a token of two lines"),
        pytest.param({"token": "tökén"}, "auth.tokenSecretRef", id="a token that no header can hold"),
    ],
)
async def test_an_unusable_token_names_its_field(spec: Any, open_session: Any, secret: Any, field: str) -> None:
    with pytest.raises(InvalidSpec) as refused:
        await open_session(spec, secret=secret)
    assert refused.value.field == field


async def test_a_cluster_store_waits_for_its_consumer(spec: Any) -> None:
    nobody = MemoryHost(StoreIdentity("ClusterSecretStore", "store", ""))
    with pytest.raises(NamespaceUnknown):
        await VaultProvider(Surroundings({})).open(spec, nobody)


async def test_a_path_that_is_not_allowed_costs_no_flood_of_logins(
    spec: Any, role: Any, open_session: Any, fetch: Any, stand_in: Any
) -> None:
    mount, role_id, secret_id = role
    session = await open_session(role_spec(spec, mount, role_id), secret={"secret": secret_id})
    for _ in range(5):
        assert await fetch(session, "a", metadata=True) == DENIED
    assert await fetch(session, "a") == VALUE
    assert len(stand_in.log.matching("/login$")) == 1


async def test_a_renewal_keeps_a_token(spec: Any, place: Any, kv2: str, host: Any, stand_in: Any) -> None:
    mount, role_id, secret_id = await place.app_role(f"{kv2}/data/*", token_ttl="3s")
    used = replace(host, secrets={("default", "vault"): {"secret": secret_id}})
    session = await VaultProvider(Surroundings({})).open(role_spec(spec, mount, role_id), used)
    async with asyncio.timeout(10):
        while not stand_in.log.matching("renew-self"):  # noqa: ASYNC110 - the server's log
            await asyncio.sleep(0.05)
    await session.close()
    assert [one.status for one in stand_in.log.matching("renew-self")] == [200]
    assert len(stand_in.log.matching("/login$")) == 1


async def test_calls_and_open_logins_are_counted(spec: Any, role: Any, host: Any) -> None:
    mount, role_id, secret_id = role
    used = replace(host, secrets={("default", "vault"): {"secret": secret_id}})
    session = await VaultProvider(Surroundings({})).open(role_spec(spec, mount, role_id), used)
    assert used.leases == {"HashiCorp/Vault": 1}
    await session.fetch([Reference("a"), Reference("absent")])
    await session.validate()
    await session.find(Query())
    await session.close()
    assert used.leases == {"HashiCorp/Vault": 0}
    assert {(call, ok): count for (_, call, ok), count in used.calls.items()} == {
        ("Login", True): 1,
        ("ReadSecretData", True): 1,
        ("ReadSecretData", False): 1,
        ("ListSecrets", False): 1,
        ("LookupSelf", True): 2,
        ("RevokeSelf", True): 1,
    }
