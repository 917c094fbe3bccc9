"""Strings and byte slices as Go's fmt prints them: ``%s %q %x %X``.

In: the bytes, the verb and its flags. Out: padded text, or ``None`` for a verb that does not apply to strings.
"""

from __future__ import annotations

from secrets_operator.rendering.gotemplate.formatting.flags import Flags, pad, padding
from secrets_operator.rendering.gotemplate.formatting.quoting import can_backquote, quote
from secrets_operator.rendering.gotemplate.limits import Context


def format_text(ctx: Context, flags: Flags, value: bytes, verb: str) -> bytes | None:
    """Return a string under a verb."""
    if verb == "s" or (verb == "v" and not flags.sharp_v):
        return pad(ctx, flags, _truncated(ctx, flags, value))
    if verb in "qv":
        return _quoted(ctx, flags, value)
    if verb in "xX":
        return _hexadecimal(ctx, flags, value, verb)
    return None


def _truncated(ctx: Context, flags: Flags, value: bytes) -> bytes:
    if flags.precision is None or flags.precision >= len(value):
        return value
    ctx.charge(4 * len(value))
    runes = value.decode("utf-8", "surrogateescape")
    return runes[: flags.precision].encode("utf-8", "surrogateescape")


def _quoted(ctx: Context, flags: Flags, value: bytes) -> bytes:
    value = _truncated(ctx, flags, value)
    ctx.charge(8 * len(value))
    if flags.sharp and can_backquote(value):
        return pad(ctx, flags, b"`" + value + b"`")
    return pad(ctx, flags, quote(value, ascii_only=flags.plus))


def _hexadecimal(ctx: Context, flags: Flags, value: bytes, verb: str) -> bytes:
    if flags.precision is not None:
        value = value[: flags.precision]
    if not value:
        return padding(ctx, flags, flags.width or 0)
    ctx.charge(5 * len(value))
    prefix = f"0{verb}" if flags.sharp else ""
    digits = value.hex(" ") if flags.space else value.hex()
    text = prefix + (digits.upper() if verb == "X" else digits).replace(" ", f" {prefix}")
    filler = padding(ctx, flags, (flags.width or 0) - len(text))
    return text.encode() + filler if flags.minus else filler + text.encode()
