"""Go's regular expressions by RE2, the engine they share: compiling, finding, replacing, within the render's bounds.

In: patterns and texts as byte strings. Out: matches as offsets into the text. A byte of the text that is no UTF-8
counts as one U+FFFD, as Go has it; a pattern with such a byte is invalid. Neighbour: ``regexes`` has the functions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import re2

from secrets_operator.rendering.gotemplate.errors import FunctionError, LimitError
from secrets_operator.rendering.gotemplate.functions import runes
from secrets_operator.rendering.gotemplate.limits import Context

_MEMORY = 1 << 20
"""Bytes that RE2 may use for one pattern; the library keeps up to 128 patterns."""
_MEMORY_OF_GO = 1 << 26
_PATTERN_BYTES = 1 << 13
_WORK = 200_000_000
"""Bound of the pattern's instructions times the text's bytes, RE2's worst case for one search."""
_QUOTED_OR_ESCAPE = re.compile(rb"\\Q.*?(?:\\E|\Z)|\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Match:
    """Where a pattern was found: the span of the whole and of each group, (-1, -1) for a group that took no part."""

    spans: tuple[tuple[int, int], ...]

    @property
    def start(self) -> int:
        """The offset of the first byte."""
        return self.spans[0][0]

    @property
    def end(self) -> int:
        """The offset after the last byte."""
        return self.spans[0][1]


class Pattern:
    """A compiled pattern."""

    def __init__(self, ctx: Context, source: bytes) -> None:
        """Compile; raise FunctionError for an invalid pattern and LimitError for one that is too large."""
        ctx.charge(len(source))
        ctx.step(64 + (len(source) >> 4))
        if len(source) > _PATTERN_BYTES:
            raise LimitError(f"a regular expression has more than {_PATTERN_BYTES} bytes")
        self.is_empty = not source
        self._ctx = ctx
        self._compiled = _compiled(source)
        self.group_names: dict[bytes, int] = self._compiled.groupindex

    def searching(self, text: bytes) -> Search:
        """Prepare to search a text; raise LimitError when pattern and text are too large together."""
        if self._compiled.programsize * len(text) > _WORK:
            raise LimitError("a regular expression is too large for the text it is applied to")
        return Search(self._ctx, self._compiled, text)


class Search:
    """One text and one pattern; ``size`` is the text's length as the offsets of ``at`` and of matches count it."""

    def __init__(self, ctx: Context, compiled: Any, text: bytes) -> None:
        self._ctx = ctx
        self._compiled = compiled
        self.text = text
        ctx.charge(5 * len(text))
        characters = runes.decode(text)
        searched = runes.encode_replaced(characters)
        self._searched = searched
        self._offsets = None if searched == text else _original_offsets(ctx, characters)

    def first(self) -> Match | None:
        """Return the leftmost match."""
        found = self._search(0)
        return self._translated(found) if found else None

    def all(self, limit: int) -> Iterator[Match]:
        """Give successive matches, `limit` at most; an empty one right after another match does not count."""
        position, previous_end, count = 0, -1, 0
        while count < limit and position <= len(self._searched):
            found = self._search(position)
            if found is None:
                return
            start, end = found[0]
            accepted = not (start == end == position == previous_end)
            position = self._after_rune(position) if end == position else end
            previous_end = end
            if accepted:
                count += 1
                yield self._translated(found)

    def to_replace(self) -> Iterator[Match]:
        """Give the matches that ReplaceAll replaces; it differs from ``all`` in which empty ones count."""
        position, previous_end = 0, 0
        while position <= len(self._searched):
            found = self._search(position)
            if found is None:
                return
            start, end = found[0]
            if end > previous_end or start == 0:
                yield self._translated(found)
            previous_end = end
            position = max(self._after_rune(position), end)

    def _search(self, position: int) -> tuple[tuple[int, int], ...] | None:
        """Return the spans of the leftmost match from a position on.

        RE2 finds the empty text within a rune, too, where Go never looks.
        """
        while True:
            left = len(self._searched) - position
            self._ctx.step(2 + (left * self._compiled.programsize >> 16))
            found = self._compiled.search(self._searched, position)
            if found is None:
                return None
            if not self._within_rune(found.start()):
                return tuple(found.span(group) for group in range(self._compiled.groups + 1))
            position = self._after_rune(found.start())

    def _within_rune(self, position: int) -> bool:
        return position < len(self._searched) and self._searched[position] & 0xC0 == 0x80

    def _after_rune(self, position: int) -> int:
        position += 1
        while self._within_rune(position):
            position += 1
        return position

    def _translated(self, spans: tuple[tuple[int, int], ...]) -> Match:
        offsets = self._offsets
        if offsets is None:
            return Match(spans)
        return Match(tuple((offsets[start], offsets[end]) if start >= 0 else (-1, -1) for start, end in spans))


def _original_offsets(ctx: Context, characters: str) -> dict[int, int]:
    """Map offsets into the text with U+FFFD for invalid bytes to offsets into the text itself."""
    ctx.charge(200 * len(characters))
    ctx.step(len(characters) >> 2)
    original = accumulate((len(runes.encode(rune)) for rune in characters), initial=0)
    searched = accumulate((len(runes.encode_replaced(rune)) for rune in characters), initial=0)
    return dict(zip(searched, original, strict=True))


def _compiled(source: bytes) -> Any:
    compiled = _compiled_within(source, _MEMORY)
    if compiled is None and _compiled_within(source, _MEMORY_OF_GO) is not None:
        # The library would keep the large pattern that told an invalid one from this.
        re2.purge()
        raise LimitError("a regular expression is too large")
    if compiled is None:
        raise FunctionError("error parsing regexp: the regular expression is not valid")
    return compiled


def _compiled_within(source: bytes, memory: int) -> Any:
    if not _is_utf8(source) or any(found[1] == b"C" for found in _QUOTED_OR_ESCAPE.finditer(source)):
        # RE2 knows \C, a single byte; Go does not.
        return None
    options = re2.Options()
    options.max_mem = memory
    options.log_errors = False
    try:
        return re2.compile(source, options)
    except re2.error:
        return None


def _is_utf8(source: bytes) -> bool:
    try:
        source.decode()
    except UnicodeDecodeError:
        return False
    return True
