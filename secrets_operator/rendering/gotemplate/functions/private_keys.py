"""Private keys as PEM: reading them as Go does, writing them in the form that Go gives each kind, generating them.

In: PEM or DER. Out: keys of ``cryptography``. That library draws the randomness of new keys itself, from the operating
system; no parameter of it takes another source. Neighbours: ``certificates``, ``pkcs12``, ``rsa_decryption``.
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key

from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.functions.pem_blocks import Block, first_block
from secrets_operator.rendering.gotemplate.gotypes import STRING
from secrets_operator.rendering.gotemplate.limits import Context

SigningKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
PrivateKey = SigningKey | dsa.DSAPrivateKey | x25519.X25519PrivateKey

_LARGEST_KEY: Final = 16_384
_DER_BYTES_PER_COST: Final = 1000
_RSA_COST: Final = 10
_RSA_2048_COST: Final = 2
_DSA_COST: Final = 6
_KINDS: Final = {
    b"RSA PRIVATE KEY": rsa.RSAPrivateKey,
    b"EC PRIVATE KEY": ec.EllipticCurvePrivateKey,
    b"DSA PRIVATE KEY": dsa.DSAPrivateKey,
    b"PRIVATE KEY": object,
}


def parse_der(ctx: Context, der: bytes) -> PrivateKey:
    """Return a key in PKCS#1, PKCS#8 or SEC 1 form; raise FunctionError for anything else."""
    if len(der) > _LARGEST_KEY:
        raise FunctionError("the private key is too large", hint=f"at most {_LARGEST_KEY} bytes are read")
    try:
        # Checking that an RSA key is one takes time that grows steeply with its size.
        with ctx.expensive(len(der) // _DER_BYTES_PER_COST):
            key = load_der_private_key(der, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise FunctionError("unable to parse private key type") from None
    if not isinstance(key, PrivateKey):
        raise FunctionError("unable to parse private key type")
    return key


def parse_pem(ctx: Context, text: bytes) -> PrivateKey:
    """Return the key of the first block of a text, whose label must name the kind of the key; raise FunctionError."""
    found = first_block(ctx, text)
    if found is None:
        raise FunctionError(
            "no PEM data in input", hint="a private key starts with a line -----BEGIN ... PRIVATE KEY-----"
        )
    kind = _KINDS.get(found[0].label)
    if kind is None:
        raise FunctionError("the PEM block holds no private key of a known type")
    key = parse_der(ctx, found[0].content)
    if not isinstance(key, kind):
        raise FunctionError("the private key is not of the type that its PEM block names")
    return key


def pkcs8_pem(key: PrivateKey) -> bytes:
    """Return a key as a ``PRIVATE KEY`` block; raise FunctionError for DSA, which Go does not write."""
    if isinstance(key, dsa.DSAPrivateKey):
        raise FunctionError("x509: unknown key type while marshaling PKCS#8: *dsa.PrivateKey")
    return Block(b"PRIVATE KEY", pkcs8_der(key)).encode()


def pkcs8_der(key: PrivateKey) -> bytes:
    """Return a key in PKCS#8 form."""
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def traditional_pem(key: PrivateKey) -> bytes:
    """Return a key as Sprig writes it: RSA, EC and DSA in forms of their own, others as PKCS#8."""
    if isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | dsa.DSAPrivateKey):
        return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return pkcs8_pem(key)


def generate_rsa_2048(ctx: Context) -> rsa.RSAPrivateKey:
    """Return a new RSA key of the size that Sprig's certificates have."""
    with ctx.expensive(_RSA_2048_COST):
        return rsa.generate_private_key(65_537, 2048)


def _generate(ctx: Context, kind: bytes) -> bytes:
    match kind:
        case b"" | b"rsa":
            with ctx.expensive(_RSA_COST):
                return traditional_pem(rsa.generate_private_key(65_537, 4096))
        case b"dsa":
            with ctx.expensive(_DSA_COST):
                return traditional_pem(dsa.generate_private_key(2048))
        case b"ecdsa":
            with ctx.expensive():
                return traditional_pem(ec.generate_private_key(ec.SECP256R1()))
        case b"ed25519":
            with ctx.expensive():
                return traditional_pem(ed25519.Ed25519PrivateKey.generate())
    ctx.charge(len(kind))
    return b"Unknown type " + kind


FUNCTIONS: Final[tuple[Function, ...]] = (Function("genPrivateKey", (STRING,), _generate),)
