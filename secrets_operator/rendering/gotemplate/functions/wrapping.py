"""Sprig's functions that make a text longer: repeat, replace, indent, wrap; and plural and hello.

In: byte strings and counts of bytes. Out: byte strings, charged before they are built.
"""

from __future__ import annotations

from collections.abc import Iterator

from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.functions import runes
from secrets_operator.rendering.gotemplate.gotypes import INT, STRING
from secrets_operator.rendering.gotemplate.limits import Context


def repeated(ctx: Context, count: int, text: bytes) -> bytes:
    """Return a text `count` times; raise FunctionError for a negative count."""
    if count < 0:
        raise FunctionError("strings: negative Repeat count")
    ctx.charge(count * len(text))
    return text * count if text else b""


def _replace(ctx: Context, old: bytes, new: bytes, text: bytes) -> bytes:
    if not old:
        return _interleaved(ctx, new, text)
    ctx.charge(len(text) + text.count(old) * len(new))
    return text.replace(old, new)


def _interleaved(ctx: Context, new: bytes, text: bytes) -> bytes:
    """Put a text before each rune and at the end, which is where Go finds the empty text."""
    ctx.charge(5 * (len(text) + (len(text) + 1) * len(new)))
    mark = runes.decode(new)
    return runes.encode(mark + "".join([rune + mark for rune in runes.decode(text)]))


def _indent(ctx: Context, spaces: int, text: bytes) -> bytes:
    pad = repeated(ctx, spaces, b" ")
    return pad + _replace(ctx, b"\n", b"\n" + pad, text)


def _nindent(ctx: Context, spaces: int, text: bytes) -> bytes:
    return b"\n" + _indent(ctx, spaces, text)


def _wrap(ctx: Context, width: int, text: bytes) -> bytes:
    return b"".join(_lines(ctx, text, max(width, 1), b"\n", wrap_long_words=False))


def _wrap_with(ctx: Context, width: int, separator: bytes, text: bytes) -> bytes:
    return b"".join(_lines(ctx, text, max(width, 1), separator or b"\n", wrap_long_words=True))


def _lines(ctx: Context, text: bytes, width: int, newline: bytes, *, wrap_long_words: bool) -> Iterator[bytes]:
    """Give the lines of at most `width` bytes, each with its newline, and the rest; words end at a space (goutils)."""
    start = 0
    while len(text) - start > width:
        ctx.step()
        if text[start] == 0x20:
            start += 1
            continue
        end, following = _line_end(text, start, width, wrap_long_words=wrap_long_words)
        if end == len(text):
            break
        ctx.charge(end - start + len(newline))
        yield text[start:end] + newline
        start = following
    ctx.charge(len(text) - start)
    yield text[start:]


def _line_end(text: bytes, start: int, width: int, *, wrap_long_words: bool) -> tuple[int, int]:
    """Return where a line ends and the next one starts; a line that runs to the end of the text is the rest."""
    space = text.rfind(b" ", start, start + width + 1)
    if space < 0 and wrap_long_words:
        return start + width, start + width
    if space < 0:
        space = text.find(b" ", start + width)
    return (len(text), len(text)) if space < 0 else (space, space + 1)


def _plural(_ctx: Context, one: bytes, many: bytes, count: int) -> bytes:
    return one if count == 1 else many


def _hello(_ctx: Context) -> bytes:
    return b"Hello!"


FUNCTIONS: tuple[Function, ...] = (
    Function("repeat", (INT, STRING), repeated),
    Function("replace", (STRING, STRING, STRING), _replace),
    Function("indent", (INT, STRING), _indent),
    Function("nindent", (INT, STRING), _nindent),
    Function("wrap", (INT, STRING), _wrap),
    Function("wrapWith", (INT, STRING, STRING), _wrap_with),
    Function("plural", (STRING, STRING, INT), _plural),
    Function("hello", (), _hello),
)
