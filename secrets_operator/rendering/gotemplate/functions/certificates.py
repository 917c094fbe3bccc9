"""Sprig's certificates: authorities, self-signed and signed ones, as objects with ``Cert`` and ``Key``.

In: names, addresses, days. Out: ``sprig.certificate``, with the extensions that Go's ``x509.CreateCertificate`` adds.
Neighbours: ``private_keys`` makes the keys, ``certificate_parsing`` reads certificates.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.functions import private_keys
from secrets_operator.rendering.gotemplate.functions.certificate_parsing import key_identifiers, parse_pem_certificate
from secrets_operator.rendering.gotemplate.functions.private_keys import PrivateKey, SigningKey
from secrets_operator.rendering.gotemplate.functions.standard_base64 import decode_base64
from secrets_operator.rendering.gotemplate.gotypes import ANY_LIST, INT, STRING, GoType
from secrets_operator.rendering.gotemplate.limits import Context
from secrets_operator.rendering.gotemplate.values import GoList, GoStruct

CERTIFICATE: Final = GoType("sprig.certificate", "struct")
_SIGNATURE_COST: Final = 1
_LARGEST_NAME: Final = 65_536
_Digest = hashes.SHA256 | hashes.SHA384 | hashes.SHA512
_CURVE_HASHES: Final[Mapping[str, type[_Digest]]] = MappingProxyType(
    {"secp384r1": hashes.SHA384, "secp521r1": hashes.SHA512}
)


@dataclass(frozen=True)
class _Request:
    """What a certificate shall say."""

    name: bytes
    days: int
    addresses: GoList | None = None
    host_names: GoList | None = None
    is_authority: bool = False


@dataclass(frozen=True)
class _Issuer:
    """Who signs: a name, a key, and the identifier of that key if its certificate has one."""

    name: x509.Name
    key: PrivateKey
    key_identifier: bytes | None = None


def _issue(ctx: Context, request: _Request, key: PrivateKey, issuer: _Issuer | None = None) -> GoStruct:
    """Return a certificate and its key; without an issuer it signs itself."""
    subject = _name(request.name)
    issuer = issuer or _Issuer(subject, key)
    try:
        builder = _builder(ctx, request, subject, issuer, key)
        with ctx.expensive(_SIGNATURE_COST):
            certificate = builder.sign(*_signature(issuer.key))
    except (ValueError, TypeError, OverflowError):
        raise FunctionError("error creating certificate", hint="check the name, the addresses and the days") from None
    text = certificate.public_bytes(Encoding.PEM)
    return GoStruct(CERTIFICATE, {"Cert": text, "Key": private_keys.traditional_pem(key)})


def _name(common_name: bytes) -> x509.Name:
    if len(common_name) > _LARGEST_NAME:
        raise FunctionError("the common name is too long")
    try:
        text = common_name.decode()
    except UnicodeDecodeError:
        raise FunctionError("error creating certificate: the common name is not UTF-8") from None
    # Go takes names of any length, the library would stop at 64 characters.
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text, _validate=False)] if text else [])


def _builder(
    ctx: Context, request: _Request, subject: x509.Name, issuer: _Issuer, key: PrivateKey
) -> x509.CertificateBuilder:
    if isinstance(key, dsa.DSAPrivateKey | x25519.X25519PrivateKey):
        raise FunctionError("error creating certificate: x509: unsupported public key type")
    begins = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=ctx.now() // 1_000_000_000)
    public_key = key.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.name)
        .public_key(public_key)
        .serial_number(int.from_bytes(ctx.random(16), "big") or 1)
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=request.days))
    )
    for extension, critical in _extensions(request, subject, issuer, public_key):
        builder = builder.add_extension(extension, critical=critical)
    return builder


def _extensions(
    request: _Request, subject: x509.Name, issuer: _Issuer, public_key: Any
) -> list[tuple[x509.ExtensionType, bool]]:
    usages = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (_key_usage(signs_certificates=request.is_authority), True),
        (usages, False),
        (x509.BasicConstraints(ca=request.is_authority, path_length=None), True),
    ]
    if request.is_authority:
        extensions.append((x509.SubjectKeyIdentifier(_key_identifier(public_key)), False))
    if issuer.key_identifier and issuer.name != subject:
        extensions.append((x509.AuthorityKeyIdentifier(issuer.key_identifier, None, None), False))
    names = [*map(_dns_name, _texts(request.host_names)), *map(_address, _texts(request.addresses))]
    if names:
        extensions.append((x509.SubjectAlternativeName(names), not request.name))
    return extensions


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=True,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _key_identifier(public_key: Any) -> bytes:
    """Return the first 160 bits of the SHA-256 of the public key's bits (RFC 7093, method 1), as Go does since 1.25."""
    is_rsa = isinstance(public_key, rsa.RSAPublicKey)
    is_curve = isinstance(public_key, ec.EllipticCurvePublicKey)
    if is_rsa:
        bits = public_key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    elif is_curve:
        bits = public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    else:
        bits = public_key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha256(bits).digest()[:20]


def _signature(key: PrivateKey) -> tuple[SigningKey, _Digest | None]:
    match key:
        case rsa.RSAPrivateKey():
            return key, hashes.SHA256()
        case ec.EllipticCurvePrivateKey():
            return key, _CURVE_HASHES.get(key.curve.name, hashes.SHA256)()
        case ed25519.Ed25519PrivateKey():
            return key, None
    raise FunctionError("error creating certificate: x509: only RSA, ECDSA and Ed25519 keys supported")


def _texts(items: GoList | None) -> list[bytes]:
    found = [] if items is None else items.items
    if not all(isinstance(item, bytes) for item in found):
        raise FunctionError("the addresses and names of a certificate must be strings")
    return found


def _dns_name(name: bytes) -> x509.DNSName:
    return x509.DNSName(name.decode("ascii"))


def _address(text: bytes) -> x509.IPAddress:
    try:
        address = ipaddress.ip_address(text.decode("ascii"))
    except ValueError:
        address = None
    if address is None or b"%" in text:
        raise FunctionError("error parsing ip: not an IP address")
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return x509.IPAddress(mapped or address)


def _authority(ctx: Context, name: bytes, days: int) -> GoStruct:
    return _issue(ctx, _Request(name, days, is_authority=True), private_keys.generate_rsa_2048(ctx))


def _authority_with_key(ctx: Context, name: bytes, days: int, key: bytes) -> GoStruct:
    return _issue(ctx, _Request(name, days, is_authority=True), private_keys.parse_pem(ctx, key))


def _self_signed(ctx: Context, name: bytes, addresses: GoList | None, host_names: GoList | None, days: int) -> GoStruct:
    return _issue(ctx, _Request(name, days, addresses, host_names), private_keys.generate_rsa_2048(ctx))


def _self_signed_with_key(ctx: Context, name: bytes, *rest: Any) -> GoStruct:
    addresses, host_names, days, key = rest
    return _issue(ctx, _Request(name, days, addresses, host_names), private_keys.parse_pem(ctx, key))


def _signed(ctx: Context, name: bytes, *rest: Any) -> GoStruct:
    addresses, host_names, days, authority = rest
    request = _Request(name, days, addresses, host_names)
    return _issue(ctx, request, private_keys.generate_rsa_2048(ctx), _issuer(ctx, authority))


def _signed_with_key(ctx: Context, name: bytes, *rest: Any) -> GoStruct:
    addresses, host_names, days, authority, key = rest
    request = _Request(name, days, addresses, host_names)
    return _issue(ctx, request, private_keys.parse_pem(ctx, key), _issuer(ctx, authority))


def _issuer(ctx: Context, authority: GoStruct) -> _Issuer:
    certificate = parse_pem_certificate(ctx, authority.fields["Cert"])
    key = private_keys.parse_pem(ctx, authority.fields["Key"])
    if certificate.public_key() != key.public_key():
        raise FunctionError("error creating certificate: x509: provided PrivateKey doesn't match parent's PublicKey")
    return _Issuer(certificate.subject, key, key_identifiers(certificate).subject)


def _custom(ctx: Context, certificate: bytes, key: bytes) -> GoStruct:
    """Return an object of a certificate and a key, both PEM in base64; nobody checks that they belong together."""
    ctx.charge(2 * (len(certificate) + len(key)))
    texts = decode_base64(certificate), decode_base64(key)
    if texts[0] is None:
        raise FunctionError("unable to decode base64 certificate")
    if texts[1] is None:
        raise FunctionError("unable to decode base64 private key")
    parse_pem_certificate(ctx, texts[0])
    private_keys.parse_pem(ctx, texts[1])
    return GoStruct(CERTIFICATE, {"Cert": texts[0], "Key": texts[1]})


_NAMES = (STRING, ANY_LIST, ANY_LIST, INT)

FUNCTIONS: Final[tuple[Function, ...]] = (
    Function("buildCustomCert", (STRING, STRING), _custom),
    Function("genCA", (STRING, INT), _authority),
    Function("genCAWithKey", (STRING, INT, STRING), _authority_with_key),
    Function("genSelfSignedCert", _NAMES, _self_signed),
    Function("genSelfSignedCertWithKey", (*_NAMES, STRING), _self_signed_with_key),
    Function("genSignedCert", (*_NAMES, CERTIFICATE), _signed),
    Function("genSignedCertWithKey", (*_NAMES, CERTIFICATE, STRING), _signed_with_key),
)
