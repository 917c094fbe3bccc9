"""Making a sealing key pair and its self-signed certificate.

Serial number and validity come from parameters. The RSA primes are drawn inside ``cryptography``, which takes no
source of randomness. Neighbour: ``key_secrets`` stores the result.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtensionOID, NameOID

from secrets_operator.flow import SecretBytes
from secrets_operator.sealing.hybrid import Random

_PUBLIC_EXPONENT = 65537
_SERIAL_BYTES = 16
# DER of a bit string with only bit 7 set. ``x509.KeyUsage`` refuses encipherOnly without keyAgreement, yet this is
# what the certificates of Sealed Secrets carry.
_ENCIPHER_ONLY = b"\x03\x02\x00\x01"


@dataclass(frozen=True, slots=True)
class GeneratedKey:
    """A new private key (PKCS#1 PEM) and its certificate (PEM)."""

    private_key_pem: SecretBytes
    certificate_pem: bytes


def generate_key(*, bits: int, ttl: timedelta, now: datetime, common_name: str, random: Random) -> GeneratedKey:
    """Make a key pair valid from ``now`` for ``ttl``; ``bits`` is the modulus size. Takes seconds with 4096 bits."""
    private_key = rsa.generate_private_key(_PUBLIC_EXPONENT, bits)
    pem = private_key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    certificate = _self_signed(
        private_key,
        subject=_subject(common_name),
        validity=(now, now + ttl),
        serial=int.from_bytes(random(_SERIAL_BYTES), "big") or 1,
    )
    return GeneratedKey(SecretBytes(pem), certificate.public_bytes(Encoding.PEM))


def _subject(common_name: str) -> x509.Name:
    """Return the distinguished name; empty without a common name."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if common_name else [])


def _self_signed(
    private_key: rsa.RSAPrivateKey, *, subject: x509.Name, validity: tuple[datetime, datetime], serial: int
) -> x509.Certificate:
    """Return an X.509 v3 certificate signed with SHA-256 by the key it certifies."""
    public_key = private_key.public_key()
    key_usage = x509.UnrecognizedExtension(ExtensionOID.KEY_USAGE, _ENCIPHER_ONLY)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public_key)
        .serial_number(serial)
        .not_valid_before(validity[0])
        .not_valid_after(validity[1])
        .add_extension(key_usage, critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )
    return builder.sign(private_key, hashes.SHA256())
