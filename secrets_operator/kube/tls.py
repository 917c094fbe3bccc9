"""How the API server is trusted and how the client proves itself to it, as one SSL context.

In: certificates as files or as data. Out: an ``ssl.SSLContext``. Files are read here, once, before the loop runs.
"""

from __future__ import annotations

import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path

from secrets_operator.flow import SecretBytes
from secrets_operator.kube.errors import InvalidConnection


@dataclass(frozen=True, slots=True)
class Trust:
    """Which certificate of the API server is accepted; without a CA, those that the machine trusts."""

    ca_data: str = ""
    ca_file: Path | None = None
    insecure: bool = False
    server_name: str = ""


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """The certificate that stands for the client, PEM, and its key."""

    certificate: bytes
    key: SecretBytes


def context(trust: Trust, certificate: ClientCertificate | None = None) -> ssl.SSLContext:
    """Return the SSL context; raises InvalidConnection when a certificate or key cannot be used."""
    made = _authority(trust)
    # Python 3.13 turned this on; CAs made by kubeadm, k3s and several clouds lack the extension it demands.
    made.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if trust.insecure:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    if certificate is not None:
        _present(made, certificate)
    return made


def _authority(trust: Trust) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=trust.ca_file, cadata=trust.ca_data or None)
    except OSError as error:
        # ssl.SSLError is an OSError: both a file that cannot be read and one that holds no certificate end here.
        source = trust.ca_file or "certificate-authority-data"
        raise InvalidConnection(f"{source} holds no usable CA certificate ({type(error).__name__})") from error


def _present(made: ssl.SSLContext, certificate: ClientCertificate) -> None:
    # OpenSSL's binding loads key pairs from files only: the key is on disk, readable by this user, for this long.
    with tempfile.TemporaryDirectory() as folder:
        pair = Path(folder, "pair.pem")
        pair.touch(mode=0o600)
        pair.write_bytes(certificate.certificate + b"\n" + certificate.key.reveal())
        try:
            made.load_cert_chain(pair)
        except OSError as error:
            message = f"the client certificate and its key cannot be used ({type(error).__name__})"
            raise InvalidConnection(message) from error
