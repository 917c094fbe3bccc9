"""Sealing keys in memory: which one seals, and which of them opens a value.

A ``Keyring`` never changes; loading, renewal and removal of keys make a new one. Neighbours: ``key_secrets`` reads
keys from Secrets, ``key_generation`` makes new ones.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import ssh_key_fingerprint

from secrets_operator.flow import SecretBytes
from secrets_operator.sealing import hybrid
from secrets_operator.sealing.errors import UnopenedValueError


class KeyOrder(StrEnum):
    """What decides which key is the newest."""

    CERT_NOT_BEFORE = "CertNotBefore"
    SECRET_CREATION_TIMESTAMP = "SecretCreationTimestamp"


def fingerprint(public_key: rsa.RSAPublicKey) -> str:
    """Return the OpenSSH fingerprint (``SHA256:`` and unpadded base64), which names a key but never enters a value."""
    digest = ssh_key_fingerprint(public_key, hashes.SHA256())
    return "SHA256:" + base64.b64encode(digest).decode("ascii").rstrip("=")


@dataclass(frozen=True, slots=True)
class SealingKey:
    """A private key with its certificate (None for a bare key of a backup) and the time that orders it."""

    private_key: rsa.RSAPrivateKey = field(repr=False)
    certificate: x509.Certificate | None = field(repr=False)
    fingerprint: str
    ordered_at: datetime
    secret_name: str = ""

    @property
    def modulus_bytes(self) -> int:
        """Return the size of the RSA modulus in bytes."""
        return (self.private_key.key_size + 7) // 8

    @property
    def fits_its_certificate(self) -> bool:
        """Tell whether the certificate belongs to the private key: what it seals could not be opened otherwise."""
        return self.certificate is not None and self.certificate.public_key() == self.private_key.public_key()


@dataclass(frozen=True, slots=True)
class Opened:
    """A decrypted value and the fingerprint of the key that opened it."""

    value: SecretBytes
    fingerprint: str


def _uncounted() -> None:
    """Do nothing about an operation."""


class Keyring:
    """Sealing keys in the order they were registered; of two with the same public key the later one stays."""

    __slots__ = ("_keys", "_operated")

    def __init__(self, keys: Iterable[SealingKey] = (), *, operated: Callable[[], None] = _uncounted) -> None:
        """Call ``operated``, from whatever thread it happens in, before each private-key operation."""
        self._keys = {key.fingerprint: key for key in keys}
        self._operated = operated

    def __len__(self) -> int:
        return len(self._keys)

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self._keys)})"

    @property
    def keys(self) -> tuple[SealingKey, ...]:
        """Return the keys in the order they were registered."""
        return tuple(self._keys.values())

    @property
    def newest(self) -> SealingKey | None:
        """Return the key to seal with: strictly later wins, ties keep the earlier registered; None when there is none.

        A key whose certificate belongs to another key opens old values but never seals new ones.
        """
        return max(
            (key for key in self._keys.values() if key.fits_its_certificate),
            key=lambda key: key.ordered_at,
            default=None,
        )

    def fitting(self, sealed: bytes, *, remembered: str = "") -> list[SealingKey]:
        """Return the keys whose modulus has the size the value was sealed with, the remembered fingerprint first."""
        size = hybrid.wrapped_key_bytes(sealed)
        keys = [key for key in self._keys.values() if key.modulus_bytes == size]
        return sorted(keys, key=lambda key: key.fingerprint != remembered)

    def open(self, sealed: bytes, *, label: bytes, remembered: str = "") -> Opened:
        """Try every fitting key; UnopenedValueError when none opens the value, else as ``hybrid.open_value`` raises."""
        for key in self.fitting(sealed, remembered=remembered):
            try:
                return Opened(self.open_with(key, sealed, label=label), key.fingerprint)
            except UnopenedValueError:
                continue
        raise UnopenedValueError("no key could decrypt secret")

    def open_with(self, key: SealingKey, sealed: bytes, *, label: bytes) -> SecretBytes:
        """Try one key, at the cost of one private-key operation; raises as ``hybrid.open_value``."""
        self._operated()
        return hybrid.open_value(key.private_key, sealed, label=label)
