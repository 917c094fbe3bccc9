"""A manifest text that can be changed in places: documents with their values, and a new text for each set of changes.

Bytes in, bytes out. Every change is checked by reading the new text again: what is not asked for is as before, in
every document. A change that the text does not allow without reformatting is a DocumentError, never a guess.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from secrets_operator.sealing.documents import load_json
from secrets_operator.sealing.errors import DocumentError
from secrets_operator.sealing.lossless.changes import Change, Put, applied
from secrets_operator.sealing.lossless.json_tree import json_trees
from secrets_operator.sealing.lossless.nodes import Mapping, Node, Path, Scalar, find, key_text, value_of
from secrets_operator.sealing.lossless.nodes import Sequence as ListNode
from secrets_operator.sealing.lossless.splices import Splice, splices

_SEPARATOR = re.compile(r"^---", re.MULTILINE)


@dataclass(frozen=True)
class TextDocument:
    """One document: its 1-based place in the text and its root; an empty document has a value of None."""

    index: int
    root: Node = field(repr=False)

    @cached_property
    def value(self) -> Any:
        """Return the plain value."""
        return value_of(self.root)

    def refuse_repeated_keys(self) -> None:
        """Raise DocumentError when some mapping has a key twice, of which all but the last would be lost."""
        nodes = [self.root]
        while nodes:
            match nodes.pop():
                case Mapping() as mapping:
                    for entry in mapping.entries:
                        mapping.index_of(key_text(entry.key))
                        nodes.append(entry.value)
                case ListNode() as sequence:
                    nodes += sequence.items


class ManifestText:
    """A text with its documents; it never changes, changing makes another one."""

    def __init__(self, text: str, *, has_mark: bool = False) -> None:
        """Read a text; DocumentError names the document that cannot be read. ``has_mark``: a byte order mark."""
        self._text = text
        self._has_mark = has_mark
        # An object at the start is JSON, except where YAML separators or flow style show up.
        self.is_json = text.lstrip().startswith("{") and not _SEPARATOR.search(text)
        if self.is_json:
            for _ in load_json(text):
                pass
        self.documents = _documents(text, is_json=self.is_json)

    @classmethod
    def read(cls, data: bytes) -> ManifestText:
        """Read the bytes of a file; DocumentError when they are no UTF-8, JSON or YAML."""
        has_mark = data.startswith(codecs.BOM_UTF8)
        try:
            return cls(data.removeprefix(codecs.BOM_UTF8).decode(), has_mark=has_mark)
        except UnicodeDecodeError:
            message = "not UTF-8"
        raise DocumentError(message)

    def __bytes__(self) -> bytes:
        return codecs.BOM_UTF8 * self._has_mark + self._text.encode()

    def line_of(self, index: int, path: Path, dotted: str) -> int:
        """Return the 1-based line of a field below a path of a document, or of the nearest value above it."""
        node = find(self.documents[index - 1].root, path) or self.documents[index - 1].root
        key = node.start
        while dotted and isinstance(node, Mapping):
            steps = {key_text(entry.key): entry for entry in node.entries}
            step = next((name for name in steps if name and _leads(dotted, name)), None)
            if step is None:
                break
            key, node = steps[step].key.start, steps[step].value
            dotted = dotted[len(step) :].lstrip(".[")
        return self._text.count("\n", 0, key) + 1

    def changed(self, index: int, changes: Sequence[Change]) -> ManifestText:
        """Return the text with changes of the document of that 1-based index; DocumentError names the document."""
        # Each change reads the text again. What only adds and replaces can mostly be done at once, and where it cannot,
        # such as two entries of a mapping that is to be made, reading again tells.
        if len(changes) > 1 and all(isinstance(change, Put) for change in changes):
            with suppress(DocumentError):
                return self._with(index, changes)
        current = self
        try:
            for batch in self._batches(index, changes):
                current = current._with(index, batch)
        except DocumentError as error:
            raise DocumentError(f"document {index}: {error.message}") from error
        return current

    def _batches(self, index: int, changes: Sequence[Change]) -> list[list[Change]]:
        """Return the changes in groups that do not disturb each other: values that only get another text, at once."""
        root = self.documents[index - 1].root
        replacing: list[Change] = []
        others: list[list[Change]] = []
        for change in changes:
            is_there = isinstance(change, Put) and isinstance(find(root, change.path), Scalar)
            is_first = not others and all(change.path != other.path for other in replacing)
            (replacing.append(change) if is_there and is_first else others.append([change]))
        return [replacing, *others] if replacing else others

    def _with(self, index: int, changes: Sequence[Change]) -> ManifestText:
        root = self.documents[index - 1].root
        found = [splice for change in changes for splice in splices(self._text, root, change, is_json=self.is_json)]
        expected = [document.value for document in self.documents]
        for change in changes:
            expected[index - 1] = applied(expected[index - 1], change)
        result = self._read_again(_spliced(self._text, found))
        if result is None or [document.value for document in result.documents] != expected:
            raise DocumentError("this cannot be changed without reformatting the file: change it by hand")
        return result

    def _read_again(self, text: str) -> ManifestText | None:
        try:
            return ManifestText(text, has_mark=self._has_mark)
        except DocumentError:
            return None


def _leads(dotted: str, name: str) -> bool:
    """Tell whether a field, written with dots and brackets, begins with a name."""
    return dotted == name or dotted.startswith((name + ".", name + "[", name + "]"))


def _spliced(text: str, found: list[Splice]) -> str:
    parts, at = [], 0
    for splice in sorted(found, key=lambda splice: (splice.start, splice.end)):
        parts += [text[at : splice.start], splice.text]
        at = splice.end
    return "".join([*parts, text[at:]])


def _documents(text: str, *, is_json: bool) -> list[TextDocument]:
    """Return the documents; DocumentError with the index of the first that cannot be read."""
    documents: list[TextDocument] = []
    try:
        # Imported here because JSON does without YAML.
        from secrets_operator.sealing.lossless.yaml_tree import yaml_trees

        for index, root in enumerate(json_trees(text) if is_json else yaml_trees(text), start=1):
            documents.append(TextDocument(index, root))
    except DocumentError as error:
        raise DocumentError(f"document {len(documents) + 1}: {error.message}") from error
    return documents
