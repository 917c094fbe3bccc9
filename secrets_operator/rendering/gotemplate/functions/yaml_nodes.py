"""YAML text as a tree of nodes, before any scalar means anything.

In: bytes. Out: ``Node``. libyaml scans and parses (go-yaml is a port of it, so both refuse the same texts at the same
lines); this module bounds depth and size. Neighbours: ``yaml_scalars``, ``yaml_decoding``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import yaml
from yaml.cyaml import CSafeLoader

from secrets_operator.rendering.gotemplate.errors import FunctionError, LimitError
from secrets_operator.rendering.gotemplate.limits import Context

_BYTES_PER_NODE = 200
_MOST_DIRECTIVES = 64


class YamlError(FunctionError):
    """A text that is not the YAML that was wanted.

    ``message`` holds no data; ``go_message`` is Go's wording, which may quote some, and belongs in output only.
    """

    def __init__(self, message: str, go_message: str = "") -> None:
        super().__init__(message)
        self.go_message = go_message or message


@dataclass(eq=False, slots=True)
class Node:
    """A scalar, a sequence, a mapping (keys and values in turn) or an alias; ``text`` of an alias is its anchor."""

    kind: Literal["scalar", "sequence", "mapping", "alias"]
    tag: str = ""
    text: str = field(default="", repr=False)
    plain: bool = False
    children: list[Node] = field(default_factory=list, repr=False)
    target: Node | None = field(default=None, repr=False)


def parse(ctx: Context, text: bytes) -> Node | None:
    """Return the first document of a text, None when it has none; raise YamlError or LimitError."""
    ctx.charge(2 * len(text))
    ctx.step(len(text) // 64)
    # libyaml compares every directive with every other; the zeros are those of UTF-16.
    if text.replace(b"\0", b"").count(b"%TAG") > _MOST_DIRECTIVES:
        raise LimitError(f"the YAML has more than {_MOST_DIRECTIVES} %TAG directives")
    builder = _Builder(ctx)
    try:
        for event in _events(text):
            if isinstance(event, yaml.DocumentEndEvent):
                break
            builder.add(event)
    except yaml.MarkedYAMLError as error:
        raise YamlError(_located(error)) from None
    except yaml.YAMLError as error:
        raise YamlError(f"yaml: {getattr(error, 'reason', 'the text cannot be read')}") from None
    return builder.root


def _events(text: bytes) -> Iterator[Any]:
    # An empty text is one empty line to go-yaml.
    loader = CSafeLoader(text or b"\n")
    while True:
        event = loader.get_event()
        yield event
        if isinstance(event, yaml.StreamEndEvent):
            return


def _located(error: yaml.MarkedYAMLError) -> str:
    """Return libyaml's problem with the line that go-yaml names: it counts from 0 but for errors of the scanner."""
    line = error.problem_mark.line if error.problem_mark else 0
    if line:
        line += isinstance(error, yaml.scanner.ScannerError)
    elif error.context_mark:
        line = error.context_mark.line
    return f"yaml: {f'line {line}: ' if line else ''}{error.problem}"


class _Builder:
    """Collects events into a tree without recursion."""

    def __init__(self, ctx: Context) -> None:
        self.root: Node | None = None
        self._ctx = ctx
        self._open: list[Node] = []
        self._anchors: dict[str, Node] = {}

    def add(self, event: Any) -> None:
        self._ctx.step()
        match event:
            case yaml.ScalarEvent():
                self._place(Node("scalar", event.tag or "", event.value, plain=event.implicit[0]), event.anchor)
            case yaml.AliasEvent():
                self._place(self._alias(event.anchor or ""), None)
            case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                kind: Literal["sequence", "mapping"] = (
                    "sequence" if isinstance(event, yaml.SequenceStartEvent) else "mapping"
                )
                node = Node(kind, event.tag or "")
                self._place(node, event.anchor)
                self._open.append(node)
                self._ctx.check_depth(len(self._open))
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                self._open.pop()

    def _alias(self, anchor: str) -> Node:
        target = self._anchors.get(anchor)
        if target is None:
            raise YamlError("yaml: unknown anchor referenced", f"yaml: unknown anchor '{anchor}' referenced")
        return Node("alias", text=anchor, target=target)

    def _place(self, node: Node, anchor: str | None) -> None:
        self._ctx.charge(_BYTES_PER_NODE)
        if anchor is not None:
            self._anchors[anchor] = node
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.root = node
