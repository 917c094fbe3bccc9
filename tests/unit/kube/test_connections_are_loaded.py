"""Where a connection comes from: the pod, a kubeconfig named in one of three ways, or a clear error."""

from __future__ import annotations

import asyncio
import base64
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from secrets_operator.clock import SystemClock
from secrets_operator.flow import SecretBytes
from secrets_operator.kube import connection
from secrets_operator.kube.connection import Connection
from secrets_operator.kube.errors import InvalidConnection
from tests.certificates import Authority

AUTHORITY = Authority()


def kubeconfig(file: Path, user: Mapping[str, Any], cluster: Mapping[str, Any] | None = None) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "current-context": "main",
        "clusters": [{"name": "c", "cluster": {"server": "https://10.0.0.1:6443", **(cluster or {})}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "main", "context": {"cluster": "c", "user": "u"}}],
    }
    with file.open("w") as stream:
        YAML(typ="safe").dump(document, stream)
    return file


def service_account(folder: Path) -> Path:
    folder.mkdir()
    (folder / "token").write_text("pod-token\n")
    (folder / "ca.crt").write_bytes(AUTHORITY.certificate)
    (folder / "namespace").write_text("operators\n")
    return folder


def load(environ: Mapping[str, str], **options: str) -> Connection:
    return connection.load(environ, clock=SystemClock(), **options)


def token(made: Connection) -> bytes:
    return asyncio.run(made.credential.token()).reveal()


@pytest.mark.parametrize(
    ("host", "port", "server"),
    [
        pytest.param("10.96.0.1", "443", "https://10.96.0.1:443", id="IPv4"),
        pytest.param("fd00::1", "6443", "https://[fd00::1]:6443", id="IPv6"),
    ],
)
def test_a_pod_uses_its_service_account(tmp_path: Path, host: str, port: str, server: str) -> None:
    environ = {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}
    made = connection.in_cluster(environ, clock=SystemClock(), folder=service_account(tmp_path / "sa"))
    assert (made.server, made.namespace) == (server, "operators")
    assert token(made) == b"pod-token"
    assert made.tls.verify_mode is ssl.CERT_REQUIRED
    assert made.tls.cert_store_stats()["x509_ca"] == 1


@pytest.mark.parametrize("missing", ["token", "ca.crt"])
def test_a_pod_without_a_complete_service_account_is_told_so(tmp_path: Path, missing: str) -> None:
    folder = service_account(tmp_path / "sa")
    (folder / missing).unlink()
    with pytest.raises(InvalidConnection, match=missing):
        connection.in_cluster({"KUBERNETES_SERVICE_HOST": "h"}, clock=SystemClock(), folder=folder)


def test_a_named_file_counts_more_than_the_environment_and_that_more_than_the_home(tmp_path: Path) -> None:
    named = kubeconfig(tmp_path / "named", {"token": "named"})
    variable = kubeconfig(tmp_path / "variable", {"token": "variable"})
    kubeconfig(tmp_path / "home" / ".kube" / "config", {"token": "home"})
    home = {"HOME": str(tmp_path / "home")}
    assert token(load({**home, "KUBECONFIG": str(variable)}, path=str(named))) == b"named"
    assert token(load({**home, "KUBECONFIG": str(variable)})) == b"variable"
    assert token(load(home)) == b"home"


def test_nothing_to_connect_to_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InvalidConnection, match="set KUBECONFIG"):
        load({"HOME": str(tmp_path)})


def test_a_named_file_that_is_missing_is_an_error_and_not_another_cluster(tmp_path: Path) -> None:
    kubeconfig(tmp_path / ".kube" / "config", {"token": "home"})
    with pytest.raises(InvalidConnection, match="no kubeconfig file at"):
        load({"HOME": str(tmp_path), "KUBECONFIG": str(tmp_path / "absent")})


def test_of_several_files_those_that_exist_are_used(tmp_path: Path) -> None:
    file = kubeconfig(tmp_path / "there", {"token": "t"})
    assert token(load({"KUBECONFIG": f"{tmp_path / 'absent'}:{file}"})) == b"t"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("users: [{token: hunter2", id="no YAML"),
        pytest.param("hunter2", id="no mapping"),
        pytest.param("token: hunter2\ntoken: hunter2\n", id="a key twice"),
    ],
)
def test_a_file_that_is_no_kubeconfig_is_refused_without_quoting_it(tmp_path: Path, text: str) -> None:
    (tmp_path / "file").write_text(text)
    with pytest.raises(InvalidConnection) as caught:
        load({}, path=str(tmp_path / "file"))
    assert "hunter2" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_token_file_is_looked_for_beside_its_kubeconfig(tmp_path: Path) -> None:
    file = kubeconfig(tmp_path / "config", {"tokenFile": "token"})
    with pytest.raises(InvalidConnection, match=str(tmp_path / "token")):
        load({}, path=str(file))


def test_half_a_client_certificate_is_refused(tmp_path: Path) -> None:
    pair = AUTHORITY.issue("me")
    data = base64.b64encode(pair.certificate).decode()
    file = kubeconfig(tmp_path / "config", {"client-certificate-data": data})
    with pytest.raises(InvalidConnection, match="one of the two is missing"):
        load({}, path=str(file))


def test_a_key_of_another_certificate_is_refused(tmp_path: Path) -> None:
    (tmp_path / "me.crt").write_bytes(AUTHORITY.issue("me").certificate)
    (tmp_path / "me.key").write_bytes(AUTHORITY.issue("you").key)
    file = kubeconfig(tmp_path / "config", {"client-certificate": "me.crt", "client-key": "me.key"})
    with pytest.raises(InvalidConnection, match="cannot be used"):
        load({}, path=str(file))


def test_a_ca_that_is_none_is_refused(tmp_path: Path) -> None:
    file = kubeconfig(tmp_path / "config", {}, {"certificate-authority-data": base64.b64encode(b"PEM").decode()})
    with pytest.raises(InvalidConnection, match="no usable CA certificate"):
        load({}, path=str(file))


def test_verification_is_off_only_where_the_kubeconfig_says_so(tmp_path: Path) -> None:
    plain = load({}, path=str(kubeconfig(tmp_path / "plain", {})))
    unverified = load({}, path=str(kubeconfig(tmp_path / "unverified", {}, {"insecure-skip-tls-verify": True})))
    assert (plain.tls.verify_mode, plain.tls.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert (unverified.tls.verify_mode, unverified.tls.check_hostname) == (ssl.CERT_NONE, False)


def plugin(file: Path, *lines: str) -> dict[str, Any]:
    """Write an exec plug-in and return the user that logs in with it."""
    file.write_text("\n".join((f"#!{sys.executable}", *lines)))
    file.chmod(0o755)
    return {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(file), "interactiveMode": "Never"}}


COUNTING_PLUGIN = (
    "import json, pathlib",
    "counter = pathlib.Path(__file__).with_suffix('.count')",
    "count = int(counter.read_text()) + 1 if counter.exists() else 1",
    "counter.write_text(str(count))",
    "print(json.dumps({'apiVersion': 'client.authentication.k8s.io/v1', 'kind': 'ExecCredential',",
    "    'status': {'token': f'login-{count}'}}))",
)


def test_an_exec_plugin_gives_the_token_and_a_401_makes_it_log_in_again(tmp_path: Path) -> None:
    user = plugin(tmp_path / "login", *COUNTING_PLUGIN)
    made = load({}, path=str(kubeconfig(tmp_path / "config", user)))
    assert token(made) == b"login-1"
    assert token(made) == b"login-1"
    assert asyncio.run(made.credential.replaced(SecretBytes(b"login-1")))
    assert token(made) == b"login-2"


def test_an_exec_plugin_that_fails_is_an_error_that_does_not_quote_it(tmp_path: Path) -> None:
    user = plugin(tmp_path / "login", "import sys", "sys.exit('hunter2')")
    with pytest.raises(InvalidConnection, match="gave neither a token nor a certificate") as caught:
        load({}, path=str(kubeconfig(tmp_path / "config", user)))
    assert "hunter2" not in str(caught.value)


def test_without_the_official_package_an_exec_plugin_says_what_to_install(tmp_path: Path) -> None:
    user = plugin(tmp_path / "login", *COUNTING_PLUGIN)
    file = kubeconfig(tmp_path / "config", user)
    with hidden_package("kubernetes"), pytest.raises(InvalidConnection, match=r"secrets-operator\[kubeconfig\]"):
        load({}, path=str(file))


class hidden_package:  # noqa: N801 - used as a function is
    """Make ``import name`` fail, as in an image without it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._kept: dict[str, Any] = {}

    def __enter__(self) -> None:
        self._kept = {key: sys.modules.pop(key) for key in list(sys.modules) if key.partition(".")[0] == self._name}
        sys.modules[self._name] = None  # type: ignore[assignment]  # the documented way to refuse an import

    def __exit__(self, *_: object) -> None:
        del sys.modules[self._name]
        sys.modules.update(self._kept)
