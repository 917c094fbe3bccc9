"""Reading X.509 certificates as far as templates look into them.

In: PEM or DER. Out: certificates of ``cryptography`` whose extensions are known to parse, and their key identifiers.
Neighbours: ``pem_filters`` orders chains, ``certificates`` issues, ``pkcs12`` packs.
"""

from __future__ import annotations

from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.functions.pem_blocks import blocks, first_block
from secrets_operator.rendering.gotemplate.limits import Context

_PARSING_ERRORS = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


class KeyIdentifiers(NamedTuple):
    """The identifiers of a certificate's own key and of its issuer's; None where it has none."""

    subject: bytes | None
    authority: bytes | None

    @property
    def is_root(self) -> bool:
        """Say whether the certificate names no issuer but itself."""
        return self.authority is None or self.authority == (self.subject or b"")


def parse_certificate(ctx: Context, der: bytes) -> x509.Certificate:
    """Return a certificate; raise FunctionError when it or one of its extensions does not parse."""
    ctx.step(1 + len(der) // 256)
    ctx.charge(2 * len(der))
    try:
        certificate = x509.load_der_x509_certificate(der)
        # The library parses lazily; Go refuses a malformed extension or key at once.
        _ = certificate.extensions, certificate.public_key()
    except _PARSING_ERRORS:
        raise FunctionError("x509: malformed certificate") from None
    return certificate


def parse_pem_certificate(ctx: Context, text: bytes) -> x509.Certificate:
    """Return the certificate of the first PEM block of a text; raise FunctionError when there is none."""
    found = first_block(ctx, text)
    if found is None:
        raise FunctionError(
            "unable to decode certificate", hint="a certificate starts with -----BEGIN CERTIFICATE-----"
        )
    return parse_certificate(ctx, found[0].content)


def parse_all(ctx: Context, text: bytes) -> tuple[list[x509.Certificate], bytes]:
    """Return the certificates of all PEM blocks of a text and what is left after the last; raise FunctionError."""
    certificates, end = [], 0
    for block, end in blocks(ctx, text):  # noqa: B007 - the end of the last block is what counts
        certificates.append(parse_certificate(ctx, block.content))
    return certificates, text[end:]


def key_identifiers(certificate: x509.Certificate) -> KeyIdentifiers:
    """Return the key identifiers that a certificate carries."""
    subject = authority = None
    for extension in certificate.extensions:
        match extension.value:
            case x509.SubjectKeyIdentifier() as identifier:
                subject = identifier.digest
            case x509.AuthorityKeyIdentifier() as identifier:
                authority = identifier.key_identifier
    return KeyIdentifiers(subject, authority)
