"""Sprig's snakecase and kebabcase, by the words that xstrings finds: capitals, letters, numbers, punctuation...

In: byte strings. Out: byte strings in lower case whose words are joined by ``_`` or ``-``. A byte that is no UTF-8
belongs to the rune after it, or to the last rune of the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.functions import runes
from secrets_operator.rendering.gotemplate.functions.string_case import is_connector
from secrets_operator.rendering.gotemplate.gotypes import STRING
from secrets_operator.rendering.gotemplate.limits import Context

_UNIT = re.compile("([\udc80-\udcff\ufffd]*)([^\udc80-\udcff\ufffd]|\\Z)", re.DOTALL)
_IDEOGRAPHS = (("\u3400", "\u4d85"), ("\u4e00", "\u9fcc"), ("\U00020000", "\U0002b81d"))


class _Kind(Enum):
    NOTHING = auto()
    NUMBER = auto()
    CAPITALS = auto()
    LETTERS = auto()
    CONNECTOR = auto()
    PUNCTUATION = auto()
    OTHER = auto()


_CLOSED = frozenset({_Kind.CONNECTOR, _Kind.PUNCTUATION})
_ENDED = _CLOSED | {_Kind.NOTHING}
_ALPHANUMERIC = frozenset({_Kind.LETTERS, _Kind.NUMBER})


@dataclass(frozen=True, slots=True)
class _Word:
    kind: _Kind
    text: str


def _is_alphabetic(rune: str) -> bool:
    return runes.is_letter(rune) and not any(first <= rune <= last for first, last in _IDEOGRAPHS)


def _kind_of(rune: str) -> _Kind:
    tests: tuple[tuple[Callable[[str], bool], _Kind], ...] = (
        (is_connector, _Kind.CONNECTOR),
        (runes.is_punct, _Kind.PUNCTUATION),
        (runes.is_upper, _Kind.CAPITALS),
        (_is_alphabetic, _Kind.LETTERS),
        (runes.is_number, _Kind.NUMBER),
    )
    return next((kind for test, kind in tests if test(rune)), _Kind.OTHER)


def _units(text: str) -> list[tuple[_Kind, str]]:
    """Return each valid rune's kind and the rune with the invalid bytes before it; the last has those after it too."""
    units: list[tuple[_Kind, str]] = []
    for found in _UNIT.finditer(text):
        invalid, rune = found.groups()
        if rune:
            units.append((_kind_of(rune), invalid + rune))
        elif invalid:
            kind, last = units.pop() if units else (_Kind.NOTHING, "")
            units.append((kind, last + invalid))
    return units


def _words(text: str) -> list[_Word]:
    units = _units(text)
    words = []
    start = 0
    while start < len(units):
        end, kind = _word_end(units, start)
        words.append(_Word(kind, "".join([unit for _, unit in units[start:end]])))
        start = end
    return words


def _word_end(units: list[tuple[_Kind, str]], start: int) -> tuple[int, _Kind]:
    kind = units[start][0]
    end = _run_end(units, start, kind)
    if kind is not _Kind.CAPITALS or end == len(units) or units[end][0] is not _Kind.LETTERS:
        return end, kind
    # Letters follow capitals: the last capital begins their word.
    return (end - 1, kind) if end - start > 1 else (_run_end(units, end, _Kind.LETTERS), kind)


def _run_end(units: list[tuple[_Kind, str]], start: int, kind: _Kind) -> int:
    return next((index for index in range(start, len(units)) if not _continues(units[index], kind)), len(units))


def _continues(unit: tuple[_Kind, str], kind: _Kind) -> bool:
    # Hyphen and underscore are punctuation too, once a word of punctuation has begun.
    return unit[0] is kind or (kind is _Kind.PUNCTUATION and not {"-", "_"}.isdisjoint(unit[1]))


def _lowered(text: str) -> str:
    return "".join([runes.to_lower(rune) if runes.is_upper(rune) else rune for rune in text])


class _Joining:
    """Words put together again, with a connector where one word ends and the next begins."""

    def __init__(self, words: list[_Word], connector: str) -> None:
        self.words = words
        self.connector = connector
        self.parts: list[str] = []

    def run(self) -> str:
        position = 0
        while position < len(self.words) - 1:
            position = self._after(position)
        if position < len(self.words):
            self._write(position)
        return "".join(self.parts)

    def _after(self, position: int) -> int:
        """Write the word and what goes with it; return the position of the next word to write."""
        kind = self.words[position].kind
        self._write(position)
        following = position + 1
        if kind is _Kind.NUMBER:
            return self._alphanumerics(following)
        if kind not in _CLOSED:
            return self._after_letters(following)
        return following

    def _after_letters(self, position: int) -> int:
        """Go on after a word of letters: a number belongs to it, unless letters follow the number (http2xx)."""
        if self._kind(position) is not _Kind.NUMBER:
            self._connect(position, _CLOSED)
            return position
        following = position + 1
        if following == len(self.words):
            return position
        if self._kind(following) is _Kind.LETTERS:
            self.parts.append(self.connector)
            self._write(position)
            return self._alphanumerics(following)
        self._write(position)
        self._connect(following, _CLOSED)
        return following

    def _alphanumerics(self, position: int) -> int:
        while self._kind(position) in _ALPHANUMERIC:
            self._write(position)
            position += 1
        self._connect(position, _ENDED)
        return position

    def _connect(self, position: int, unless: frozenset[_Kind]) -> None:
        if self._kind(position) not in unless:
            self.parts.append(self.connector)

    def _kind(self, position: int) -> _Kind:
        return self.words[position].kind if position < len(self.words) else _Kind.NOTHING

    def _write(self, position: int) -> None:
        word = self.words[position]
        if word.kind is _Kind.CONNECTOR:
            characters = runes.replaced(word.text)
            self.parts.append("".join([self.connector if is_connector(rune) else rune for rune in characters]))
        elif word.kind is _Kind.CAPITALS:
            self.parts.append(_lowered(runes.replaced(word.text)))
        else:
            self.parts.append(word.text)


def _joined_by(connector: str) -> Callable[[Context, bytes], bytes]:
    def call(ctx: Context, text: bytes) -> bytes:
        # A word of one byte costs about this much on the way.
        ctx.charge(200 * len(text))
        ctx.step(len(text))
        return runes.encode(_Joining(_words(runes.decode(text)), connector).run())

    return call


FUNCTIONS: tuple[Function, ...] = (
    Function("snakecase", (STRING,), _joined_by("_")),
    Function("kebabcase", (STRING,), _joined_by("-")),
)
