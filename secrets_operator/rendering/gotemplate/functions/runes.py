"""Go strings as sequences of runes.

In: byte strings. Out: a str with exactly one character per Go rune, where each byte that is not part of valid UTF-8
is one lone surrogate (U+DC80 to U+DCFF), as Go decodes such a byte to one U+FFFD of width one. Character classes and
simple case mapping follow Go's `unicode` package, which maps one rune to one rune and never to several.
"""

import re
import unicodedata

REPLACEMENT = "\ufffd"
_INVALID = re.compile("[\udc80-\udcff]")
SPACES = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""The runes of Unicode's White_Space property, which unicode.IsSpace accepts."""
_SPACE_SET = frozenset(SPACES)


def decode(text: bytes) -> str:
    """Decode `text` to one character per rune; an invalid byte becomes its lone surrogate."""
    return text.decode("utf-8", "surrogateescape")


def encode(runes: str) -> bytes:
    """Encode what `decode` gave; invalid bytes come out as they went in."""
    return runes.encode("utf-8", "surrogateescape")


def encode_replaced(runes: str) -> bytes:
    """Encode what `decode` gave as Go writes runes: an invalid byte becomes U+FFFD."""
    return replaced(runes).encode()


def replaced(runes: str) -> str:
    """Replace every invalid byte by U+FFFD."""
    return _INVALID.sub(REPLACEMENT, runes)


def is_space(rune: str) -> bool:
    """Whether Go's unicode.IsSpace holds (White_Space of the Unicode standard)."""
    return rune in _SPACE_SET


def is_upper(rune: str) -> bool:
    """Whether Go's unicode.IsUpper holds (category Lu)."""
    return unicodedata.category(rune) == "Lu"


def is_lower(rune: str) -> bool:
    """Whether Go's unicode.IsLower holds (category Ll)."""
    return unicodedata.category(rune) == "Ll"


def is_title(rune: str) -> bool:
    """Whether Go's unicode.IsTitle holds (category Lt)."""
    return unicodedata.category(rune) == "Lt"


def is_letter(rune: str) -> bool:
    """Whether Go's unicode.IsLetter holds (categories L)."""
    return unicodedata.category(rune).startswith("L")


def is_digit(rune: str) -> bool:
    """Whether Go's unicode.IsDigit holds (category Nd)."""
    return unicodedata.category(rune) == "Nd"


def is_number(rune: str) -> bool:
    """Whether Go's unicode.IsNumber holds (categories N)."""
    return unicodedata.category(rune).startswith("N")


def is_punct(rune: str) -> bool:
    """Whether Go's unicode.IsPunct holds (categories P)."""
    return unicodedata.category(rune).startswith("P")


def to_title(rune: str) -> str:
    """Map one rune to title case; a rune whose title case is several runes stays as it is."""
    title = rune.title()
    return title if len(title) == 1 else rune


def to_upper(rune: str) -> str:
    """Map one rune to upper case; where the full mapping has several runes, the simple one is the title case."""
    upper = rune.upper()
    return upper if len(upper) == 1 else to_title(rune)


def to_lower(rune: str) -> str:
    """Map one rune to lower case; U+0130 is the only rune whose full mapping is longer, and it becomes i."""
    return rune.lower()[0]


def upper(runes: str) -> str:
    """Map every rune to upper case."""
    return runes.upper() if runes.isascii() else "".join(map(to_upper, runes))


def lower(runes: str) -> str:
    """Map every rune to lower case."""
    return runes.lower() if runes.isascii() else "".join(map(to_lower, runes))
