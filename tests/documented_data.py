"""The data that the examples of ``docs/templating.md`` are rendered with: its table, and keys and certificates."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

PLAIN = {
    "user": b"admin",
    "password": b"p@ss w0rd",
    "empty": b"",
    "json": b'{"port":5432,"tags":["a","b"]}',
}
"""What the document's table says in full."""


def documented_data() -> dict[str, bytes]:
    """Return the data of the examples; keys and certificates are made anew."""
    key, authority_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("authority", authority_key, "authority", authority_key, b"authority")
    leaf = _certificate("db", key, "authority", authority_key, b"leaf")
    chain = leaf.public_bytes(Encoding.PEM) + authority.public_bytes(Encoding.PEM)
    archive = pkcs12.serialize_key_and_certificates
    return PLAIN | _rsa() | _jwk(key) | {
        "crt": chain,
        "key": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        "p12": archive(b"db", key, leaf, [authority], NoEncryption()),
        "locked_p12": archive(b"db", key, leaf, [authority], BestAvailableEncryption(b"changeit")),
    }  # fmt: skip


def _certificate(
    subject: str, key: ec.EllipticCurvePrivateKey, issuer: str, signer: ec.EllipticCurvePrivateKey, own: bytes
) -> x509.Certificate:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectKeyIdentifier(own), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier(b"authority", None, None), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(f"{subject}.example")]), critical=False)
        .sign(signer, hashes.SHA256())
    )


def _rsa() -> dict[str, bytes]:
    key = rsa.generate_private_key(65_537, 2048)
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    return {
        "rsa_key": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        "ciphertext": key.public_key().encrypt(b"hello", oaep),
    }


def _jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, bytes]:
    numbers = key.private_numbers()
    point = numbers.public_numbers
    public = {"kty": "EC", "crv": "P-256", "x": _encoded(point.x), "y": _encoded(point.y)}
    private = public | {"d": _encoded(numbers.private_value)}
    return {"public_jwk": json.dumps(public).encode(), "jwk": json.dumps(private).encode()}


def _encoded(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()
