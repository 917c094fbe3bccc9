"""Sessions share what they read only when AWS answers both alike: whatever decides makes the identity another one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from secrets_operator.flow import RetrySettings
from secrets_operator.provider import Reference, Sharing, StoreIdentity, sharing_of
from secrets_operator.provider.memory import MemoryHost

ROLE, OTHER_ROLE = "arn:aws:iam::222222222222:role/reader", "arn:aws:iam::222222222222:role/writer"
KEYS = {"id": "AKIATEST", "secret": "test-secret", "token": "test-token", "other": "test-other"}
SPACED = {"id": "AKIATEST", "secret": "test-secret\n"}
HOST = MemoryHost(
    store=StoreIdentity("SecretStore", "aws", "team"),
    secrets={("team", "keys"): KEYS, ("platform", "keys"): KEYS, ("team", "copy"): SPACED},
    annotations={
        (namespace, name): {"eks.amazonaws.com/role-arn": role}
        for namespace, name, role in (
            ("team", "reader", ROLE),
            ("team", "twin", ROLE),
            ("team", "writer", OTHER_ROLE),
            ("platform", "reader", ROLE),
        )
    },
)
IN_CLUSTER = replace(HOST, store=StoreIdentity("ClusterSecretStore", "shared", "somewhere"))
FOR_PLATFORM = replace(HOST, store=StoreIdentity("ClusterSecretStore", "shared", "platform"))


def keys(key: str = "secret", *, name: str = "keys", ident: str = "id", token: str = "", **more: str) -> dict[str, Any]:
    members = {"accessKeyIDSecretRef": ident, "secretAccessKeySecretRef": key, "sessionTokenSecretRef": token}
    return {"secretRef": {member: {"name": name, "key": key, **more} for member, key in members.items() if key}}


def account(name: str = "reader", **more: Any) -> dict[str, Any]:
    return {"jwt": {"serviceAccountRef": {"name": name, **more}}}


def tags(**pairs: str) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in pairs.items()]


async def shared(open_session: Any, by: MemoryHost = HOST, **fields: Any) -> Sharing:
    found = sharing_of(await open_session(by=by, **fields))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({"auth": keys()}, {"auth": keys(name="copy")}, id="equal keys in another Secret"),
        pytest.param({"auth": keys()}, {"auth": keys(namespace="team"), "by": IN_CLUSTER}, id="in a store for all"),
        pytest.param(
            {"auth": keys()}, {"auth": keys(namespace="platform"), "by": IN_CLUSTER}, id="in another namespace"
        ),
        pytest.param({"auth": keys(), "prefix": "a/"}, {"auth": keys(), "prefix": "b/"}, id="another prefix"),
        pytest.param({"auth": keys()}, {"auth": {**keys(), "jwt": None}}, id="a field of nothing"),
        pytest.param({"auth": account()}, {"auth": {**account(), **keys()}}, id="keys that a service account outdoes"),
        pytest.param(
            {"auth": account()}, {"auth": account(namespace="team"), "by": IN_CLUSTER}, id="one service account"
        ),
        pytest.param(
            {"auth": keys(), "externalID": "x", "sessionTags": tags(a="b")},
            {"auth": keys()},
            id="what is not told to anybody without a role",
        ),
    ],
)
async def test_it_is_the_same_with(gateway: Any, open_session: Any, one: dict[str, Any], other: dict[str, Any]) -> None:
    assert (await shared(open_session, **one)).identity == (await shared(open_session, **other)).identity


BASE: dict[str, Any] = {"auth": keys(), "additionalRoles": [ROLE, OTHER_ROLE], "role": ROLE, "externalID": "x"}
TAGGED = {**BASE, "sessionTags": tags(a="b", c="d"), "transitiveTagKeys": ["a"]}
SIMPLE = {**BASE, "sessionTagsPolicy": "Simple"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(BASE, {**BASE, "auth": keys("other")}, id="secret access key"),
        pytest.param(BASE, {**BASE, "auth": keys(ident="other")}, id="access key id"),
        pytest.param(BASE, {**BASE, "auth": keys(token="token")}, id="session token"),
        pytest.param(BASE, {**BASE, "auth": keys("token", token="secret")}, id="which key is which"),
        pytest.param(BASE, {**BASE, "auth": account()}, id="kind of login"),
        pytest.param(BASE, {**BASE, "region": "us-east-1"}, id="region"),
        pytest.param(BASE, {**BASE, "service": "ParameterStore"}, id="service"),
        pytest.param(BASE, {**BASE, "role": OTHER_ROLE}, id="role"),
        pytest.param(BASE, {**BASE, "role": None}, id="no role"),
        pytest.param(BASE, {**BASE, "additionalRoles": [OTHER_ROLE, ROLE]}, id="order of roles"),
        pytest.param(BASE, {**BASE, "additionalRoles": [ROLE]}, id="number of roles"),
        pytest.param(BASE, {**BASE, "externalID": "y"}, id="external id"),
        pytest.param(BASE, {**BASE, "externalID": None}, id="no external id"),
        pytest.param(BASE, TAGGED, id="tags"),
        pytest.param(TAGGED, {**TAGGED, "sessionTags": tags(a="b", c="e")}, id="value of a tag"),
        pytest.param(TAGGED, {**TAGGED, "transitiveTagKeys": ["c"]}, id="transitive tags"),
        pytest.param(SIMPLE, {**SIMPLE, "by": IN_CLUSTER, "auth": keys(namespace="team")}, id="tagged namespace"),
        pytest.param({"auth": account()}, {"auth": account("twin")}, id="service account"),
        pytest.param({"auth": account()}, {"auth": account("writer")}, id="service account's role"),
        pytest.param({"auth": account()}, {"auth": account(audiences=["x"])}, id="audience"),
        pytest.param({"auth": account()}, {"auth": account(), "by": FOR_PLATFORM}, id="service account's namespace"),
    ],
)
async def test_it_is_another_with_another(
    gateway: Any, open_session: Any, one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert (await shared(open_session, **one)).identity != (await shared(open_session, **other)).identity


async def test_an_annotated_role_that_changed_is_another(gateway: Any, open_session: Any) -> None:
    before = await shared(open_session, auth=account())
    annotated = {("team", "reader"): {"eks.amazonaws.com/role-arn": OTHER_ROLE}}
    after = await shared(open_session, by=replace(HOST, annotations=annotated), auth=account())
    assert before.identity != after.identity


async def test_the_operators_own_keys_are_one_identity_until_they_change(
    gateway: Any, open_session: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "credentials"
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    identities = []
    for secret in ("test-old", "test-old", "test-new"):
        file.write_text(f"[default]\naws_access_key_id = AKIATEST\naws_secret_access_key = {secret}\n")
        identities.append((await shared(open_session, auth={})).identity)
    assert identities[0] == identities[1] != identities[2]
    assert identities[2] != (await shared(open_session, auth=keys())).identity


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("AWS_STS_ENDPOINT", "http://127.0.0.1:1", id="where roles are assumed"),
        pytest.param("AWS_SECRETSMANAGER_ENDPOINT", "http://127.0.0.1:1", id="where values are"),
    ],
)
async def test_another_endpoint_is_another_place(
    gateway: Any, open_session: Any, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    before = await shared(open_session, **BASE)
    monkeypatch.setenv(name, value)
    assert before.identity != (await shared(open_session, **BASE)).identity


async def test_the_operators_own_role_is_one_identity(
    gateway: Any, open_session: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("test-token")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(token))
    monkeypatch.setenv("AWS_ROLE_ARN", ROLE)
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", gateway.url)
    one, other = [await shared(open_session, auth={}) for _ in range(2)]
    assert one.identity == other.identity


async def test_who_has_no_credentials_shares_with_nobody(gateway: Any, open_session: Any) -> None:
    assert sharing_of(await open_session(auth={})) is None


async def test_an_identity_shows_no_credential(gateway: Any, open_session: Any) -> None:
    shown = repr((await shared(open_session, auth=keys())).identity)
    assert not any(value in shown for value in KEYS.values())


async def test_equal_keys_with_different_prefixes_are_different_references(gateway: Any, open_session: Any) -> None:
    one, other = [await shared(open_session, auth=keys(), prefix=prefix) for prefix in ("a/", "b/")]
    assert one.complete(Reference("b/c", "v", metadata=True)) == Reference("a/b/c", "v", metadata=True)
    assert one.complete(Reference("c")) != other.complete(Reference("c"))
    assert (await shared(open_session, auth=keys(), prefix="a/b/")).complete(Reference("c")) == one.complete(
        Reference("b/c")
    )


async def test_the_account_is_known_once_aws_has_said_it(gateway: Any, open_session: Any) -> None:
    session = await open_session(by=HOST, auth=keys(), role=ROLE, retry=RetrySettings())
    sharing = sharing_of(session)
    assert sharing is not None
    assert sharing.account() is None, "a store that names a role of an account may have no access to it"
    await session.validate()
    assert sharing.account() == ("222222222222", "secretsmanager", "eu-central-1")
