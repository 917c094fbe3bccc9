"""Conversion of JSON values into what CEL rules see, by schema.

Numbers of type ``number`` are doubles, date-time and duration texts are times, byte texts are bytes, and property
names that CEL cannot spell are escaped (``__namespace__``, ``a__dash__b``). Most schemas need none of it: their
converter is None and values go to the rules as they are.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

Converter = Callable[[Any], Any]

_RESERVED = frozenset(
    {
        "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import",
        "let", "loop", "package", "namespace", "return", "var", "void", "while",
    }
)  # fmt: skip
_ESCAPES = {"__": "__underscores__", ".": "__dot__", "-": "__dash__", "/": "__slash__"}
_TO_ESCAPE = re.compile(r"__|[./-]")
_DURATION_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(h|ms|m|s|us|µs|ns)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}


def escaped(name: str) -> str:
    """Return a property name as rules spell it."""
    if name in _RESERVED:
        return f"__{name}__"
    return _TO_ESCAPE.sub(lambda found: _ESCAPES[found[0]], name)


def converter(schema: dict[str, Any]) -> Converter | None:
    """Return what converts values of a schema, None when they need no conversion."""
    kind = schema.get("type")
    if kind == "object":
        return _object_converter(schema)
    if kind == "array":
        items = schema.get("items")
        return _list_converter(converter(items) if isinstance(items, dict) else None)
    if kind == "number":
        return _to_double
    return _FORMATS.get(schema.get("format", "")) if kind == "string" else None


def _object_converter(schema: dict[str, Any]) -> Converter | None:
    known = schema.get("properties", {})
    members = {name: found for name, child in known.items() if (found := converter(child)) is not None}
    names = {name: escaped(name) for name in known if escaped(name) != name}
    additional = schema.get("additionalProperties")
    others = converter(additional) if isinstance(additional, dict) else None
    if not (members or names or others):
        return None

    def convert(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        result = {}
        for name, member in value.items():
            one = members.get(name) if name in known else others
            result[names.get(name, name)] = member if one is None or member is None else one(member)
        return result

    return convert


def _list_converter(item: Converter | None) -> Converter | None:
    if item is None:
        return None
    return lambda value: [item(one) for one in value] if isinstance(value, list) else value


def _to_double(value: Any) -> Any:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _to_time(value: Any) -> Any:
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return value
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _to_duration(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = value.removeprefix("-").removeprefix("+")
    parts = _DURATION_PART.findall(text)
    if "".join(number + unit for number, unit in parts) != text:
        return value
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    return timedelta(seconds=-seconds if value.startswith("-") else seconds)


def _to_bytes(value: Any) -> Any:
    try:
        return base64.b64decode(value, validate=True)
    except (TypeError, ValueError, binascii.Error):
        return value


_FORMATS: dict[str, Converter] = {
    "date-time": _to_time,
    "datetime": _to_time,
    "date": _to_time,
    "duration": _to_duration,
    "byte": _to_bytes,
}
