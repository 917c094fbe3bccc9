"""Sprig's functions that take something off a text or look for something in it; the subject is the last argument.

In: byte strings and counts of bytes. Out: byte strings and booleans. Neighbour: ``runes``.
"""

from __future__ import annotations

from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.functions import runes
from secrets_operator.rendering.gotemplate.gotypes import INT, STRING
from secrets_operator.rendering.gotemplate.limits import Context

_INVALID_BYTES = "".join(map(chr, range(0xDC80, 0xDD00)))
_ELLIPSIS = b"..."


def _trim(ctx: Context, text: bytes) -> bytes:
    ctx.charge(5 * len(text))
    return runes.encode(runes.decode(text).strip(runes.SPACES))


def _trim_all(ctx: Context, cutset: bytes, text: bytes) -> bytes:
    """Trim the runes of a set off both ends; in the set and in the text a byte that is no UTF-8 counts as U+FFFD."""
    ctx.charge(5 * (len(cutset) + len(text)))
    characters = runes.replaced(runes.decode(cutset))
    if not characters:
        return text
    if runes.REPLACEMENT in characters:
        characters += _INVALID_BYTES
    # Python looks every rune up in the whole set.
    ctx.step(len(text) * len(characters) >> 8)
    return runes.encode(runes.decode(text).strip(characters))


def _trim_prefix(ctx: Context, prefix: bytes, text: bytes) -> bytes:
    ctx.charge(len(text))
    return text.removeprefix(prefix)


def _trim_suffix(ctx: Context, suffix: bytes, text: bytes) -> bytes:
    ctx.charge(len(text))
    return text.removesuffix(suffix)


def _nospace(ctx: Context, text: bytes) -> bytes:
    """Delete white space byte by byte: goutils takes each byte for a rune and re-encodes all once it deletes one."""
    ctx.charge(6 * len(text))
    kept = "".join(character for character in text.decode("latin-1") if not runes.is_space(character))
    return text if len(kept) == len(text) else kept.encode()


def _trunc(ctx: Context, count: int, text: bytes) -> bytes:
    ctx.charge(min(abs(count), len(text)))
    if count < 0:
        return text[count:] if len(text) + count > 0 else text
    return text[:count]


def _substr(ctx: Context, start: int, end: int, text: bytes) -> bytes:
    ctx.charge(len(text))
    if start < 0:
        start = 0
    elif end < 0 or end > len(text):
        end = len(text)
    if not start <= end <= len(text):
        raise FunctionError("slice bounds out of range", hint="substr takes START END TEXT, in bytes")
    return text[start:end]


def _abbrev(ctx: Context, width: int, text: bytes) -> bytes:
    ctx.charge(len(text))
    return text if width < 4 else _abbreviated(text, 0, width)


def _abbrevboth(ctx: Context, left: int, right: int, text: bytes) -> bytes:
    ctx.charge(len(text))
    return text if right < 4 or (left > 0 and right < 7) else _abbreviated(text, left, right)


def _abbreviated(text: bytes, offset: int, width: int) -> bytes:
    """Shorten a text to `width` bytes with marks where it was cut, so that the byte at `offset` stays (goutils)."""
    room = width - len(_ELLIPSIS)
    if len(text) <= width:
        return text
    offset = min(offset, len(text) - room)
    if offset <= 4:
        return text[:room] + _ELLIPSIS
    if offset + room < len(text):
        return _ELLIPSIS + _abbreviated(text[offset:], 0, room)
    return _ELLIPSIS + text[-room:]


def _contains(_ctx: Context, part: bytes, text: bytes) -> bool:
    return part in text


def _has_prefix(_ctx: Context, prefix: bytes, text: bytes) -> bool:
    return text.startswith(prefix)


def _has_suffix(_ctx: Context, suffix: bytes, text: bytes) -> bool:
    return text.endswith(suffix)


FUNCTIONS: tuple[Function, ...] = (
    Function("trim", (STRING,), _trim),
    Function("trimAll", (STRING, STRING), _trim_all),
    Function("trimall", (STRING, STRING), _trim_all),
    Function("trimPrefix", (STRING, STRING), _trim_prefix),
    Function("trimSuffix", (STRING, STRING), _trim_suffix),
    Function("nospace", (STRING,), _nospace),
    Function("trunc", (INT, STRING), _trunc),
    Function("substr", (INT, INT, STRING), _substr),
    Function("abbrev", (INT, STRING), _abbrev),
    Function("abbrevboth", (INT, INT, STRING), _abbrevboth),
    Function("contains", (STRING, STRING), _contains),
    Function("hasPrefix", (STRING, STRING), _has_prefix),
    Function("hasSuffix", (STRING, STRING), _has_suffix),
)
