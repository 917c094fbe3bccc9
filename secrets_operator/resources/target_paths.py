"""Where ``templateFrom[].target`` puts a result in an object that is no Secret: ``data``, ``spec.rules[0].from``.

In: the text of the field. Out: keys and list indexes, outermost first.
"""

from __future__ import annotations

import re
from typing import Final

HIGHEST_INDEX: Final = 10_000
_SEGMENT: Final = re.compile(r"([^.\[\]]+)((?:\[[0-9]{1,6}\])*)")
# Parts are matched in any case, paths as they stand.
_PARTS: Final = {"": "data", "data": "data", "spec": "spec", "labels": "labels", "annotations": "annotations"}
LABELS, ANNOTATIONS = "labels", "annotations"
# What the object is called, whom it belongs to and what its own controller says of it is not for a template.
_RESERVED: Final = frozenset({"apiVersion", "kind", "metadata", "status"})

Path = tuple[str | int, ...]


class PathError(ValueError):
    """The text is no path, or one that nothing may be written to; the message says what to write instead."""


def target_path(text: str) -> Path:
    """Return the path that ``text`` stands for; raises PathError."""
    part = _PARTS.get(text.lower())
    if part is not None:
        return (part,)
    path: list[str | int] = []
    for segment in text.split("."):
        found = _SEGMENT.fullmatch(segment)
        if found is None:
            raise PathError(f"{text!r} is no path: write keys and indexes such as spec.rules[0].from")
        path.append(found[1])
        path.extend(int(index) for index in re.findall(r"[0-9]+", found[2]))
    if any(isinstance(step, int) and step > HIGHEST_INDEX for step in path):
        raise PathError(f"{text!r} has an index above {HIGHEST_INDEX}")
    if path[0] in _RESERVED:
        raise PathError(f"{text!r} cannot be set: use labels, annotations, or a field such as spec")
    return tuple(path)
