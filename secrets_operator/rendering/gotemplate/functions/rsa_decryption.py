"""rsaDecrypt of External Secrets Operator: RSA-OAEP without a label.

In: scheme, hash name, raw ciphertext and a private key in PEM. Out: the plain text. Neighbour: ``private_keys``.
"""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.functions.pem_blocks import first_block
from secrets_operator.rendering.gotemplate.functions.private_keys import parse_der
from secrets_operator.rendering.gotemplate.gotypes import STRING
from secrets_operator.rendering.gotemplate.limits import Context

_DECRYPTION_COST: Final = 1


def _decrypt(ctx: Context, scheme: bytes, hash_name: bytes, text: bytes, private_key: bytes) -> bytes:
    if scheme == b"None":
        return text
    if scheme != b"RSA-OAEP":
        raise FunctionError("the decryption scheme is not supported", hint="use RSA-OAEP or None")
    found = first_block(ctx, private_key)
    if found is None:
        raise FunctionError("failed to decode PEM block", hint="the private key must be PEM")
    key = parse_der(ctx, found[0].content)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise FunctionError("could not parse RSA private key")
    digest = _digest(hash_name)
    try:
        with ctx.expensive(_DECRYPTION_COST):
            return key.decrypt(text, padding.OAEP(padding.MGF1(digest), digest, label=None))
    except ValueError:
        raise FunctionError("error decrypting data with RSA", hint="check the hash and the key") from None


def _digest(name: bytes) -> hashes.HashAlgorithm:
    """Return the hash of a name; SHA-256 for any name but two, as the original does."""
    match name:
        case b"SHA1":
            return hashes.SHA1()  # noqa: S303 - the caller names the hash that the ciphertext was made with
        case b"SHA512":
            return hashes.SHA512()
    return hashes.SHA256()


FUNCTIONS: Final[tuple[Function, ...]] = (Function("rsaDecrypt", (STRING, STRING, STRING, STRING), _decrypt),)
