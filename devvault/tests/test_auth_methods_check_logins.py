"""AppRole, userpass and jwt beyond the recordings."""

import json
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey


async def enable(client: Any, kind: str, at: str = "") -> None:
    assert (await client("POST", f"sys/auth/{at or kind}", {"type": kind})).status == 204


async def approle(client: Any, **options: Any) -> str:
    await enable(client, "approle")
    assert (await client("POST", "auth/approle/role/app", options)).status == 204
    role_id: str = (await client("GET", "auth/approle/role/app/role-id")).data["role_id"]
    return role_id


async def login(client: Any, role_id: str, secret_id: str = "") -> Any:
    return await client("POST", "auth/approle/login", {"role_id": role_id, "secret_id": secret_id}, token="")


async def test_a_secret_id_expires(client: Any, clock: Any) -> None:
    role_id = await approle(client, secret_id_ttl="10m")
    made = (await client("POST", "auth/approle/role/app/secret-id", {})).data
    assert made["secret_id_ttl"] == 600
    assert (await login(client, role_id, made["secret_id"])).status == 200
    clock.advance(600)
    assert (await login(client, role_id, made["secret_id"])).errors == ["invalid secret id"]


async def test_a_secret_id_is_destroyed_by_its_accessor(client: Any) -> None:
    role_id = await approle(client)
    made = (await client("POST", "auth/approle/role/app/secret-id", {"metadata": json.dumps({"who": "ci"})})).data
    named = {"secret_id_accessor": made["secret_id_accessor"]}
    assert (await login(client, role_id, made["secret_id"])).body["auth"]["metadata"] == {
        "role_name": "app",
        "who": "ci",
    }
    assert (await client("LIST", "auth/approle/role/app/secret-id")).data["keys"] == [made["secret_id_accessor"]]
    looked_up = await client("POST", "auth/approle/role/app/secret-id-accessor/lookup", named)
    assert looked_up.data["metadata"] == {"who": "ci"}
    assert (await client("POST", "auth/approle/role/app/secret-id-accessor/destroy", named)).status == 204
    assert (await login(client, role_id, made["secret_id"])).status == 400
    assert (await client("POST", "auth/approle/role/app/secret-id-accessor/lookup", named)).status == 404


async def test_a_role_can_do_without_secret_ids(client: Any) -> None:
    role_id = await approle(client, bind_secret_id=False, token_policies=["b", "A"], token_num_uses=1)
    auth = (await login(client, role_id)).body["auth"]
    assert auth["policies"] == ["a", "b", "default"]
    assert (await client("POST", "auth/approle/role/app/secret-id", {})).status == 400


async def test_a_role_is_read_back_as_written(client: Any) -> None:
    await approle(client, token_ttl="20m", token_max_ttl=3600, secret_id_num_uses=2, token_policies="a,b")
    role = (await client("GET", "auth/approle/role/app")).data
    shown = (role["token_ttl"], role["token_max_ttl"], role["secret_id_num_uses"], role["token_policies"])
    assert shown == (1200, 3600, 2, ["a", "b"])
    assert (await client("LIST", "auth/approle/role")).data["keys"] == ["app"]
    assert (await client("DELETE", "auth/approle/role/app")).status == 204
    assert (await client("GET", "auth/approle/role/app/role-id")).status == 404


async def test_role_and_secret_ids_can_be_chosen(client: Any) -> None:
    await approle(client)
    assert (await client("POST", "auth/approle/role/app/role-id", {"role_id": "my-role"})).status == 204
    chosen = await client("POST", "auth/approle/role/app/custom-secret-id", {"secret_id": "my-secret"})
    assert chosen.data["secret_id"] == "my-secret"
    assert (await login(client, "my-role", "my-secret")).status == 200


async def test_a_login_can_hand_out_batch_tokens(client: Any) -> None:
    role_id = await approle(client, bind_secret_id=False, token_type="batch", token_ttl="5m")
    auth = (await login(client, role_id)).body["auth"]
    assert (auth["token_type"], auth["accessor"], auth["renewable"], auth["lease_duration"]) == (
        "batch",
        "",
        False,
        300,
    )


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        pytest.param(
            {"token_bound_cidrs": ["10.0.0.0/8"]}, "token_bound_cidrs", id="bound addresses are refused by name"
        ),
        pytest.param({"token_ttl": "2h", "token_max_ttl": "1h"}, "greater", id="the ttl stays below its maximum"),
        pytest.param({"token_type": "odd"}, "token_type", id="an unknown token type is refused"),
        pytest.param({"token_type": "batch", "token_period": "1h"}, "batch", id="batch tokens have no period"),
    ],
)
async def test_a_bad_role_is_refused(client: Any, options: Any, hint: str) -> None:
    await enable(client, "approle")
    reply = await client("POST", "auth/approle/role/app", options)
    assert reply.status == 400
    assert hint in reply.errors[0]


async def test_the_same_login_belongs_to_the_same_entity(client: Any) -> None:
    await enable(client, "userpass", "people")
    await client("POST", "auth/people/users/Ann", {"password": "pw"})
    first, second = [await client("POST", "auth/people/login/ANN", {"password": "pw"}, token="") for _ in range(2)]
    assert first.body["auth"]["entity_id"] == second.body["auth"]["entity_id"] != ""
    found = (await client("GET", "auth/token/lookup-self", token=first.body["auth"]["client_token"])).data
    assert (found["display_name"], found["path"]) == ("people-ann", "auth/people/login/ANN")


async def test_a_user_can_be_changed_and_removed(client: Any) -> None:
    await enable(client, "userpass")
    await client("POST", "auth/userpass/users/ann", {"password": "old"})
    assert (await client("POST", "auth/userpass/users/ann/password", {"password": "new"})).status == 204
    assert (await client("POST", "auth/userpass/users/ann/policies", {"policies": "team"})).status == 204
    assert (await client("POST", "auth/userpass/login/ann", {"password": "old"}, token="")).status == 400
    auth = (await client("POST", "auth/userpass/login/ann", {"password": "new"}, token="")).body["auth"]
    assert auth["policies"] == ["default", "team"]
    assert (await client("GET", "auth/userpass/users/ann")).data["token_policies"] == ["team"]
    assert (await client("DELETE", "auth/userpass/users/ann")).status == 204
    assert (await client("LIST", "auth/userpass/users")).status == 404
    assert (await client("POST", "auth/userpass/users/bob", {})).errors == ["missing password"]


SIGNERS: dict[str, ECKey | OKPKey] = {"ES256": ECKey.generate_key("P-256"), "Ed25519": OKPKey.generate_key("Ed25519")}


def signed(algorithm: str, claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": algorithm}, claims, SIGNERS[algorithm], algorithms=[algorithm])


def public_pem(algorithm: str) -> str:
    return SIGNERS[algorithm].as_pem(private=False).decode()


async def jwt_login(client: Any, claims: dict[str, Any], role: dict[str, Any], algorithm: str = "ES256") -> Any:
    await enable(client, "jwt")
    keys = {"jwt_validation_pubkeys": public_pem(algorithm), "bound_issuer": "https://cluster", "default_role": "r"}
    assert (await client("POST", "auth/jwt/config", keys)).status == 204
    assert (await client("POST", "auth/jwt/role/r", {"user_claim": "sub", **role})).status == 200
    return await client("POST", "auth/jwt/login", {"jwt": signed("ES256", claims)}, token="")


def claims_at(clock: Any, **changes: Any) -> dict[str, Any]:
    now = int(clock().timestamp())
    usual = {"iss": "https://cluster", "sub": "sa:team:app", "aud": "vault", "iat": now, "exp": now + 600, "ns": "team"}
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


@pytest.mark.parametrize(
    "role",
    [
        pytest.param({"bound_audiences": "vault"}, id="the audience fits"),
        pytest.param({"bound_audiences": "vault", "bound_subject": "sa:team:app"}, id="the subject fits"),
        pytest.param(
            {"bound_audiences": "vault", "bound_claims": {"ns": ["x", "team"]}},
            id="a bound claim fits one of its values",
        ),
        pytest.param(
            {"bound_audiences": "vault", "bound_claims": {"sub": "sa:te*"}, "bound_claims_type": "glob"},
            id="a bound claim fits a glob",
        ),
    ],
)
async def test_a_good_token_logs_in(client: Any, clock: Any, role: Any) -> None:
    reply = await jwt_login(client, claims_at(clock), {**role, "claim_mappings": {"ns": "namespace"}})
    assert reply.body["auth"]["metadata"] == {"namespace": "team", "role": "r"}


@pytest.mark.parametrize(
    ("changes", "role", "hint"),
    [
        pytest.param({"iss": "https://other"}, {}, "(iss)", id="another issuer is refused"),
        pytest.param({"sub": "sa:x"}, {"bound_subject": "sa:team:app"}, "(sub)", id="another subject is refused"),
        pytest.param({"ns": "x"}, {"bound_claims": {"ns": "team"}}, '"ns"', id="another claim value is refused"),
        pytest.param({"ns": None}, {"bound_claims": {"ns": "team"}}, '"ns"', id="a missing bound claim is refused"),
        pytest.param({"sub": None}, {}, '"sub" not found', id="a missing user claim is refused"),
        pytest.param({"iat": None, "exp": None}, {}, "no issued at", id="a token without times is refused"),
        pytest.param(
            {"nbf": 4102444800, "exp": 4102444900}, {}, "not yet valid", id="a token of the future is refused"
        ),
        pytest.param({"exp": 1, "iat": 1}, {}, "expired", id="a token of the past is refused"),
        pytest.param({"exp": "soon"}, {}, "exp claim", id="a time must be a number"),
    ],
)
async def test_a_token_with_wrong_claims_is_refused(
    client: Any, clock: Any, changes: Any, role: Any, hint: str
) -> None:
    reply = await jwt_login(client, claims_at(clock, **changes), {"bound_audiences": "vault", **role})
    assert reply.status == 400
    assert hint in reply.errors[0]


async def test_a_token_signed_by_another_key_is_refused(client: Any, clock: Any) -> None:
    reply = await jwt_login(client, claims_at(clock), {"bound_audiences": "vault"}, algorithm="Ed25519")
    assert "no known key" in reply.errors[0]


@pytest.mark.parametrize(
    ("path", "body", "hint"),
    [
        pytest.param("config", {"jwks_url": "https://x"}, "jwks_url", id="remote keys are refused by name"),
        pytest.param("config", {"jwt_validation_pubkeys": "junk"}, "public key", id="a key must be a public key"),
        pytest.param("config", {}, "jwt_validation_pubkeys", id="keys are required"),
        pytest.param("role/r", {"user_claim": "sub"}, "bound constraint", id="a role must bind something"),
        pytest.param("role/r", {"bound_audiences": "a"}, "user claim", id="a role must name the user claim"),
        pytest.param("role/r", {"role_type": "oidc"}, "role_type", id="browser logins are refused"),
        pytest.param("login", {"role": "r", "jwt": "x"}, "configuration", id="a login needs a configuration"),
    ],
)
async def test_bad_jwt_settings_are_refused(client: Any, path: str, body: Any, hint: str) -> None:
    await enable(client, "jwt")
    reply = await client("POST", f"auth/jwt/{path}", body)
    assert reply.status == 400
    assert hint in reply.errors[0]


async def test_an_auth_method_the_stand_in_lacks_is_refused_and_a_known_one_can_be_disabled(client: Any) -> None:
    refused = await client("POST", "sys/auth/github", {"type": "github"})
    assert "approle, aws, cert, jwt, kubernetes, ldap, userpass" in refused.errors[0]
    await enable(client, "userpass")
    assert "userpass/" in (await client("GET", "sys/auth")).data
    assert (await client("DELETE", "sys/auth/userpass")).status == 204
    assert "userpass/" not in (await client("GET", "sys/auth")).data
    assert (await client("DELETE", "sys/auth/token")).status == 400
