"""Field selectors: `metadata.name=x,type!=Opaque`, over the fields that a resource lets clients select by."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from devcluster.documents import Document, dig
from devcluster.statuses import bad_request

_TERM = re.compile(r"((?:[^\\,=!]|\\.)*?)(==|!=|=)((?:[^\\,=]|\\.)*)")
_SEPARATOR = re.compile(r"(?<!\\),")
_ESCAPED = re.compile(r"\\([\\,=])")

FieldReader = Callable[[Document], str]


@dataclass(frozen=True, slots=True)
class FieldTerm:
    """One condition: the field equals the value, or does not."""

    field: str
    value: str
    negated: bool
    read: FieldReader

    def matches(self, document: Document) -> bool:
        """Say whether the object fulfils the condition."""
        return (self.read(document) == self.value) != self.negated


FieldSelector = tuple[FieldTerm, ...]


def reader(path: str) -> FieldReader:
    """Return a function that reads a field, absent ones as the empty text."""
    parts = tuple(path.strip(".").split("."))
    return lambda document: _text(dig(document, parts))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def parse(text: str, readers: Mapping[str, FieldReader]) -> FieldSelector:
    """Read a field selector over the fields that the readers know.

    Raises:
        ApiError: 400, the text is not a selector or names another field.

    """
    terms = []
    for part in _SEPARATOR.split(text):
        if not part:
            continue
        match = _TERM.fullmatch(part)
        if not match:
            raise bad_request(f"invalid selector: '{text}'; can't understand '{part}'")
        field, operator, value = match.groups()
        if field not in readers:
            raise bad_request(f"field label not supported: {field}")
        terms.append(FieldTerm(field, _ESCAPED.sub(r"\1", value), operator == "!=", readers[field]))
    return tuple(terms)


def matches(selector: FieldSelector, document: Document) -> bool:
    """Say whether the object fulfils every term."""
    return all(term.matches(document) for term in selector)


def exact(selector: FieldSelector, field: str) -> str:
    """Return the one value that the selector admits for a field, empty when it leaves the field open."""
    return next((term.value for term in selector if term.field == field and not term.negated), "")
