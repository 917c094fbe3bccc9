"""Sprig's encryptAES and decryptAES: AES-256-CBC with the password as the key and the vector in front.

In: password and text. Out: standard base64, or the text again. Nothing checks the integrity, so a wrong password mostly
gives nonsense instead of an error. Go's panics on malformed input are errors here.
"""

from __future__ import annotations

import base64
from typing import Final

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC

from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.functions.standard_base64 import decode_base64
from secrets_operator.rendering.gotemplate.gotypes import STRING
from secrets_operator.rendering.gotemplate.limits import Context

_BLOCK: Final = 16


def _cipher(password: bytes, vector: bytes) -> Cipher[CBC]:
    return Cipher(AES256(password[:32].ljust(32, b"\0")), CBC(vector))


def _encrypt(ctx: Context, password: bytes, text: bytes) -> bytes:
    if not text:
        return b""
    ctx.charge(4 * len(text) + 64)
    padder = padding.PKCS7(8 * _BLOCK).padder()
    padded = padder.update(text) + padder.finalize()
    vector = ctx.random(_BLOCK)
    encryptor = _cipher(password, vector).encryptor()
    return base64.b64encode(vector + encryptor.update(padded) + encryptor.finalize())


def _decrypt(ctx: Context, password: bytes, text: bytes) -> bytes:
    if not text:
        return b""
    ctx.charge(3 * len(text) + 64)
    encrypted = decode_base64(text)
    if encrypted is None:
        raise FunctionError("illegal base64 data", hint="decryptAES takes what encryptAES gave")
    if len(encrypted) <= _BLOCK or len(encrypted) % _BLOCK:
        raise FunctionError("crypto/cipher: input not full blocks", hint="decryptAES takes what encryptAES gave")
    decryptor = _cipher(password, encrypted[:_BLOCK]).decryptor()
    padded = decryptor.update(encrypted[_BLOCK:]) + decryptor.finalize()
    # The last byte alone says how long the padding is, whatever the padding looks like.
    if padded[-1] > len(padded):
        raise FunctionError(
            "slice bounds out of range", hint="the password is wrong, or the text was not encrypted with it"
        )
    return padded[: len(padded) - padded[-1]]


FUNCTIONS: Final[tuple[Function, ...]] = (
    Function("decryptAES", (STRING, STRING), _decrypt),
    Function("encryptAES", (STRING, STRING), _encrypt),
)
