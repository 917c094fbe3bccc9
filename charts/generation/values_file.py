"""Reads values.yaml with its comments: what each value is for, and its default.

A value has a comment above it, or is a map whose values have. Lines that end in dashes are headings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_KEY = re.compile(r"^( *)([A-Za-z][A-Za-z0-9]*):")
_COMMENT = re.compile(r"^ *# ?(.*)$")
_HEADING = re.compile(r"^(.*?) -{3,}$")


@dataclass(frozen=True, slots=True)
class Value:
    """One value: the heading it stands under, the path of keys, its default and its comment."""

    heading: str
    path: tuple[str, ...]
    default: Any
    comment: str


def documented_values(text: str, defaults: dict[str, Any]) -> Iterator[Value]:
    """Yield every value that has a comment, in the order of the file."""
    heading, comment, path = "", [""], [("", -1)]
    for line in text.splitlines():
        key, remark = _KEY.match(line), _COMMENT.match(line)
        if remark is not None:
            title = _HEADING.match(remark[1])
            heading = title[1] if title else heading
            comment = [] if title else [*comment, remark[1]]
        elif key is not None:
            path = [step for step in path if step[1] < len(key[1])] + [(key[2], len(key[1]))]
            names = tuple(name for name, _ in path[1:])
            if comment:
                yield Value(heading, names, _at(defaults, names), " ".join(comment).strip())
            comment = []
        else:
            comment = []


def _at(values: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        values = values[name]
    return values
