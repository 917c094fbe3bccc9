"""What a store may say, and what is refused by name."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from secrets_operator_vault.provider import PROVIDER

REF = {"name": "vault", "key": "token"}
NAME = {"name": "vault"}
ACCOUNT = {"name": "app"}
GOOD: dict[str, Any] = {"server": "https://vault:8200", "path": "secret", "auth": {"tokenSecretRef": REF}}


def paths(spec: dict[str, Any], kind: str = "SecretStore") -> list[str]:
    return [problem.path for problem in PROVIDER.problems(spec, store_kind=kind)]


def login(**methods: Any) -> dict[str, Any]:
    return {**GOOD, "auth": methods}


def app_role(**changes: Any) -> dict[str, Any]:
    return {**GOOD, "auth": {"appRole": {"roleId": "r", "secretRef": REF, **changes}}}


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(GOOD, id="a token"),
        pytest.param(app_role(), id="a role"),
        pytest.param(app_role(roleId=None, roleRef=REF, path="team/approle"), id="a role by reference"),
        pytest.param({"server": "http://127.0.0.1:8200/vault"}, id="no auth and no path"),
        pytest.param(
            {**GOOD, "version": "v1", "namespace": "a/b", "headers": {"X-Team": "blue"}}, id="all simple fields"
        ),
        pytest.param(
            {**GOOD, "readYourWrites": False, "tls": {}, "checkAndSet": {"required": False}}, id="defaults written out"
        ),
        pytest.param(
            {**GOOD, "readYourWrites": True, "forwardInconsistent": True, "checkAndSet": {"required": True}},
            id="what replicas and pushing need",
        ),
        pytest.param({**GOOD, "tls": {"certSecretRef": NAME, "keySecretRef": NAME}}, id="a client certificate"),
        pytest.param(login(kubernetes={"role": "r"}), id="Kubernetes with the operator's own token"),
        pytest.param(
            login(kubernetes={"role": "r", "mountPath": "k8s/a", "serviceAccountRef": ACCOUNT}), id="Kubernetes"
        ),
        pytest.param(login(kubernetes={"role": "r", "secretRef": NAME}), id="Kubernetes with a token in a Secret"),
        pytest.param(login(ldap={"username": " jo@example.com ", "secretRef": REF}), id="LDAP"),
        pytest.param(login(userPass={"username": "jo", "secretRef": REF}), id="userpass"),
        pytest.param(login(jwt={"secretRef": REF}), id="JWT with the default role"),
        pytest.param(login(jwt={"kubernetesServiceAccountToken": {"serviceAccountRef": ACCOUNT}}), id="JWT on request"),
        pytest.param(login(cert={"clientCert": NAME, "secretRef": NAME, "vaultRole": "r"}), id="a certificate"),
        pytest.param(
            {**login(cert={}), "tls": {"certSecretRef": NAME, "keySecretRef": NAME}}, id="the connection's certificate"
        ),
        pytest.param(login(iam={"vaultRole": "r"}), id="AWS with the operator's own identity"),
        pytest.param(login(iam={"vaultRole": "r", "jwt": {"serviceAccountRef": ACCOUNT}}), id="AWS with IRSA"),
        pytest.param(
            login(
                iam={
                    "vaultRole": "r",
                    "region": "eu-west-1",
                    "secretRef": {"accessKeyIDSecretRef": REF, "secretAccessKeySecretRef": REF},
                }
            ),
            id="AWS with keys",
        ),
        pytest.param(login(gcp={"role": "r"}), id="Google Cloud with the operator's own identity"),
        pytest.param(
            login(gcp={"role": "r", "secretRef": {"secretAccessKeySecretRef": REF}}), id="Google Cloud with a key"
        ),
        pytest.param(
            login(gcp={"role": "r", "workloadIdentity": {"serviceAccountRef": ACCOUNT}}), id="Workload Identity"
        ),
        pytest.param(
            login(tokenSecretRef=REF, ldap={"username": "jo"}), id="only the method that is used has to be complete"
        ),
        pytest.param(
            {**GOOD, "caProvider": {"type": "Secret", "name": "ca", "key": "ca.crt"}}, id="certificates in a Secret"
        ),
    ],
)
def test_a_good_store_has_no_problems(spec: dict[str, Any]) -> None:
    assert paths(spec) == []


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        pytest.param({"path": "secret"}, "server", id="no server"),
        pytest.param({**GOOD, "server": "vault:8200"}, "server", id="a server without scheme"),
        pytest.param({**GOOD, "server": "https://"}, "server", id="a server without host"),
        pytest.param({**GOOD, "server": "https://vault:port"}, "server", id="a server with an odd port"),
        pytest.param({**GOOD, "server": "https://user:pw@vault"}, "server", id="a server with credentials"),
        pytest.param({**GOOD, "server": "https://vault?x=1"}, "server", id="a server with a query"),
        pytest.param({**GOOD, "path": "a/../b"}, "path", id="a mount with dots"),
        pytest.param({**GOOD, "version": "v3"}, "version", id="an unknown version"),
        pytest.param({**GOOD, "headers": {"X-Vault-Token": "x"}}, "headers.X-Vault-Token", id="a header of ours"),
        pytest.param({**GOOD, "headers": {"bad name": "x"}}, "headers.bad name", id="an odd header name"),
        pytest.param({**GOOD, "headers": {"X": "a\nb"}}, "headers.X", id="a header of two lines"),
        pytest.param({**GOOD, "headers": {"X": 5}}, "headers.X", id="a header that is a number"),
        pytest.param({**GOOD, "servre": "x"}, "servre", id="a spelling mistake"),
        pytest.param({**GOOD, "auth": {}}, "auth", id="auth without a method"),
        pytest.param({**GOOD, "auth": {"token": REF}}, "auth.token", id="a spelling mistake in auth"),
        pytest.param(
            {**GOOD, "auth": {"tokenSecretRef": {"name": "x"}}}, "auth.tokenSecretRef.key", id="a token without key"
        ),
        pytest.param(app_role(roleId=" "), "auth.appRole", id="a role without id"),
        pytest.param(app_role(secretRef=None), "auth.appRole.secretRef", id="a role without secret"),
        pytest.param(app_role(path="/"), "auth.appRole.path", id="a role at an empty mount"),
        pytest.param(app_role(path="../x"), "auth.appRole.path", id="a role at a mount with dots"),
        pytest.param({**GOOD, "tls": {"certSecretRef": REF}}, "tls", id="a client certificate without its key"),
        pytest.param(
            {**GOOD, "tls": {"certSecretRef": REF, "keySecretRef": {"key": "a"}}},
            "tls.keySecretRef.name",
            id="a client key without a name",
        ),
        pytest.param(
            {**GOOD, "version": "v1", "checkAndSet": {"required": True}}, "checkAndSet", id="check-and-set of version 1"
        ),
        pytest.param(login(kubernetes={"role": " "}), "auth.kubernetes.role", id="Kubernetes without role"),
        pytest.param(
            login(kubernetes={"role": "r", "mountPath": "/"}), "auth.kubernetes.mountPath", id="an empty mount"
        ),
        pytest.param(
            login(kubernetes={"role": "r", "secretRef": {"key": "a"}}),
            "auth.kubernetes.secretRef.name",
            id="a token without a name",
        ),
        pytest.param(
            login(kubernetes={"role": "r", "serviceAccountRef": {**ACCOUNT, "audience": "x"}}),
            "auth.kubernetes.serviceAccountRef.audience",
            id="a spelling mistake deep down",
        ),
        pytest.param(login(ldap={"username": "jo"}), "auth.ldap.secretRef", id="LDAP without password"),
        pytest.param(
            login(userPass={"username": "../x", "secretRef": REF}), "auth.userPass.username", id="a user with dots"
        ),
        pytest.param(login(ldap={"username": "a/b", "secretRef": REF}), "auth.ldap.username", id="a user with slashes"),
        pytest.param(login(ldap={"username": " ", "secretRef": REF}), "auth.ldap.username", id="an empty user"),
        pytest.param(login(jwt={"role": "r"}), "auth.jwt", id="JWT without a token"),
        pytest.param(
            login(jwt={"kubernetesServiceAccountToken": {"serviceAccountRef": ACCOUNT, "expirationSeconds": 60}}),
            "auth.jwt.kubernetesServiceAccountToken.expirationSeconds",
            id="a token that is too short",
        ),
        pytest.param(login(cert={"vaultRole": "r"}), "auth.cert", id="no certificate to log in with"),
        pytest.param(login(cert={"clientCert": REF}), "auth.cert", id="a certificate without its key"),
        pytest.param(login(iam={"vaultRole": "r", "region": "evil.com/"}), "auth.iam.region", id="no region of AWS"),
        pytest.param(login(iam={"vaultRole": "r", "jwt": {}}), "auth.iam.jwt.serviceAccountRef", id="IRSA for nobody"),
        pytest.param(
            login(iam={"vaultRole": "r", "secretRef": {"accessKeyIDSecretRef": REF}}),
            "auth.iam.secretRef.secretAccessKeySecretRef",
            id="half of an AWS key",
        ),
        pytest.param(
            login(gcp={"role": "r", "secretRef": {}}),
            "auth.gcp.secretRef.secretAccessKeySecretRef",
            id="Google Cloud without its key",
        ),
        pytest.param({**GOOD, "caBundle": "junk"}, "caBundle", id="a bundle that is no certificate"),
        pytest.param(
            {**GOOD, "caProvider": {"type": "Secret", "name": "ca"}}, "caProvider.key", id="certificates without key"
        ),
    ],
)
def test_a_wrong_field_is_named(spec: dict[str, Any], path: str) -> None:
    assert path in paths(spec)


def test_a_cluster_store_names_the_namespace_of_its_certificates() -> None:
    spec = {**GOOD, "caProvider": {"type": "Secret", "name": "ca", "key": "ca.crt"}}
    assert paths(spec, "ClusterSecretStore") == ["caProvider.namespace"]


def test_a_broken_certificate_is_refused() -> None:
    pem = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    assert paths({**GOOD, "caBundle": base64.b64encode(pem).decode()}) == ["caBundle"]


def test_problems_show_no_values() -> None:
    spec = {**GOOD, "headers": {"X-Key": "hush\n"}, "caBundle": "hush", "server": "https://hush:hush@vault"}
    assert "hush" not in repr(PROVIDER.problems(spec, store_kind="SecretStore"))
