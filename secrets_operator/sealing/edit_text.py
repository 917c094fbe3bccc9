"""The text that ``seal edit`` shows, values masked, and what an edited one asks for. Pure.

Each item is a line ``key: <sealed>``. What stays ``<sealed>`` keeps its ciphertext; another value is sealed as it is
typed (``010`` is ``010``); a line that goes removes the item; a key that changes renames it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from secrets_operator.errors import Terminal
from secrets_operator.flow import SecretBytes
from secrets_operator.sealing.errors import DocumentError
from secrets_operator.sealing.lossless.nodes import Mapping as MappingNode
from secrets_operator.sealing.lossless.nodes import Scalar
from secrets_operator.sealing.lossless.scalars import quoted, scalar
from secrets_operator.sealing.lossless.text import ManifestText
from secrets_operator.sealing.sealed_documents import SealedDocument

MASK = "<sealed>"
_HELP = """\
# {MASK} stays as it is. Write a value in its place to seal another one, just as you type it (in quotes or after |
# where YAML needs that), add a line for a new key, remove one to remove the key, change a key to rename it.
# Leave everything as it is, or empty the file, to change nothing.
"""


@dataclass(frozen=True, slots=True)
class Edits:
    """What an edited text asks for."""

    values: Mapping[str, SecretBytes]
    removed: tuple[str, ...]
    renamed: Mapping[str, str]
    """The new name by the old one."""

    @property
    def nothing(self) -> bool:
        """Tell whether nothing is to be done."""
        return not (self.values or self.removed or self.renamed)


def edit_text(document: SealedDocument, shown: Mapping[str, SecretBytes], *, file: str) -> str:
    """Return the text to edit; ``shown`` are values that may be seen, others are masked."""
    template = document.body.get("spec", {}).get("template") or {}
    facts = [f"scope {document.scope}", f"type {template.get('type') or 'Opaque'}"]
    if template.get("data"):
        facts.append(f"templates {', '.join(sorted(template['data']))}")
    names = f"{document.namespace or '(no namespace)'}/{document.name}"
    lines = [f"{scalar(item)}: {_shown(shown.get(item))}\n" for item in document.items]
    return f"# {names} of {file}: {'; '.join(facts)}\n{_HELP.replace('{MASK}', MASK)}{''.join(lines)}"


def read_edits(text: str, document: SealedDocument, shown: Mapping[str, SecretBytes]) -> Edits:
    """Return what an edited text asks for; Terminal names the key that cannot be understood, never a value."""
    typed = _typed(text)
    if not typed:
        return Edits({}, (), {})
    gone = [item for item in document.items if item not in typed]
    moved = [item for item, value in typed.items() if value is None and item not in document.items]
    if len(moved) > len(gone) or (moved and len(moved) != len(gone)):
        raise Terminal(
            f"{moved[0]}: {MASK} stands for a value that is there already: rename keys, or remove them, apart"
        )
    values = {
        item: value
        for item, value in typed.items()
        if value is not None and not (item in shown and shown[item] == value)
    }
    renamed = dict(zip(gone, moved, strict=True)) if moved else {}
    return Edits(values, tuple(item for item in gone if item not in renamed), renamed)


def _typed(text: str) -> dict[str, SecretBytes | None]:
    """Return the value of each key as it was typed, None for the mask."""
    try:
        documents = [found for found in ManifestText.read(text.encode()).documents if found.value is not None]
    except DocumentError as error:
        raise Terminal(error.message) from None
    if not documents:
        return {}
    root = documents[0].root
    if len(documents) != 1 or not isinstance(root, MappingNode):
        raise Terminal("it must be one map of keys to values")
    typed: dict[str, SecretBytes | None] = {}
    for entry in root.entries:
        key = entry.key.text
        if key in typed:
            raise Terminal(f"the key {key} is there twice")
        if not isinstance(entry.value, Scalar) or entry.value.marked:
            raise Terminal(f"{key}: the value must be a text: put it in quotes, or after |")
        if not entry.value.style and not entry.value.text:
            raise Terminal(f"{key}: there is no value: write '' for an empty one")
        is_mask = not entry.value.style and entry.value.text == MASK
        typed[key] = None if is_mask else SecretBytes(entry.value.text.encode())
    return typed


def _shown(value: SecretBytes | None) -> str:
    """Return a value as YAML, or the mask for one that may not be seen or is no text."""
    try:
        text = value.reveal().decode() if value is not None else None
    except UnicodeDecodeError:
        return f"{MASK} # no text"
    if text is None:
        return MASK
    if "\n" in text:
        return _block(text) or quoted(text)
    return quoted(text) if text == MASK else scalar(text)


def _block(text: str) -> str:
    """Return a text of several lines as a block, empty when YAML would read another text."""
    header = "|" if text.endswith("\n") else "|-"
    block = header + "".join(f"\n  {line}" if line else "\n" for line in text.removesuffix("\n").split("\n"))
    try:
        read = ManifestText.read(f"a: {block}\n".encode()).documents[0].value
    except DocumentError:
        return ""
    return block if read == {"a": text} else ""
