"""JSON Web Keys as PEM: the two functions of External Secrets Operator.

In: a JWK of type RSA, EC (P-256, P-384, P-521) or OKP (Ed25519). Out: PKIX public or PKCS#8 private PEM. Format: RFC
7517, 7518 and 8037. Neighbours: ``private_keys``, ``json_decoding``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.functions import json_decoding
from secrets_operator.rendering.gotemplate.functions.pem_blocks import Block
from secrets_operator.rendering.gotemplate.functions.private_keys import SigningKey, pkcs8_pem
from secrets_operator.rendering.gotemplate.functions.standard_base64 import decode_base64
from secrets_operator.rendering.gotemplate.gotypes import STRING
from secrets_operator.rendering.gotemplate.limits import Context
from secrets_operator.rendering.gotemplate.values import GoMap

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

_LARGEST_DOCUMENT: Final = 65_536
_LARGEST_NUMBER: Final = 2048
_CURVES: Final[Mapping[bytes, type[ec.EllipticCurve]]] = MappingProxyType(
    {b"P-256": ec.SECP256R1, b"P-384": ec.SECP384R1, b"P-521": ec.SECP521R1}
)
_PRIVATE_KEY_COST: Final = 2


class _Members:
    """The members of a JWK."""

    def __init__(self, ctx: Context, document: bytes) -> None:
        if len(document) > _LARGEST_DOCUMENT:
            raise FunctionError("the JWK is too large", hint=f"at most {_LARGEST_DOCUMENT} bytes are read")
        found = json_decoding.decode(ctx, document)
        if not isinstance(found, GoMap):
            raise FunctionError("failed to unmarshal JSON into key hint: the JWK is not an object")
        self._entries: dict[Any, Any] = found.entries

    def text(self, name: str) -> bytes:
        """Return a member that must be a string; raise FunctionError."""
        value = self._entries.get(name.encode())
        if not isinstance(value, bytes) or not value:
            raise FunctionError(f"the JWK has no member {name}")
        return value

    def octets(self, name: str) -> bytes:
        """Return a member in base64, of either alphabet, padded or not."""
        text = self.text(name).rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")
        decoded = decode_base64(text + b"=" * (-len(text) % 4))
        if decoded is None:
            raise FunctionError(f"the member {name} of the JWK is not base64")
        # Numbers of more bits than any key has would take very long to check.
        if len(decoded) > _LARGEST_NUMBER:
            raise FunctionError(f"the member {name} of the JWK is too large")
        return decoded

    def number(self, name: str) -> int:
        """Return a member as the unsigned number it encodes."""
        return int.from_bytes(self.octets(name), "big")

    @property
    def is_private(self) -> bool:
        """Say whether the key has its private part."""
        return b"d" in self._entries


def _public_pem(ctx: Context, document: bytes) -> bytes:
    members = _Members(ctx, document)
    if members.is_private:
        raise FunctionError(
            "x509: unsupported public key type", hint="the JWK holds a private key; use its public part"
        )
    try:
        key = _public_key(members)
    except (ValueError, TypeError):
        raise FunctionError("the JWK is no valid key") from None
    encoded = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Block(b"PUBLIC KEY", encoded).encode()


def _public_key(members: _Members) -> PublicKey:
    match members.text("kty"):
        case b"RSA":
            return rsa.RSAPublicNumbers(members.number("e"), members.number("n")).public_key()
        case b"EC":
            return _public_point(members).public_key()
        case b"OKP" if members.text("crv") == b"Ed25519":
            return ed25519.Ed25519PublicKey.from_public_bytes(members.octets("x"))
    raise FunctionError("the type of the JWK has no PEM form", hint="use RSA, EC or OKP with Ed25519")


def _public_point(members: _Members) -> ec.EllipticCurvePublicNumbers:
    curve = _CURVES.get(members.text("crv"))
    if curve is None:
        raise FunctionError("the curve of the JWK is not known", hint="use P-256, P-384 or P-521")
    return ec.EllipticCurvePublicNumbers(members.number("x"), members.number("y"), curve())


def _private_pem(ctx: Context, document: bytes) -> bytes:
    members = _Members(ctx, document)
    if not members.is_private:
        raise FunctionError("x509: unknown key type while marshaling PKCS#8", hint="the JWK holds no private key")
    try:
        with ctx.expensive(_PRIVATE_KEY_COST):
            key = _private_key(members)
    except (ValueError, TypeError):
        raise FunctionError("the JWK is no valid key") from None
    return pkcs8_pem(key)


def _private_key(members: _Members) -> SigningKey:
    match members.text("kty"):
        case b"RSA":
            return _rsa_private_key(members)
        case b"EC":
            return ec.EllipticCurvePrivateNumbers(members.number("d"), _public_point(members)).private_key()
        case b"OKP" if members.text("crv") == b"Ed25519":
            key = ed25519.Ed25519PrivateKey.from_private_bytes(members.octets("d"))
            if key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw) != members.octets("x"):
                raise FunctionError("the public and the private part of the JWK do not match")
            return key
    raise FunctionError("the type of the JWK has no PEM form", hint="use RSA, EC or OKP with Ed25519")


def _rsa_private_key(members: _Members) -> rsa.RSAPrivateKey:
    d, p, q = (members.number(name) for name in ("d", "p", "q"))
    if min(d, p, q) < 2:
        raise FunctionError("the JWK is no valid key")
    return rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=rsa.rsa_crt_dmp1(d, p),
        dmq1=rsa.rsa_crt_dmq1(d, q),
        iqmp=rsa.rsa_crt_iqmp(p, q),
        public_numbers=rsa.RSAPublicNumbers(members.number("e"), members.number("n")),
    ).private_key()


FUNCTIONS: Final[tuple[Function, ...]] = (
    Function("jwkPrivateKeyPem", (STRING,), _private_pem),
    Function("jwkPublicKeyPem", (STRING,), _public_pem),
)
