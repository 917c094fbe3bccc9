"""JSON text, one object or several after each other, as nodes with their place.

The standard library reads JSON without telling places, and YAML parsers refuse some JSON (tabs, escapes of slashes).
Texts must be valid JSON already: ``documents.read_documents`` says what is wrong with those that are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from json.decoder import scanstring  # type: ignore[attr-defined] # undocumented, and the only scanner with positions

from secrets_operator.sealing.errors import DocumentError
from secrets_operator.sealing.lossless.nodes import Entry, Mapping, Node, Scalar, Sequence

_SPACE = re.compile(r"[ \t\r\n]*")
_LITERAL = re.compile(r"[-+.\w]+")


def json_trees(text: str) -> Iterator[Node]:
    """Yield the root of each value of a text."""
    scanner = _Scanner(text)
    while not scanner.at_end():
        yield scanner.node()


class _Scanner:
    """Walks over a text that is known to be JSON."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def at_end(self) -> bool:
        """Tell whether nothing but space is left."""
        self._skip()
        return self._at >= len(self._text)

    def node(self) -> Node:
        """Return the value at the position."""
        match self._peek():
            case "{":
                return self._mapping()
            case "[":
                return self._sequence()
            case '"':
                return self._string()
            case _:
                return self._literal()

    def _skip(self) -> None:
        space = _SPACE.match(self._text, self._at)
        assert space is not None
        self._at = space.end()

    def _peek(self) -> str:
        self._skip()
        return self._text[self._at : self._at + 1]

    def _take(self, character: str) -> None:
        if self._peek() != character:
            raise DocumentError("not valid JSON")
        self._at += 1

    def _string(self) -> Scalar:
        start = self._at
        value, self._at = scanstring(self._text, start + 1)
        return Scalar(start, self._at, value, '"')

    def _literal(self) -> Scalar:
        found = _LITERAL.match(self._text, self._at)
        if found is None:
            raise DocumentError("not valid JSON")
        self._at = found.end()
        return Scalar(found.start(), found.end(), found[0])

    def _mapping(self) -> Mapping:
        start = self._at
        entries: list[Entry] = []
        self._take("{")
        while self._peek() != "}":
            self._separate(entries)
            self._skip()
            key = self._string()
            self._take(":")
            entries.append(Entry(key, self.node()))
        self._take("}")
        return Mapping(start, self._at, entries, flow=True)

    def _sequence(self) -> Sequence:
        start = self._at
        items: list[Node] = []
        self._take("[")
        while self._peek() != "]":
            self._separate(items)
            items.append(self.node())
        self._take("]")
        return Sequence(start, self._at, items, flow=True)

    def _separate(self, before: list[Entry] | list[Node]) -> None:
        if before:
            self._take(",")
