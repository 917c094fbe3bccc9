"""Every private key of a backup is found, in whatever form the backup is."""

from __future__ import annotations

import base64
import json

import pytest

from secrets_operator.sealing.errors import KeySecretError
from secrets_operator.sealing.key_generation import GeneratedKey
from secrets_operator.sealing.keyring import SealingKey
from secrets_operator.sealing.recovery_keys import recovery_keys


@pytest.fixture(scope="session")
def pems(generated: GeneratedKey, more_values: dict[str, str]) -> dict[str, bytes]:
    return {
        "first": generated.private_key_pem.reveal(),
        "first.crt": generated.certificate_pem,
        "second": more_values["private_key_pkcs8_pem"].encode(),
    }


def secret(pem: bytes, certificate: bytes = b"") -> dict[str, object]:
    data = {"tls.key": base64.b64encode(pem).decode(), "tls.crt": base64.b64encode(certificate).decode()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key"}, "data": data}


@pytest.mark.parametrize(
    "form",
    ["PEM", "PEM with a certificate between", "JSON List", "SecretList", "List without kind", "documents", "two-part"],
)
def test_both_keys_are_found(pems: dict[str, bytes], other_key: SealingKey, small_key: SealingKey, form: str) -> None:
    first, second = secret(pems["first"], pems["first.crt"]), secret(pems["second"])
    config_map = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"tls.key": "no"}}
    text = {
        "PEM": pems["first"] + pems["second"],
        "PEM with a certificate between": pems["first"] + pems["first.crt"] + pems["second"],
        "JSON List": json.dumps({"kind": "List", "items": [first, config_map, second]}).encode(),
        "SecretList": json.dumps({"kind": "SecretList", "items": [first, second]}).encode(),
        "List without kind": json.dumps({"items": [first, second]}).encode(),
        "documents": b"---\n" + json.dumps(first).encode() + b"\n---\n" + json.dumps(second).encode(),
        "two-part": b"---\n"
        + json.dumps({"kind": "List", "items": [first]}).encode()
        + b"\n---\n"
        + json.dumps(second).encode(),
    }[form]
    found = {key.fingerprint for key in recovery_keys(text)}
    assert found == {other_key.fingerprint, small_key.fingerprint}


def test_a_key_knows_its_certificate_when_the_backup_has_it(pems: dict[str, bytes]) -> None:
    with_certificate, bare = recovery_keys(pems["second"] + pems["first.crt"] + pems["first"])[::-1]
    assert with_certificate.fits_its_certificate
    assert (bare.certificate, bare.fits_its_certificate) == (None, False)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(b"", "there is no private key in it", id="an empty file"),
        pytest.param(b"a: CANARY\n", "there is no private key in it", id="something else"),
        pytest.param(b"a: [CANARY\n", "it is neither PEM nor a manifest: document 1: not valid YAML", id="no manifest"),
        pytest.param(b"kind: Secret\ndata:\n  tls.key: '*CANARY'\n", "data[tls.key]: illegal base64", id="bad base64"),
        pytest.param(
            b"-----BEGIN RSA PRIVATE KEY-----\nCANARY\n-----END RSA PRIVATE KEY-----\n",
            "data[tls.key]: a key for recovery needs an unencrypted RSA private key",
            id="a damaged key",
        ),
    ],
)
def test_a_file_without_a_usable_key_is_refused_and_not_quoted(text: bytes, message: str) -> None:
    with pytest.raises(KeySecretError) as refusal:
        recovery_keys(text)
    assert str(refusal.value).startswith(message)
    assert "CANARY" not in str(refusal.value)
