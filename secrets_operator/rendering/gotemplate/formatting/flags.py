"""The flags, width and precision of one printf verb, and the padding they ask for.

In: flags and finished text. Out: padded text. The rules are those of Go's fmt package.
"""

from __future__ import annotations

from dataclasses import dataclass

from secrets_operator.rendering.gotemplate.limits import Context


@dataclass(slots=True)
class Flags:
    """Flags as written; ``plus_v`` and ``sharp_v`` stand for ``%+v`` and ``%#v``, which are formats of their own."""

    minus: bool = False
    plus: bool = False
    sharp: bool = False
    space: bool = False
    zero: bool = False
    plus_v: bool = False
    sharp_v: bool = False
    width: int | None = None
    precision: int | None = None


def rune_count(text: bytes) -> int:
    """Return the number of runes, counting each byte that is not UTF-8 as one."""
    return len(text) if text.isascii() else len(text.decode("utf-8", "surrogateescape"))


def padding(ctx: Context, flags: Flags, size: int) -> bytes:
    """Return ``size`` bytes of padding: zeros are allowed only to the left of a value."""
    if size <= 0:
        return b""
    ctx.charge(size)
    return (b"0" if flags.zero and not flags.minus else b" ") * size


def pad(ctx: Context, flags: Flags, text: bytes) -> bytes:
    """Return text padded to the width, in runes."""
    if not flags.width:
        return text
    filler = padding(ctx, flags, flags.width - rune_count(text))
    return text + filler if flags.minus else filler + text


def pad_with_spaces(ctx: Context, flags: Flags, text: bytes) -> bytes:
    """Return text padded to the width and never with zeros."""
    kept, flags.zero = flags.zero, False
    try:
        return pad(ctx, flags, text)
    finally:
        flags.zero = kept
