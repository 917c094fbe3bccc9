"""The conversion of arguments to the parameter types that functions declare, by text/template's rules.

In: values, or the literals of a template. Out: what the function receives; ExecError for a value of the wrong type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from secrets_operator.rendering.gotemplate.errors import ExecError
from secrets_operator.rendering.gotemplate.frame import NO_VALUE, Site
from secrets_operator.rendering.gotemplate.gotypes import (
    ANY,
    ANY_MAP,
    COMPLEX_KINDS,
    ERROR,
    FLOAT_KINDS,
    INTEGER_KINDS,
    NILABLE_KINDS,
    REFLECT_VALUE,
    STRING,
    STRING_MAP,
    UNSIGNED_KINDS,
    GoType,
)
from secrets_operator.rendering.gotemplate.nodes import Bool, Number, String
from secrets_operator.rendering.gotemplate.values import (
    GoError,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    type_of,
    zero_of,
)

_SIZED: Final[Mapping[str, tuple[Callable[[int], int], int]]] = MappingProxyType(
    {
        "int": (int, 64),
        "int8": (Int8, 8),
        "int16": (Int16, 16),
        "int32": (Int32, 32),
        "int64": (Int64, 64),
        "uint": (Uint, 64),
        "uint8": (Uint8, 8),
        "uint16": (Uint16, 16),
        "uint32": (Uint32, 32),
        "uint64": (Uint64, 64),
    }
)


def takes_anything(go_type: GoType) -> bool:
    """Say whether every value may be given for a parameter of this type."""
    return go_type is ANY or go_type is REFLECT_VALUE or go_type in {ANY, REFLECT_VALUE}


def can_be_nil(go_type: GoType) -> bool:
    """Say whether nil may be given for a parameter of this type."""
    return go_type.kind in NILABLE_KINDS or go_type == REFLECT_VALUE


def converted(value: Any, go_type: GoType, site: Site) -> Any:
    """Return a value as an argument for a parameter; raise ExecError when it is of another type."""
    if value is NO_VALUE or value is None:
        if value is None and not takes_anything(go_type):
            raise _wrong_type(value, go_type, site)
        if not can_be_nil(go_type):
            raise site.error(f"invalid value; expected {go_type}", "there is no value to give to the function")
        return zero_of(go_type)
    if takes_anything(go_type):
        return value
    have = type_of(value)
    if have == go_type or (go_type == ERROR and isinstance(value, GoError)):
        return value
    if have is not None and have.kind == "ptr" and have.elem == go_type:
        return value
    raise _wrong_type(value, go_type, site)


def _wrong_type(value: Any, go_type: GoType, site: Site) -> ExecError:
    have = type_of(value)
    hint = ""
    if go_type == STRING and have is not None:
        hint = "toString makes a string of it" if have.kind not in {"map", "slice"} else "toJson makes a string of it"
    elif go_type == ANY_MAP and have == STRING_MAP:
        hint = 'the data is a map of strings, not a dict: read a key with index . "key"'
    return site.error(f"wrong type for value; expected {go_type}; got {have or ANY}", hint)


def literal_value(node: Bool | Number | String, go_type: GoType, site: Site) -> Any:
    """Return a literal as an argument for a parameter; raise ExecError when it cannot be one."""
    if takes_anything(go_type):
        return number_value(node, site) if isinstance(node, Number) else node.value
    kind = go_type.kind
    if kind == "string":
        return _expected(node.value if isinstance(node, String) else None, "string", site)
    if kind == "bool":
        return _expected(node.value if isinstance(node, Bool) else None, "bool", site)
    number = node if isinstance(node, Number) else None
    if kind in INTEGER_KINDS:
        return _sized(_expected(number and number.integer, "integer", site), kind)
    if kind in UNSIGNED_KINDS:
        return _sized(_expected(number and number.unsigned, "unsigned integer", site), kind)
    if kind in FLOAT_KINDS:
        return _expected(number and number.floating, "float", site)
    if kind in COMPLEX_KINDS:
        return _expected(number and number.imaginary, "complex", site)
    raise site.error(f"can't use a literal for an argument of type {go_type}")


def _expected(value: Any, name: str, site: Site) -> Any:
    if value is None:
        raise site.error(f"expected {name}", f"the function takes {'an' if name[0] in 'aeiou' else 'a'} {name} here")
    return value


def _sized(value: int, kind: str) -> int:
    """Return an integer of a kind, cut to its bits as Go's reflect does."""
    make, bits = _SIZED[kind]
    if kind in UNSIGNED_KINDS:
        return make(value & ((1 << bits) - 1))
    half = 1 << (bits - 1)
    return make(((value + half) & ((1 << bits) - 1)) - half)


def number_value(number: Number, site: Site) -> Any:
    """Return the value of a number where its spelling alone decides the type."""
    if number.imaginary is not None:
        return number.imaginary
    text = number.text
    whole = text[0] == "'" or (text[:2] in {"0x", "0X"} and "p" not in text and "P" not in text)
    if number.floating is not None and not whole and any(letter in text for letter in ".eEpP"):
        return number.floating
    if number.integer is None:
        raise site.error(f"{text} overflows int")
    return number.integer
