"""Sprig's upper, lower, title, untitle, swapcase, initials, camelcase; one rune becomes one rune, as in Go.

In: byte strings. Out: byte strings; where a function walks runes, a byte that is no UTF-8 becomes U+FFFD. The rules are
those of Go's strings package, of goutils (untitle, swapcase, initials) and of xstrings (camelcase).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.functions import runes
from secrets_operator.rendering.gotemplate.gotypes import STRING
from secrets_operator.rendering.gotemplate.limits import Context


def is_connector(rune: str) -> bool:
    """Whether xstrings takes the rune for a joint between words: hyphen, underscore or white space."""
    return rune in "-_" or runes.is_space(rune)


def _by_runes(change: Callable[[str], str]) -> Callable[[Context, bytes], bytes]:
    """Make a template function of one that maps runes, of which none is invalid any more."""

    def call(ctx: Context, text: bytes) -> bytes:
        # Five bytes: the runes as Python keeps them, and the result.
        ctx.charge(5 * len(text))
        ctx.step(len(text) >> 6)
        return change(runes.replaced(runes.decode(text))).encode()

    return call


def _separates_words(rune: str) -> bool:
    if rune.isascii():
        return not (rune.isalnum() or rune == "_")
    return not (runes.is_letter(rune) or runes.is_digit(rune)) and runes.is_space(rune)


def _title(text: str) -> str:
    previous = " " + text
    return "".join(
        [
            runes.to_title(rune) if _separates_words(before) else rune
            for before, rune in zip(previous, text, strict=False)
        ]
    )


def _untitle(text: str) -> str:
    previous = " " + text
    return "".join(
        [runes.to_lower(rune) if runes.is_space(before) else rune for before, rune in zip(previous, text, strict=False)]
    )


def _swapcase(text: str) -> str:
    return "".join(_swapped(text))


def _swapped(text: str) -> Iterator[str]:
    """Swap cases, where a lower-case rune that follows white space becomes title case (goutils)."""
    after_space = True
    for rune in text:
        if runes.is_upper(rune) or runes.is_title(rune):
            yield runes.to_lower(rune)
            after_space = False
        elif runes.is_lower(rune):
            yield runes.to_title(rune) if after_space else runes.to_upper(rune)
            after_space = False
        else:
            yield rune
            after_space = runes.is_space(rune)


def _initials(ctx: Context, text: bytes) -> bytes:
    """Return the first byte of each word, taken for a rune and encoded anew: goutils walks bytes."""
    ctx.charge(5 * len(text))
    characters = text.decode("latin-1")
    firsts = [
        rune
        for before, rune in zip(" " + characters, characters, strict=False)
        if runes.is_space(before) and not runes.is_space(rune)
    ]
    return "".join(firsts).encode()


def _camelcase(text: str) -> str:
    """Return the text in Pascal case; leading connectors stay, and one connector between words goes (xstrings)."""
    head = next((index for index, rune in enumerate(text) if not is_connector(rune)), len(text))
    if head == len(text):
        # xstrings writes the last connector of a text without words twice.
        return text + text[-1:]
    return text[:head] + "".join(_pascal_runes(text[head:]))


def _pascal_runes(text: str) -> Iterator[str]:
    in_capitals = runes.is_upper(text[0])
    previous = runes.to_upper(text[0])
    for original in text[1:]:
        rune = original
        if is_connector(previous):
            if is_connector(rune):
                yield previous
            else:
                in_capitals, rune = runes.is_upper(rune), runes.to_upper(rune)
        else:
            in_capitals = in_capitals and runes.is_upper(rune)
            rune = runes.to_lower(rune) if in_capitals else rune
            yield previous
        previous = rune
    yield previous


FUNCTIONS: tuple[Function, ...] = (
    Function("upper", (STRING,), _by_runes(runes.upper)),
    Function("lower", (STRING,), _by_runes(runes.lower)),
    Function("title", (STRING,), _by_runes(_title)),
    Function("untitle", (STRING,), _by_runes(_untitle)),
    Function("swapcase", (STRING,), _by_runes(_swapcase)),
    Function("initials", (STRING,), _initials),
    Function("camelcase", (STRING,), _by_runes(_camelcase)),
)
