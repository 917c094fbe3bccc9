"""A certificate that seals, read and judged once: its key, what names it, how old it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from secrets_operator.sealing.certificates import first_certificate, sealing_public_key
from secrets_operator.sealing.facts import Sealing
from secrets_operator.sealing.keyring import fingerprint


@dataclass(frozen=True, slots=True)
class SealingCertificate:
    """The certificate, as of the time of sealing."""

    certificate: x509.Certificate = field(repr=False)
    public_key: rsa.RSAPublicKey = field(repr=False)
    now: datetime

    @classmethod
    def parse(cls, pem: bytes, *, now: datetime) -> SealingCertificate:
        """Read a PEM text; CertificateError when it is unusable or expired."""
        public_key = sealing_public_key(pem, now=now)
        return cls(first_certificate(pem), public_key, now)

    @property
    def fingerprint(self) -> str:
        """Return the fingerprint of the public key."""
        return fingerprint(self.public_key)

    @property
    def age(self) -> timedelta:
        """Return the time since the certificate became valid."""
        return self.now - self.certificate.not_valid_before_utc

    @property
    def expires(self) -> datetime:
        """Return the last moment at which the certificate may seal."""
        return self.certificate.not_valid_after_utc

    def sealing(self) -> Sealing:
        """Return the record of what is sealed with it now."""
        return Sealing(certificate=self.fingerprint, at=self.now.replace(microsecond=0))
