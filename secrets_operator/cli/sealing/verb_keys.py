"""What verbs seal and open with: the certificate of ``--cert``, and the keys of ``--recovery-private-key``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from secrets_operator.cli.sealing.certificate_sources import load_certificate
from secrets_operator.cli.sealing.flags import ClusterFlags
from secrets_operator.cli.sealing.manifest_files import errors_of, read_bytes
from secrets_operator.cli.sealing.notices import Notices
from secrets_operator.cli.sealing.sealing_certificate import SealingCertificate
from secrets_operator.clock import SystemClock
from secrets_operator.sealing.errors import CertificateError
from secrets_operator.sealing.keyring import Keyring, SealingKey
from secrets_operator.sealing.recovery_keys import recovery_keys

_ALOUD = Notices()


def sealing_certificate(location: str, cluster: ClusterFlags, *, notices: Notices = _ALOUD) -> SealingCertificate:
    """Return the certificate at a file or URL, or without one the controller's; say when it is about to expire.

    Raises Terminal or Refused when it cannot be had, CertificateError when it cannot seal.
    """
    by = certificate_of_pem(load_certificate(location, cluster))
    notices.certificate(by)
    return by


def certificate_of_pem(pem: bytes) -> SealingCertificate:
    """Return the certificate of a PEM text; CertificateError when it cannot seal now."""
    return SealingCertificate.parse(pem, now=SystemClock().now())


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
