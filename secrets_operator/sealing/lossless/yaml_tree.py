"""YAML text as nodes with their place, from the events of libyaml, of which Go's YAML library is a port.

Errors carry line and column and never the parser's own words, which may quote the secret they choked on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml
from yaml.cyaml import CSafeLoader
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from secrets_operator.sealing.errors import DocumentError
from secrets_operator.sealing.lossless.nodes import Alias, Entry, Mapping, Node, Scalar, Sequence

_DEEPEST = 100


def yaml_trees(text: str) -> Iterator[Node]:
    """Yield the root of each document, an empty scalar for an empty one; DocumentError with the position."""
    events = _events(text)
    for event in events:
        if isinstance(event, DocumentStartEvent):
            yield _Builder(events).node(next(events), depth=0)


def _events(text: str) -> Iterator[Event]:
    parser = CSafeLoader(text)
    try:
        while True:
            event = parser.get_event()
            if event is None or isinstance(event, StreamEndEvent):
                return
            yield event
    except yaml.YAMLError as error:
        message = f"not valid YAML{_position(getattr(error, 'problem_mark', None))}"
    except (ValueError, UnicodeError):
        message = "not valid YAML: a character that YAML does not allow"
    finally:
        parser.dispose()
    raise DocumentError(message)


def _position(mark: Any) -> str:
    return f" (line {mark.line + 1}, column {mark.column + 1})" if mark is not None else ""


def _at(mark: Any) -> int:
    return int(mark.index)


def _is_marked(event: Any) -> bool:
    return event.anchor is not None or event.tag is not None


class _Builder:
    """Builds the nodes of one document."""

    def __init__(self, events: Iterator[Event]) -> None:
        self._events = events
        self._anchors: dict[str, Node] = {}

    def node(self, event: Event, *, depth: int) -> Node:
        """Return the node that starts with this event."""
        if depth > _DEEPEST:
            raise DocumentError(f"nested more than {_DEEPEST} levels deep{_position(event.start_mark)}")
        assert isinstance(event, NodeEvent)
        if isinstance(event, AliasEvent):
            return self._alias(event)
        node = self._content(event, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _alias(self, event: AliasEvent) -> Alias:
        if event.anchor not in self._anchors:
            raise DocumentError(f"an alias has no anchor{_position(event.start_mark)}")
        return Alias(_at(event.start_mark), _at(event.end_mark), self._anchors[event.anchor])

    def _content(self, event: Event, depth: int) -> Node:
        start = _at(event.start_mark)
        match event:
            case ScalarEvent():
                return Scalar(start, _at(event.end_mark), event.value, event.style or "", _is_marked(event))
            case SequenceStartEvent():
                items, end = self._items(depth)
                return Sequence(start, end, items, bool(event.flow_style), _is_marked(event))
            case MappingStartEvent():
                entries, end = self._entries(depth)
                return Mapping(start, end, entries, bool(event.flow_style), _is_marked(event))
        raise DocumentError(f"not valid YAML{_position(event.start_mark)}")

    def _items(self, depth: int) -> tuple[list[Node], int]:
        items: list[Node] = []
        for event in self._events:
            if isinstance(event, SequenceEndEvent):
                return items, _at(event.end_mark)
            items.append(self.node(event, depth=depth + 1))
        raise DocumentError("not valid YAML: a list has no end")

    def _entries(self, depth: int) -> tuple[list[Entry], int]:
        entries: list[Entry] = []
        for event in self._events:
            if isinstance(event, MappingEndEvent):
                return entries, _at(event.end_mark)
            key = self.node(event, depth=depth + 1)
            if not isinstance(key, Scalar):
                raise DocumentError(f"a mapping has a key that is not a string{_position(event.start_mark)}")
            entries.append(Entry(key, self.node(next(self._events), depth=depth + 1)))
        raise DocumentError("not valid YAML: a mapping has no end")
