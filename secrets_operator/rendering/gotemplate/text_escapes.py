"""``html``, ``js`` and ``urlquery``: text made safe for a place, as Go's text/template escapes it.

In: bytes. Out: bytes. Callers charge for six times the input, the most that an escape makes of one byte.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote_plus

_HTML: Final = (
    (b"&", b"&amp;"),
    (b"\0", b"\xef\xbf\xbd"),
    (b'"', b"&#34;"),
    (b"'", b"&#39;"),
    (b"<", b"&lt;"),
    (b">", b"&gt;"),
)
"""The ampersand comes first, for the others bring one with them."""
_JS_ASCII: Final = str.maketrans(
    {
        **{chr(code): f"\\u{code:04X}" for code in range(0x20)},
        **{char: f"\\u{ord(char):04X}" for char in "<>&="},
        **{char: "\\" + char for char in "\\'\""},
    }
)
_NOT_ASCII: Final = re.compile("[^\x00-\x7f]")


def html_escape(text: bytes) -> bytes:
    """Escape for HTML text and attributes."""
    for plain, escaped in _HTML:
        text = text.replace(plain, escaped)
    return text


def js_escape(text: bytes) -> bytes:
    """Escape for a JavaScript string literal."""
    escaped = text.decode("utf-8", "surrogateescape").translate(_JS_ASCII)
    if not text.isascii():
        escaped = _NOT_ASCII.sub(lambda match: _js_rune(match.group()), escaped)
    return escaped.encode("utf-8", "surrogateescape")


def _js_rune(rune: str) -> str:
    code = ord(rune)
    # Go takes a byte that is not UTF-8 for U+FFFD, which it finds printable, and copies the byte.
    return rune if rune.isprintable() or 0xDC80 <= code <= 0xDCFF else f"\\u{code:04X}"


def url_query_escape(text: bytes) -> bytes:
    """Escape for the query of a URL."""
    return quote_plus(text).encode()
