"""filterPEM, filterCertChain and certSANs of External Secrets Operator.

In: PEM text. Out: chosen blocks as text; the alternative names of a certificate. A chain is ordered by key identifiers
alone: nothing here checks a signature or a date. Neighbours: ``pem_blocks``, ``certificate_parsing``.
"""

from __future__ import annotations

import ipaddress
from itertools import takewhile
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.functions.certificate_parsing import (
    KeyIdentifiers,
    key_identifiers,
    parse_all,
    parse_certificate,
)
from secrets_operator.rendering.gotemplate.functions.pem_blocks import Block, blocks, first_block
from secrets_operator.rendering.gotemplate.gotypes import STRING
from secrets_operator.rendering.gotemplate.limits import Context
from secrets_operator.rendering.gotemplate.values import GoList, string_list

_START: Final = b"-----BEGIN"


def certificate_pem(certificate: x509.Certificate) -> bytes:
    """Return a certificate as a PEM block."""
    return Block(b"CERTIFICATE", certificate.public_bytes(Encoding.DER)).encode()


def ordered_chain(ctx: Context, certificates: list[x509.Certificate]) -> list[x509.Certificate]:
    """Return certificates from the leaf to the root; raise FunctionError when they are not one chain.

    The parent of a certificate is the first other one whose own key identifier is its authority's, none being equal to
    none; exactly one certificate may be nobody's parent.
    """
    identifiers = list(map(key_identifiers, certificates))
    parents = _parents(ctx, identifiers)
    leaves = set(range(len(certificates))) - {parent for parent in parents if parent is not None}
    if len(leaves) != 1:
        found = "found multiple leaf or disjunct certificates" if leaves else "no leaf certificate found"
        raise FunctionError(found)
    chain: list[x509.Certificate] = []
    at: int | None = leaves.pop()
    while at is not None:
        if len(chain) == len(certificates):
            raise FunctionError("constructing chain resulted in cycle")
        chain.append(certificates[at])
        at = parents[at]
    return chain


def _parents(ctx: Context, identifiers: list[KeyIdentifiers]) -> list[int | None]:
    holders: dict[bytes, list[int]] = {}
    for index, identifier in enumerate(identifiers):
        ctx.step()
        # Only the first two can be anybody's parent: a certificate skips at most itself.
        first_two = holders.setdefault(identifier.subject or b"", [])
        if len(first_two) < 2:
            first_two.append(index)
    return [
        next((holder for holder in holders.get(identifier.authority or b"", ()) if holder != index), None)
        for index, identifier in enumerate(identifiers)
    ]


def _from_first_block(text: bytes) -> bytes:
    """Return a text without what stands before its first block."""
    start = text.find(_START)
    return text if start < 0 else text[start:]


def _filter_blocks(ctx: Context, label: bytes, text: bytes) -> bytes:
    text = _from_first_block(text)
    chosen, end = [], 0
    for block, end in blocks(ctx, text):  # noqa: B007 - the end of the last block is what counts
        if block.label.lower() == label.lower():
            chosen.append(block.encode())
    if not chosen and end < len(text):
        raise FunctionError("error filtering pem: found junk", hint="the input has no such block and is not all PEM")
    return b"".join(chosen)


def _filter_chain(ctx: Context, kind: bytes, text: bytes) -> bytes:
    certificates, _ = parse_all(ctx, text)
    chain = ordered_chain(ctx, certificates)
    match kind:
        case b"leaf":
            leaf = key_identifiers(chain[0])
            return b"" if leaf.is_root else certificate_pem(chain[0])
        case b"intermediate":
            between = takewhile(lambda certificate: not key_identifiers(certificate).is_root, chain[1:])
            return b"".join(map(certificate_pem, between))
        case b"root":
            return certificate_pem(chain[-1]) if key_identifiers(chain[-1]).is_root else b""
    return b""


def _alternative_names(ctx: Context, text: bytes) -> GoList:
    found = first_block(ctx, _from_first_block(text))
    if found is None:
        raise FunctionError("failed to decode PEM block", hint="certSANs takes a PEM certificate")
    certificate = parse_certificate(ctx, found[0].content)
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return string_list(())
    texts = [
        *names.get_values_for_type(x509.DNSName),
        *map(_address_text, names.get_values_for_type(x509.IPAddress)),
        *names.get_values_for_type(x509.RFC822Name),
        *names.get_values_for_type(x509.UniformResourceIdentifier),
    ]
    return string_list(text.encode() for text in texts)


def _address_text(address: object) -> str:
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


FUNCTIONS: Final[tuple[Function, ...]] = (
    Function("certSANs", (STRING,), _alternative_names),
    Function("filterCertChain", (STRING, STRING), _filter_chain),
    Function("filterPEM", (STRING, STRING), _filter_blocks),
)
