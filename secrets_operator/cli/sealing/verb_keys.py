"""What verbs seal and open with: the certificate of ``--cert``, and the keys of ``--recovery-private-key``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from secrets_operator.cli.sealing.certificate_sources import load_certificate
from secrets_operator.cli.sealing.manifest_files import errors_of, read_bytes
from secrets_operator.clock import SystemClock
from secrets_operator.sealing.certificates import first_certificate, sealing_public_key
from secrets_operator.sealing.errors import CertificateError
from secrets_operator.sealing.facts import Sealing
from secrets_operator.sealing.keyring import Keyring, SealingKey, fingerprint
from secrets_operator.sealing.recovery_keys import recovery_keys


@dataclass(frozen=True, slots=True)
class SealingCertificate:
    """A public key that may seal now, its fingerprint and the end of its certificate."""

    public_key: rsa.RSAPublicKey = field(repr=False)
    fingerprint: str
    expires: datetime

    def sealing(self) -> Sealing:
        """Return the record of an act of sealing at this moment."""
        return Sealing(certificate=self.fingerprint, at=SystemClock().now().replace(microsecond=0))


def sealing_certificate(location: str) -> SealingCertificate:
    """Return the certificate at a file or URL; Terminal when it cannot be had, CertificateError when it cannot seal."""
    return certificate_of_pem(load_certificate(location))


def certificate_of_pem(pem: bytes) -> SealingCertificate:
    """Return the certificate of a PEM text; CertificateError when it cannot seal now."""
    public_key = sealing_public_key(pem, now=SystemClock().now())
    return SealingCertificate(public_key, fingerprint(public_key), first_certificate(pem).not_valid_after_utc)


def certificate_of_key(key: SealingKey) -> SealingCertificate:
    """Return the certificate of a private key; CertificateError when it has none or it cannot seal now."""
    if key.certificate is None:
        raise CertificateError("the key has no certificate beside it")
    return certificate_of_pem(key.certificate.public_bytes(Encoding.PEM))


def recovery_keyring(files: Iterable[Path]) -> Keyring:
    """Return the private keys of all files; Terminal names the file that has none."""
    keys = []
    for file in files:
        data = read_bytes(file)
        with errors_of(file):
            keys += recovery_keys(data)
    return Keyring(keys)
