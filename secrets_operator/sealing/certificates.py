"""Sealing certificates: reading the first of a PEM file, and whether it may seal.

Only the public key and ``notAfter`` matter; the chain, the usages and ``notBefore`` are looked at by nobody.
Neighbours: ``key_generation`` makes certificates, ``keyring`` holds them with their private keys.
"""

from __future__ import annotations

import re
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa

from secrets_operator.sealing.errors import CertificateError

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
# Below this OpenSSL refuses the key, and OAEP with SHA-256 has little room left.
_MINIMUM_BITS = 1024


def first_certificate(pem: bytes) -> x509.Certificate:
    """Return the first certificate of a PEM text, other blocks ignored; CertificateError when there is none."""
    block = _CERTIFICATE.search(pem)
    if block is None:
        raise CertificateError("data does not contain any valid RSA or ECDSA certificates")
    try:
        return x509.load_pem_x509_certificate(block[0])
    except ValueError as error:
        raise CertificateError("the first certificate cannot be read") from error


def rsa_public_key(certificate: x509.Certificate) -> rsa.RSAPublicKey:
    """Return the certificate's RSA public key; CertificateError when it is of another kind or too short."""
    try:
        public_key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CertificateError("the public key of the certificate cannot be read") from error
    if not isinstance(public_key, rsa.RSAPublicKey):
        kind = type(public_key).__name__
        raise CertificateError(f"expected RSA public key but found {kind}")
    if public_key.key_size < _MINIMUM_BITS:
        raise CertificateError(f"the RSA key has {public_key.key_size} bits, at least {_MINIMUM_BITS} are needed")
    return public_key


def sealing_public_key(pem: bytes, *, now: datetime) -> rsa.RSAPublicKey:
    """Return the public key to seal with; CertificateError when the certificate is unusable or expired at ``now``."""
    certificate = first_certificate(pem)
    public_key = rsa_public_key(certificate)
    expiry = certificate.not_valid_after_utc
    if now > expiry:
        day = f"{expiry:%B} {expiry.day}, {expiry.year}"
        raise CertificateError(f"failed to encrypt using an expired certificate on {day}")
    return public_key
