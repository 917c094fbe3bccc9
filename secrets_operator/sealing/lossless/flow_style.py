"""Members of mappings in braces: JSON, and YAML in flow style, with the line breaks and gaps the others have."""

from __future__ import annotations

from secrets_operator.sealing.lossless.nodes import Mapping, Path, Scalar
from secrets_operator.sealing.lossless.scalars import quoted, scalar

Replacement = tuple[int, int, str]
"""Start and end of the old text, and what stands there instead."""

_UNIT = "  "


class FlowStyle:
    """Writes members into one text."""

    def __init__(self, source: str, newline: str, *, is_json: bool) -> None:
        self._source = source
        self._newline = newline
        self._is_json = is_json

    def scalar(self, text: str, *, like: Scalar | None = None) -> str:
        """Return a text as a scalar of the document's language."""
        return quoted(text) if self._is_json else scalar(text, like=like)

    def insertion(self, mapping: Mapping, place: int, path: Path, text: str) -> Replacement:
        """Return what inserts a member before the one at ``place``, or at the end."""
        indent = self._indent(mapping)
        member = self._member(path, text, indent, self._colon(mapping))
        gap = " " if indent is None else self._newline + indent
        if place < len(mapping.entries):
            at = mapping.entries[place].key.start
            return at, at, f"{member},{gap}"
        at = mapping.entries[-1].value.end
        return at, at, f",{gap}{member}"

    def filled(self, above: Mapping, path: Path, text: str) -> str:
        """Return a mapping with one member, laid out like the mapping that holds it."""
        indent = self._indent(above)
        return self._braces(path, text, indent, self._colon(above))

    def removal(self, mapping: Mapping, index: int) -> Replacement:
        """Return what removes a member with one of the commas beside it."""
        entries = mapping.entries
        if len(entries) == 1:
            return mapping.start, mapping.end, "{}"
        if index + 1 < len(entries):
            return entries[index].key.start, entries[index + 1].key.start, ""
        return entries[index - 1].value.end, entries[index].value.end, ""

    def _member(self, path: Path, text: str, indent: str | None, colon: str) -> str:
        key = quoted(str(path[0]))
        if len(path) == 1:
            return f"{key}{colon}{quoted(text)}"
        return f"{key}{colon}{self._braces(path[1:], text, indent, colon)}"

    def _braces(self, path: Path, text: str, indent: str | None, colon: str) -> str:
        if indent is None:
            return "{" + self._member(path, text, None, colon) + "}"
        inner = indent + _UNIT
        return f"{{{self._newline}{inner}{self._member(path, text, inner, colon)}{self._newline}{indent}}}"

    def _indent(self, mapping: Mapping) -> str | None:
        """Return the indentation of the members, or None when they share a line with the brace."""
        before = self._source[mapping.start + 1 : mapping.entries[0].key.start]
        return before.rpartition("\n")[2] if "\n" in before else None

    def _colon(self, mapping: Mapping) -> str:
        entry = mapping.entries[0]
        between = self._source[entry.key.end : entry.value.start]
        return between if between.strip() == ":" and "\n" not in between else ": "
