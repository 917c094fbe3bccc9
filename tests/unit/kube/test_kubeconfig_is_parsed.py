"""What each way of writing a kubeconfig means, and which ones are refused by name of the field."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from secrets_operator.flow import SecretBytes
from secrets_operator.kube.errors import InvalidConnection
from secrets_operator.kube.kubeconfig import Access, parse
from secrets_operator.kube.tls import Trust

HOME = Path("/home/me/.kube")
SERVER = "https://10.0.0.1:6443"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def document(
    cluster: Mapping[str, Any] | None = None, user: Mapping[str, Any] | None = None, **context: Any
) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "main",
        "clusters": [{"name": "c", "cluster": {"server": SERVER, **(cluster or {})}}],
        "users": [{"name": "u", "user": user or {}}],
        "contexts": [{"name": "main", "context": {"cluster": "c", "user": "u", **context}}],
    }


def access(**fields: Any) -> Access:
    return Access(**{"server": SERVER, "namespace": "default", "trust": Trust(), **fields})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(document(), access(), id="nothing but a server"),
        pytest.param(document(namespace="team"), access(namespace="team"), id="namespace of the context"),
        pytest.param(
            document({"server": SERVER + "/k8s/c-1/"}), access(server=SERVER + "/k8s/c-1"), id="server with path"
        ),
        pytest.param(document({"server": "http://127.0.0.1:1"}), access(server="http://127.0.0.1:1"), id="plain HTTP"),
        pytest.param(document(user={"token": "t"}), access(token=SecretBytes(b"t")), id="token"),
        pytest.param(
            document(user={"tokenFile": "token"}),
            access(token_file=HOME / "token"),
            id="token file beside the kubeconfig",
        ),
        pytest.param(
            document(user={"tokenFile": "/run/token"}), access(token_file=Path("/run/token")), id="token file elsewhere"
        ),
        pytest.param(
            document({"certificate-authority-data": encoded("PEM")}),
            access(trust=Trust(ca_data="PEM")),
            id="CA as data",
        ),
        pytest.param(
            document({"certificate-authority": "ca.crt"}), access(trust=Trust(ca_file=HOME / "ca.crt")), id="CA as file"
        ),
        pytest.param(
            document({"certificate-authority": "ca.crt", "certificate-authority-data": encoded("PEM")}),
            access(trust=Trust(ca_data="PEM")),
            id="CA data counts more than the file",
        ),
        pytest.param(
            document({"certificate-authority-data": encoded("# Zoë\nPEM")}),
            access(trust=Trust(ca_data="# Zo\nPEM")),
            id="CA with a comment that is not ASCII",
        ),
        pytest.param(
            document({"insecure-skip-tls-verify": True}), access(trust=Trust(insecure=True)), id="no verification"
        ),
        pytest.param(
            document({"tls-server-name": "kubernetes"}),
            access(trust=Trust(server_name="kubernetes")),
            id="name of the certificate",
        ),
        pytest.param(
            document(user={"client-certificate-data": encoded("CERT"), "client-key-data": encoded("KEY")}),
            access(certificate=SecretBytes(b"CERT"), key=SecretBytes(b"KEY")),
            id="client certificate as data",
        ),
        pytest.param(
            document(user={"client-certificate": "me.crt", "client-key": "me.key"}),
            access(certificate=HOME / "me.crt", key=HOME / "me.key"),
            id="client certificate as files",
        ),
        pytest.param(document(user={"exec": {"command": "aws"}}), access(login=True), id="exec plug-in"),
        pytest.param(document(user={"auth-provider": {"name": "oidc"}}), access(login=True), id="OIDC"),
        pytest.param(document({"proxy-url": "http://p:8080"}), access(proxy="http://p:8080"), id="an HTTP proxy"),
        pytest.param(
            document({"proxy-url": ""}, {"as": "", "username": None}), access(), id="refused fields that are empty"
        ),
    ],
)
def test_a_context_says_where_and_who(given: Mapping[str, Any], expected: Access) -> None:
    assert parse([(HOME, given)]) == expected


@pytest.mark.parametrize(
    ("given", "field"),
    [
        pytest.param({}, "current-context", id="empty file"),
        pytest.param(document() | {"current-context": "other"}, "contexts[other]", id="unknown context"),
        pytest.param(document(cluster_="x") | {"clusters": []}, "clusters[c]", id="unknown cluster"),
        pytest.param(document() | {"clusters": None}, "clusters[c]", id="no clusters at all"),
        pytest.param(document() | {"users": []}, "users[u]", id="unknown user"),
        pytest.param(document({"server": ""}), "clusters[c].cluster.server", id="no server"),
        pytest.param(document({"server": "10.0.0.1"}), "clusters[c].cluster.server", id="server without scheme"),
        pytest.param(document({"server": 1}), "clusters[c].cluster.server", id="server is a number"),
        pytest.param(document({"proxy-url": "socks5://p"}), "clusters[c].cluster.proxy-url", id="no HTTP proxy"),
        pytest.param(
            document({"insecure-skip-tls-verify": True, "certificate-authority": "ca"}),
            "clusters[c].cluster.insecure-skip-tls-verify",
            id="CA together with no verification",
        ),
        pytest.param(
            document({"insecure-skip-tls-verify": "yes"}),
            "clusters[c].cluster.insecure-skip-tls-verify",
            id="flag is a word",
        ),
        pytest.param(document(user={"as": "root"}), "users[u].user.as", id="impersonation"),
        pytest.param(document(user={"as-groups": ["g"]}), "users[u].user.as-groups", id="impersonation of a group"),
        pytest.param(document(user={"username": "me", "password": "pw"}), "users[u].user.username", id="basic auth"),
        pytest.param(
            document(user={"client-key-data": "no base64!"}), "users[u].user.client-key-data", id="key is not base64"
        ),
        pytest.param(document() | {"clusters": {"c": {}}}, "clusters", id="clusters are a mapping"),
        pytest.param(document() | {"users": ["u"]}, "users", id="user is a word"),
    ],
)
def test_what_is_missing_or_not_supported_is_named(given: Mapping[str, Any], field: str) -> None:
    with pytest.raises(InvalidConnection) as caught:
        parse([(HOME, given)])
    assert caught.value.field == field
    assert "no base64!" not in str(caught.value)


def test_a_token_that_cannot_stand_in_a_header_is_refused_without_quoting_it() -> None:
    with pytest.raises(InvalidConnection, match=r"users\[u\].user.token") as caught:
        parse([(HOME, document(user={"token": "hunter2\r\nX-Other: 1"}))])
    assert "hunter2" not in str(caught.value)


def test_the_named_context_counts_more_than_the_current_one() -> None:
    given = document()
    given["contexts"].append({"name": "other", "context": {"cluster": "c", "namespace": "there"}})
    assert parse([(HOME, given)], "other").namespace == "there"


def test_of_several_files_the_first_to_name_a_thing_wins_and_paths_start_from_their_own_file() -> None:
    first = {"current-context": "main", "contexts": document()["contexts"]}
    second = document(user={"tokenFile": "token"}, namespace="ignored") | {"current-context": "ignored"}
    merged = parse([(Path("/first"), first), (Path("/second"), second)])
    assert merged == access(token_file=Path("/second/token"))


def test_secrets_do_not_show_in_the_repr() -> None:
    shown = repr(parse([(HOME, document(user={"token": "hunter2", "client-key-data": encoded("KEYKEY")}))]))
    assert "hunter2" not in shown
    assert "KEYKEY" not in shown
