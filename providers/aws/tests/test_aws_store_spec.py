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
    ],
)
def test_a_store_is_accepted(fields: dict[str, Any]) -> None:
    assert list(PROVIDER.problems({**GOOD, **fields}, store_kind="SecretStore")) == []


@pytest.mark.parametrize(
    ("fields", "path", "message"),
    [
        pytest.param({"service": "ParameterStore"}, "service", "not supported yet", id="parameter store comes later"),
        pytest.param({"service": "S3"}, "service", "must be SecretsManager", id="an unknown service"),
        pytest.param({"region": None}, "region", "is required", id="no region"),
        pytest.param({"region": ""}, "region", "must be the name", id="an empty region"),
        pytest.param({"region": "EU central"}, "region", "must be the name", id="a region that is no host label"),
        pytest.param({"region": 1}, "region", "must be a string", id="a region that is no text"),
        pytest.param({"prefix": 1}, "prefix", "must be a string", id="a prefix that is no text"),
        pytest.param({"role": ["a"]}, "role", "must be a string", id="a role that is no text"),
        pytest.param({"additionalRoles": "a"}, "additionalRoles", "list of role ARNs", id="roles that are no list"),
        pytest.param({"auth": {"jwt": {}}}, None, None, id="an empty jwt asks for nothing"),
        pytest.param(
            {"auth": {"jwt": {"serviceAccountRef": {"name": "a"}}}}, "auth.jwt", "not supported yet", id="jwt login"
        ),
        pytest.param({"sessionTags": [{"key": "a", "value": "b"}]}, "sessionTags", "not supported yet", id="tags"),
        pytest.param({"transitiveTagKeys": ["a"]}, "transitiveTagKeys", "not supported yet", id="transitive tags"),
        pytest.param({"sessionTagsPolicy": "Simple"}, "sessionTagsPolicy", "not supported yet", id="a tag policy"),
        pytest.param({"customSessionTags": {"a": "b"}}, "customSessionTags", "not supported yet", id="custom tags"),
        pytest.param(
            {"secretsManager": {"recoveryWindowInDays": 7}},
            "secretsManager",
            "not supported yet",
            id="settings of pushed secrets",
        ),
        pytest.param({"regoin": "x"}, "regoin", "unknown field", id="a field no one knows"),
        pytest.param({"auth": "x"}, "auth", "must be an object", id="auth that is no object"),
        pytest.param({"auth": {"secretRefs": KEYS}}, "auth.secretRefs", "unknown field", id="a misspelt secretRef"),
        pytest.param({"auth": {"secretRef": []}}, "auth.secretRef", "must be an object", id="keys that are no object"),
        pytest.param(
            {"auth": {"secretRef": {"accessKeyIDSecretRef": KEYS["accessKeyIDSecretRef"]}}},
            "auth.secretRef.secretAccessKeySecretRef",
            "is required",
            id="half of the keys",
        ),
        pytest.param(
            {"auth": {"secretRef": {**KEYS, "sessionTokenSecretRef": {"name": "keys"}}}},
            "auth.secretRef.sessionTokenSecretRef.key",
            "non-empty string",
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
def test_a_store_is_refused_by_the_name_of_the_field(
    fields: dict[str, Any], path: str | None, message: str | None
) -> None:
    found = PROVIDER.problems({**GOOD, **fields}, store_kind="ClusterSecretStore")
    if path is None or message is None:
        assert list(found) == []
        return
    assert [problem.path for problem in found] == [path]
    assert message in found[0].message


def test_checking_a_store_does_not_import_the_sdk() -> None:
    program = (
        "import sys; from secrets_operator_aws.provider import PROVIDER;"
        "PROVIDER.problems({}, store_kind='SecretStore');"
        "sys.exit(any(name.startswith(('boto', 'urllib3')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
