"""Sealing keys as Kubernetes Secrets: reading them, and the manifest that stores a new one.

A Secret counts when its key label is exactly ``active``; which Secrets to list is the caller's business.
Neighbours: ``keyring`` (what reading gives), ``key_generation`` (what is stored).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from secrets_operator.flow import Object, SecretBytes
from secrets_operator.resources.labels import SEALING_KEY_LABEL
from secrets_operator.sealing.certificates import first_certificate, rsa_public_key
from secrets_operator.sealing.encoding import decode_base64, encode_base64
from secrets_operator.sealing.errors import BadBase64Error, CertificateError, KeySecretError
from secrets_operator.sealing.fields import section
from secrets_operator.sealing.key_generation import GeneratedKey
from secrets_operator.sealing.keyring import KeyOrder, SealingKey, fingerprint

ACTIVE = "active"
# What the API server makes the names of ``generateName`` from: no vowels, so no words.
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_SUFFIX_LENGTH = 5
_PRIVATE_KEY = re.compile(rb"-----BEGIN (RSA )?PRIVATE KEY-----.+?-----END (RSA )?PRIVATE KEY-----", re.DOTALL)


def parse_key_secret(secret: Object, *, order: KeyOrder = KeyOrder.CERT_NOT_BEFORE) -> SealingKey:
    """Read a sealing key from its Secret; KeySecretError names the Secret and the field to blame."""
    name = str(section(secret, "metadata").get("name", ""))
    private_key = rsa_private_key(_field(secret, "tls.key", name), f"the sealing key Secret {name}")
    certificate = _certificate(_field(secret, "tls.crt", name).reveal(), name)
    return SealingKey(
        private_key=private_key,
        certificate=certificate,
        fingerprint=fingerprint(private_key.public_key()),
        ordered_at=_ordered_at(secret, certificate, order),
        secret_name=name,
    )


def successor_name(prefix: str, known: Iterable[str]) -> str:
    """Return the name of the Secret for the key that follows those with the uids ``known``.

    It looks like a generated name, but all replicas that see the same keys arrive at the same one: the API server
    lets only one of them create it.
    """
    digest = hashlib.blake2b("\n".join(sorted(known)).encode(), digest_size=8).digest()
    number, suffix = int.from_bytes(digest), ""
    for _ in range(_SUFFIX_LENGTH):
        number, index = divmod(number, len(_ALPHABET))
        suffix += _ALPHABET[index]
    return prefix + suffix


def key_secret_manifest(
    key: GeneratedKey,
    *,
    namespace: str,
    prefix: str = "",
    name: str = "",
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
) -> Object:
    """Return the Secret that stores a new key; it holds the private key in clear, so it must never be logged.

    Without a ``name`` the API server makes one that begins with ``prefix``.
    """
    metadata: Object = {
        **({"name": name} if name else {"generateName": prefix}),
        "namespace": namespace,
        "labels": {**(labels or {}), SEALING_KEY_LABEL: ACTIVE},
    }
    if annotations:
        metadata["annotations"] = dict(annotations)
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "type": "kubernetes.io/tls",
        "data": {
            "tls.key": encode_base64(key.private_key_pem.reveal()),
            "tls.crt": encode_base64(key.certificate_pem),
        },
    }


def _field(secret: Object, field: str, name: str) -> SecretBytes:
    """Return one decoded field of the Secret's data."""
    text = section(secret, "data").get(field)
    if not isinstance(text, str) or not text:
        raise KeySecretError(f"the sealing key Secret {name} has no {field}", field=f"data[{field}]")
    try:
        return SecretBytes(decode_base64(text))
    except BadBase64Error as error:
        raise KeySecretError(f"the sealing key Secret {name} holds {error.message}", field=f"data[{field}]") from error


def rsa_private_key(pem: SecretBytes, holder: str) -> rsa.RSAPrivateKey:
    """Return the first private key of a PEM text, PKCS#1 or PKCS#8; KeySecretError names its holder."""
    block = _PRIVATE_KEY.search(pem.reveal())
    try:
        # Checking the primes takes a quarter of a second, on the event loop. Who may write here owns the keys anyway.
        key = load_pem_private_key(block[0], password=None, unsafe_skip_rsa_key_validation=True) if block else None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # The cause is left out: a traceback must not walk through the parser of a private key.
        key = None
    if not isinstance(key, rsa.RSAPrivateKey):
        message = f"{holder} needs an unencrypted RSA private key as PKCS#1 or PKCS#8 PEM"
        raise KeySecretError(message, field="data[tls.key]")
    return key


def _certificate(pem: bytes, name: str) -> x509.Certificate:
    """Return the first certificate, known to hold an RSA key."""
    try:
        certificate = first_certificate(pem)
        rsa_public_key(certificate)
    except CertificateError as error:
        message = f"the sealing key Secret {name} has no usable certificate: {error.message}"
        raise KeySecretError(message, field="data[tls.crt]") from error
    return certificate


def _ordered_at(secret: Object, certificate: x509.Certificate, order: KeyOrder) -> datetime:
    """Return the time that decides which key is the newest."""
    if order is KeyOrder.CERT_NOT_BEFORE:
        return certificate.not_valid_before_utc
    created = section(secret, "metadata").get("creationTimestamp")
    try:
        return datetime.fromisoformat(str(created))
    except ValueError as error:
        message = "a sealing key ordered by SecretCreationTimestamp needs the time its Secret was created"
        raise KeySecretError(message, field="metadata.creationTimestamp") from error
