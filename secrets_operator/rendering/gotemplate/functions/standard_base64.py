"""Base64 as Go's ``base64.StdEncoding`` reads it: padded, line ends ignored, nothing else forgiven.

In: text. Out: bytes, or None. Neighbours: ``pem_blocks``, ``aes_text``, ``yaml_decoding``; ``encoding`` has the
template functions, whose errors name the place of the fault.
"""

from __future__ import annotations

import binascii


def decode_base64(text: bytes) -> bytes | None:
    """Return what a text encodes, None where it is malformed."""
    text = text.translate(None, b"\r\n")
    # The decoder forgives padding after whole groups even when strict.
    if len(text) % 4 or text.endswith(b"==="):
        return None
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error:
        return None
