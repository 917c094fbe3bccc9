"""What is refused in a store before anything is asked."""

from __future__ import annotations

from typing import Any

import pytest
from secrets_operator_kubernetes.provider import PROVIDER

TOKEN = {"token": {"bearerToken": {"name": "login", "key": "token"}}}
PAIR = {"clientCert": {"name": "p", "key": "c"}, "clientKey": {"name": "p", "key": "k"}}
SHARED = {"token": {"bearerToken": {"name": "login", "key": "token", "namespace": "ops"}}}
CA = {"type": "ConfigMap", "name": "ca", "key": "ca.crt"}


def paths(spec: dict[str, Any], kind: str = "SecretStore") -> list[str]:
    return [problem.path for problem in PROVIDER.problems(spec, store_kind=kind)]


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        pytest.param({"auth": TOKEN}, "SecretStore", id="a token"),
        pytest.param({"auth": {"cert": PAIR}}, "SecretStore", id="a certificate"),
        pytest.param({"auth": {"serviceAccount": {"name": "a", "audiences": ["x"]}}}, "SecretStore", id="an account"),
        pytest.param({"auth": {"serviceAccount": {"name": "a"}}}, "ClusterSecretStore", id="the consumer's account"),
        pytest.param({"authRef": {"name": "a", "key": "k"}}, "ClusterSecretStore", id="the consumer's kubeconfig"),
        pytest.param({"auth": SHARED}, "ClusterSecretStore", id="a token of a cluster store"),
        pytest.param({"auth": TOKEN, "server": {"url": "kubernetes.default"}}, "SecretStore", id="no scheme"),
        pytest.param({"auth": TOKEN, "server": {"url": "https://r/k8s/clusters/c"}}, "SecretStore", id="a path"),
        pytest.param({"auth": TOKEN, "server": {"caProvider": CA}}, "SecretStore", id="a CA in a ConfigMap"),
    ],
)
def test_a_store_is_accepted(spec: dict[str, Any], kind: str) -> None:
    assert paths(spec, kind) == []


@pytest.mark.parametrize(
    ("spec", "kind", "expected"),
    [
        pytest.param({"auth": TOKEN, "authRef": {"name": "a", "key": "k"}}, "SecretStore", "auth", id="both"),
        pytest.param({}, "SecretStore", "auth", id="neither"),
        pytest.param({"auth": {}}, "SecretStore", "auth", id="no way to log in"),
        pytest.param({"auth": {**TOKEN, "cert": PAIR}}, "SecretStore", "auth", id="two ways"),
        pytest.param({"auth": {"token": {}}}, "SecretStore", "auth.token.bearerToken", id="no token"),
        pytest.param({"auth": {"cert": {}}}, "SecretStore", "auth.cert.clientCert", id="no certificate"),
        pytest.param(
            {"auth": {"token": {"bearerToken": {"name": "a"}}}},
            "SecretStore",
            "auth.token.bearerToken.key",
            id="no key",
        ),
        pytest.param(
            {"auth": TOKEN}, "ClusterSecretStore", "auth.token.bearerToken.namespace", id="a cluster store's token"
        ),
        pytest.param(
            {"authRef": {"name": "a", "key": "k"}, "server": {"url": "https://x"}},
            "SecretStore",
            "server",
            id="two servers",
        ),
        pytest.param({"auth": TOKEN, "server": {"url": "ftp://x"}}, "SecretStore", "server.url", id="another scheme"),
        pytest.param({"auth": TOKEN, "server": {"url": "https://u:p@x"}}, "SecretStore", "server.url", id="a user"),
        pytest.param({"auth": TOKEN, "server": {"url": "https://x?a"}}, "SecretStore", "server.url", id="a query"),
        pytest.param({"auth": TOKEN, "server": {"caBundle": "eA=="}}, "SecretStore", "server.caBundle", id="no CA"),
        pytest.param(
            {"auth": SHARED, "server": {"caProvider": CA}},
            "ClusterSecretStore",
            "server.caProvider.namespace",
            id="a cluster store's CA",
        ),
        pytest.param({"auth": TOKEN, "remoteNamespace": "A/B"}, "SecretStore", "remoteNamespace", id="no namespace"),
        pytest.param(
            {"auth": {"token": {"bearerTokn": {}}}}, "SecretStore", "auth.token.bearerTokn", id="a typing error"
        ),
    ],
)
def test_a_problem_is_named_by_its_field(spec: dict[str, Any], kind: str, expected: str) -> None:
    assert expected in paths(spec, kind)
