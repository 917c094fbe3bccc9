"""Go values in Python: what data, functions and constants are while a template runs.

A Go string is ``bytes``, nil ``None``, bool ``bool``, int ``int``, float64 ``float``, complex128 ``complex``; every
other kind is a class of this module. No ``repr`` here shows a value. Types are described in ``gotypes.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from secrets_operator.rendering.gotemplate.gotypes import (
    ANY,
    ANY_MAP,
    BOOL,
    BYTES,
    COMPLEX128,
    FLOAT64,
    INT,
    INT8,
    INT16,
    INT32,
    INT64,
    STRING,
    STRING_MAP,
    UINT,
    UINT8,
    UINT16,
    UINT32,
    UINT64,
    GoType,
    list_of,
    map_of,
)

if TYPE_CHECKING:
    from secrets_operator.rendering.gotemplate.function import Function

_NO_METHODS: Mapping[str, Function] = MappingProxyType({})


class Typed:
    """A value that knows its Go type and may have methods that templates can call (``.When.Unix``).

    A method is a ``Function`` whose ``call`` gets ``(ctx, receiver, *args)``; its ``params`` leave the receiver out.
    """

    __slots__ = ()
    go_type: GoType
    methods: ClassVar[Mapping[str, Function]] = _NO_METHODS

    def __repr__(self) -> str:
        """Return the type alone: values may be secrets."""
        return f"<{self.go_type.name}>"


class Stringer:
    """A value with a Go ``String() string`` (or ``Error() string``) method, which ``%v`` and ``%s`` print."""

    __slots__ = ()

    def go_string(self) -> bytes:
        """Return what the value's String or Error method returns."""
        raise NotImplementedError

    def go_syntax(self) -> bytes | None:
        """Return what ``%#v`` prints where the type has a GoString method of its own, ``None`` where it has none."""
        return None


class SizedInt(Typed, int):
    """An integer of a Go type other than ``int``; arithmetic on it gives a plain Python int."""

    __slots__ = ()
    __repr__ = Typed.__repr__


class Int8(SizedInt):
    """A Go int8."""

    go_type = INT8


class Int16(SizedInt):
    """A Go int16."""

    go_type = INT16


class Int32(SizedInt):
    """A Go int32, which a rune is."""

    go_type = INT32


class Int64(SizedInt):
    """A Go int64."""

    go_type = INT64


class Uint(SizedInt):
    """A Go uint."""

    go_type = UINT


class Uint8(SizedInt):
    """A Go uint8, which a byte is."""

    go_type = UINT8


class Uint16(SizedInt):
    """A Go uint16."""

    go_type = UINT16


class Uint32(SizedInt):
    """A Go uint32."""

    go_type = UINT32


class Uint64(SizedInt):
    """A Go uint64."""

    go_type = UINT64


class ByteSlice(Typed):
    """A Go ``[]byte``, which is not a string."""

    __slots__ = ("data",)
    go_type = BYTES

    def __init__(self, data: bytes) -> None:
        self.data = data


class GoList(Typed):
    """A Go slice: ``items`` of one element type; a nil slice is empty and prints as one, but is JSON null."""

    __slots__ = ("elem", "go_type", "is_nil", "items")

    def __init__(self, items: Iterable[Any], elem: GoType = ANY, *, is_nil: bool = False) -> None:
        self.items = list(items)
        self.elem = elem
        self.go_type = list_of(elem)
        self.is_nil = is_nil


class GoMap(Typed):
    """A Go map: ``entries`` is mutable and unordered; ``sorted_entries`` gives the order of print and range."""

    __slots__ = ("elem", "entries", "go_type", "is_nil", "key")

    def __init__(
        self, entries: dict[Any, Any], key: GoType = STRING, elem: GoType = ANY, *, is_nil: bool = False
    ) -> None:
        self.entries = entries
        self.key = key
        self.elem = elem
        self.is_nil = is_nil
        if key is STRING and elem is ANY:
            self.go_type = ANY_MAP
        elif key is STRING and elem is STRING:
            self.go_type = STRING_MAP
        else:
            self.go_type = map_of(key, elem)

    def sorted_entries(self) -> list[tuple[Any, Any]]:
        """Return the entries in the order in which Go prints and ranges over a map."""
        return sorted(self.entries.items(), key=lambda entry: map_key_order(entry[0]))


class GoStruct(Typed):
    """A Go struct, or a pointer to one when the type's kind is ``ptr``: exported fields by name, in their order."""

    __slots__ = ("fields", "go_type")

    def __init__(self, go_type: GoType, fields: dict[str, Any]) -> None:
        self.go_type = go_type
        self.fields = fields


class GoError(Typed, Stringer):
    """A Go error as a value (some Sprig functions return one instead of failing)."""

    __slots__ = ("message",)
    go_type = GoType("*errors.errorString", "ptr")

    def __init__(self, message: bytes) -> None:
        self.message = message

    def go_string(self) -> bytes:
        """Return the error's message."""
        return self.message


_PLAIN_TYPES: Mapping[type, GoType] = MappingProxyType(
    {bytes: STRING, int: INT, bool: BOOL, float: FLOAT64, complex: COMPLEX128}
)


def type_of(value: Any) -> GoType | None:
    """Return the Go type of a value, ``None`` for nil."""
    if value is None:
        return None
    plain = _PLAIN_TYPES.get(type(value))
    if plain is not None:
        return plain
    go_type: GoType = value.go_type
    return go_type


def kind_of(value: Any) -> str:
    """Return the kind of a value as ``reflect.Kind`` prints it, ``invalid`` for nil."""
    go_type = type_of(value)
    return "invalid" if go_type is None else go_type.kind


def is_integer(value: Any) -> bool:
    """Say whether a value is of any of Go's integer kinds."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_string(value: Any) -> bool:
    """Say whether a value is a Go string (a ``[]byte`` is not)."""
    return isinstance(value, bytes)


def string_list(items: Iterable[bytes]) -> GoList:
    """Return a ``[]string``."""
    return GoList(items, STRING)


def any_list(items: Iterable[Any]) -> GoList:
    """Return a ``[]interface {}``."""
    return GoList(items, ANY)


def any_map(entries: dict[bytes, Any]) -> GoMap:
    """Return a ``map[string]interface {}``."""
    return GoMap(entries, STRING, ANY)


def zero_of(go_type: GoType) -> Any:
    """Return the zero value of a type, as a lookup of a missing map key with ``index`` gives it."""
    if go_type.kind == "slice":
        return ByteSlice(b"") if go_type == BYTES else GoList((), go_type.elem or ANY, is_nil=True)
    if go_type.kind == "map":
        return GoMap({}, go_type.key or STRING, go_type.elem or ANY, is_nil=True)
    return _ZEROS.get(go_type.kind)


_ZEROS: Mapping[str, Any] = MappingProxyType(
    {
        "bool": False,
        "string": b"",
        "int": 0,
        "int8": Int8(0),
        "int16": Int16(0),
        "int32": Int32(0),
        "int64": Int64(0),
        "uint": Uint(0),
        "uint8": Uint8(0),
        "uint16": Uint16(0),
        "uint32": Uint32(0),
        "uint64": Uint64(0),
        "float64": 0.0,
        "complex128": 0j,
    }
)


def map_key_order(key: Any) -> tuple[int, Any]:
    """Return the sort key of a map key: nil, booleans, numbers (NaN first), strings, as Go's fmtsort."""
    if key is None:
        return (0, 0)
    if isinstance(key, bool):
        return (1, key)
    if isinstance(key, (int, float)):
        return (2, (0, 0) if key != key else (1, key))  # noqa: PLR0124 - only NaN differs from itself
    if isinstance(key, bytes):
        return (3, key)
    return (4, id(key))
