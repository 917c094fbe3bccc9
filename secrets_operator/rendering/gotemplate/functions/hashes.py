"""Sprig's digests: sha1sum, sha256sum and sha512sum in hexadecimal, adler32sum in decimal.

In: byte strings. Out: byte strings. Digests here identify data; nothing relies on SHA-1 or Adler-32 for security.
"""

from __future__ import annotations

import hashlib
import zlib

from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.gotypes import STRING
from secrets_operator.rendering.gotemplate.limits import Context


def _sha1sum(ctx: Context, text: bytes) -> bytes:
    ctx.charge(len(text))
    return hashlib.sha1(text, usedforsecurity=False).hexdigest().encode()


def _sha256sum(ctx: Context, text: bytes) -> bytes:
    ctx.charge(len(text))
    return hashlib.sha256(text).hexdigest().encode()


def _sha512sum(ctx: Context, text: bytes) -> bytes:
    ctx.charge(len(text))
    return hashlib.sha512(text).hexdigest().encode()


def _adler32sum(ctx: Context, text: bytes) -> bytes:
    ctx.charge(len(text))
    return b"%d" % zlib.adler32(text)


FUNCTIONS: tuple[Function, ...] = (
    Function("sha1sum", (STRING,), _sha1sum),
    Function("sha256sum", (STRING,), _sha256sum),
    Function("sha512sum", (STRING,), _sha512sum),
    Function("adler32sum", (STRING,), _adler32sum),
)
