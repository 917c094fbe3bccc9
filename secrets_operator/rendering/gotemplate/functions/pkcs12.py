"""The PKCS#12 functions of External Secrets Operator: archives to PEM, and PEM to archives in base64.

In: raw archives or PEM text, passwords. Out: PEM text or base64. ``cryptography`` reads archives, after a look at how
much key derivation they ask for; ``pkcs12_writing`` writes them.
"""

from __future__ import annotations

import base64
import contextlib
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates

from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.functions import der, pkcs12_writing
from secrets_operator.rendering.gotemplate.functions.certificate_parsing import parse_all, parse_certificate
from secrets_operator.rendering.gotemplate.functions.pem_blocks import first_block
from secrets_operator.rendering.gotemplate.functions.pem_filters import certificate_pem, ordered_chain
from secrets_operator.rendering.gotemplate.functions.private_keys import PrivateKey, parse_der, pkcs8_der, pkcs8_pem
from secrets_operator.rendering.gotemplate.gotypes import STRING
from secrets_operator.rendering.gotemplate.limits import Context

_ROUNDS_PER_COST: Final = 50_000
_WRITING_COST: Final = 1


def _read(ctx: Context, password: bytes, archive: bytes) -> tuple[PrivateKey, list[x509.Certificate]]:
    """Return the key and the certificates of an archive, the key's own first; raise FunctionError."""
    ctx.charge(4 * len(archive))
    if b"\0" in password:
        # The library would end the password there, or panic.
        raise FunctionError("unable to decode pkcs12: a password cannot hold a zero byte")
    rounds = der.key_derivation_rounds(ctx, archive)
    try:
        with ctx.expensive(1 + rounds // _ROUNDS_PER_COST):
            key, own, others = load_key_and_certificates(archive, password)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise FunctionError(
            "unable to decode pkcs12", hint="check the password, and that the value is the archive itself, not base64"
        ) from None
    certificates = [certificate for certificate in (own, *others) if certificate is not None]
    if not isinstance(key, PrivateKey):
        raise FunctionError("unable to decode pkcs12: pkcs12: private key missing")
    if not certificates:
        raise FunctionError("unable to decode pkcs12: pkcs12: certificate missing")
    return key, certificates


def _key_with_password(ctx: Context, password: bytes, archive: bytes) -> bytes:
    return pkcs8_pem(_read(ctx, password, archive)[0])


def _key(ctx: Context, archive: bytes) -> bytes:
    return _key_with_password(ctx, b"", archive)


def _certificates_with_password(ctx: Context, password: bytes, archive: bytes) -> bytes:
    """Return the certificates from leaf to root, in the archive's order when they are not one chain."""
    certificates = _read(ctx, password, archive)[1]
    with contextlib.suppress(FunctionError):
        certificates = ordered_chain(ctx, certificates)
    return b"".join(map(certificate_pem, certificates))


def _certificates(ctx: Context, archive: bytes) -> bytes:
    return _certificates_with_password(ctx, b"", archive)


def _pack_with_password(ctx: Context, certificate: bytes, key: bytes, password: bytes) -> bytes:
    own, _ = _own_certificate(ctx, certificate)
    return _archive(ctx, [own], key, password)


def _pack(ctx: Context, certificate: bytes, key: bytes) -> bytes:
    return _pack_with_password(ctx, certificate, key, b"")


def _pack_all_with_password(ctx: Context, certificates: bytes, key: bytes, password: bytes) -> bytes:
    own, rest = _own_certificate(ctx, certificates)
    return _archive(ctx, [own, *_all_certificates(ctx, rest)], key, password)


def _pack_all(ctx: Context, certificates: bytes, key: bytes) -> bytes:
    return _pack_all_with_password(ctx, certificates, key, b"")


def _pack_trusted_with_password(ctx: Context, certificates: bytes, password: bytes) -> bytes:
    entries = [(_der(found), found.subject.rfc4514_string()) for found in _all_certificates(ctx, certificates)]
    with ctx.expensive(_WRITING_COST):
        return base64.b64encode(pkcs12_writing.write_trust_store(ctx, entries, password))


def _pack_trusted(ctx: Context, certificates: bytes) -> bytes:
    return _pack_trusted_with_password(ctx, certificates, b"")


def _archive(ctx: Context, certificates: list[x509.Certificate], key: bytes, password: bytes) -> bytes:
    found = first_block(ctx, key)
    if found is None:
        raise FunctionError("the private key is not PEM", hint="it starts with a line -----BEGIN ... PRIVATE KEY-----")
    pkcs8 = pkcs8_der(parse_der(ctx, found[0].content))
    ctx.charge(16 * sum(len(_der(certificate)) for certificate in certificates))
    with ctx.expensive(_WRITING_COST):
        return base64.b64encode(pkcs12_writing.write_archive(ctx, pkcs8, list(map(_der, certificates)), password))


def _own_certificate(ctx: Context, text: bytes) -> tuple[x509.Certificate, bytes]:
    found = first_block(ctx, text)
    if found is None:
        raise FunctionError("the certificate is not PEM", hint="it starts with a line -----BEGIN CERTIFICATE-----")
    return parse_certificate(ctx, found[0].content), found[1]


def _all_certificates(ctx: Context, text: bytes) -> list[x509.Certificate]:
    """Return the certificates of a text that holds nothing else; raise FunctionError."""
    certificates, rest = parse_all(ctx, text)
    if rest:
        raise FunctionError("there is text after the last certificate", hint="leave nothing but PEM blocks")
    return certificates


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


FUNCTIONS: Final[tuple[Function, ...]] = (
    Function("fullPemToPkcs12", (STRING, STRING), _pack_all),
    Function("fullPemToPkcs12Pass", (STRING, STRING, STRING), _pack_all_with_password),
    Function("pemToPkcs12", (STRING, STRING), _pack),
    Function("pemToPkcs12Pass", (STRING, STRING, STRING), _pack_with_password),
    Function("pemTruststoreToPKCS12", (STRING,), _pack_trusted),
    Function("pemTruststoreToPKCS12Pass", (STRING, STRING), _pack_trusted_with_password),
    Function("pkcs12cert", (STRING,), _certificates),
    Function("pkcs12certPass", (STRING, STRING), _certificates_with_password),
    Function("pkcs12key", (STRING,), _key),
    Function("pkcs12keyPass", (STRING, STRING), _key_with_password),
)
