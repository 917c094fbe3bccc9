"""YAML text as a stream of plain Python values, built from parser events so that scalars mean what Go makes of them.

Anchors, aliases and merge keys work; a repeated key keeps its last value; keys are always strings.
Errors carry line and column and never the parser's own words, which may quote the secret they choked on.
Neighbours: ``yaml_scalars``, ``documents``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml
from yaml import YAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from secrets_operator.sealing.errors import DocumentError
from secrets_operator.sealing.yaml_scalars import Rewritten, as_string, resolve

_MERGE = "<<"
_TAG = "tag:yaml.org,2002:"
_TEXT_TAGS = (_TAG + "str", "!")
_RESOLVED_TAGS = tuple(_TAG + name for name in ("null", "bool", "int", "float", "timestamp"))
_DEEPEST = 100
# Aliases of aliases grow exponentially once the value is written out; no manifest comes near this many nodes.
_MOST_NODES = 1_000_000


def load_documents(text: str) -> Iterator[tuple[Any, tuple[Rewritten, ...]]]:
    """Yield each document of a YAML stream (None for an empty one), with the scalars that read otherwise as strings.

    Raises DocumentError with the position in the text.
    """
    events = _events(text)
    for event in events:
        if isinstance(event, DocumentStartEvent):
            builder = _Builder(events)
            yield builder.value(next(events)), tuple(builder.rewritten)


def _events(text: str) -> Iterator[Event]:
    """Yield parser events; every way in which the parser gives up becomes a DocumentError."""
    # The C library is the one whose port Go's YAML is, and ten times as fast; where it is missing, Python does.
    try:
        yield from yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except YAMLError as error:
        raise DocumentError(f"not valid YAML{_position(getattr(error, 'problem_mark', None))}") from None
    except (ValueError, OverflowError):
        # A numeric escape beyond Unicode.
        raise DocumentError("not valid YAML: an escape names a character that does not exist") from None


def _position(mark: Any) -> str:
    return f" (line {mark.line + 1}, column {mark.column + 1})" if mark is not None else ""


class _Builder:
    """Builds the value of one document."""

    def __init__(self, events: Iterator[Event]) -> None:
        self._events = events
        self._anchors: dict[str, Any] = {}
        self._sizes: dict[str, int] = {}
        self._nodes = 0
        self.rewritten: list[Rewritten] = []

    def value(self, event: Event, path: tuple[str, ...] = ()) -> Any:
        """Return the value that starts with this event; items of a sequence add an empty step to the path."""
        assert isinstance(event, NodeEvent)
        if isinstance(event, AliasEvent):
            return self._alias(event)
        start = self._nodes
        self._count(1, event)
        if len(path) > _DEEPEST:
            raise DocumentError(f"nested more than {_DEEPEST} levels deep{_position(event.start_mark)}")
        value = self._content(event, path)
        if event.anchor is not None:
            self._anchors[event.anchor] = value
            self._sizes[event.anchor] = self._nodes - start
        return value

    def _content(self, event: Event, path: tuple[str, ...]) -> Any:
        """Return a scalar, a list or a mapping."""
        match event:
            case ScalarEvent():
                value = _scalar(event)
                self._note(event, value, path)
                return value
            case SequenceStartEvent():
                return list(self._items(SequenceEndEvent, path))
            case _:
                return self._mapping(event, path)

    def _note(self, event: ScalarEvent, value: Any, path: tuple[str, ...], *, is_key: bool = False) -> None:
        """Keep the place of a plain scalar that becomes another text; nothing at all (``key:``) is no text."""
        if not event.style and event.value and (as_string(value) or "") != event.value:
            line = event.start_mark.line + 1 if event.start_mark else 0
            self.rewritten.append(Rewritten(path, line, is_key))

    def _count(self, nodes: int, event: Event) -> None:
        """Count nodes as if every alias were written out."""
        self._nodes += nodes
        if self._nodes > _MOST_NODES:
            raise DocumentError(f"more than {_MOST_NODES} nodes once aliases are expanded{_position(event.start_mark)}")

    def _items(self, end: type[Event], path: tuple[str, ...]) -> Iterator[Any]:
        """Yield values up to the end event."""
        for event in self._events:
            if isinstance(event, end):
                return
            yield self.value(event, (*path, ""))

    def _mapping(self, start: Event, path: tuple[str, ...]) -> dict[str, Any]:
        """Return a mapping; its own keys win over merged ones, wherever they stand."""
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for event in self._events:
            if isinstance(event, MappingEndEvent):
                break
            if _is_merge(event):
                merged = _merge(self.value(next(self._events), (*path, "")), event) | merged
            else:
                key = self._key(event, start, path)
                own[key] = self.value(next(self._events), (*path, key))
        return merged | own

    def _key(self, event: Event, mapping: Event, path: tuple[str, ...]) -> str:
        """Return a mapping key as a string."""
        if not isinstance(event, ScalarEvent):
            return _key(self.value(event, (*path, "")), mapping)
        self._count(1, event)
        value = _scalar(event)
        key = _key(value, mapping)
        self._note(event, value, (*path, key), is_key=True)
        if event.anchor is not None:
            self._anchors[event.anchor], self._sizes[event.anchor] = value, 1
        return key

    def _alias(self, event: AliasEvent) -> Any:
        """Return the value an alias stands for."""
        if event.anchor not in self._anchors:
            raise DocumentError(f"an alias has no anchor{_position(event.start_mark)}")
        self._count(self._sizes[event.anchor], event)
        return self._anchors[event.anchor]


def _is_merge(event: Event) -> bool:
    return isinstance(event, ScalarEvent) and event.value == _MERGE and not event.style and event.tag is None


def _scalar(event: ScalarEvent) -> Any:
    """Return the value of a scalar; only plain ones are anything but text."""
    if any("\ud800" <= character <= "\udfff" for character in event.value):
        raise DocumentError(f"an escape names half a character{_position(event.start_mark)}")
    if event.tag is None:
        return event.value if event.style else resolve(event.value)
    if event.tag in _TEXT_TAGS:
        return event.value
    if event.tag in _RESOLVED_TAGS:
        return resolve(event.value)
    raise DocumentError(f"a tag other than those of plain data{_position(event.start_mark)}")


def _key(value: Any, mapping: Event) -> str:
    """Return a mapping key as a string."""
    text = as_string(value) if isinstance(value, str | int | float) else None
    if text is None:
        raise DocumentError(f"a mapping has a key that is not a string{_position(mapping.start_mark)}")
    return text


def _merge(value: Any, event: Event) -> dict[str, Any]:
    """Return what a merge key brings in: a mapping, or several of which earlier ones win."""
    sources = value if isinstance(value, list) else [value]
    if not all(isinstance(source, dict) for source in sources):
        raise DocumentError(f"a merge key needs a mapping{_position(event.start_mark)}")
    merged: dict[str, Any] = {}
    for source in sources:
        merged = source | merged
    return merged
