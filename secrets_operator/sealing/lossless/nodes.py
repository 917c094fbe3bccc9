"""Values of a document with their place in its text: what an edit needs to know to touch nothing else.

Places are offsets in characters, ends exclusive. Neighbours: ``yaml_tree`` and ``json_tree`` make nodes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from secrets_operator.sealing.errors import DocumentError
from secrets_operator.sealing.yaml_scalars import as_string, resolve

# As many as the reader of manifests expands; no manifest comes near.
_MOST_NODES = 1_000_000
_MERGE = "<<"

Path = tuple[str | int, ...]
"""Where a value is: keys of mappings and indexes of sequences, from the root of a document."""


@dataclass(slots=True)
class Scalar:
    """A text, number, boolean or null; ``style`` is the quote or block mark it is written with, or empty."""

    start: int
    end: int
    text: str = field(repr=False)
    style: str = ""
    marked: bool = False
    """Written with an anchor or a tag, which an edit would lose."""

    @property
    def is_null(self) -> bool:
        """Tell whether the value is null, written or left out."""
        return not self.style and not self.marked and resolve(self.text) is None


@dataclass(slots=True)
class Alias:
    """A reference to a value with an anchor."""

    start: int
    end: int
    target: Node = field(repr=False)


@dataclass(slots=True)
class Sequence:
    """A list."""

    start: int
    end: int
    items: list[Node]
    flow: bool
    marked: bool = False


@dataclass(slots=True)
class Entry:
    """A key with its value."""

    key: Scalar
    value: Node


@dataclass(slots=True)
class Mapping:
    """An object; ``flow`` when it is written in braces."""

    start: int
    end: int
    entries: list[Entry]
    flow: bool
    marked: bool = False

    def index_of(self, key: str) -> int | None:
        """Return the index of the entry with this key, or None; DocumentError when the key is there twice."""
        found = [index for index, entry in enumerate(self.entries) if key_text(entry.key) == key]
        if len(found) > 1:
            raise DocumentError(f"the key {key} is there twice: keep one of them")
        return found[0] if found else None


Node = Scalar | Alias | Sequence | Mapping


def key_text(key: Scalar) -> str:
    """Return a key as a string, as Kubernetes reads it."""
    if key.style or key.marked:
        return key.text
    return as_string(resolve(key.text)) or ""


def child(node: Node, step: str | int) -> Node | None:
    """Return the value at a key or index, following an alias, or None when there is none."""
    while isinstance(node, Alias):
        node = node.target
    if isinstance(node, Mapping) and isinstance(step, str):
        index = node.index_of(step)
        return None if index is None else node.entries[index].value
    if isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
        return node.items[step]
    return None


def find(node: Node, path: Path) -> Node | None:
    """Return the value at a path, or None."""
    current: Node | None = node
    for step in path:
        current = child(current, step) if current is not None else None
    return current


def value_of(node: Node) -> Any:
    """Return the plain value of a node, aliases and merge keys expanded; DocumentError when that is too much."""
    return _Expansion().value(node)


class _Expansion:
    """Builds one value and counts its nodes, since aliases of aliases grow exponentially."""

    def __init__(self) -> None:
        self._nodes = 0

    def value(self, node: Node) -> Any:
        """Return the value of a node."""
        self._nodes += 1
        if self._nodes > _MOST_NODES:
            raise DocumentError(f"more than {_MOST_NODES} nodes once aliases are expanded")
        match node:
            case Scalar():
                return node.text if node.style or node.marked else resolve(node.text)
            case Alias():
                return self.value(node.target)
            case Sequence():
                return [self.value(item) for item in node.items]
            case Mapping():
                return self._mapping(node)

    def _mapping(self, node: Mapping) -> dict[str, Any]:
        """Return a mapping; its own keys win over merged ones, and of equal keys the last."""
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for entry in node.entries:
            value = self.value(entry.value)
            if entry.key.text == _MERGE and not entry.key.style:
                merged = self._merged(value) | merged
            else:
                own[key_text(entry.key)] = value
        return merged | own

    def _merged(self, value: Any) -> dict[str, Any]:
        sources = value if isinstance(value, list) else [value]
        if not all(isinstance(source, dict) for source in sources):
            raise DocumentError("a merge key needs a mapping")
        merged: dict[str, Any] = {}
        for source in sources:
            merged = source | merged
        return merged
