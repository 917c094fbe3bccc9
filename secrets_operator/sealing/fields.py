"""Reading members of raw objects whose form nobody has checked yet."""

from __future__ import annotations

from typing import Any

from secrets_operator.errors import InvalidSpec
from secrets_operator.flow import Object


def section(raw: Object, *path: str) -> Object:
    """Return the object at a path, empty when it is absent or null; InvalidSpec when something else is there."""
    current: Any = raw
    for depth, member in enumerate(path, start=1):
        current = current.get(member)
        if current is None:
            return {}
        if not isinstance(current, dict):
            raise InvalidSpec("must be an object", field=".".join(path[:depth]))
    found: Object = current
    return found
