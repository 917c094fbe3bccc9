"""DER, as far as PKCS#12 archives need it: writing values, and walking through what a text of it holds.

In: contents. Out: encoded values; ``key_derivation_rounds`` of an archive. Format: ITU-T X.690. Neighbour: ``pkcs12``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.limits import Context

INTEGER, OCTET_STRING, NULL, OBJECT_IDENTIFIER, BMP_STRING, SEQUENCE, SET = 0x02, 0x04, 0x05, 0x06, 0x1E, 0x30, 0x31
_CONSTRUCTED: Final = 0x20
_LARGEST_LENGTH_SIZE: Final = 4


def encode(tag: int, *contents: bytes) -> bytes:
    """Return a value of a tag around its contents."""
    content = b"".join(contents)
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    size = (length.bit_length() + 7) // 8
    return bytes((tag, 0x80 | size)) + length.to_bytes(size, "big") + content


def explicit(number: int, *contents: bytes) -> bytes:
    """Return contents within a context-specific constructed tag."""
    return encode(0xA0 | number, *contents)


def integer(number: int) -> bytes:
    """Return a non-negative integer."""
    return encode(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def object_identifier(dotted: str) -> bytes:
    """Return an object identifier given in dotted form."""
    first, second, *rest = map(int, dotted.split("."))
    return encode(OBJECT_IDENTIFIER, *map(_base_128, [first * 40 + second, *rest]))


def _base_128(number: int) -> bytes:
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(0x80 | (number & 0x7F))
    return bytes(reversed(groups))


class _Element(NamedTuple):
    tag: int
    start: int
    end: int


def key_derivation_rounds(ctx: Context, data: bytes) -> int:
    """Return the sum of the iteration counts that an archive asks for wherever it shows them.

    Every key derivation of PKCS#12 has its count right after an octet string, the salt. Raises FunctionError for a
    length that DER does not allow.
    """
    total, pending = 0, [(0, len(data))]
    while pending:
        previous = 0
        for element in _elements(ctx, data, *pending.pop()):
            if element.tag == INTEGER and previous == OCTET_STRING:
                total += int.from_bytes(data[element.start : element.end][:9], "big")
            previous = element.tag
            # An octet string may hold further values; what does not read as such holds none.
            if element.tag & _CONSTRUCTED or (
                element.tag == OCTET_STRING and data[element.start : element.start + 1] == b"0"
            ):
                pending.append((element.start, element.end))
    return total


def _elements(ctx: Context, data: bytes, at: int, end: int) -> Iterator[_Element]:
    while at + 2 <= end:
        ctx.step()
        tag, length = data[at], data[at + 1]
        at += 2
        if length == 0x80:
            raise FunctionError("indefinite length found (not DER)")
        if length > 0x80:
            size = length & 0x7F
            if size > _LARGEST_LENGTH_SIZE:
                return
            length = int.from_bytes(data[at : at + size], "big")
            at += size
        if at + length > end:
            return
        yield _Element(tag, at, at + length)
        at += length
