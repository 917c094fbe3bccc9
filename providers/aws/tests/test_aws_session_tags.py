"""Which tags a session is given when its role is assumed, as STS is told them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from secrets_operator_aws.provider import PROVIDER

from secrets_operator.errors import NamespaceUnknown
from secrets_operator.provider import StoreIdentity

ROLE = "arn:aws:iam::222222222222:role/reader"
STATIC = {"sessionTags": [{"key": "team", "value": "core"}, {"key": "env", "value": "prod"}]}
CUSTOM = {"customSessionTags": {"cost": "42", "": "x", "empty": ""}}
OWN = {"esoNamespace": "team", "esoStoreName": "aws", "esoStoreKind": "SecretStore"}


def tags(login: dict[str, str]) -> dict[str, str]:
    """Return the tags of a request, which the query protocol of STS writes as numbered pairs."""
    count = sum(name.startswith("Tags.member.") for name in login) // 2
    return {login[f"Tags.member.{n}.Key"]: login[f"Tags.member.{n}.Value"] for n in range(1, count + 1)}


def transitive(login: dict[str, str]) -> list[str]:
    return [text for name, text in login.items() if name.startswith("TransitiveTagKeys.")]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({}, {}, id="none"),
        pytest.param(STATIC, {"team": "core", "env": "prod"}, id="those of the store"),
        pytest.param({**STATIC, "sessionTagsPolicy": "None"}, {"team": "core", "env": "prod"}, id="also with None"),
        pytest.param({"sessionTagsPolicy": "Simple"}, OWN, id="by Simple, who asks"),
        pytest.param({**STATIC, "sessionTagsPolicy": "Simple"}, OWN, id="a policy replaces those of the store"),
        pytest.param({**CUSTOM, "sessionTagsPolicy": "Simple"}, OWN, id="Simple adds none"),
        pytest.param({**CUSTOM, "sessionTagsPolicy": "Custom"}, {**OWN, "cost": "42"}, id="Custom adds some"),
        pytest.param(CUSTOM, {}, id="without the policy they ask for nothing"),
    ],
)
async def test_the_role_is_assumed_with_tags(
    gateway: Any, open_session: Any, fields: dict[str, Any], expected: dict[str, str]
) -> None:
    others = ["arn:aws:iam::333333333333:role/step"]
    await (await open_session(role=ROLE, additionalRoles=others, **fields)).validate()
    first, last = gateway.logins
    assert tags(first) == {}, "tags belong to the role, not to those before it"
    assert tags(last) == expected


async def test_transitive_keys_are_passed_when_there_are_some(gateway: Any, open_session: Any) -> None:
    for keys in ([], ["team"]):
        await (await open_session(role=ROLE, **STATIC, transitiveTagKeys=keys)).validate()
    assert [transitive(login) for login in gateway.logins] == [[], ["team"]]


async def test_without_a_role_tags_ask_for_nothing(gateway: Any, open_session: Any) -> None:
    await (await open_session(**STATIC, transitiveTagKeys=["team"], sessionTagsPolicy="Simple")).validate()
    assert gateway.logins == []


async def test_a_cluster_store_tags_the_namespace_of_its_consumer(gateway: Any, open_session: Any, host: Any) -> None:
    auth = {
        "secretRef": {
            "accessKeyIDSecretRef": {"name": "keys", "key": "id", "namespace": "team"},
            "secretAccessKeySecretRef": {"name": "keys", "key": "secret", "namespace": "team"},
        }
    }
    by = replace(host, store=StoreIdentity("ClusterSecretStore", "shared", "shop"))
    await (await open_session(auth=auth, role=ROLE, sessionTagsPolicy="Simple", by=by)).validate()
    assert tags(gateway.logins[0]) == {
        "esoNamespace": "shop",
        "esoStoreName": "shared",
        "esoStoreKind": "ClusterSecretStore",
    }


async def test_a_cluster_store_without_a_consumer_cannot_be_tagged_yet(spec: dict[str, Any], host: Any) -> None:
    by = replace(host, store=StoreIdentity("ClusterSecretStore", "shared", ""))
    with pytest.raises(NamespaceUnknown, match="sessionTagsPolicy"):
        await PROVIDER.open({**spec, "role": ROLE, "sessionTagsPolicy": "Simple"}, by)
