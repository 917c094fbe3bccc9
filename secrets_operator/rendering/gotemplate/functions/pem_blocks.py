"""PEM blocks, found and written as Go's ``encoding/pem`` does.

In: bytes. Out: ``Block`` and where the text goes on after it. A block begins and ends at the start of a line; what does
not parse is skipped. Neighbours: ``pem_filters``, ``private_keys``.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.functions.standard_base64 import decode_base64
from secrets_operator.rendering.gotemplate.limits import Context

_BEGIN: Final = b"-----BEGIN "
_END: Final = b"\n-----END "
_DASHES: Final = b"-----"
_LINE: Final = 64


@dataclass(frozen=True)
class Block:
    """A PEM block: its label, its decoded content and its headers."""

    label: bytes
    content: bytes = field(repr=False)
    headers: dict[bytes, bytes] = field(default_factory=dict, repr=False)

    def encode(self) -> bytes:
        """Return the block as text; raise FunctionError for a header that cannot be written."""
        if any(b":" in name for name in self.headers):
            raise FunctionError("pem: cannot encode a header key that contains a colon")
        names = sorted(self.headers, key=lambda name: (name != b"Proc-Type", name))
        headers = b"".join(name + b": " + self.headers[name] + b"\n" for name in names)
        encoded = base64.b64encode(self.content)
        lines = b"".join(encoded[at : at + _LINE] + b"\n" for at in range(0, len(encoded), _LINE))
        body = (headers + b"\n" if headers else b"") + lines
        return _BEGIN + self.label + _DASHES + b"\n" + body + _END[1:] + self.label + _DASHES + b"\n"


def blocks(ctx: Context, data: bytes) -> Iterator[tuple[Block, int]]:
    """Yield the blocks of a text, each with the place where the text goes on after it."""
    ctx.charge(4 * len(data))
    ctx.step(len(data) // 64)
    at = 0
    while (found := _next_block(data, at)) is not None:
        ctx.step()
        yield found
        at = found[1]


def first_block(ctx: Context, data: bytes) -> tuple[Block, bytes] | None:
    """Return the first block of a text and the rest after it, None when it has none."""
    found = next(blocks(ctx, data), None)
    return None if found is None else (found[0], data[found[1] :])


def _next_block(data: bytes, start: int) -> tuple[Block, int] | None:
    """Try each END line with the last BEGIN line before it."""
    while (end := data.find(_END, start)) >= 0:
        trailer = end + len(_END)
        begin = data.rfind(_BEGIN, start, end)
        if begin >= 0 and (begin == start or data[begin - 1] == 0x0A):
            found = _block_between(data, begin + len(_BEGIN), end)
            if isinstance(found, tuple):
                return found
            # Headers that ran on past the END line leave nothing to look for after it.
            if found > trailer:
                return None
        start = trailer
    return None


def _block_between(data: bytes, begin: int, end: int) -> tuple[Block, int] | int:
    """Return the block whose label starts at ``begin`` and whose END line at ``end``, or how far reading came."""
    label, at = _line(data, begin)
    if not label.endswith(_DASHES):
        return at
    label = label.removesuffix(_DASHES)
    headers, body = _headers(data, at)
    if body >= len(data) or (headers and end < body):
        return len(data) + 1 if body >= len(data) else body
    trailer = end + len(_END)
    closing = trailer + len(label) + len(_DASHES)
    if data[trailer:closing] != label + _DASHES or _line(data, closing)[0]:
        return body
    content = decode_base64(data[body:end].translate(None, b" \t")) if end > body else b""
    if content is None:
        return body
    return Block(label, content, headers), _line(data, end + len(_END) - 1)[1]


def _headers(data: bytes, at: int) -> tuple[dict[bytes, bytes], int]:
    """Return the lines with a colon that a block begins with, and where the line after them starts."""
    headers: dict[bytes, bytes] = {}
    while at < len(data):
        line, following = _line(data, at)
        name, colon, value = line.partition(b":")
        if not colon:
            break
        headers[name.strip()] = value.strip()
        at = following
    return headers, at


def _line(data: bytes, at: int) -> tuple[bytes, int]:
    """Return the line at a place without its end and trailing blanks, and where the next one starts."""
    end = data.find(b"\n", at)
    if end < 0:
        return data[at:].rstrip(b" \t"), len(data)
    return data[at:end].removesuffix(b"\r").rstrip(b" \t"), end + 1
