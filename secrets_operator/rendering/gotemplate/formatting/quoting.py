r"""Go's quoted strings and characters: writing them (``%q``) and reading them (the literals of a template).

In and out: byte strings. The escapes are those of the Go language; bytes that are not UTF-8 are written as ``\xff``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_ESCAPES: Final[Mapping[str, str]] = MappingProxyType(
    {"\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v", "\\": r"\\"}
)
_UNESCAPES: Final[Mapping[str, int]] = MappingProxyType(
    {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, "'": 39, '"': 34}
)
_HEX_DIGITS: Final[Mapping[str, int]] = MappingProxyType({"x": 2, "u": 4, "U": 8})
_OCTAL: Final = "01234567"
_MAX_RUNE: Final = 0x10FFFF


def quote(text: bytes, *, ascii_only: bool = False) -> bytes:
    """Return a double-quoted Go string literal that stands for the text."""
    if text.isascii() and text.isalnum():
        return b'"' + text + b'"'
    runes = text.decode("utf-8", "surrogateescape")
    return ('"' + "".join(_escaped(rune, '"', ascii_only) for rune in runes) + '"').encode()


def quote_rune(code: int, *, ascii_only: bool = False) -> bytes:
    """Return a single-quoted Go character literal; what is no character becomes U+FFFD."""
    return ("'" + _escaped(chr(valid_rune(code)), "'", ascii_only) + "'").encode()


def valid_rune(code: int) -> int:
    """Return the code point, or U+FFFD for surrogates and numbers outside Unicode."""
    return code if 0 <= code < 0xD800 or 0xDFFF < code <= _MAX_RUNE else 0xFFFD


def is_print(rune: str) -> bool:
    """Say whether Go's strconv.IsPrint holds: letters, marks, numbers, punctuation, symbols and the ASCII space."""
    return rune.isprintable()


def can_backquote(text: bytes) -> bool:
    """Say whether a raw string literal can hold the text on one line."""
    try:
        runes = text.decode()
    except UnicodeDecodeError:
        return False
    return not any((rune < " " and rune != "\t") or rune in "`\x7f\ufeff" for rune in runes)


def _escaped(rune: str, mark: str, ascii_only: bool) -> str:
    code = ord(rune)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if rune == mark:
        return "\\" + rune
    if rune in _ESCAPES:
        return _ESCAPES[rune]
    if is_print(rune) and (code < 0x80 or not ascii_only):
        return rune
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def unquote(literal: str) -> bytes:
    """Return what a Go string literal stands for; raise ValueError when it is none.

    ``literal`` holds its quotes, and lone surrogates where the source's bytes are not UTF-8.
    """
    mark, inner = literal[0], literal[1:-1]
    if len(literal) < 2 or literal[-1] != mark:
        raise ValueError("invalid syntax")
    if mark == "`":
        return inner.replace("\r", "").encode("utf-8", "surrogateescape")
    if "\\" not in inner:
        if mark in inner:
            raise ValueError("invalid syntax")
        return inner.encode("utf-8", "surrogateescape")
    out = bytearray()
    position = 0
    while position < len(inner):
        piece, position = _unquoted(inner, position, mark)
        out += piece
    return bytes(out)


def unquote_rune(literal: str) -> int:
    """Return the code of a Go character literal; raise ValueError when it is none."""
    inner = literal[1:-1]
    if not inner or inner[0] == "'":
        raise ValueError("malformed character constant")
    if inner[0] != "\\":
        code, end = ord(inner[0]), 1
        code = 0xFFFD if 0xDC80 <= code <= 0xDCFF else code
    else:
        code, end, _ = _escape(inner, 1, "'")
    if end != len(inner):
        raise ValueError("malformed character constant")
    return code


def _unquoted(text: str, position: int, mark: str) -> tuple[bytes, int]:
    if text[position] == mark:
        raise ValueError("invalid syntax")
    if text[position] != "\\":
        end = text.find("\\", position)
        end = len(text) if end < 0 else end
        if mark in text[position:end]:
            raise ValueError("invalid syntax")
        return text[position:end].encode("utf-8", "surrogateescape"), end
    code, end, is_byte = _escape(text, position + 1, mark)
    return (bytes((code,)) if is_byte else chr(code).encode()), end


def _escape(text: str, position: int, mark: str) -> tuple[int, int, bool]:
    """Read the escape whose letter is at a position: its code, its end, and whether it names a byte."""
    if position >= len(text):
        raise ValueError("invalid syntax")
    letter = text[position]
    if letter in _UNESCAPES:
        if letter in "'\"" and letter != mark:
            raise ValueError("invalid syntax")
        return _UNESCAPES[letter], position + 1, True
    if letter in _OCTAL:
        return _octal_escape(text, position)
    size = _HEX_DIGITS.get(letter, 0)
    digits = text[position + 1 : position + 1 + size]
    if not size or len(digits) != size or any(d not in "0123456789abcdefABCDEF" for d in digits):
        raise ValueError("invalid syntax")
    code = int(digits, 16)
    if letter != "x" and code != valid_rune(code):
        raise ValueError("invalid syntax")
    return code, position + 1 + size, letter == "x"


def _octal_escape(text: str, position: int) -> tuple[int, int, bool]:
    digits = text[position : position + 3]
    if len(digits) != 3 or any(d not in _OCTAL for d in digits) or int(digits, 8) > 255:
        raise ValueError("invalid syntax")
    return int(digits, 8), position + 3, True
