"""What is refused in a store before anything is asked."""

from __future__ import annotations

from typing import Any

import pytest
from secrets_operator_webhook.provider import PROVIDER

URL = {"url": "https://api.example.com/{{ .remoteRef.key }}"}
LOGIN = {"name": "login", "secretRef": {"name": "login"}}
SHARED = {"name": "login", "secretRef": {"name": "login", "namespace": "ops"}}
SELECTOR = {"name": "a", "key": "b"}


def paths(spec: dict[str, Any], kind: str = "SecretStore") -> list[str]:
    return [problem.path for problem in PROVIDER.problems(spec, store_kind=kind)]


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        pytest.param(URL, "SecretStore", id="a URL"),
        pytest.param({**URL, "secrets": [LOGIN]}, "SecretStore", id="a Secret"),
        pytest.param({**URL, "secrets": [SHARED]}, "ClusterSecretStore", id="a Secret of a cluster store"),
        pytest.param(
            {**URL, "result": {"jsonPath": "$.{{ .remoteRef.property }}"}}, "SecretStore", id="a path by template"
        ),
        pytest.param(
            {**URL, "auth": {"ntlm": {"usernameSecret": SELECTOR, "passwordSecret": SELECTOR}}},
            "SecretStore",
            id="NTLM",
        ),
        pytest.param({**URL, "method": "", "timeout": "0", "result": {}}, "SecretStore", id="what asks for nothing"),
    ],
)
def test_a_store_is_accepted(spec: dict[str, Any], kind: str) -> None:
    assert paths(spec, kind) == []


@pytest.mark.parametrize(
    ("spec", "kind", "expected"),
    [
        pytest.param({}, "SecretStore", "url", id="no URL"),
        pytest.param({"url": " "}, "SecretStore", "url", id="an empty URL"),
        pytest.param({"url": "https://x/{{ .a"}, "SecretStore", "url", id="half a template"),
        pytest.param({**URL, "body": "{{ nosuch }}"}, "SecretStore", "body", id="an unknown function"),
        pytest.param({**URL, "headers": {"X": "{{ end }}"}}, "SecretStore", "headers.X", id="a template in a header"),
        pytest.param({**URL, "headers": {"X Y": ""}}, "SecretStore", "headers.X Y", id="no name of a header"),
        pytest.param({**URL, "headers": {"Host": "x"}}, "SecretStore", "headers.Host", id="another host"),
        pytest.param({**URL, "method": "GET /"}, "SecretStore", "method", id="no method"),
        pytest.param({**URL, "timeout": "-1s"}, "SecretStore", "timeout", id="less than no time"),
        pytest.param({**URL, "timeout": "5"}, "SecretStore", "timeout", id="no duration"),
        pytest.param({**URL, "result": {"jsonPath": "a["}}, "SecretStore", "result.jsonPath", id="no path"),
        pytest.param({**URL, "secrets": [LOGIN, LOGIN]}, "SecretStore", "secrets[1].name", id="the same name twice"),
        pytest.param(
            {**URL, "secrets": [{**LOGIN, "name": "remoteRef"}]},
            "SecretStore",
            "secrets[0].name",
            id="a name that is taken",
        ),
        pytest.param(
            {**URL, "secrets": [{"name": "a", "secretRef": {}}]}, "SecretStore", "secrets[0].secretRef.name", id="none"
        ),
        pytest.param(
            {**URL, "secrets": [{**LOGIN, "kye": 1}]}, "SecretStore", "secrets[0].kye", id="a typing error in a list"
        ),
        pytest.param(
            {**URL, "secrets": [LOGIN]},
            "ClusterSecretStore",
            "secrets[0].secretRef.namespace",
            id="a cluster store's Secret",
        ),
        pytest.param({**URL, "auth": {}}, "SecretStore", "auth", id="no way to log in"),
        pytest.param(
            {**URL, "auth": {"ntlm": {"usernameSecret": {}, "passwordSecret": SELECTOR}}},
            "SecretStore",
            "auth.ntlm.usernameSecret.name",
            id="no user",
        ),
        pytest.param({**URL, "caBundle": "eA=="}, "SecretStore", "caBundle", id="no certificate"),
    ],
)
def test_a_problem_is_named_by_its_field(spec: dict[str, Any], kind: str, expected: str) -> None:
    assert expected in paths(spec, kind)
