"""What a store may say, and what is refused by name."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from secrets_operator_vault.provider import PROVIDER

REF = {"name": "vault", "key": "token"}
GOOD: dict[str, Any] = {"server": "https://vault:8200", "path": "secret", "auth": {"tokenSecretRef": REF}}


def paths(spec: dict[str, Any], kind: str = "SecretStore") -> list[str]:
    return [problem.path for problem in PROVIDER.problems(spec, store_kind=kind)]


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
            {**GOOD, "caProvider": {"type": "Secret", "name": "ca", "key": "ca.crt"}}, id="certificates in a Secret"
        ),
    ],
)
def test_a_good_store_has_no_problems(spec: dict[str, Any]) -> None:
    assert paths(spec) == []


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        pytest.param({**GOOD, "tls": {"certSecretRef": REF, "keySecretRef": REF}}, "tls", id="client certificates"),
        pytest.param({**GOOD, "readYourWrites": True}, "readYourWrites", id="read your writes"),
        pytest.param({**GOOD, "forwardInconsistent": True}, "forwardInconsistent", id="forwarding"),
        pytest.param({**GOOD, "checkAndSet": {"required": True}}, "checkAndSet", id="check and set"),
        *(
            pytest.param({**GOOD, "auth": {"tokenSecretRef": REF, name: value}}, f"auth.{name}", id=f"login by {name}")
            for name, value in {
                "kubernetes": {"role": "r"},
                "ldap": {"username": "u"},
                "userPass": {"username": "u"},
                "jwt": {"secretRef": REF},
                "cert": {"vaultRole": "r"},
                "iam": {"vaultRole": "r"},
                "gcp": {"role": "r"},
            }.items()
        ),
    ],
)
def test_what_is_not_acted_on_is_refused_by_name(spec: dict[str, Any], path: str) -> None:
    (problem,) = PROVIDER.problems(spec, store_kind="SecretStore")
    assert problem.path == path
    assert "not supported yet" in problem.message


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
