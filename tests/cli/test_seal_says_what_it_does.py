"""What ``seal`` says on standard error and records in the result, by the name it is called by."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate

from secrets_operator.sealing.keyring import fingerprint as fingerprint_of

Run = Callable[..., Any]
ANNOTATION = "secrets-operator.dev/sealed"
OURS = {"QUIET": "false", "FACTS": "true"}
SECRETS = """
kind: Secret
apiVersion: v1
metadata: {name: db, namespace: shop}
stringData: {password: "hunter2-value", pin: 0123}
---
kind: Secret
apiVersion: v1
metadata: {name: wide, annotations: {sealedsecrets.bitnami.com/cluster-wide: "true"}}
data: {token: aHVudGVyMy12YWx1ZQo=}
"""


@pytest.fixture(scope="module")
def fingerprint(sealing_data: Path) -> str:
    """The fingerprint of the certificate's key, by OpenSSH's own rules."""
    key = load_pem_x509_certificate((sealing_data / "tls.crt").read_bytes()).public_key()
    line = key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    digest = hashlib.sha256(base64.b64decode(line.split()[1])).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def test_each_secret_has_its_line_and_mistakes_have_theirs(run_seal: Run, certificate: str, fingerprint: str) -> None:
    done = run_seal("--cert", certificate, stdin=SECRETS, **OURS)
    lines = done.stderr.decode().splitlines()
    assert [line.partition(", certificate ")[0] for line in lines] == [
        "warning: document 1: line 5: to YAML stringData[pin] is another text than is written: put it in quotes",
        f"sealed shop/db, scope strict, {fingerprint}",
        "warning: document 2: data[token] ends with a line break, which becomes part of the value",
        f"sealed wide, scope cluster-wide, {fingerprint}",
    ]
    assert b"hunter" not in done.stderr
    assert b"0123" not in done.stderr


def test_facts_are_recorded_and_opened_by_nobody(run_seal: Run, certificate: str, fingerprint: str) -> None:
    output = run_seal("--cert", certificate, stdin=SECRETS, **OURS).stdout.decode()
    sealed, _ = json.JSONDecoder().raw_decode(output)
    facts = json.loads(sealed["metadata"]["annotations"][ANNOTATION])
    assert {name: facts[name] for name in ("name", "namespace", "scope")} == {
        "name": "db",
        "namespace": "shop",
        "scope": "strict",
    }
    (group,) = facts["sealed"]
    assert (group["certificate"], group["items"]) == (fingerprint, ["password", "pin"])
    assert ANNOTATION not in json.dumps(sealed["spec"])


def test_facts_that_are_there_stay_true_when_a_file_is_merged_into(
    run_seal: Run, certificate: str, tmp_path: Path
) -> None:
    run_seal("--cert", certificate, "-w", "sealed.yaml", stdin=SECRETS.partition("---")[0], FACTS="true")
    more = '{"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "x"}, "stringData": {"new": "v"}}'
    done = run_seal("--cert", certificate, "--merge-into", "sealed.yaml", stdin=more)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    (line,) = [line for line in (tmp_path / "sealed.yaml").read_text().splitlines() if ANNOTATION in line]
    facts = json.loads(line.partition(": ")[2].strip("'"))
    assert sorted(item for group in facts["sealed"] for item in group["items"]) == ["new", "password", "pin"]


def test_a_value_has_its_line(run_seal: Run, certificate: str, fingerprint: str) -> None:
    done = run_seal("--raw", "--cert", certificate, "-n", "shop", "--name", "db", stdin="hunter2-value\n", **OURS)
    warning, line = done.stderr.decode().splitlines()
    assert warning == "warning: the value ends with a line break, which becomes part of it"
    assert line.startswith(f"sealed shop/db, scope strict, {fingerprint}, certificate ")


CLUSTERS = "clusters:\n  dev: {{certificate: {path}, fingerprint: '{fingerprint}'}}\n"
EXPIRES = "the certificate expires in 7 days: fetch the newest one"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param([], f"warning: {EXPIRES}", id="seal"),
        pytest.param(["--raw", "-n", "a", "--name", "b"], f"warning: {EXPIRES}", id="seal --raw"),
        pytest.param(["--merge-into", "sealed.yaml"], f"warning: {EXPIRES}", id="seal --merge-into"),
        pytest.param(["--clusters", "clusters.yaml"], f"warning: cluster dev: {EXPIRES}", id="seal --clusters"),
        pytest.param(["set", "sealed.yaml", "k=-"], f"warning: {EXPIRES}", id="set"),
        pytest.param(
            ["create", "generic", "x", "-n", "a", "--from-literal", "a=b"], f"warning: {EXPIRES}", id="create"
        ),
        pytest.param(["reencrypt", "--check", "."], f"warning: {EXPIRES}", id="reencrypt"),
    ],
)
def test_a_certificate_that_is_about_to_expire_is_told_of(
    run_seal: Run, expiring_certificate: str, tmp_path: Path, arguments: list[str], says: str
) -> None:
    source = "kind: Secret\nmetadata: {name: db, namespace: shop}\nstringData: {a: b}\n"
    environment = {**OURS, "CERT": expiring_certificate}
    (tmp_path / "sealed.yaml").write_bytes(run_seal("-o", "yaml", stdin=source, **environment).stdout)
    certificate = load_pem_x509_certificate(Path(expiring_certificate).read_bytes())
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    clusters = CLUSTERS.format(path=expiring_certificate, fingerprint=fingerprint_of(key))
    (tmp_path / "clusters.yaml").write_text(clusters)
    done = run_seal(*arguments, stdin=source, **environment)
    assert done.returncode == 0, done.stderr
    assert done.stderr.decode().splitlines()[0] == says
