"""QuayAccessToken and CloudsmithAccessToken: the token of a service account is traded for one of the registry."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from secrets_operator_access_tokens import cloudsmith, quay
from secrets_operator_access_tokens.surroundings import Surroundings

from secrets_operator.errors import Retryable
from secrets_operator.provider import Generated, StoreIdentity
from secrets_operator.provider.memory import MemoryHost
from secrets_operator.resources.generators.cloudsmith import CloudsmithAccessTokenSpec
from secrets_operator.resources.generators.quay import QuayAccessTokenSpec

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HERE = Surroundings({}, registry_scheme="http")
ACCOUNT = {"name": "puller", "namespace": "elsewhere", "audiences": ["registry"]}
HOST = MemoryHost(StoreIdentity("QuayAccessToken", "g", "default"))
QUAY = {"robotAccount": "shop+puller", "serviceAccountRef": ACCOUNT}
CLOUDSMITH = {"orgSlug": "shop", "serviceSlug": "puller", "serviceAccountRef": ACCOUNT}
HELD = {"name": "puller", "audiences": ["registry"]}
IDENTITY = "token:default/puller:registry:3600"


async def make(generator: Any, spec: Mapping[str, Any]) -> tuple[Generated, dict[str, bytes]]:
    assert generator.problems(spec) == []
    made: Generated = await generator.generate(spec, HOST, now=NOW, entropy=os.urandom)
    return made, {name: value.reveal() for name, value in made.values.items()}


async def test_quay_gives_a_login_of_the_robot_account(service: Any, token: Callable[..., str]) -> None:
    given = token({"exp": NOW.timestamp() + 600})
    service.says({"token": given})
    made, values = await make(
        quay.QuayAccessTokenGenerator(HERE), {**QUAY, "serviceAccountRef": HELD, "url": service.host}
    )
    assert values == {
        "registry": service.host.encode(),
        "auth": base64.b64encode(f"shop+puller:{given}".encode()),
        "expiry": b"1772367000",
    }
    assert made.fresh_seconds == 540
    (asked,) = service.asked
    assert (asked.method, asked.path) == ("GET", "/oauth2/federation/robot/token")
    assert base64.b64decode(asked.headers["Authorization"].removeprefix("Basic ")) == f"shop+puller:{IDENTITY}".encode()


async def test_cloudsmith_gives_a_login_of_the_service(service: Any, token: Callable[..., str]) -> None:
    given = token({"exp": 1772367000})
    service.says({"token": given}, 201)
    spec = {**CLOUDSMITH, "serviceAccountRef": HELD, "apiUrl": f"{service.url}/"}
    made, values = await make(cloudsmith.CloudsmithAccessTokenGenerator(HERE), spec)
    assert values == {"auth": base64.b64encode(f"token:{given}".encode()), "expiry": b"1772367000"}
    assert made.fresh_seconds == 540
    (asked,) = service.asked
    assert (asked.method, asked.path) == ("POST", "/openid/shop/")
    assert asked.json == {"oidc_token": IDENTITY, "service_slug": "puller"}


@pytest.mark.parametrize(
    "given",
    [
        pytest.param("private-and-no-token", id="it is no token"),
        pytest.param("e30.e30.c2ln", id="it does not say when it ends"),
    ],
)
async def test_a_token_of_which_nobody_knows_the_end_is_none(service: Any, given: str) -> None:
    service.says({"token": given})
    with pytest.raises(Retryable, match="not one of Quay's") as raised:
        await make(quay.QuayAccessTokenGenerator(HERE), {**QUAY, "serviceAccountRef": HELD, "url": service.host})
    assert given not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        pytest.param("", "https://quay.io/oauth2/federation/robot/token", id="none: the public one"),
        pytest.param("quay.example.com", "https://quay.example.com/oauth2/federation/robot/token", id="a host"),
        pytest.param("https://q.test/", "https://q.test/oauth2/federation/robot/token", id="a URL"),
    ],
)
def test_quay_is_asked_by_https(url: str, asked: str) -> None:
    assert quay.token_call(QuayAccessTokenSpec.model_validate({**QUAY, "url": url}), "t").url == asked


def test_the_public_api_of_cloudsmith_is_the_default() -> None:
    call = cloudsmith.token_call(CloudsmithAccessTokenSpec.model_validate(CLOUDSMITH), "t")
    assert (call.url, call.url_field) == ("https://api.cloudsmith.io/openid/shop/", "")


@pytest.mark.parametrize(
    ("generator", "spec", "fields"),
    [
        pytest.param(quay.GENERATOR, {}, ["robotAccount", "serviceAccountRef"], id="Quay, nothing"),
        pytest.param(quay.GENERATOR, {**QUAY, "url": "http://q.test"}, ["url"], id="Quay, without TLS"),
        pytest.param(
            cloudsmith.GENERATOR, {}, ["orgSlug", "serviceSlug", "serviceAccountRef"], id="Cloudsmith, nothing"
        ),
    ],
)
def test_a_spec_that_cannot_be_is_refused(generator: Any, spec: dict[str, Any], fields: list[str]) -> None:
    assert [problem.path for problem in generator.problems(spec)] == fields
