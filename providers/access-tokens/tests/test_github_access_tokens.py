"""GithubAccessToken: the app signs who it is, and gets a token of its installation."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from secrets_operator_access_tokens.github import GENERATOR, GithubAccessTokenGenerator, claims, token_call
from secrets_operator_access_tokens.surroundings import Surroundings

from secrets_operator.errors import InvalidSpec
from secrets_operator.provider import Generated, StoreIdentity
from secrets_operator.provider.memory import MemoryHost
from secrets_operator.resources.generators.github import GithubAccessTokenSpec

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
CURVE = (
    ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
)
SECRETS = {("default", "app"): {"key": PEM, "curve": CURVE, "text": "no-key-at-all"}}
HOST = MemoryHost(StoreIdentity("GithubAccessToken", "g", "default"), secrets=SECRETS)
SPEC: dict[str, Any] = {
    "appID": "12345",
    "installID": "67890",
    "auth": {"privateKey": {"secretRef": {"name": "app", "key": "key"}}},
}


async def make(spec: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> Generated:
    assert GENERATOR.problems(spec) == []
    made: Generated = await GithubAccessTokenGenerator(Surroundings(environ or {})).generate(
        spec, HOST, now=NOW, entropy=os.urandom
    )
    return made


async def test_the_app_proves_itself_and_gets_a_token(service: Any) -> None:
    service.says({"token": "ghs_made-up", "expires_at": "2026-03-01T12:10:00Z"}, 201)
    wanted = {"repositories": ["web"], "permissions": {"contents": "read"}}
    made = await make({**SPEC, **wanted, "url": f"{service.url}/api/v3"})
    assert {name: value.reveal() for name, value in made.values.items()} == {"token": b"ghs_made-up"}
    assert made.fresh_seconds == 540
    (asked,) = service.asked
    assert (asked.method, asked.path) == ("POST", "/api/v3/app/installations/67890/access_tokens")
    assert asked.json == wanted
    assert asked.headers["Accept"] == "application/vnd.github.v3+json"
    proof = asked.headers["Authorization"].removeprefix("Bearer ")
    assert jwt.decode(
        proof, KEY.public_key(), algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False}
    ) == claims("12345", NOW)


def test_the_proof_is_valid_for_five_minutes() -> None:
    assert claims("12345", NOW) == {"iss": "12345", "iat": 1772366390, "exp": 1772366700}


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        pytest.param({}, b"", id="nothing wanted: all that the app may do"),
        pytest.param({"repositories": []}, b"", id="an empty list counts for none"),
        pytest.param({"permissions": {}}, b'{"permissions":{}}', id="no permissions are what was asked for"),
    ],
)
def test_what_is_asked_for_is_what_the_spec_says(fields: dict[str, Any], body: bytes) -> None:
    assert token_call(GithubAccessTokenSpec.model_validate({**SPEC, **fields}), "proof").body == body


def test_the_public_api_is_the_default_and_an_id_stays_in_its_place() -> None:
    call = token_call(GithubAccessTokenSpec.model_validate({**SPEC, "installID": "1/../2"}), "proof")
    assert call.url == "https://api.github.com/app/installations/1%2F..%2F2/access_tokens"


@pytest.mark.parametrize("key", ["curve", "text"])
async def test_what_is_no_rsa_key_is_named_and_not_shown(service: Any, key: str) -> None:
    spec = {**SPEC, "url": service.url, "auth": {"privateKey": {"secretRef": {"name": "app", "key": key}}}}
    with pytest.raises(InvalidSpec) as raised:
        await make(spec)
    assert raised.value.field == "auth.privateKey.secretRef"
    assert SECRETS["default", "app"][key] not in str(raised.value)
    assert service.asked == []


@pytest.mark.parametrize(
    ("spec", "fields"),
    [
        pytest.param({}, ["appID", "installID", "auth"], id="nothing"),
        pytest.param(
            {**SPEC, "auth": {"privateKey": {"secretRef": {}}}},
            ["auth.privateKey.secretRef.name", "auth.privateKey.secretRef.key"],
            id="a reference to nothing",
        ),
        pytest.param({**SPEC, "appID": 12345}, ["appID"], id="an id without quotes"),
    ],
)
def test_a_spec_that_cannot_be_is_refused(spec: dict[str, Any], fields: list[str]) -> None:
    assert [problem.path for problem in GENERATOR.problems(spec)] == fields
