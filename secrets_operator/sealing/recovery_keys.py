"""Private keys in a backup: PEM blocks, key Secrets in JSON or YAML, Lists of them, several documents.

Every key of a file counts, wherever it stands. Neighbours: ``key_secrets`` reads the one Secret of the cluster.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from secrets_operator.flow import Object, SecretBytes
from secrets_operator.sealing.encoding import decode_base64
from secrets_operator.sealing.errors import BadBase64Error, DocumentError, KeySecretError
from secrets_operator.sealing.fields import section
from secrets_operator.sealing.key_secrets import rsa_private_key
from secrets_operator.sealing.keyring import SealingKey, fingerprint
from secrets_operator.sealing.lossless.text import ManifestText

# Within a manifest PEM is indented or escaped, so at the start of a line it is a file of its own.
_PEM = re.compile(rb"^-----BEGIN ", re.MULTILINE)
_PRIVATE_KEY = re.compile(rb"-----BEGIN (?P<kind>[A-Z ]*PRIVATE KEY)-----.+?-----END (?P=kind)-----", re.DOTALL)
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_UNKNOWN = datetime.min.replace(tzinfo=UTC)


def recovery_keys(data: bytes) -> list[SealingKey]:
    """Return every private key of a file; KeySecretError when there is none or one cannot be used."""
    pairs = _pem_pairs(data) if _PEM.search(data) else list(_manifest_pairs(data))
    keys = {key.fingerprint: key for pem, certificates in pairs for key in _keys(pem, certificates)}
    if not keys:
        raise KeySecretError("there is no private key in it")
    return list(keys.values())


def _pem_pairs(data: bytes) -> list[tuple[SecretBytes, bytes]]:
    """Return each private key of a PEM text with the whole text, in which its certificate may be."""
    return [(SecretBytes(block[0]), data) for block in _PRIVATE_KEY.finditer(data)]


def _manifest_pairs(data: bytes) -> Iterator[tuple[SecretBytes, bytes]]:
    """Yield the private key and the certificate of each key Secret in a manifest text."""
    try:
        documents = ManifestText.read(data).documents
    except DocumentError as error:
        raise KeySecretError(f"it is neither PEM nor a manifest: {error.message}") from None
    for document in documents:
        for secret in secrets_of(document.value):
            pem = _field(secret, "tls.key")
            if pem is not None:
                yield pem, (_field(secret, "tls.crt") or SecretBytes(b"")).reveal()


def secrets_of(body: Any) -> Iterator[Object]:
    """Yield the Secrets of a document, those of a List one by one, whatever the List calls itself."""
    if not isinstance(body, dict):
        return
    items = body.get("items")
    if isinstance(items, list):
        for item in items:
            yield from secrets_of(item)
    elif body.get("kind", "Secret") == "Secret":
        yield body


def _field(secret: Object, name: str) -> SecretBytes | None:
    """Return one value of a Secret, ``stringData`` over ``data``."""
    text = section(secret, "stringData").get(name)
    if isinstance(text, str):
        return SecretBytes(text.encode())
    encoded = section(secret, "data").get(name)
    try:
        return SecretBytes(decode_base64(encoded)) if isinstance(encoded, str) else None
    except BadBase64Error as error:
        raise KeySecretError(error.message, field=f"data[{name}]") from error


def _keys(pem: SecretBytes, certificates: bytes) -> Iterator[SealingKey]:
    """Yield every private key of a PEM text, each with its certificate when that is at hand."""
    blocks = [SecretBytes(block[0]) for block in _PRIVATE_KEY.finditer(pem.reveal())]
    for block in blocks:
        private_key = rsa_private_key(block, "a key for recovery")
        certificate = _certificate_of(private_key, certificates)
        yield SealingKey(
            private_key=private_key,
            certificate=certificate,
            fingerprint=fingerprint(private_key.public_key()),
            ordered_at=certificate.not_valid_before_utc if certificate else _UNKNOWN,
        )


def _certificate_of(private_key: rsa.RSAPrivateKey, pem: bytes) -> x509.Certificate | None:
    for block in _CERTIFICATE.finditer(pem):
        try:
            certificate = x509.load_pem_x509_certificate(block[0])
            if certificate.public_key() == private_key.public_key():
                return certificate
        except ValueError:
            continue
    return None
