"""Logins with tokens: a service account's role, and the places where the SDK finds the operator's own identity."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from secrets_operator_aws.provider import PROVIDER

from secrets_operator.errors import InvalidSpec, NamespaceUnknown, Refused, Retryable
from secrets_operator.flow import SecretBytes
from secrets_operator.provider import Failed, Found, Reference, Rejected, StoreIdentity
from secrets_operator.provider.memory import MemoryHost

ROLE = "arn:aws:iam::222222222222:role/reader"
ACCOUNT: dict[str, Any] = {"jwt": {"serviceAccountRef": {"name": "reader"}}}
CLUSTER_STORE = StoreIdentity("ClusterSecretStore", "aws", "team")


def annotated(host: MemoryHost, **annotations: str) -> MemoryHost:
    """Return a host whose ServiceAccount ``reader`` in ``team`` has the annotations of EKS given."""
    members = {f"eks.amazonaws.com/{name.replace('_', '-')}": text for name, text in annotations.items()}
    return replace(host, annotations={("team", "reader"): members})


def token_of(namespace: str, *audiences: str) -> str:
    return f"token:{namespace}/reader:{','.join(audiences)}:600"


async def test_a_service_accounts_token_is_exchanged_for_its_role(gateway: Any, open_session: Any, host: Any) -> None:
    session = await open_session(auth=ACCOUNT, by=annotated(host, role_arn=ROLE))
    await session.validate()
    (login,) = gateway.logins
    asked = {name: login[name] for name in ("Action", "RoleArn", "RoleSessionName", "WebIdentityToken")}
    assert asked == {
        "Action": "AssumeRoleWithWebIdentity",
        "RoleArn": ROLE,
        "RoleSessionName": "external-secrets-provider-aws",
        "WebIdentityToken": token_of("team", "sts.amazonaws.com"),
    }


async def test_the_credentials_of_the_role_are_used_and_kept(
    aws: Any, gateway: Any, open_session: Any, host: Any
) -> None:
    gateway.fail("GetSecretValue", 400, "AccessDeniedException")
    session = await open_session(auth=ACCOUNT, by=annotated(host, role_arn=ROLE))
    for _ in range(3):
        await session.fetch([Reference("a")])
    assert gateway.calls["AssumeRoleWithWebIdentity"] == 1
    used = {token for token in gateway.tokens if token}
    assert len(used) == 1, "every read is signed with the session token of the role"


@pytest.mark.parametrize(
    ("annotations", "audiences", "expected"),
    [
        pytest.param({}, [], ["sts.amazonaws.com"], id="by default that of STS"),
        pytest.param({"audience": "eu"}, [], ["eu"], id="that of the annotation"),
        pytest.param({"audience": "eu"}, ["x", "eu"], ["eu", "x"], id="and those of the reference, each once"),
        pytest.param({}, ["x"], ["sts.amazonaws.com", "x"], id="which are added to the default"),
    ],
)
async def test_the_audiences_of_a_token_are(
    *, gateway: Any, open_session: Any, host: Any, annotations: Any, audiences: Any, expected: Any
) -> None:
    account = {"jwt": {"serviceAccountRef": {"name": "reader", "audiences": audiences}}}
    session = await open_session(auth=account, by=annotated(host, role_arn=ROLE, **annotations))
    await session.validate()
    assert gateway.logins[0]["WebIdentityToken"] == token_of("team", *expected)


async def test_jwt_wins_over_static_keys(gateway: Any, open_session: Any, host: Any, spec: Any) -> None:
    session = await open_session(auth={**spec["auth"], **ACCOUNT}, by=annotated(host, role_arn=ROLE))
    await session.validate()
    assert [login["Action"] for login in gateway.logins] == ["AssumeRoleWithWebIdentity"]


async def test_roles_come_after_the_service_accounts(gateway: Any, open_session: Any, host: Any) -> None:
    others = ["arn:aws:iam::333333333333:role/step"]
    session = await open_session(
        auth=ACCOUNT,
        additionalRoles=others,
        role="arn:aws:iam::444444444444:role/last",
        externalID="contract-7",
        by=annotated(host, role_arn=ROLE),
    )
    await session.validate()
    assert [(login["RoleArn"], login.get("ExternalId")) for login in gateway.logins] == [
        (ROLE, None),
        (others[0], None),
        ("arn:aws:iam::444444444444:role/last", "contract-7"),
    ]


async def test_a_service_account_without_a_role_is_named_by_the_field(open_session: Any, host: Any) -> None:
    with pytest.raises(InvalidSpec, match=r"no annotation eks\.amazonaws\.com/role-arn") as raised:
        await open_session(auth=ACCOUNT, by=annotated(host))
    assert raised.value.field == "auth.jwt.serviceAccountRef"


@pytest.mark.parametrize(
    ("selector", "namespace"),
    [
        pytest.param({"name": "reader"}, "team", id="without a namespace, that of the consumer"),
        pytest.param({"name": "reader", "namespace": "platform"}, "platform", id="the one that it names"),
    ],
)
async def test_a_cluster_store_takes_the_service_account_of(
    *, gateway: Any, open_session: Any, host: Any, selector: Any, namespace: str
) -> None:
    annotations = {(namespace, "reader"): {"eks.amazonaws.com/role-arn": ROLE}}
    by = replace(host, store=CLUSTER_STORE, annotations=annotations)
    session = await open_session(auth={"jwt": {"serviceAccountRef": selector}}, by=by)
    await session.validate()
    assert gateway.logins[0]["WebIdentityToken"] == token_of(namespace, "sts.amazonaws.com")


async def test_a_cluster_store_without_a_consumer_has_no_service_account_yet(spec: dict[str, Any]) -> None:
    with pytest.raises(NamespaceUnknown):
        await PROVIDER.open({**spec, "auth": ACCOUNT}, MemoryHost(store=replace(CLUSTER_STORE, namespace="")))


@dataclass
class Troubled(MemoryHost):
    """A host whose API server issues no tokens."""

    error: Exception = field(default_factory=Exception)

    async def service_account_token(self, *_: Any, **__: Any) -> SecretBytes:
        raise self.error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(Retryable("no answer", after=9), Failed("no answer", 9), id="an outage is tried again"),
        pytest.param(
            InvalidSpec("is gone", field="auth.jwt.serviceAccountRef"),
            Rejected("auth.jwt.serviceAccountRef: is gone", credentials=True),
            id="an account that is gone is the user's to fix",
        ),
    ],
)
async def test_a_token_that_cannot_be_had_says_nothing_about_a_secret(
    gateway: Any, open_session: Any, host: Any, error: Exception, expected: Any
) -> None:
    annotations = {("team", "reader"): {"eks.amazonaws.com/role-arn": ROLE}}
    troubled = Troubled(store=host.store, annotations=annotations, error=error)
    session = await open_session(auth=ACCOUNT, by=troubled)
    assert list(await session.fetch([Reference("a")])) == [expected]
    with pytest.raises(type(error)):
        await session.validate()


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        pytest.param(403, "AccessDenied", Refused, id="a role that trusts somebody else"),
        pytest.param(400, "InvalidIdentityToken", Refused, id="an issuer AWS does not know"),
        pytest.param(400, "IDPCommunicationError", Retryable, id="keys of the issuer that AWS cannot fetch"),
    ],
)
async def test_a_token_that_is_not_accepted_fails_the_validation(
    *, gateway: Any, open_session: Any, host: Any, status: int, code: str, error: type[Exception]
) -> None:
    gateway.fail("AssumeRoleWithWebIdentity", status, code, "RequestID: 7a1c-req")
    session = await open_session(auth=ACCOUNT, by=annotated(host, role_arn=ROLE))
    with pytest.raises(error, match=f"AssumeRoleWithWebIdentity: .*{code}") as raised:
        await session.validate()
    assert "7a1c" not in str(raised.value)
    (answer,) = await session.fetch([Reference("a")])
    assert isinstance(answer, Rejected if error is Refused else Failed)
    assert getattr(answer, "credentials", True)


# The operator's own identity


class Agent(BaseHTTPRequestHandler):
    """The agent of EKS Pod Identity on a node: credentials for who shows the token of the pod."""

    def do_GET(self) -> None:
        known = self.headers["Authorization"] == "token-of-the-pod"
        keys = {"AccessKeyId": "pod", "SecretAccessKey": "pod", "Token": "session-of-the-pod"}
        body = json.dumps({**keys, "Expiration": "2099-01-01T00:00:00Z"} if known else {}).encode()
        self.send_response(200 if known else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def agent() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Agent)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1/credentials"
    server.shutdown()
    thread.join()
    server.server_close()


async def test_pod_identity_gives_the_operator_its_credentials(
    *, aws: Any, gateway: Any, open_session: Any, agent: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("token-of-the-pod")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent)
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(tmp_path / "token"))
    aws.create_secret(Name="a", SecretString="v")
    session = await open_session(auth=None)
    await session.validate()
    assert list(await session.fetch([Reference("a")])) == [Found(SecretBytes(b"v"))]
    assert gateway.tokens[-1] == "session-of-the-pod"


async def test_the_operators_own_irsa_role_is_assumed(
    *, gateway: Any, open_session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("token-of-the-operator")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("AWS_ROLE_ARN", ROLE)
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", gateway.url)
    session = await open_session(auth=None)
    await session.validate()
    (login,) = gateway.logins
    assert (login["RoleArn"], login["WebIdentityToken"]) == (ROLE, "token-of-the-operator")
