"""Descriptors of Go types, named as ``%T`` prints them and of the kind ``reflect.Kind`` names.

In: nothing. Out: ``GoType`` and the types that templates meet. The values that bear these types are in ``values.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class GoType:
    """A Go type; two descriptors are the same type when their names are, as ``%T`` prints a type in full."""

    name: str
    kind: str = field(compare=False)
    elem: GoType | None = field(default=None, compare=False)
    key: GoType | None = field(default=None, compare=False)

    def __str__(self) -> str:
        """Return the type's name as Go prints it."""
        return self.name


def list_of(elem: GoType) -> GoType:
    """Return the slice type of an element type (``[]T``)."""
    return GoType(f"[]{elem.name}", "slice", elem)


def map_of(key: GoType, elem: GoType) -> GoType:
    """Return the map type of a key and an element type (``map[K]V``)."""
    return GoType(f"map[{key.name}]{elem.name}", "map", elem, key)


def pointer_to(elem: GoType) -> GoType:
    """Return the pointer type of a type (``*T``)."""
    return GoType(f"*{elem.name}", "ptr", elem)


BOOL: Final = GoType("bool", "bool")
STRING: Final = GoType("string", "string")
INT: Final = GoType("int", "int")
INT8: Final = GoType("int8", "int8")
INT16: Final = GoType("int16", "int16")
INT32: Final = GoType("int32", "int32")
INT64: Final = GoType("int64", "int64")
UINT: Final = GoType("uint", "uint")
UINT8: Final = GoType("uint8", "uint8")
UINT16: Final = GoType("uint16", "uint16")
UINT32: Final = GoType("uint32", "uint32")
UINT64: Final = GoType("uint64", "uint64")
FLOAT64: Final = GoType("float64", "float64")
COMPLEX128: Final = GoType("complex128", "complex128")
ANY: Final = GoType("interface {}", "interface")
ERROR: Final = GoType("error", "interface")
REFLECT_VALUE: Final = GoType("reflect.Value", "struct")
"""What the built-in functions declare: any value at all, handed over unconverted (``None`` where there is none)."""

BYTES: Final = list_of(UINT8)
ANY_LIST: Final = list_of(ANY)
STRING_LIST: Final = list_of(STRING)
INT_LIST: Final = list_of(INT)
ANY_MAP: Final = map_of(STRING, ANY)
STRING_MAP: Final = map_of(STRING, STRING)

INTEGER_KINDS: Final = frozenset({"int", "int8", "int16", "int32", "int64"})
UNSIGNED_KINDS: Final = frozenset({"uint", "uint8", "uint16", "uint32", "uint64", "uintptr"})
FLOAT_KINDS: Final = frozenset({"float32", "float64"})
COMPLEX_KINDS: Final = frozenset({"complex64", "complex128"})
NILABLE_KINDS: Final = frozenset({"chan", "func", "interface", "map", "ptr", "slice"})
