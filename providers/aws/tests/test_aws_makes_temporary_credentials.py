"""ECRAuthorizationToken and STSSessionToken: what they ask AWS for, as whom, and what becomes of trouble."""

from __future__ import annotations

import base64
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from secrets_operator_aws.generators import ECR_AUTHORIZATION_TOKEN, STS_SESSION_TOKEN

from secrets_operator.errors import InvalidSpec, OperatorError, Refused, Retryable, Terminal
from secrets_operator.provider import DEFAULT_FRESH_SECONDS, Generated, StoreIdentity
from secrets_operator.provider.discovery import Generators
from secrets_operator.resources.providers.aws import STATIC_KEYS_TOGETHER

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ROLE = "arn:aws:iam::222222222222:role/pull"
JWT = {"serviceAccountRef": {"name": "app"}}


def plain(made: Generated) -> dict[str, str]:
    return {name: value.reveal().decode() for name, value in made.values.items()}


@pytest.fixture
def make(gateway: Any, host: Any, spec: dict[str, Any]) -> Any:
    """Make values with the static keys of ``spec``, with some fields of the generator set."""

    async def make_(generator: Any, **fields: Any) -> Generated:
        assert gateway.url, "no other AWS is asked"
        chosen = {"region": spec["region"], "auth": spec["auth"], **fields}
        assert generator.problems(chosen) == []
        made: Generated = await generator.generate(chosen, host, now=NOW, entropy=os.urandom)
        return made

    return make_


@pytest.fixture
def public_login(gateway: Any) -> datetime:
    """Let ECR Public answer; return when its login ends."""
    ends = NOW + timedelta(minutes=10)
    token = base64.b64encode(b"AWS:public-5b1c").decode()
    gateway.public_login = {"authorizationData": {"authorizationToken": token, "expiresAt": ends.timestamp()}}
    return ends


async def test_a_login_for_private_registries_has_four_keys(gateway: Any, make: Any) -> None:
    assert plain(await make(ECR_AUTHORIZATION_TOKEN)) == {
        "username": "AWS",
        "password": "123456789012-auth-token",
        "expires_at": str(int(datetime(2015, 1, 1, tzinfo=UTC).timestamp())),
        "proxy_endpoint": "https://123456789012.dkr.ecr.eu-central-1.amazonaws.com",
    }
    assert gateway.calls == {"GetAuthorizationToken": 1}


async def test_a_login_for_public_ones_has_three_and_is_tried_again_no_longer_than_it_lasts(
    public_login: datetime, make: Any
) -> None:
    made = await make(ECR_AUTHORIZATION_TOKEN, scope="public")
    ends = str(int(public_login.timestamp()))
    assert plain(made) == {"username": "AWS", "password": "public-5b1c", "expires_at": ends}
    assert made.fresh_seconds == 600


async def test_a_role_is_assumed_first(gateway: Any, make: Any) -> None:
    made = plain(await make(ECR_AUTHORIZATION_TOKEN, role=ROLE))
    assert made["password"] == "222222222222-auth-token"
    assert [login["RoleArn"] for login in gateway.logins] == [ROLE]


@pytest.mark.parametrize("generator", [ECR_AUTHORIZATION_TOKEN, STS_SESSION_TOKEN], ids=lambda one: one.name)
async def test_static_keys_win_over_a_service_account(
    gateway: Any, make: Any, spec: dict[str, Any], generator: Any
) -> None:
    # A ServiceAccount that is not there would fail, were it read.
    await make(generator, auth={**spec["auth"], "jwt": JWT})
    assert "AssumeRoleWithWebIdentity" not in gateway.calls


async def test_a_service_account_logs_in_to_the_registry(gateway: Any, host: Any) -> None:
    annotated = {("team", "app"): {"eks.amazonaws.com/role-arn": ROLE}}
    accounts = replace(host, annotations=annotated)
    asked = {"region": "eu-central-1", "auth": {"jwt": JWT}}
    made = await ECR_AUTHORIZATION_TOKEN.generate(asked, accounts, now=NOW, entropy=os.urandom)
    assert plain(made)["username"] == "AWS"
    assert [login["Action"] for login in gateway.logins] == ["AssumeRoleWithWebIdentity"]


async def test_a_session_token_has_four_keys(make: Any) -> None:
    made = await make(STS_SESSION_TOKEN)
    values = plain(made)
    assert set(values) == {"access_key_id", "secret_access_key", "session_token", "expiration"}
    assert all(values.values())
    assert int(values["expiration"]) > 0


async def test_what_is_asked_of_sts_is_passed_on(gateway: Any, make: Any) -> None:
    asked = {"sessionDuration": 3600, "serialNumber": "arn:aws:iam::1:mfa/jo", "tokenCode": "123456"}
    made = await make(STS_SESSION_TOKEN, requestParameters=asked)
    (login,) = gateway.logins
    assert {name: login[name] for name in ("DurationSeconds", "SerialNumber", "TokenCode")} == {
        "DurationSeconds": "3600",
        "SerialNumber": "arn:aws:iam::1:mfa/jo",
        "TokenCode": "123456",
    }
    assert made.fresh_seconds <= DEFAULT_FRESH_SECONDS


async def test_a_role_asks_for_the_session_token(gateway: Any, make: Any) -> None:
    await make(STS_SESSION_TOKEN, role=ROLE)
    assert [(login["Action"], login.get("RoleArn")) for login in gateway.logins] == [
        ("AssumeRole", ROLE),
        ("GetSessionToken", None),
    ]


async def test_nothing_is_passed_on_that_was_not_asked(gateway: Any, make: Any) -> None:
    await make(STS_SESSION_TOKEN, requestParameters={"sessionDuration": 0})
    (login,) = gateway.logins
    assert not login.keys() & {"DurationSeconds", "SerialNumber", "TokenCode"}


@pytest.mark.parametrize(
    ("kind", "works"),
    [
        pytest.param("STSSessionToken", False, id="not in a namespace"),
        pytest.param("ClusterGenerator", True, id="by a ClusterGenerator"),
    ],
)
async def test_keys_of_the_operator_itself_are_handed_out(
    gateway: Any, host: Any, monkeypatch: pytest.MonkeyPatch, kind: str, works: bool
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "env")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "env")
    asking = replace(host, store=StoreIdentity(kind, "g", "team"))
    making = STS_SESSION_TOKEN.generate({"region": "eu-central-1"}, asking, now=NOW, entropy=os.urandom)
    if works:
        assert plain(await making)["session_token"]
        return
    with pytest.raises(InvalidSpec, match=r"^auth\.secretRef: is required: only a ClusterGenerator hands out keys"):
        await making
    assert not gateway.calls


@pytest.mark.parametrize(
    ("generator", "fault", "error", "says"),
    [
        pytest.param(
            ECR_AUTHORIZATION_TOKEN,
            ("GetAuthorizationToken", 400, "AccessDeniedException"),
            Terminal,
            "GetAuthorizationToken: access is denied: allow the action in IAM",
            id="a denied login for a registry",
        ),
        pytest.param(
            STS_SESSION_TOKEN,
            ("GetSessionToken", 403, "AccessDenied"),
            Terminal,
            "GetSessionToken: access is denied: AWS gives session tokens to users with long-term keys only",
            id="a session token for a role",
        ),
        pytest.param(
            STS_SESSION_TOKEN,
            ("GetSessionToken", 400, "ValidationError"),
            Terminal,
            "GetSessionToken: the request is not accepted: check requestParameters",
            id="a duration that AWS does not give",
        ),
        pytest.param(
            STS_SESSION_TOKEN,
            ("GetSessionToken", 403, "InvalidClientTokenId"),
            Refused,
            "the credentials are not accepted",
            id="keys that are not known",
        ),
        pytest.param(
            ECR_AUTHORIZATION_TOKEN,
            ("GetAuthorizationToken", 500, "ServerException"),
            Retryable,
            "AWS cannot be reached or does not answer",
            id="an outage is tried again",
        ),
    ],
)
async def test_trouble_is_said_in_sentences_of_our_own(
    gateway: Any, make: Any, generator: Any, fault: tuple[str, int, str], error: type[OperatorError], says: str
) -> None:
    gateway.fail(*fault, "Credential=AKIAPRIVATE/7a1c-req")
    with pytest.raises(error, match=says) as raised:
        await make(generator)
    assert "AKIAPRIVATE" not in f"{raised.value}{raised.value.__cause__}"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"authorizationData": {}}, id="no login"),
        pytest.param({"authorizationData": {"authorizationToken": "bm8=", "expiresAt": 1}}, id="a token of one part"),
    ],
)
async def test_an_answer_that_is_no_login_is_none(gateway: Any, make: Any, answer: Any) -> None:
    gateway.public_login = answer
    with pytest.raises(Retryable, match=r"does not answer \(no login\)"):
        await make(ECR_AUTHORIZATION_TOKEN, scope="public")


@pytest.mark.parametrize(
    ("generator", "fields", "problem"),
    [
        pytest.param(
            STS_SESSION_TOKEN,
            {"auth": {"jwt": JWT}},
            ("auth.jwt", "AWS gives session tokens to users only: set auth.secretRef instead"),
            id="a session token with a service account alone",
        ),
        pytest.param(ECR_AUTHORIZATION_TOKEN, {"region": None}, ("region", "is required: add it"), id="no region"),
        pytest.param(
            STS_SESSION_TOKEN,
            {"region": "eu central"},
            ("region", "must be the name of a region such as eu-central-1"),
            id="no name of a region",
        ),
        pytest.param(
            ECR_AUTHORIZATION_TOKEN,
            {"scope": "all"},
            ("scope", "must be one of private or public"),
            id="another scope",
        ),
        pytest.param(
            STS_SESSION_TOKEN,
            {"requestParameters": {"duration": 1}},
            ("requestParameters.duration", "unknown field"),
            id="a field that does not exist",
        ),
        pytest.param(
            ECR_AUTHORIZATION_TOKEN,
            {"auth": {"secretRef": {"accessKeyIDSecretRef": {"name": "a", "key": "b"}}}},
            ("auth.secretRef", STATIC_KEYS_TOGETHER.message),
            id="half a pair of keys",
        ),
    ],
)
def test_a_spec_that_cannot_be_is_refused(generator: Any, fields: dict[str, Any], problem: tuple[str, str]) -> None:
    found = generator.problems({"region": "eu-west-1", **fields})
    assert [(one.path, one.message) for one in found] == [problem]


@pytest.mark.parametrize("kind", ["ECRAuthorizationToken", "STSSessionToken"])
def test_they_come_with_the_distribution_for_aws(kind: str) -> None:
    generators = Generators.from_entry_points()
    assert generators.installed()[kind].distribution == "secrets-operator-aws"
    assert generators.get(kind).name == kind
