"""Files that hold SealedSecrets: finding them, reading them, and replacing one as a whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from secrets_operator.cli.atomic_output import open_output
from secrets_operator.errors import OperatorError, Terminal
from secrets_operator.sealing.lossless.changes import Change
from secrets_operator.sealing.lossless.text import ManifestText
from secrets_operator.sealing.sealed_documents import SealedDocument, sealed_documents

_EXTENSIONS = (".yaml", ".yml", ".json")
_NEVER_ENTERED = (".git", ".terraform", "node_modules")
_MENTION = b"SealedSecret"


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """A file with its text and the SealedSecrets in it."""

    path: Path
    text: ManifestText = field(repr=False)
    sealed: list[SealedDocument] = field(repr=False)

    def write(self, text: ManifestText) -> None:
        """Replace the file; nothing happens when the text is the same."""
        if bytes(text) != bytes(self.text):
            with open_output(str(self.path)) as output:
                output.write(bytes(text))


def manifest_paths(places: Iterable[Path]) -> Iterator[Path]:
    """Yield files named, and those below folders named that end like manifests, sorted; links are not followed."""
    for place in places:
        if not place.is_dir():
            yield place
            continue
        for folder, folders, names in os.walk(place):
            folders[:] = sorted(name for name in folders if name not in _NEVER_ENTERED)
            yield from (Path(folder, name) for name in sorted(names) if name.endswith(_EXTENSIONS))


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a file; Terminal names it."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise Terminal(f"{path}: {error.strerror}") from error


def parse_manifest(path: Path, data: bytes) -> ManifestFile:
    """Return the documents of a file's bytes; Terminal names the file and the document."""
    with errors_of(path):
        text = ManifestText.read(data)
        return ManifestFile(path, text, sealed_documents(text))


def mentions_sealed_secrets(data: bytes) -> bool:
    """Tell at little cost whether bytes may hold a SealedSecret."""
    return _MENTION in data


def changed_text(file: ManifestFile, changes: Iterable[tuple[int, list[Change]]]) -> ManifestText:
    """Return the file's text with changes by the index of their document; Terminal names the file."""
    text = file.text
    with errors_of(file.path):
        for index, of_document in changes:
            text = text.changed(index, of_document)
    return text


@contextmanager
def errors_of(path: Path | str) -> Iterator[None]:
    """Put the file's name in front of every error of the tree that leaves the block."""
    try:
        yield
    except OperatorError as error:
        message = f"{path}: {error}"
    else:
        return
    raise Terminal(message)
