"""Integers and characters as Go's fmt prints them: ``%d %b %o %O %x %X %c %q %U``.

In: the number, whether its type is unsigned, the verb and its flags. Out: padded text, or ``None`` for a verb that does
not apply to integers.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from secrets_operator.rendering.gotemplate.formatting.flags import Flags, pad, pad_with_spaces, padding
from secrets_operator.rendering.gotemplate.formatting.quoting import is_print, quote_rune, valid_rune
from secrets_operator.rendering.gotemplate.limits import Context

_CODES: Final[Mapping[str, str]] = MappingProxyType(
    {"v": "d", "d": "d", "b": "b", "o": "o", "O": "o", "x": "x", "X": "X"}
)
_UINT64: Final = (1 << 64) - 1


def format_integer(ctx: Context, flags: Flags, value: int, verb: str, *, unsigned: bool) -> bytes | None:
    """Return an integer under a verb."""
    if verb == "v" and flags.sharp_v and unsigned:
        return hexadecimal(ctx, flags, value)
    code = _CODES.get(verb)
    if code is not None:
        return _number(ctx, flags, value, verb)
    if verb == "c":
        return pad(ctx, flags, chr(valid_rune(value)).encode())
    if verb == "q":
        return pad(ctx, flags, quote_rune(value, ascii_only=flags.plus))
    if verb == "U":
        return _code_point(ctx, flags, value & _UINT64)
    return None


def hexadecimal(ctx: Context, flags: Flags, value: int, *, prefix: bool = True) -> bytes:
    """Return a number in hexadecimal with ``0x`` or without, whatever the sharp flag says."""
    kept, flags.sharp = flags.sharp, prefix
    try:
        return _number(ctx, flags, value, "x")
    finally:
        flags.sharp = kept


def _number(ctx: Context, flags: Flags, value: int, verb: str) -> bytes:
    if flags.precision == 0 and value == 0:
        # Go prints nothing but padding for zero with precision zero.
        plain = Flags(minus=flags.minus)
        return padding(ctx, plain, flags.width or 0)
    digits = format(abs(value), _CODES[verb])
    missing = _least_digits(flags, value) - len(digits)
    if missing > 0:
        ctx.charge(missing)
        digits = "0" * missing + digits
    return pad_with_spaces(ctx, flags, (_sign(flags, value) + _prefix(flags, digits, verb) + digits).encode())


def _least_digits(flags: Flags, value: int) -> int:
    if flags.precision is not None:
        return flags.precision
    if flags.zero and not flags.minus and flags.width is not None:
        return flags.width - (1 if value < 0 or flags.plus or flags.space else 0)
    return 0


def _prefix(flags: Flags, digits: str, verb: str) -> str:
    octal = "0" if flags.sharp and verb in "oO" and digits[0] != "0" else ""
    if verb == "O":
        return "0o" + octal
    if verb == "o":
        return octal
    return "0" + verb if flags.sharp and verb in "bxX" else ""


def _sign(flags: Flags, value: int) -> str:
    if value < 0:
        return "-"
    if flags.plus:
        return "+"
    return " " if flags.space else ""


def _code_point(ctx: Context, flags: Flags, value: int) -> bytes:
    size = max(flags.precision or 0, 4)
    ctx.charge(size)
    text = f"U+{value:0{size}X}"
    if flags.sharp and value <= 0x10FFFF and is_print(chr(value)):
        text += f" '{chr(value)}'"
    return pad_with_spaces(ctx, flags, text.encode())
