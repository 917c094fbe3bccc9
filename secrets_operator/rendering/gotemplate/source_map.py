"""Offsets in a source to lines, columns and the text of an expression."""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

from secrets_operator.rendering.gotemplate.errors import Place

_LONGEST_EXPRESSION: Final = 80


class SourceMap:
    """Where the lines of one named source begin."""

    __slots__ = ("_starts", "name", "source")

    def __init__(self, name: str, source: str) -> None:
        self.name = name
        self.source = source
        self._starts = [0]
        position = source.find("\n")
        while position >= 0:
            self._starts.append(position + 1)
            position = source.find("\n", position + 1)

    def place(self, offset: int, end: int | None = None) -> Place:
        """Return the place of an offset, with the expression up to ``end`` if that is given."""
        line = bisect_right(self._starts, offset)
        start = self._starts[line - 1]
        column = len(self.source[start:offset].encode("utf-8", "surrogateescape")) + 1
        expression = "" if end is None else " ".join(self.source[offset:end].split())
        if len(expression) > _LONGEST_EXPRESSION:
            expression = expression[:_LONGEST_EXPRESSION] + "..."
        return Place(self.name, line, column, expression.encode("utf-8", "replace").decode())
