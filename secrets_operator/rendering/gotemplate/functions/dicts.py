"""Sprig's dict functions; they take ``map[string]interface {}`` alone, which the root of a template is not.

In: maps, keys, values. Out: maps, values, and lists, whose order is that of the sorted keys (Sprig's is random).
Neighbours: ``merging`` merges, ``copying`` copies.
"""

from __future__ import annotations

from typing import Any

from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.functions.texts import strval
from secrets_operator.rendering.gotemplate.gotypes import ANY, ANY_MAP, STRING
from secrets_operator.rendering.gotemplate.limits import Context
from secrets_operator.rendering.gotemplate.values import GoList, GoMap, any_list, any_map, string_list, type_of

ENTRY = 150
"""What one more entry costs in memory besides its key and its value."""


def _dict(ctx: Context, *values: Any) -> GoMap:
    """Make a map of keys and values in turn; any value can be a key, by its text, and a last key alone gets ""."""
    ctx.charge(ENTRY * len(values))
    pairs = zip(values[::2], [*values[1::2], *([b""] if len(values) % 2 else [])], strict=True)
    return any_map({strval(ctx, key): value for key, value in pairs})


def _get(_ctx: Context, values: GoMap, key: bytes) -> Any:
    return values.entries.get(key, b"")


def _set(ctx: Context, values: GoMap, key: bytes, value: Any) -> GoMap:
    if values.is_nil:
        raise FunctionError("assignment to entry in nil map")
    ctx.charge(ENTRY)
    values.entries[key] = value
    return values


def _unset(_ctx: Context, values: GoMap, key: bytes) -> GoMap:
    values.entries.pop(key, None)
    return values


def _has_key(_ctx: Context, values: GoMap, key: bytes) -> bool:
    return key in values.entries


def _pluck(ctx: Context, key: bytes, *maps: GoMap) -> GoList:
    ctx.step(len(maps))
    return any_list([values.entries[key] for values in maps if key in values.entries])


def _keys(ctx: Context, *maps: GoMap) -> GoList:
    return string_list([key for values in maps for key in _sorted(ctx, values)])


def _values(ctx: Context, values: GoMap) -> GoList:
    return any_list([values.entries[key] for key in _sorted(ctx, values)])


def _sorted(ctx: Context, values: GoMap) -> list[bytes]:
    ctx.charge(16 * len(values.entries))
    ctx.step(1 + (len(values.entries) >> 3))
    return sorted(values.entries)


def _pick(ctx: Context, values: GoMap, *keys: bytes) -> GoMap:
    ctx.charge(ENTRY * min(len(keys), len(values.entries)))
    return any_map({key: values.entries[key] for key in keys if key in values.entries})


def _omit(ctx: Context, values: GoMap, *keys: bytes) -> GoMap:
    ctx.charge(ENTRY * len(values.entries))
    ctx.step(1 + (len(values.entries) >> 4))
    left_out = set(keys)
    return any_map({key: value for key, value in values.entries.items() if key not in left_out})


def _dig(_ctx: Context, *path: Any) -> Any:
    """Follow keys into maps within maps: KEY... DEFAULT MAP; the default stands in for a key that is missing."""
    if len(path) < 3:
        raise FunctionError("dig needs at least three arguments", hint="dig takes KEY... DEFAULT MAP")
    *keys, default, found = path
    if not all(isinstance(key, bytes) for key in keys):
        raise FunctionError("dig wants its keys to be strings", hint="dig takes KEY... DEFAULT MAP")
    for key in keys:
        entries = _entries(found)
        if key not in entries:
            return default
        found = entries[key]
    return found


def _entries(value: Any) -> dict[bytes, Any]:
    if not isinstance(value, GoMap) or value.go_type != ANY_MAP:
        raise FunctionError(f"dig wants map[string]interface {{}}, not {type_of(value)}")
    return value.entries


FUNCTIONS: tuple[Function, ...] = (
    Function("dict", (ANY,), _dict, variadic=True),
    Function("get", (ANY_MAP, STRING), _get),
    Function("set", (ANY_MAP, STRING, ANY), _set),
    Function("unset", (ANY_MAP, STRING), _unset),
    Function("hasKey", (ANY_MAP, STRING), _has_key),
    Function("pluck", (STRING, ANY_MAP), _pluck, variadic=True),
    Function("keys", (ANY_MAP,), _keys, variadic=True),
    Function("values", (ANY_MAP,), _values),
    Function("pick", (ANY_MAP, STRING), _pick, variadic=True),
    Function("omit", (ANY_MAP, STRING), _omit, variadic=True),
    Function("dig", (ANY,), _dig, variadic=True),
)
