"""JSON into Go values, as encoding/json does: numbers are float64, objects ``map[string]interface {}``.

In: byte strings. Out: values. Python's scanner reads the document; what Go sees differently is settled before (depth
and size, bytes that are no UTF-8) or after it (lone surrogates, numbers out of range).
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.functions import runes
from secrets_operator.rendering.gotemplate.limits import Context
from secrets_operator.rendering.gotemplate.values import any_list, any_map

_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{},]', re.DOTALL)
_SURROGATES = re.compile("[\ud800-\udfff]")
_CONTAINER = 500
_ELEMENT = 120
"""What a container, and an element of one, cost in memory at most: as Python's scanner makes them, and as Go values."""


class _NotJsonError(ValueError):
    """What Python's scanner accepts and JSON does not contain."""


class _Numbers:
    """Reads numbers; one that float64 cannot hold becomes 0 and is remembered."""

    def __init__(self) -> None:
        self.overflowed = False

    def __call__(self, text: str) -> float:
        number = float(text)
        if math.isinf(number):
            self.overflowed = True
            return 0.0
        return number


def decode_leniently(ctx: Context, document: bytes) -> Any:
    """Return the document's value; nil when it is no JSON, 0 for numbers out of range."""
    value, _ = _decoded(ctx, document)
    return value


def decode(ctx: Context, document: bytes) -> Any:
    """Return the document's value; raise FunctionError when it is no JSON or a number is out of range."""
    value, fault = _decoded(ctx, document)
    if fault:
        # Raised here and not where it was caught: the scanner's own error holds the document.
        raise FunctionError(fault)
    return value


def _decoded(ctx: Context, document: bytes) -> tuple[Any, str]:
    ctx.charge(5 * len(document))
    text = runes.replaced(runes.decode(document))
    _account(ctx, text)
    numbers = _Numbers()
    try:
        value = json.loads(
            text, parse_int=numbers, parse_float=numbers, parse_constant=_refuse, object_pairs_hook=_entries
        )
    except ValueError:
        return None, "the text is not valid JSON"
    fault = "json: cannot unmarshal number into Go value of type float64" if numbers.overflowed else ""
    return _go_value(value), fault


def _account(ctx: Context, text: str) -> None:
    """Charge for the containers and elements to come and bound their depth, before anything is built."""
    depth = 0
    for found in _STRUCTURE.finditer(text):
        mark = found[0]
        if mark in "[{":
            depth += 1
            ctx.check_depth(depth)
            ctx.charge(_CONTAINER)
        elif mark in "]}":
            depth -= 1
        else:
            ctx.charge(_ELEMENT)
        ctx.step()


def _refuse(_name: str) -> float:
    raise _NotJsonError


def _entries(pairs: list[tuple[str, Any]]) -> dict[bytes, Any]:
    """Return an object's entries; of equal keys, which they may have become only now, the last one wins."""
    return {_go_string(key): value for key, value in pairs}


def _go_value(value: Any) -> Any:
    if isinstance(value, str):
        return _go_string(value)
    if isinstance(value, list):
        return any_list([_go_value(item) for item in value])
    if isinstance(value, dict):
        return any_map({key: _go_value(item) for key, item in value.items()})
    return value


def _go_string(text: str) -> bytes:
    return _SURROGATES.sub(runes.REPLACEMENT, text).encode()
