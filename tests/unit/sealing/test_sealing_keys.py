"""Sealing keys: reading their Secrets, fingerprints, which is newest, and making new ones."""

from __future__ import annotations

import base64
import hashlib
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from secrets_operator.flow import SecretBytes
from secrets_operator.sealing import hybrid
from secrets_operator.sealing.certificates import sealing_public_key
from secrets_operator.sealing.errors import CertificateError, KeySecretError, UnopenedValueError
from secrets_operator.sealing.key_generation import GeneratedKey, generate_key
from secrets_operator.sealing.key_secrets import key_secret_manifest, parse_key_secret
from secrets_operator.sealing.keyring import KeyOrder, Keyring, SealingKey

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TTL = timedelta(days=30)


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def private_pem(key: SealingKey, form: PrivateFormat) -> bytes:
    return key.private_key.private_bytes(Encoding.PEM, form, NoEncryption())


def certificate_pem(key: SealingKey) -> bytes:
    assert key.certificate is not None
    return key.certificate.public_bytes(Encoding.PEM)


def key_secret(private: bytes, certificate: bytes, **metadata: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "key-1", **metadata},
        "data": {"tls.key": encoded(private), "tls.crt": encoded(certificate)},
    }


def ordered(key: SealingKey, moment: datetime, name: str) -> SealingKey:
    """Return the key under another time and name."""
    return SealingKey(key.private_key, key.certificate, fingerprint=name, ordered_at=moment, secret_name=name)


@pytest.mark.parametrize("form", [PrivateFormat.TraditionalOpenSSL, PrivateFormat.PKCS8])
def test_private_keys_are_read_in_both_forms(small_key: SealingKey, form: PrivateFormat) -> None:
    key = parse_key_secret(key_secret(private_pem(small_key, form), certificate_pem(small_key)))
    assert key.fingerprint == small_key.fingerprint
    assert key.private_key.private_numbers() == small_key.private_key.private_numbers()
    assert small_key.certificate is not None
    assert key.ordered_at == small_key.certificate.not_valid_before_utc


def test_only_the_first_certificate_counts(small_key: SealingKey, other_key: SealingKey) -> None:
    chain = certificate_pem(small_key) + certificate_pem(other_key) + b"-----BEGIN CERTIFICATE-----\nnonsense\n"
    key = parse_key_secret(key_secret(private_pem(small_key, PrivateFormat.PKCS8), chain))
    assert key.certificate == small_key.certificate


def test_fingerprint_is_that_of_openssh(small_key: SealingKey) -> None:
    numbers = small_key.private_key.public_key().public_numbers()
    integers = [number.to_bytes(number.bit_length() // 8 + 1, "big") for number in (numbers.e, numbers.n)]
    wire = b"".join(len(field).to_bytes(4, "big") + field for field in (b"ssh-rsa", *integers))
    expected = base64.b64encode(hashlib.sha256(wire).digest()).decode().rstrip("=")
    assert small_key.fingerprint == f"SHA256:{expected}"


def elliptic_pem() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize(
    ("private", "certificate", "field"),
    [
        pytest.param(b"nonsense", None, "data[tls.key]", id="the private key is not PEM"),
        pytest.param(elliptic_pem(), None, "data[tls.key]", id="the private key is not RSA"),
        pytest.param(b"", None, "data[tls.key]", id="the private key is empty"),
        pytest.param(None, b"nonsense", "data[tls.crt]", id="the certificate is not PEM"),
        pytest.param(None, b"", "data[tls.crt]", id="the certificate is empty"),
    ],
)
def test_a_bad_key_secret_is_a_typed_error_that_names_the_secret_and_the_field(
    small_key: SealingKey, private: bytes | None, certificate: bytes | None, field: str
) -> None:
    good = private_pem(small_key, PrivateFormat.PKCS8)
    secret = key_secret(
        good if private is None else private, certificate_pem(small_key) if certificate is None else certificate
    )
    with pytest.raises(KeySecretError, match="key-1") as caught:
        parse_key_secret(secret)
    assert caught.value.field == field


@pytest.mark.parametrize(
    "secret",
    [
        pytest.param({"metadata": {"name": "key-1"}}, id="no data at all"),
        pytest.param({"metadata": {"name": "key-1"}, "data": None}, id="data is null"),
        pytest.param({"metadata": {"name": "key-1"}, "data": {"tls.key": "?"}}, id="data is not base64"),
    ],
)
def test_a_key_secret_without_fields_is_a_typed_error(secret: dict[str, Any]) -> None:
    with pytest.raises(KeySecretError, match="key-1"):
        parse_key_secret(secret)


def test_an_encrypted_private_key_is_a_typed_error(small_key: SealingKey) -> None:
    pem = small_key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"password"))
    with pytest.raises(KeySecretError):
        parse_key_secret(key_secret(pem, certificate_pem(small_key)))


def test_creation_time_orders_keys_when_asked_to(small_key: SealingKey) -> None:
    secret = key_secret(
        private_pem(small_key, PrivateFormat.PKCS8),
        certificate_pem(small_key),
        creationTimestamp="2025-02-03T04:05:06Z",
    )
    key = parse_key_secret(secret, order=KeyOrder.SECRET_CREATION_TIMESTAMP)
    assert key.ordered_at == datetime(2025, 2, 3, 4, 5, 6, tzinfo=UTC)


def test_creation_time_must_be_there_to_order_keys_by_it(small_key: SealingKey) -> None:
    secret = key_secret(private_pem(small_key, PrivateFormat.PKCS8), certificate_pem(small_key))
    with pytest.raises(KeySecretError, match="created"):
        parse_key_secret(secret, order=KeyOrder.SECRET_CREATION_TIMESTAMP)


def test_an_empty_keyring_has_no_newest_key() -> None:
    assert Keyring().newest is None


def test_the_strictly_later_key_is_the_newest_and_ties_keep_the_earlier_registered(small_key: SealingKey) -> None:
    older, first, second = (
        ordered(small_key, NOW - TTL, "older"),
        ordered(small_key, NOW, "first"),
        ordered(small_key, NOW, "second"),
    )
    assert Keyring([older, first, second]).newest is first
    assert Keyring([second, first, older]).newest is second


def test_a_key_with_a_foreign_certificate_opens_but_never_seals(small_key: SealingKey, other_key: SealingKey) -> None:
    mixed = parse_key_secret(key_secret(private_pem(small_key, PrivateFormat.PKCS8), certificate_pem(other_key)))
    keyring = Keyring([mixed])
    sealed = hybrid.seal(small_key.private_key.public_key(), SecretBytes(b"x"), label=b"", random=os.urandom)
    assert keyring.newest is None
    assert keyring.open(sealed, label=b"").value.reveal() == b"x"


def test_every_key_is_tried_and_the_remembered_one_first(small_key: SealingKey, other_key: SealingKey) -> None:
    keyring = Keyring([small_key, other_key])
    sealed = hybrid.seal(other_key.private_key.public_key(), SecretBytes(b"x"), label=b"l", random=os.urandom)
    assert keyring.open(sealed, label=b"l").fingerprint == other_key.fingerprint
    assert keyring.fitting(sealed) == [small_key, other_key]
    assert keyring.fitting(sealed, remembered=other_key.fingerprint) == [other_key, small_key]


def test_keys_of_another_size_are_not_tried(small_key: SealingKey, kubeseal_key: SealingKey) -> None:
    sealed = hybrid.seal(small_key.private_key.public_key(), SecretBytes(b"x"), label=b"", random=os.urandom)
    assert Keyring([kubeseal_key, small_key]).fitting(sealed) == [small_key]
    with pytest.raises(UnopenedValueError, match="no key could decrypt secret"):
        Keyring([kubeseal_key]).open(sealed, label=b"")


def test_no_repr_shows_a_private_key(small_key: SealingKey, generated: GeneratedKey) -> None:
    numbers = small_key.private_key.private_numbers()
    shown = repr(small_key) + repr(Keyring([small_key])) + repr(generated)
    assert "PRIVATE" not in shown
    assert str(numbers.d) not in shown
    assert "***" in repr(generated)


def test_a_new_certificate_has_the_form_of_those_of_sealed_secrets(generated: GeneratedKey) -> None:
    certificate = x509.load_pem_x509_certificate(generated.certificate_pem)
    der = certificate.tbs_certificate_bytes
    assert generated.private_key_pem.reveal().startswith(b"-----BEGIN RSA PRIVATE KEY-----")
    assert (certificate.subject, certificate.issuer) == (x509.Name([]), x509.Name([]))
    assert (certificate.not_valid_before_utc, certificate.not_valid_after_utc) == (NOW, NOW + TTL)
    assert certificate.version is x509.Version.v3
    # Object identifiers and flags of keyUsage (critical, encipherOnly) and basicConstraints (critical, CA).
    assert bytes.fromhex("0603551d0f0101ff040403020001") in der
    assert bytes.fromhex("0603551d130101ff040530030101ff") in der
    assert bytes.fromhex("0603551d0e") in der


def test_a_new_certificate_takes_its_name_and_serial_number_from_the_caller() -> None:
    key = generate_key(bits=1024, ttl=TTL, now=NOW, common_name="sealed-secret", random=lambda size: b"\x07" * size)
    certificate = x509.load_pem_x509_certificate(key.certificate_pem)
    assert certificate.subject.rfc4514_string() == "CN=sealed-secret"
    assert certificate.serial_number == int.from_bytes(b"\x07" * 16, "big")


def test_a_new_key_is_stored_so_that_it_reads_back_as_newest(generated: GeneratedKey, small_key: SealingKey) -> None:
    manifest = key_secret_manifest(
        generated,
        namespace="kube-system",
        prefix="sealed-secrets-key",
        labels={"team": "a", "sealedsecrets.bitnami.com/sealed-secrets-key": "compromised"},
        annotations={"note": "kept"},
    )
    data = manifest.pop("data")
    assert manifest == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "generateName": "sealed-secrets-key",
            "namespace": "kube-system",
            "labels": {"team": "a", "sealedsecrets.bitnami.com/sealed-secrets-key": "active"},
            "annotations": {"note": "kept"},
        },
        "type": "kubernetes.io/tls",
    }
    key = parse_key_secret({"metadata": {"name": "sealed-secrets-keyx7k2p"}, "data": data})
    assert key.fits_its_certificate
    assert Keyring([ordered(small_key, NOW - TTL, "older"), key]).newest is key


def test_a_certificate_seals_until_it_expires(generated: GeneratedKey, other_key: SealingKey) -> None:
    sealing = sealing_public_key(generated.certificate_pem, now=NOW + TTL)
    assert sealing == other_key.private_key.public_key()
    with pytest.raises(CertificateError, match=r"^failed to encrypt using an expired certificate on January 31, 2026$"):
        sealing_public_key(generated.certificate_pem, now=NOW + TTL + timedelta(seconds=1))


def test_a_bare_public_key_is_not_a_certificate(small_key: SealingKey) -> None:
    with pytest.raises(CertificateError, match="does not contain any valid RSA or ECDSA certificates"):
        sealing_public_key(private_pem(small_key, PrivateFormat.PKCS8), now=NOW)
