"""Base64 as Go's decoder takes it: standard alphabet, padded, line breaks anywhere, nothing else.

Sealed values and the ``data`` of Secrets are stored in it. Neighbours: ``hybrid`` (the bytes inside).
"""

from __future__ import annotations

import base64
import binascii
import re

from secrets_operator.sealing.errors import BadBase64Error

_FOREIGN = re.compile(r"[^A-Za-z0-9+/\r\n]")
_LINE_BREAKS = str.maketrans("", "", "\r\n")


def encode_base64(data: bytes) -> str:
    """Return standard padded base64 on one line."""
    return base64.b64encode(data).decode("ascii")


def decode_base64(text: str) -> bytes:
    """Decode standard padded base64, ignoring line breaks; BadBase64Error names the position, never the text."""
    try:
        return base64.b64decode(text.translate(_LINE_BREAKS).encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        # The cause is left out: it adds nothing, and Unicode errors carry the whole text.
        message = f"illegal base64 data at input byte {_offset_of_fault(text)}"
        raise BadBase64Error(message) from None


def _offset_of_fault(text: str) -> int:
    """Return where the first foreign character is, or where the last, incomplete group of four starts."""
    foreign = _FOREIGN.search(text)
    if foreign:
        return len(text[: foreign.start()].encode("utf-8", "surrogatepass"))
    return len(text) - len(text.translate(_LINE_BREAKS)) % 4
