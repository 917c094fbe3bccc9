"""What counts as true in ``if``, ``with``, ``and``, ``or`` and ``not``."""

from __future__ import annotations

from typing import Any

from secrets_operator.rendering.gotemplate.frame import NO_VALUE
from secrets_operator.rendering.gotemplate.values import ByteSlice, GoList, GoMap


def is_true(value: Any) -> bool:
    """Say whether a value is not the zero of its type; structs are always true."""
    if value is None or value is NO_VALUE:
        return False
    if isinstance(value, GoMap):
        return bool(value.entries)
    if isinstance(value, GoList):
        return bool(value.items)
    if isinstance(value, ByteSlice):
        return bool(value.data)
    return bool(value)
