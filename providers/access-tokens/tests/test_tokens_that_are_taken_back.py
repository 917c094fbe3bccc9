"""Grafana, GitlabDeployToken and BeyondTrust: what is made, the state that remembers it, and the way back."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from secrets_operator_access_tokens import beyondtrust, gitlab, grafana
from secrets_operator_access_tokens.surroundings import Surroundings

from secrets_operator.errors import InvalidSpec, Refused
from secrets_operator.provider import Generated, StoreIdentity, cleanup_of
from secrets_operator.provider.memory import MemoryHost
from secrets_operator.resources.generators.beyondtrust import BeyondtrustProvider
from secrets_operator.resources.generators.gitlab import GitlabDeployTokenSpec

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HERE = Surroundings({})
HOST = MemoryHost(
    StoreIdentity("Grafana", "g", "default"), secrets={("default", "login"): {"token": "l0gin-private\n"}}
)
LOGIN = {"name": "login", "key": "token"}


async def make(generator: Any, spec: Mapping[str, Any]) -> tuple[dict[str, bytes], Any]:
    assert generator.problems(spec) == []
    made: Generated = await generator.generate(spec, HOST, now=NOW, entropy=os.urandom)
    values = {name: value.reveal() for name, value in made.values.items()}
    shown = orjson.dumps(made.state)
    assert not any(value in shown for name, value in values.items() if name == "token")
    return values, made.state


def grafana_spec(service: Any) -> dict[str, Any]:
    account = {"name": "reader", "role": "Viewer"}
    return {"url": f"{service.url}/", "auth": {"token": LOGIN}, "serviceAccount": account}


ACCOUNTS = "/api/serviceaccounts"
STATE = {"serviceAccount": {"id": 7, "login": "sa-1-reader", "tokenID": 9}}


@pytest.mark.parametrize(
    ("listed", "created"),
    [
        pytest.param([{"id": 7, "name": "reader", "login": "sa-1-reader"}], False, id="the account is there"),
        pytest.param([{"id": 6, "name": "reader-2", "login": "sa-1-reader-2"}], True, id="another one is"),
    ],
)
async def test_a_token_of_grafana_is_made_and_remembered(service: Any, listed: list[Any], created: bool) -> None:
    service.says({"serviceAccounts": listed}, to=("GET", f"{ACCOUNTS}/search"))
    service.says({"id": 7, "name": "reader", "login": "sa-1-reader"}, 201, to=("POST", ACCOUNTS))
    service.says({"id": 9, "name": "n", "key": "glsa_made-up"}, to=("POST", f"{ACCOUNTS}/7/tokens"))
    values, state = await make(grafana.GrafanaGenerator(HERE), grafana_spec(service))
    assert values == {"login": b"sa-1-reader", "token": b"glsa_made-up"}
    assert state == STATE
    bodies = [asked.json for asked in service.asked if asked.path == ACCOUNTS]
    assert bodies == ([{"name": "reader", "role": "Viewer"}] if created else [])
    assert {asked.headers["Authorization"] for asked in service.asked} == {"Bearer l0gin-private"}


async def test_grafana_takes_a_password_as_well(service: Any) -> None:
    spec = grafana_spec(service) | {"auth": {"basic": {"username": "admin", "password": LOGIN}}}
    service.says({"message": "no"}, 401)
    with pytest.raises(Refused, match=r"^auth: Grafana does not accept the credential"):
        await make(grafana.GrafanaGenerator(HERE), spec)
    assert service.asked[0].headers["Authorization"].startswith("Basic ")


GITLAB: dict[str, Any] = {
    "projectID": "shop/web",
    "name": "puller",
    "scopes": ["read_registry"],
    "auth": {"token": {"secretRef": LOGIN}},
}
TOKENS = "/api/v4/projects/shop%2Fweb/deploy_tokens"


async def test_a_deploy_token_is_made_and_remembered(service: Any) -> None:
    service.says({"id": 5, "username": "gitlab+deploy-token-5", "token": "gldt-made-up"}, 201)
    values, state = await make(gitlab.GitlabDeployTokenGenerator(HERE), {**GITLAB, "url": service.url})
    assert values == {"username": b"gitlab+deploy-token-5", "token": b"gldt-made-up"}
    assert state == {"url": service.url, "projectID": "shop/web", "tokenID": 5}
    (asked,) = service.asked
    assert (asked.method, asked.path, asked.headers["PRIVATE-TOKEN"]) == ("POST", TOKENS, "l0gin-private")
    assert asked.json == {"name": "puller", "scopes": ["read_registry"]}


@pytest.mark.parametrize(
    ("fields", "more"),
    [
        pytest.param({"username": "u"}, {"username": "u"}, id="a name"),
        pytest.param({"expiresAt": "2026-05-01T02:00:00+02:00"}, {"expires_at": "2026-05-01T00:00:00Z"}, id="an end"),
        pytest.param({"expiresAfter": "36h"}, {"expires_at": "2026-03-03T00:00:00Z"}, id="a time to last"),
    ],
)
def test_a_deploy_token_is_what_the_spec_says(fields: dict[str, Any], more: dict[str, Any]) -> None:
    asked = gitlab.wanted(GitlabDeployTokenSpec.model_validate({**GITLAB, **fields}), NOW)
    assert asked == {"name": "puller", "scopes": ["read_registry"], **more}


@pytest.mark.parametrize(
    ("place", "url"),
    [
        pytest.param({"url": "", "groupID": "7"}, "https://gitlab.com/api/v4/groups/7/deploy_tokens", id="a group"),
        pytest.param(
            {"url": "https://git.test/", "projectID": "a/b"},
            "https://git.test/api/v4/projects/a%2Fb/deploy_tokens",
            id="a project elsewhere",
        ),
    ],
)
def test_tokens_are_made_where_the_spec_says(place: dict[str, str], url: str) -> None:
    assert gitlab.tokens_url(place) == url


def taken_back(service: Any) -> list[Any]:
    """Return generator, spec, state and the path that is deleted, for each kind that takes something back."""
    return [
        (grafana.GrafanaGenerator(HERE), grafana_spec(service), STATE, f"{ACCOUNTS}/7/tokens/9"),
        (
            gitlab.GitlabDeployTokenGenerator(HERE),
            {**GITLAB, "projectID": "moved/since"},
            {"url": service.url, "projectID": "shop/web", "tokenID": 5},
            f"{TOKENS}/5",
        ),
    ]


@pytest.mark.parametrize("which", [0, 1], ids=["Grafana", "GitLab"])
@pytest.mark.parametrize("status", [200, 204, 404])
async def test_a_token_is_taken_back_and_one_that_is_gone_is_gone(service: Any, which: int, status: int) -> None:
    generator, spec, state, path = taken_back(service)[which]
    service.says({"message": "s"} if status != 204 else b"", status)
    await generator.cleanup(spec, state, HOST)
    assert [(asked.method, asked.path) for asked in service.asked] == [("DELETE", path)]


@pytest.mark.parametrize("which", [0, 1], ids=["Grafana", "GitLab"])
async def test_a_denial_is_no_end(service: Any, which: int) -> None:
    generator, spec, state, _ = taken_back(service)[which]
    service.says({"message": "l0gin-private"}, 403)
    with pytest.raises(Refused, match="denies the request") as raised:
        await generator.cleanup(spec, state, HOST)
    assert "private" not in str(raised.value)


@pytest.mark.parametrize("which", [0, 1], ids=["Grafana", "GitLab"])
@pytest.mark.parametrize("state", [{"tokenID": "../1"}, {"serviceAccount": {"id": "7/..", "tokenID": 9}, "tokenID": 1}])
async def test_a_state_that_names_nothing_is_refused(service: Any, which: int, state: dict[str, Any]) -> None:
    generator, spec, _, _ = taken_back(service)[which]
    with pytest.raises(InvalidSpec, match="state"):
        await generator.cleanup(spec, state, HOST)
    assert service.asked == []


BEYONDTRUST: dict[str, Any] = {
    "provider": {
        "auth": {"apikey": {"token": LOGIN}},
        "server": {"apiUrl": "https://api.test/siie/", "siteId": "a1b2c3d4-e5f6-4890-abcd-ef1234567890"},
        "folderPath": "production/aws/temp",
    }
}


def test_beyondtrust_is_asked_for_the_definition_in_its_folder() -> None:
    call = beyondtrust.generate_call(BeyondtrustProvider.model_validate(BEYONDTRUST["provider"]), "t")
    base = "https://api.test/siie/a1b2c3d4-e5f6-4890-abcd-ef1234567890/secrets"
    assert (call.method, call.url) == ("POST", f"{base}/dynamic/temp/generate?folder=production%2Faws")
    assert call.headers["bt-secrets-api-version"] == "2026-04-28"


async def test_beyondtrust_gives_credentials_that_end_by_themselves(service: Any) -> None:
    given = {"accessKeyId": "a", "secretAccessKey": "b", "leaseId": "c", "expiration": "2026-03-01T12:10:00Z"}
    service.says({"secret": {**given, "sessionToken": "d"}}, 201)
    provider = BEYONDTRUST["provider"]
    spec = {"provider": {**provider, "server": {**provider["server"], "apiUrl": service.url}}}
    made = await beyondtrust.BeyondtrustGenerator(HERE).generate(spec, HOST, now=NOW, entropy=os.urandom)
    assert {name: value.reveal().decode() for name, value in made.values.items()} == {**given, "sessionToken": "d"}
    assert (made.state, made.fresh_seconds) == (None, 540)


async def test_a_state_of_beyondtrust_that_is_left_over_is_taken_back_without_a_call() -> None:
    cleanup = cleanup_of(beyondtrust.GENERATOR)
    assert cleanup is not None
    await cleanup(BEYONDTRUST, {"path": "production/aws/temp"}, HOST)


@pytest.mark.parametrize(
    ("generator", "spec", "fields"),
    [
        pytest.param(
            grafana.GENERATOR,
            {"url": "https://g.test", "auth": {}, "serviceAccount": {"name": "a", "role": "Viewer"}},
            ["auth"],
            id="Grafana, no login",
        ),
        pytest.param(gitlab.GENERATOR, {**GITLAB, "groupID": "g"}, ["projectID"], id="GitLab, two places"),
        pytest.param(gitlab.GENERATOR, {**GITLAB, "expiresAfter": "1h"}, ["expiresAfter"], id="GitLab, too short"),
        pytest.param(
            gitlab.GENERATOR,
            {**GITLAB, "expiresAfter": "48h", "expiresAt": "2026-05-01T00:00:00Z"},
            ["expiresAfter"],
            id="GitLab, two ends",
        ),
        pytest.param(
            beyondtrust.GENERATOR,
            {
                "provider": {
                    **BEYONDTRUST["provider"],
                    "server": {"apiUrl": "http://a.test", "siteId": "1"},
                    "folderPath": "a/",
                }
            },
            ["provider.server.apiUrl", "provider.server.siteId", "provider.folderPath"],
            id="BeyondTrust, all wrong",
        ),
    ],
)
def test_a_spec_that_cannot_be_is_refused(generator: Any, spec: dict[str, Any], fields: list[str]) -> None:
    assert [problem.path for problem in generator.problems(spec)] == fields
