"""Sprig's random texts and numbers, drawn from the render's own randomness.

In: lengths and bounds. Out: texts and ints, uniformly distributed. Neighbour: ``passwords``.
"""

from __future__ import annotations

import base64
import string
import uuid
from collections.abc import Callable
from typing import Final

from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.functions import runes
from secrets_operator.rendering.gotemplate.gotypes import INT, STRING
from secrets_operator.rendering.gotemplate.limits import Context

_LETTERS: Final = string.ascii_letters.encode()
_DIGITS: Final = string.digits.encode()
_PRINTABLE: Final = bytes(range(32, 127))
_LARGEST_DRAW: Final = 65_536
_BYTES_PER_CHOICE: Final = 16


def draw(ctx: Context, alphabet: bytes, count: int) -> bytes:
    """Return ``count`` characters of an alphabet, each as likely as any other; nothing for a negative count."""
    if count <= 0:
        return b""
    ctx.charge(2 * count)
    # Bytes beyond the last whole multiple of the alphabet are thrown away, or its first characters would be likelier.
    bound = 256 - 256 % len(alphabet)
    table = bytes(alphabet[byte % len(alphabet)] for byte in range(256))
    refused = bytes(range(bound, 256))
    drawn = bytearray()
    while len(drawn) < count:
        missing = count - len(drawn)
        drawn += ctx.random(min(2 * missing + 16, _LARGEST_DRAW)).translate(table, refused)
    return bytes(drawn[:count])


def _of(alphabet: bytes) -> Callable[[Context, int], bytes]:
    def call(ctx: Context, count: int) -> bytes:
        return draw(ctx, alphabet, count)

    return call


def _choice(chunk: bytes, choices: int) -> int:
    """Return a number below ``choices``; with 128 random bits no number is noticeably likelier than another."""
    return int.from_bytes(chunk, "big") % choices


def _shuffle(ctx: Context, text: bytes) -> bytes:
    ctx.charge(48 * len(text))
    ctx.step(len(text))
    characters = list(runes.replaced(runes.decode(text)))
    chunks = ctx.random(_BYTES_PER_CHOICE * len(characters))
    for last in range(len(characters) - 1, 0, -1):
        at = _choice(chunks[_BYTES_PER_CHOICE * last : _BYTES_PER_CHOICE * (last + 1)], last + 1)
        characters[last], characters[at] = characters[at], characters[last]
    return "".join(characters).encode()


def _rand_int(ctx: Context, lowest: int, bound: int) -> int:
    if not lowest < bound or bound - lowest >= 2**63:
        raise FunctionError("invalid argument to Intn", hint="randInt takes a lower bound and a larger upper bound")
    return lowest + _choice(ctx.random(_BYTES_PER_CHOICE), bound - lowest)


def _rand_bytes(ctx: Context, count: int) -> bytes:
    if count < 0:
        raise FunctionError("makeslice: len out of range", hint="randBytes takes a number of bytes from 0 on")
    ctx.charge(2 * count)
    return base64.b64encode(ctx.random(count))


def _uuid(ctx: Context) -> bytes:
    return str(uuid.UUID(bytes=ctx.random(16), version=4)).encode()


FUNCTIONS: Final[tuple[Function, ...]] = (
    Function("randAlpha", (INT,), _of(_LETTERS)),
    Function("randAlphaNum", (INT,), _of(_LETTERS + _DIGITS)),
    Function("randAscii", (INT,), _of(_PRINTABLE)),
    Function("randBytes", (INT,), _rand_bytes),
    Function("randInt", (INT, INT), _rand_int),
    Function("randNumeric", (INT,), _of(_DIGITS)),
    Function("shuffle", (STRING,), _shuffle),
    Function("uuidv4", (), _uuid),
)
