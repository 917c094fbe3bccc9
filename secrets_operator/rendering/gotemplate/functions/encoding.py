"""Sprig's base64, base32 and hexadecimal functions; what does not decode gives Go's error text as the value.

In: byte strings. Out: byte strings. The alphabets are the standard, padded ones of RFC 4648; line ends are skipped.
"""

from __future__ import annotations

import base64
import binascii
import re

from secrets_operator.rendering.gotemplate.formatting.quoting import is_print
from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.gotypes import STRING
from secrets_operator.rendering.gotemplate.limits import Context

_LINE_ENDS = b"\r\n"
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{4})*+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_BASE64_FOREIGN = re.compile(rb"[^A-Za-z0-9+/\r\n]")
_NOT_A_LINE_END = re.compile(rb"[^\r\n]")
_BASE32_FOREIGN = re.compile(rb"[^A-Z2-7]")
_PADDING = 0x3D
_IMPOSSIBLE_ENDS = frozenset({3, 6})
"""So many letters of a last group do not make whole bytes."""
_NOT_HEXADECIMAL = re.compile(rb"[^0-9A-Fa-f]")


def _b64enc(ctx: Context, text: bytes) -> bytes:
    ctx.charge(2 * len(text))
    return base64.b64encode(text)


def _b64dec(ctx: Context, text: bytes) -> bytes:
    ctx.charge(2 * len(text))
    stripped = text.translate(None, _LINE_ENDS)
    if _BASE64.fullmatch(stripped):
        return binascii.a2b_base64(stripped)
    return b"illegal base64 data at input byte %d" % _base64_fault(text, len(stripped))


def _base64_fault(text: bytes, significant: int) -> int:
    """Return the offset that encoding/base64 reports, line ends counted."""
    foreign = _BASE64_FOREIGN.search(text)
    if foreign is None:
        return len(text) - significant % 4
    offset = foreign.start()
    place = len(text[:offset].translate(None, _LINE_ENDS)) % 4
    if foreign[0] != b"=" or place < 2:
        return offset
    following = _NOT_A_LINE_END.search(text, offset + 1)
    if place == 2:
        if following is None:
            return len(text)
        if following[0] != b"=":
            return following.start() - 1
        following = _NOT_A_LINE_END.search(text, following.end())
    # The text decodes but for what follows its padding.
    return following.start() if following else len(text)


def _b32enc(ctx: Context, text: bytes) -> bytes:
    ctx.charge(2 * len(text))
    return base64.b32encode(text)


def _b32dec(ctx: Context, text: bytes) -> bytes:
    ctx.charge(2 * len(text))
    ctx.step(len(text) >> 8)
    stripped = text.translate(None, _LINE_ENDS)
    foreign = _BASE32_FOREIGN.search(stripped)
    end = foreign.start() if foreign else len(stripped)
    fault = _base32_fault(stripped, end)
    if fault is not None:
        return b"illegal base32 data at input byte %d" % fault
    return base64.b32decode(stripped[:end] + b"=" * (-end % 8))


def _base32_fault(text: bytes, end: int) -> int | None:
    """Return the offset that encoding/base32 reports, line ends not counted, for a text whose data end at `end`.

    What follows the padding does not matter as long as it is shorter than a group of eight.
    """
    place = end % 8
    if end == len(text):
        return end - place if place else None
    left = len(text) - end - 1
    if text[end] != _PADDING or place < 2 or left >= 8:
        return end
    if left + place < 7:
        return len(text)
    padding = text[end + 1 : end + 8 - place]
    wrong = next((index for index, byte in enumerate(padding) if byte != _PADDING), None)
    if wrong is not None:
        return end + wrong
    return end if place in _IMPOSSIBLE_ENDS else None


def _hexdec(ctx: Context, text: bytes) -> bytes:
    ctx.charge(len(text))
    foreign = _NOT_HEXADECIMAL.search(text)
    if foreign is not None:
        return b"encoding/hex: invalid byte: " + _code_point(foreign[0])
    if len(text) % 2:
        return b"encoding/hex: odd length hex string"
    return binascii.unhexlify(text)


def _code_point(byte: bytes) -> bytes:
    """Return a byte as ``%#U`` prints the rune of the same number."""
    rune = byte.decode("latin-1")
    shown = f" '{rune}'" if is_print(rune) else ""
    return f"U+{ord(rune):04X}{shown}".encode()


FUNCTIONS: tuple[Function, ...] = (
    Function("b64enc", (STRING,), _b64enc),
    Function("b64dec", (STRING,), _b64dec),
    Function("b32enc", (STRING,), _b32enc),
    Function("b32dec", (STRING,), _b32dec),
    Function("hexdec", (STRING,), _hexdec),
)
