"""What the command line says about the connection takes the place of what a kubeconfig says, part by part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from secrets_operator.flow import SecretBytes
from secrets_operator.kube.kubeconfig import Access, namespace_of, parse
from secrets_operator.kube.overrides import Overrides
from secrets_operator.kube.tls import Trust

FOLDER = Path("folder")
KUBECONFIG: dict[str, Any] = {
    "current-context": "one",
    "contexts": [
        {"name": "one", "context": {"cluster": "first", "user": "plain", "namespace": "shop"}},
        {"name": "two", "context": {"cluster": "second"}},
    ],
    "clusters": [
        {"name": "first", "cluster": {"server": "https://first", "certificate-authority": "ca.crt"}},
        {"name": "second", "cluster": {"server": "https://second", "tls-server-name": "kubernetes"}},
    ],
    "users": [
        {"name": "plain", "user": {"token": "plain-token"}},
        {"name": "plugin", "user": {"exec": {"command": "login"}}},
    ],
}


def access(**changes: Any) -> Access:
    usual: dict[str, Any] = {
        "server": "https://first",
        "namespace": "shop",
        "trust": Trust(ca_file=FOLDER / "ca.crt"),
        "token": SecretBytes(b"plain-token"),
    }
    return Access(**(usual | changes))


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        pytest.param(Overrides(), access(), id="nothing"),
        pytest.param(Overrides(server="https://other/"), access(server="https://other"), id="the server"),
        pytest.param(Overrides(token="other"), access(token=SecretBytes(b"other")), id="the token"),
        pytest.param(
            Overrides(cluster="second"),
            access(server="https://second", trust=Trust(server_name="kubernetes")),
            id="the cluster",
        ),
        pytest.param(Overrides(user="plugin"), access(token=None, login=True), id="the user"),
        pytest.param(
            Overrides(user="plugin", token="other"),
            access(token=SecretBytes(b"other")),
            id="a token, not a login",
        ),
        pytest.param(
            Overrides(certificate_authority="mine.crt"),
            access(trust=Trust(ca_file=Path("mine.crt"))),
            id="the CA",
        ),
        pytest.param(Overrides(insecure_skip_tls_verify=True), access(trust=Trust(insecure=True)), id="no check"),
        pytest.param(
            Overrides(tls_server_name="name"),
            access(trust=Trust(ca_file=FOLDER / "ca.crt", server_name="name")),
            id="the name in the certificate",
        ),
        pytest.param(
            Overrides(client_certificate="c.crt", client_key="c.key"),
            access(certificate=Path("c.crt"), key=Path("c.key")),
            id="the client certificate",
        ),
    ],
)
def test_an_override_changes_its_part_only(overrides: Overrides, expected: Access) -> None:
    assert parse([(FOLDER, KUBECONFIG)], overrides=overrides) == expected


@pytest.mark.parametrize(("context", "namespace"), [("", "shop"), ("two", "default")])
def test_a_context_has_a_namespace(context: str, namespace: str) -> None:
    assert namespace_of([(FOLDER, KUBECONFIG)], context) == namespace
