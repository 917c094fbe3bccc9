"""Simple JSON paths as definitions use them: ``.spec.size`` and ``['key']``, without wildcards or filters."""

from __future__ import annotations

import re

_STEP = re.compile(r"\.(?P<name>[^.\[\]'\s]+)|\['(?P<quoted>(?:[^'\\]|\\.)*)'\]")


def path_steps(path: str) -> list[str]:
    """Split a simple JSON path into member names.

    Raises:
        ValueError: the path holds something else than names.

    """
    steps, position = [], 0
    while position < len(path):
        step = _STEP.match(path, position)
        if step is None:
            raise ValueError(f"expected [ or . but got: {path[position:]}")
        quoted = step["quoted"]
        steps.append(step["name"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted))
        position = step.end()
    return steps


def parse_field_path(path: str) -> str:
    """Return a rule's ``fieldPath`` as error messages print it (``.a.b`` becomes ``a.b``).

    Raises:
        ValueError: the path holds something else than names.

    """
    return ".".join(path_steps(path))
