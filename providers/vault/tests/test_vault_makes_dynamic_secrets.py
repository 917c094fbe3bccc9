"""VaultDynamicSecret: the request, the part of the answer, and the token that a lease belongs to."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from secrets_operator_vault.generator import GENERATOR, VaultDynamicSecretGenerator
from secrets_operator_vault.logins.ticket import Surroundings

from secrets_operator.errors import InvalidSpec, OperatorError, Refused, Retryable, Terminal
from secrets_operator.provider import Generated, StoreIdentity
from secrets_operator.provider.discovery import Generators
from secrets_operator.provider.memory import MemoryHost

NOW = datetime(2026, 12, 1, tzinfo=UTC)
Make = Callable[..., Awaitable[Generated]]


def plain(made: Generated) -> dict[str, bytes]:
    return {name: value.reveal() for name, value in made.values.items()}


@pytest.fixture
def make(place: Any, host: MemoryHost) -> Make:
    """Make values with the administrator's token, or with ``auth`` and the keys of ``secret``."""

    async def make_(auth: Any = None, *, by: MemoryHost = host, environ: Any = None, **fields: Any) -> Generated:
        usual = {"tokenSecretRef": {"name": "vault", "key": "token"}}
        provider = {"server": place.url, **({"auth": auth or usual} if auth != {} else {})}
        spec = {"provider": provider, "retrySettings": {"maxRetries": 0}, **fields}
        generator = VaultDynamicSecretGenerator(Surroundings(environ or {}))
        assert generator.problems(spec) == []
        return await generator.generate(spec, by, now=NOW, entropy=os.urandom)

    return make_


async def role(place: Any, *rules: str) -> tuple[dict[str, Any], MemoryHost]:
    """Make a login by AppRole with some rules; return its ``auth`` and a host with its Secret."""
    at, role_id, secret_id = await place.app_role("unused")
    await place.ask("PUT", f"sys/policies/acl/{at}", {"policy": "\n".join(rules)})
    await place.ask("POST", f"auth/{at}/role/app", {"token_policies": at})
    auth = {"appRole": {"path": at, "roleId": role_id, "secretRef": {"name": "vault", "key": "secret-id"}}}
    return auth, MemoryHost(secrets={("default", "vault"): {"secret-id": secret_id}})


async def test_the_data_of_a_read_becomes_keys(place: Any, kv1: str, make: Make) -> None:
    await place.put(f"{kv1}/a", {"user": "u1", "port": 5432, "ok": True, "none": None, "more": {"b": [1, "<"]}})
    assert plain(await make(path=f"/{kv1}/a/")) == {
        "user": b"u1",
        "port": b"5432",
        "ok": b"true",
        "none": b"",
        "more": b'{"b":[1,"\\u003c"]}',
    }


async def test_query_parameters_are_sent_with_a_read(place: Any, kv2: str, make: Make) -> None:
    for value in ("1", "2"):
        await place.put(f"{kv2}/data/a", {"data": {"n": value}})
    made = plain(await make(path=f"{kv2}/data/a", getParameters={"version": ["1"]}))
    assert made["data"] == b'{"n":"1"}'


async def test_a_list_has_the_names(place: Any, kv1: str, make: Make) -> None:
    await place.put(f"{kv1}/dir/a", {"n": "1"})
    assert plain(await make(path=f"{kv1}/dir", method="LIST")) == {"keys": b'["a"]'}


async def test_any_other_word_writes_the_parameters(place: Any, make: Make) -> None:
    at, _, _ = await place.app_role("unused")
    path = f"auth/{at}/role/app/secret-id"
    made = plain(await make(path=path, method="POST", parameters={"metadata": '{"by": "operator"}', "ttl": "30m"}))
    assert made["secret_id_ttl"] == b"1800"
    asked = {"secret_id": made["secret_id"].decode()}
    _, found = await place.ask("POST", f"auth/{at}/role/app/secret-id/lookup", asked)
    assert found["data"]["metadata"] == {"by": "operator"}


async def test_a_deletion_answers_nothing(place: Any, kv1: str, make: Make) -> None:
    await place.put(f"{kv1}/a", {"n": "1"})
    made = await make(path=f"{kv1}/a", method="DELETE", allowEmptyResponse=True)
    assert plain(made) == {}
    assert (await place.ask("GET", f"{kv1}/a"))[0] == 404


async def test_auth_is_a_new_token_that_outlives_the_request(place: Any, make: Make) -> None:
    auth, host = await role(place, 'path "auth/token/create" { capabilities = ["update"] }')
    made = await make(
        auth, by=host, path="auth/token/create", method="PUT", parameters={"ttl": "5m"}, resultType="Auth"
    )
    token = plain(made)["client_token"].decode()
    # Revoking the token of the login would have ended its child.
    assert (await place.ask("GET", "auth/token/lookup-self", token=token))[0] == 200
    assert made.fresh_seconds == 300
    assert host.leases["HashiCorp/Vault"] == 0


async def test_raw_is_the_whole_answer_without_what_is_not_there(place: Any, kv1: str, make: Make) -> None:
    await place.put(f"{kv1}/a", {"n": "1"})
    made = plain(await make(path=f"{kv1}/a", resultType="Raw"))
    assert made["data"] == b'{"n":"1"}'
    assert made["renewable"] == b"false"
    assert not made.keys() & {"auth", "wrap_info"}


async def test_a_login_whose_answer_has_no_lease_is_given_back(place: Any, stand_in: Any, kv1: str, make: Make) -> None:
    await place.put(f"{kv1}/a", {"n": "1"})
    auth, host = await role(place, f'path "{kv1}/a" {{ capabilities = ["read"] }}')
    made = await make(auth, by=host, path=f"{kv1}/a")
    assert plain(made) == {"n": b"1"}
    assert len(stand_in.log.matching("revoke-self$")) == 1
    assert host.leases["HashiCorp/Vault"] == 0


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"path": "nothing"}, id="a secret that is not there"),
        pytest.param({"path": "a", "resultType": "Auth"}, id="a part that is not there"),
        pytest.param({"path": "a", "method": "DELETE"}, id="a deletion"),
    ],
)
async def test_nothing_is_an_error_unless_it_is_allowed(
    place: Any, kv1: str, make: Make, fields: dict[str, Any]
) -> None:
    await place.put(f"{kv1}/a", {"n": "1"})
    where = {**fields, "path": f"{kv1}/{fields['path']}"}
    with pytest.raises(Terminal, match=r"Vault answers nothing of that kind: .* or set allowEmptyResponse"):
        await make(**where)
    assert plain(await make(**where, allowEmptyResponse=True)) == {}


async def test_a_path_that_vault_does_not_have_is_never_an_empty_answer(make: Make) -> None:
    with pytest.raises(OperatorError, match="there is no such path"):
        await make(path="no-such-engine/a", allowEmptyResponse=True)


async def test_what_the_policy_denies_is_said(place: Any, kv1: str, make: Make) -> None:
    auth, host = await role(place)
    with pytest.raises(Terminal, match=r"^path: permission denied: allow path and method in a policy of the login$"):
        await make(auth, by=host, path=f"{kv1}/a")


async def test_a_token_that_is_none_is_said(make: Make, kv1: str) -> None:
    host = MemoryHost(secrets={("default", "vault"): {"token": "hvs.expired"}})
    with pytest.raises(Refused, match=r"^provider\.auth: Vault does not accept the store's token"):
        await make(by=host, path=f"{kv1}/a")


async def test_an_outage_is_tried_again_as_the_settings_say(stand_in: Any, kv1: str, make: Make) -> None:
    # So many would not fit into twenty seconds at the usual distance of one.
    retries = 25
    stand_in.fail("/a$", 503, times=1 + retries)
    with pytest.raises(Retryable, match="sealed, standby or in trouble"):
        await make(path=f"{kv1}/a")
    await make(path=f"{kv1}/a", retrySettings={"maxRetries": retries, "retryInterval": "1ms"}, allowEmptyResponse=True)
    assert len(stand_in.log.matching("/a$")) == 1 + retries + 1


@pytest.mark.parametrize(
    ("kind", "works"),
    [
        pytest.param("VaultDynamicSecret", False, id="a generator of a namespace does not"),
        pytest.param("ClusterGenerator", True, id="that of a cluster does"),
    ],
)
async def test_who_asks_as_the_operator(place: Any, kv1: str, make: Make, kind: str, works: bool) -> None:
    await place.put(f"{kv1}/a", {"n": "1"})
    environ = {"VAULT_ADDR": place.url, "VAULT_TOKEN": place.token}
    by = MemoryHost(StoreIdentity(kind, "g", "default"))
    if works:
        assert plain(await make({}, by=by, environ=environ, path=f"{kv1}/a")) == {"n": b"1"}
        return
    with pytest.raises(OperatorError, match=r"permission denied|does not accept"):
        await make({}, by=by, environ=environ, path=f"{kv1}/a")
    says = "a VaultDynamicSecret does not log in as the operator: set serviceAccountRef or secretRef, or use a Cluster"
    with pytest.raises(InvalidSpec, match=says):
        await make({"kubernetes": {"role": "r"}}, by=by, environ=environ, path=f"{kv1}/a")


VAULT = {"server": "https://vault.example.com"}


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        pytest.param({"provider": VAULT}, ("path", "is required: add it"), id="no path"),
        pytest.param(
            {"provider": VAULT, "path": "/"},
            ("path", "is required: the API path, such as database/creds/app"),
            id="an empty path",
        ),
        pytest.param(
            {"provider": VAULT, "path": "a/../sys"}, ("path", "must not have . or .. between slashes"), id="a way out"
        ),
        pytest.param({"path": "a"}, ("provider", "is required: add it"), id="no server"),
        pytest.param(
            {"provider": {"server": "vault"}, "path": "a"},
            ("provider.server", "must be an address such as https://vault.example.com:8200"),
            id="a server that is none",
        ),
        pytest.param(
            {"provider": {**VAULT, "sever": "x"}, "path": "a"},
            ("provider.sever", "unknown field"),
            id="a field that does not exist",
        ),
        pytest.param(
            {"provider": VAULT, "path": "a", "resultType": "All"},
            ("resultType", "must be one of Data, Auth or Raw"),
            id="another part",
        ),
        pytest.param(
            {"provider": VAULT, "path": "a", "retrySettings": {"retryInterval": "-1s"}},
            ("retrySettings.retryInterval", "must not be negative"),
            id="a wait into the past",
        ),
        pytest.param(
            {"provider": VAULT, "path": "a", "retrySettings": {"maxRetries": -1}},
            ("retrySettings.maxRetries", "must not be negative"),
            id="fewer than no retries",
        ),
    ],
)
def test_a_spec_that_cannot_be_is_refused(spec: dict[str, Any], problem: tuple[str, str]) -> None:
    assert [(one.path, one.message) for one in GENERATOR.problems(spec)] == [problem]


def test_it_comes_with_the_distribution_for_vault() -> None:
    generators = Generators.from_entry_points()
    assert generators.installed()["VaultDynamicSecret"].distribution == "secrets-operator-vault"
    assert generators.get("VaultDynamicSecret").name == "VaultDynamicSecret"
