"""The wire format of Protocol Buffers, as far as request bodies need it: fields of a message, in order."""

from collections.abc import Iterator

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5


class DamagedMessage(ValueError):
    """The bytes are not a message."""


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield (field number, value): a number, or bytes for strings, bytes and nested messages.

    Raises:
        DamagedMessage: the bytes are not a message.

    """
    position = 0
    while position < len(message):
        tag, position = _varint(message, position)
        number, kind = tag >> 3, tag & 7
        if kind == VARINT:
            value, position = _varint(message, position)
            yield number, value
            continue
        if kind == LENGTH:
            size, position = _varint(message, position)
        elif kind in {FIXED32, FIXED64}:
            size = 4 if kind == FIXED32 else 8
        else:
            raise DamagedMessage(f"wire type {kind} at byte {position}")
        if position + size > len(message):
            raise DamagedMessage(f"field {number} ends beyond the message")
        yield number, message[position : position + size]
        position += size


def _varint(message: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if position >= len(message) or shift > 63:
            raise DamagedMessage("a number ends beyond the message")
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return (value if value < 1 << 63 else value - (1 << 64)), position
        shift += 7
