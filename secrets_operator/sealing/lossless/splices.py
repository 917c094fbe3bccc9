"""Where a change puts which text: replacements of stretches of the old text, and nothing outside them.

YAML in block style is changed by whole lines, what stands in braces (all of JSON) by members with their commas. A new
entry goes to its alphabetical place when the others stand in that order, else to the end.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from secrets_operator.sealing.errors import DocumentError
from secrets_operator.sealing.lossless.changes import Change, Drop, Put, Rename
from secrets_operator.sealing.lossless.flow_style import FlowStyle
from secrets_operator.sealing.lossless.nodes import Alias, Entry, Mapping, Node, Path, Scalar, child, key_text
from secrets_operator.sealing.lossless.scalars import scalar

_DEFAULT_INDENT = 2


@dataclass(frozen=True, slots=True)
class Splice:
    """Replaces the characters from ``start`` to ``end`` of the old text."""

    start: int
    end: int
    text: str = field(repr=False)


def splices(source: str, root: Node, change: Change, *, is_json: bool) -> list[Splice]:
    """Return the replacements for one change; DocumentError when the text does not allow it without reformatting."""
    return _Splicing(source, root, is_json=is_json).of(change)


def sorted_place(entries: list[Entry], key: str) -> int:
    """Return the index at which a new key stands among others: alphabetical when they are, else last."""
    keys = [key_text(entry.key) for entry in entries]
    if len(keys) < 2 or keys != sorted(keys):
        return len(keys)
    return sum(other < key for other in keys)


class _Splicing:
    """Changes of one document."""

    def __init__(self, source: str, root: Node, *, is_json: bool) -> None:
        self._source = source
        self._root = root
        self._newline = "\r\n" if "\r\n" in source else "\n"
        self._unit = _indent_unit(source, root)
        self._flow = FlowStyle(source, self._newline, is_json=is_json)

    def of(self, change: Change) -> list[Splice]:
        """Return the replacements of a change."""
        match change:
            case Put():
                return self._put(change)
            case Drop():
                return self._drop(*self._entry(change.path))
            case Rename():
                mapping, index, _ = self._entry(change.path)
                key = mapping.entries[index].key
                return [Splice(key.start, key.end, scalar(change.key, like=key))]

    def _entry(self, path: Path) -> tuple[Mapping, int, Entry | None]:
        """Return the mapping that holds the entry at a path, the index in it, and the entry that holds the mapping."""
        walk = self._walk(path[:-1])
        mapping = walk[-1]
        index = mapping.index_of(str(path[-1])) if isinstance(mapping, Mapping) else None
        if index is None:
            raise DocumentError(f"there is no {dotted(path)}")
        assert isinstance(mapping, Mapping)
        return mapping, index, self._holder(walk, path[:-1])

    def _walk(self, path: Path) -> list[Node]:
        """Return the nodes on a path as far as it leads, the root first; aliases are not followed."""
        nodes = [self._root]
        for step in path:
            following = child(nodes[-1], step)
            if following is None:
                break
            nodes.append(following)
        for depth, node in enumerate(nodes):
            if isinstance(node, Alias) or node.marked:
                raise DocumentError(
                    f"{dotted(path[:depth])} is written with an anchor, alias or tag: change it by hand"
                )
        return nodes

    def _holder(self, walk: list[Node], path: Path) -> Entry | None:
        """Return the entry whose value is the last node of a walk."""
        if len(walk) < 2 or not isinstance(walk[-2], Mapping):
            return None
        index = walk[-2].index_of(str(path[len(walk) - 2]))
        return None if index is None else walk[-2].entries[index]

    def _put(self, change: Put) -> list[Splice]:
        walk = self._walk(change.path)
        rest = change.path[len(walk) - 1 :]
        node = walk[-1]
        if not rest:
            return self._replace(node, change)
        if isinstance(node, Mapping) and node.entries:
            if node.flow:
                return [
                    Splice(*self._flow.insertion(node, sorted_place(node.entries, str(rest[0])), rest, change.text))
                ]
            return self._insert_lines(node, self._holder(walk, change.path), rest, change.text)
        if isinstance(node, Mapping) or (isinstance(node, Scalar) and node.is_null):
            return self._fill(walk, change.path, rest, change.text)
        raise DocumentError(f"{dotted(change.path[: len(walk) - 1])} is not an object")

    def _replace(self, node: Node, change: Put) -> list[Splice]:
        """Return the replacement of a value that is there."""
        if not isinstance(node, Scalar):
            raise DocumentError(f"{dotted(change.path)} is not a string")
        end = _content_end(self._source, node)
        gap = "" if self._source[node.start - 1 : node.start] in {" ", "\t"} or node.style else " "
        return [Splice(node.start, end, gap + self._flow.scalar(change.text, like=node))]

    def _insert_lines(self, mapping: Mapping, holder: Entry | None, rest: Path, text: str) -> list[Splice]:
        """Return the new lines of a mapping in block style."""
        place = sorted_place(mapping.entries, str(rest[0]))
        indent = _column(self._source, mapping.entries[0].key.start)
        if place:
            at = _line_end(self._source, _content_end(self._source, mapping.entries[place - 1].value))
        elif holder is not None:
            at = _line_end(self._source, holder.key.end)
        else:
            at = _line_start(self._source, mapping.entries[0].key.start)
        return [self._lines(at, indent, rest, text)]

    def _lines(self, at: int, indent: int, rest: Path, text: str) -> Splice:
        """Return the insertion of ``a:``, ``b:``, ``c: text`` as lines, each deeper than the one before."""
        lines = [f"{' ' * (indent + depth * self._unit)}{scalar(str(step))}:" for depth, step in enumerate(rest)]
        lines[-1] += " " + scalar(text)
        block = self._newline.join(lines)
        open_line = at > 0 and self._source[at - 1] != "\n"
        return Splice(at, at, self._newline + block if open_line else block + self._newline)

    def _fill(self, walk: list[Node], path: Path, rest: Path, text: str) -> list[Splice]:
        """Return what puts the first entry into a mapping that is empty or null."""
        node, holder = walk[-1], self._holder(walk, path)
        above = walk[-2] if len(walk) > 1 else None
        if holder is None or not isinstance(above, Mapping):
            raise DocumentError("the document is empty")
        if above.flow:
            return [Splice(node.start, node.end, self._flow.filled(above, rest, text))]
        after_colon = self._source.index(":", holder.key.end) + 1
        end = max(node.end, after_colon)
        indent = _column(self._source, holder.key.start) + self._unit
        return [Splice(after_colon, end, ""), self._lines(_line_end(self._source, end), indent, rest, text)]

    def _drop(self, mapping: Mapping, index: int, holder: Entry | None) -> list[Splice]:
        """Return the removal of an entry; a mapping that loses its last one stays, empty."""
        if mapping.flow:
            return [Splice(*self._flow.removal(mapping, index))]
        entry = mapping.entries[index]
        start = _line_start(self._source, entry.key.start)
        if self._source[start : entry.key.start].strip():
            raise DocumentError(f"{entry.key.text} shares its line with something else: change it by hand")
        removal = Splice(start, _line_end(self._source, _content_end(self._source, entry.value)), "")
        if len(mapping.entries) > 1 or holder is None:
            return [removal]
        after_colon = self._source.index(":", holder.key.end) + 1
        return [Splice(after_colon, after_colon, " {}"), removal]


def dotted(path: Path) -> str:
    """Return a path as people write it: ``spec.encryptedData.password``, ``items[0].spec``."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.lstrip(".")


def _content_end(source: str, node: Node) -> int:
    """Return where the text of a value ends, without the comments and empty lines that follow it."""
    if isinstance(node, Mapping) and not node.flow and node.entries:
        return _content_end(source, node.entries[-1].value)
    if not isinstance(node, Scalar | Alias | Mapping) and not node.flow and node.items:
        return _content_end(source, node.items[-1])
    if isinstance(node, Scalar) and node.style in {"|", ">"}:
        header = source[node.start : node.end].partition("\n")[0]
        return node.end if "+" in header else node.start + len(source[node.start : node.end].rstrip())
    return node.end


def _line_start(source: str, at: int) -> int:
    return source.rfind("\n", 0, at) + 1


def _line_end(source: str, at: int) -> int:
    """Return where the line that holds the character before ``at`` ends, its line break included."""
    if at and source[at - 1] == "\n":
        return at
    found = source.find("\n", at)
    return len(source) if found < 0 else found + 1


def _column(source: str, at: int) -> int:
    return at - _line_start(source, at)


def _indent_unit(source: str, root: Node) -> int:
    """Return by how many spaces the first nested mapping is indented, two when there is none."""
    node: Node | None = root
    while isinstance(node, Mapping):
        inner = next((entry for entry in node.entries if _is_block(entry.value)), None)
        if inner is not None and isinstance(inner.value, Mapping):
            step = _column(source, inner.value.entries[0].key.start) - _column(source, inner.key.start)
            return step if step > 0 else _DEFAULT_INDENT
        node = None
    return _DEFAULT_INDENT


def _is_block(node: Node) -> bool:
    return isinstance(node, Mapping) and not node.flow and bool(node.entries)
