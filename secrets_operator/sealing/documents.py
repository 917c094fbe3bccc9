"""Manifest text, JSON or YAML, one or many documents, as a list of values with their place in the text.

JSON objects may follow each other; YAML documents are separated by ``---``. Empty documents are left out but counted.
Neighbours: ``yaml_documents``, ``input_secrets``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

from secrets_operator.sealing.errors import DocumentError
from secrets_operator.sealing.yaml_scalars import Rewritten, resolve

_SPACE = re.compile(r"[ \t\r\n]*")
_SEPARATOR = re.compile(r"^---", re.MULTILINE)

_Read = tuple[Any, tuple[Rewritten, ...]]


@dataclass(frozen=True, slots=True)
class Document:
    """One document: its 1-based place in the text, its value, whether YAML was read, and what that rewrote."""

    index: int
    body: Any = field(repr=False)
    is_yaml: bool
    rewritten: tuple[Rewritten, ...] = ()


def read_documents(data: bytes) -> list[Document]:
    """Read every document; DocumentError names the index of the first that cannot be read."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DocumentError("no secrets found. Ensure the input is valid and UTF-8 encoded") from None
    # An object at the start is JSON, unless YAML separators show up.
    is_json = text.lstrip().startswith("{") and not _SEPARATOR.search(text)
    documents = _json_documents(text) if is_json else _yaml_documents(text)
    return [document for document in documents if document.body is not None]


def _json_documents(text: str) -> list[Document]:
    """Read JSON, or else YAML in flow style, which looks like JSON; an error is about JSON then."""
    try:
        return list(_numbered(_load_json(text), is_yaml=False))
    except DocumentError as error:
        try:
            return _yaml_documents(text)
        except DocumentError:
            raise error from None


def _yaml_documents(text: str) -> list[Document]:
    # Imported here because JSON does not need it.
    from secrets_operator.sealing.yaml_documents import load_documents

    return list(_numbered(load_documents(text), is_yaml=True))


def _load_json(text: str) -> Iterator[_Read]:
    return ((body, ()) for body in load_json(text))


def _numbered(read: Iterator[_Read], *, is_yaml: bool) -> Iterator[Document]:
    """Yield documents with their index, which errors are given too."""
    index = 1
    while True:
        try:
            body, rewritten = next(read)
        except StopIteration:
            return
        except DocumentError as error:
            raise DocumentError(f"document {index}: {error.message}") from error
        yield Document(index, body, is_yaml, rewritten)
        index += 1


def load_json(text: str) -> Iterator[Any]:
    """Yield each JSON value of a text."""
    # Numbers mean what they mean in YAML, which is what Go reads JSON as.
    decoder = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=resolve, parse_float=resolve)
    position = _skip_space(text, 0)
    while position < len(text):
        try:
            body, position = decoder.raw_decode(text, position)
        except json.JSONDecodeError as error:
            # The cause is left out: it carries the whole text.
            raise DocumentError(f"not valid JSON (line {error.lineno}, column {error.colno})") from None
        except RecursionError as error:
            raise DocumentError("nested too deeply") from error
        _check_text(body)
        yield body
        position = _skip_space(text, position)


def _skip_space(text: str, position: int) -> int:
    space = _SPACE.match(text, position)
    return space.end() if space else position


def _refuse_constant(_name: str) -> NoReturn:
    raise DocumentError("not valid JSON: numbers must be finite")


def _check_text(body: Any) -> None:
    """Refuse halves of surrogate pairs, which escapes can smuggle in and no file or label can hold."""
    try:
        json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise DocumentError("an escape names half a character") from None
