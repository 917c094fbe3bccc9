"""A certificate authority of the operator's own, and the serving certificate that it signs.

Both are renewed long before they end. A new authority is put before the old one, so that whoever trusts the bundle
accepts certificates of both while replicas and API servers take turns to notice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from secrets_operator.errors import Terminal
from secrets_operator.flow import SecretBytes

_AUTHORITY_LIFETIME = timedelta(days=3650)
_LIFETIME = timedelta(days=90)
# Of each lifetime a third is left when it is renewed: time enough to notice that renewing fails.
_SHARE_LEFT = 3
# How many former authorities a bundle holds at most.
_MOST_KEPT = 2
# Clocks differ; a certificate that begins in a moment is turned down by whoever is behind.
_BACKDATED = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Made:
    """The serving certificate and its key, the authorities to trust (the newest first) and its key, all PEM."""

    chain: bytes
    key: SecretBytes
    authorities: bytes
    authority_key: SecretBytes


def is_fresh(made: Made, now: datetime) -> bool:
    """Tell whether nothing has to be renewed yet; raises Terminal for what is no certificate."""
    return _has_time(_certificates(made.chain)[0], now) and _has_time(_certificates(made.authorities)[0], now)


def make(service: str, namespace: str, *, now: datetime, before: Made | None = None) -> Made:
    """Return a new serving certificate for a Service, of the authority ``before`` as long as that lasts.

    Raises Terminal when ``before`` holds no certificates.
    """
    known = _certificates(before.authorities) if before is not None else []
    if before is not None and _has_time(known[0], now):
        authority, key = known[0], _key(before.authority_key)
    else:
        authority, key = _authority(now)
        known = [authority, *(one for one in known if one.not_valid_after_utc > now)][:2]
    own_key = ec.generate_private_key(ec.SECP256R1())
    return Made(
        _serving(service, namespace, own_key.public_key(), issuer=(authority, key), now=now),
        _pem(own_key),
        b"".join(one.public_bytes(Encoding.PEM) for one in known),
        _pem(key),
    )


def trusting(authorities: bytes, before: bytes, now: datetime) -> bytes:
    """Return a bundle of ``authorities`` and, after them, the newest of those trusted ``before`` that last still.

    A bundle that cannot be read is dropped: the API server trusts nobody by it.
    """
    try:
        known = x509.load_pem_x509_certificates(before) if before.strip() else []
    except ValueError:
        known = []
    ours = _certificates(authorities)
    kept = [one for one in known if one not in ours and one.not_valid_after_utc > now][:_MOST_KEPT]
    return authorities + b"".join(one.public_bytes(Encoding.PEM) for one in kept)


def _authority(now: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("secrets-operator admission")
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        _builder(name, key.public_key(), issuer=name, now=now, lifetime=_AUTHORITY_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return builder.sign(key, hashes.SHA256()), key


def _serving(
    service: str,
    namespace: str,
    key: ec.EllipticCurvePublicKey,
    *,
    issuer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey],
    now: datetime,
) -> bytes:
    authority, authority_key = issuer
    host = f"{service}.{namespace}.svc"
    names = [x509.DNSName(name) for name in (host, service, f"{service}.{namespace}", f"{host}.cluster.local")]
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    # A common name holds 64 characters at most, and nobody looks at it: the alternative names count.
    builder = (
        _builder(_name(host[:64]), key, issuer=authority.subject, now=now, lifetime=_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(identifier, critical=False)
    )
    return builder.sign(authority_key, hashes.SHA256()).public_bytes(Encoding.PEM)


def _builder(
    subject: x509.Name, key: ec.EllipticCurvePublicKey, *, issuer: x509.Name, now: datetime, lifetime: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + lifetime)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _has_time(certificate: x509.Certificate, now: datetime) -> bool:
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return begin <= now < end - (end - begin) / _SHARE_LEFT


def _certificates(pem: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise Terminal("the Secret of the serving certificate holds none: delete it and one is made") from None


def _key(pem: SecretBytes) -> ec.EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(pem.reveal(), None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise Terminal("the Secret of the serving certificate holds no key: delete it and one is made")
    return key


def _pem(key: ec.EllipticCurvePrivateKey) -> SecretBytes:
    return SecretBytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
