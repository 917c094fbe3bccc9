"""What can be changed in a document, and what each change does to its plain value.

The second is how a changed text is checked: read again, it must hold exactly the value that the change asks for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from secrets_operator.sealing.lossless.nodes import Path


@dataclass(frozen=True, slots=True)
class Put:
    """Set the text at a path; mappings on the way that are missing or null are made."""

    path: Path
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Drop:
    """Remove the entry at a path."""

    path: Path


@dataclass(frozen=True, slots=True)
class Rename:
    """Give the entry at a path another key, at its old place."""

    path: Path
    key: str


Change = Put | Drop | Rename


def applied(value: Any, change: Change) -> Any:
    """Return the value with a change; what is not on the path is shared with the old one."""
    return _changed(value, change.path, change)


def _changed(value: Any, path: Path, change: Change) -> Any:
    step, rest = path[0], path[1:]
    if isinstance(value, list):
        index = int(step)
        return [*value[:index], _changed(value[index], rest, change), *value[index + 1 :]]
    mapping = value or {}
    if rest:
        return {**mapping, step: _changed(mapping.get(step), rest, change)}
    match change:
        case Put():
            return {**mapping, step: change.text}
        case Drop():
            return {key: member for key, member in mapping.items() if key != step}
        case Rename():
            return {change.key if key == step else key: member for key, member in mapping.items()}
