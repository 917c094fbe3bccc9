"""Which stores the aws provider accepts, and which field it names when it does not."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from secrets_operator_aws.provider import PROVIDER

GOOD: dict[str, Any] = {"service": "SecretsManager", "region": "eu-central-1"}
KEYS: dict[str, Any] = {
    "accessKeyIDSecretRef": {"name": "keys", "key": "id"},
    "secretAccessKeySecretRef": {"name": "keys", "key": "secret"},
}


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="no auth means the operator's own credentials"),
        pytest.param({"auth": {}}, id="an empty auth means the same"),
        pytest.param({"auth": {"secretRef": KEYS}}, id="static keys"),
        pytest.param(
            {"auth": {"secretRef": {**KEYS, "sessionTokenSecretRef": {"name": "keys", "key": "token"}}}},
            id="static keys with a session token",
        ),
        pytest.param(
            {"role": "arn:aws:iam::1:role/a", "additionalRoles": ["arn:aws:iam::1:role/b"], "externalID": "x"},
            id="a chain of roles",
        ),
        pytest.param({"externalID": "x"}, id="an external id without a role, which asks for nothing"),
        pytest.param({"prefix": "team/"}, id="a prefix"),
        pytest.param(
            {"sessionTags": [], "transitiveTagKeys": None, "sessionTagsPolicy": "None", "secretsManager": {}},
            id="defaults written out",
        ),
        pytest.param({"service": "ParameterStore"}, id="parameter store"),
        pytest.param({"service": "CertificateManager"}, id="certificate manager"),
        pytest.param({"auth": {"jwt": {}}}, id="an empty jwt, which asks for nothing"),
        pytest.param(
            {"auth": {"jwt": {"serviceAccountRef": {"name": "reader", "audiences": ["a"]}}, "secretRef": KEYS}},
            id="jwt beside static keys, of which it wins",
        ),
        pytest.param(
            {"sessionTags": [{"key": "a", "value": "b"}], "transitiveTagKeys": ["a"]}, id="tags without a role"
        ),
        pytest.param({"sessionTagsPolicy": "Custom", "customSessionTags": {"a": "b", "": ""}}, id="tags by policy"),
        pytest.param(
            {"secretsManager": {"forceDeleteWithoutRecovery": True, "recoveryWindowInDays": 7}},
            id="settings of pushed secrets, whatever they say: nothing is pushed by a store that is read from",
        ),
    ],
)
def test_a_store_is_accepted(fields: dict[str, Any]) -> None:
    assert list(PROVIDER.problems({**GOOD, **fields}, store_kind="SecretStore")) == []


@pytest.mark.parametrize(
    ("fields", "path", "message"),
    [
        pytest.param({"service": "S3"}, "service", "must be one of SecretsManager,", id="an unknown service"),
        pytest.param({"region": None}, "region", "is required", id="no region"),
        pytest.param({"region": ""}, "region", "must be the name", id="an empty region"),
        pytest.param({"region": "EU central"}, "region", "must be the name", id="a region that is no host label"),
        pytest.param({"region": 1}, "region", "must be a string", id="a region that is no text"),
        pytest.param({"prefix": 1}, "prefix", "must be a string", id="a prefix that is no text"),
        pytest.param({"role": ["a"]}, "role", "must be a string", id="a role that is no text"),
        pytest.param({"additionalRoles": "a"}, "additionalRoles", "must be a list", id="roles that are no list"),
        pytest.param({"additionalRoles": [""]}, "additionalRoles", "remove the empty", id="a role without a name"),
        pytest.param(
            {"auth": {"jwt": {"serviceAccountRef": {}}}},
            "auth.jwt.serviceAccountRef.name",
            "is required",
            id="a service account without a name",
        ),
        pytest.param(
            {"auth": {"jwt": {"serviceAccountRef": {"name": "a", "audience": "b"}}}},
            "auth.jwt.serviceAccountRef.audience",
            "unknown field",
            id="a misspelt field of a service account",
        ),
        pytest.param({"sessionTags": [{"key": "a"}]}, "sessionTags[0].value", "is required", id="half a tag"),
        pytest.param({"sessionTagsPolicy": "All"}, "sessionTagsPolicy", "must be one of None,", id="another policy"),
        pytest.param(
            {"customSessionTags": {"esoNamespace": "kube-system"}},
            "customSessionTags",
            "are set by the operator",
            id="a tag that only the operator may set",
        ),
        pytest.param({"regoin": "x"}, "regoin", "unknown field", id="a field no one knows"),
        pytest.param({"auth": "x"}, "auth", "must be an object", id="auth that is no object"),
        pytest.param({"auth": {"secretRefs": KEYS}}, "auth.secretRefs", "unknown field", id="a misspelt secretRef"),
        pytest.param({"auth": {"secretRef": []}}, "auth.secretRef", "must be an object", id="keys that are no object"),
        pytest.param(
            {"auth": {"secretRef": {"accessKeyIDSecretRef": KEYS["accessKeyIDSecretRef"]}}},
            "auth.secretRef",
            "need both",
            id="half of the keys",
        ),
        pytest.param(
            {"auth": {"secretRef": {**KEYS, "sessionTokenSecretRef": {"name": "keys"}}}},
            "auth.secretRef.sessionTokenSecretRef.key",
            "is required: add it",
            id="a selector without key",
        ),
        pytest.param(
            {"auth": {"secretRef": {**KEYS, "accessKeyIDSecretRef": {"name": "a", "key": "b", "nmespace": "c"}}}},
            "auth.secretRef.accessKeyIDSecretRef.nmespace",
            "unknown field",
            id="a misspelt field of a selector",
        ),
    ],
)
def test_a_store_is_refused_by_the_name_of_the_field(fields: dict[str, Any], path: str, message: str) -> None:
    found = PROVIDER.problems({**GOOD, **fields}, store_kind="ClusterSecretStore")
    assert [problem.path for problem in found] == [path]
    assert message in found[0].message


def test_checking_a_store_does_not_import_the_sdk() -> None:
    program = (
        "import sys; from secrets_operator_aws.provider import PROVIDER;"
        "PROVIDER.problems({}, store_kind='SecretStore');"
        "sys.exit(any(name.startswith(('boto', 'urllib3')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
