"""Deep equality as Go's reflect.DeepEqual has it, and membership by it.

In: values of any type. Out: booleans; each comparison is a step. Values of different types are never equal, nor is a
nil list or map equal to an empty one, nor NaN to itself.
"""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from secrets_operator.rendering.gotemplate.limits import Context
from secrets_operator.rendering.gotemplate.values import ByteSlice, GoList, GoMap, GoStruct, type_of


@runtime_checkable
class Pointer(Protocol):
    """A Go pointer, whose ``==`` is identity."""

    @property
    def pointee(self) -> Any:
        """The value that the pointer points to."""


def deep_equal(ctx: Context, left: Any, right: Any, depth: int = 0) -> bool:
    """Return whether two values are equal through and through."""
    ctx.step()
    ctx.check_depth(depth)
    if type_of(left) != type_of(right):
        return False
    if isinstance(left, GoList):
        return _equal_lists(ctx, left, right, depth)
    if isinstance(left, GoMap):
        return _equal_maps(ctx, left, right, depth)
    if isinstance(left, GoStruct):
        return left is right or _equal_fields(ctx, left.fields, right.fields, depth)
    return bool(_comparable(left) == _comparable(right))


def _comparable(value: Any) -> Any:
    if isinstance(value, (bytes, int, float)):
        return value
    if isinstance(value, ByteSlice):
        return value.data
    return value.pointee if isinstance(value, Pointer) else value


def _equal_lists(ctx: Context, left: GoList, right: GoList, depth: int) -> bool:
    if left.is_nil != right.is_nil or len(left.items) != len(right.items):
        return False
    return left.items is right.items or all(
        deep_equal(ctx, one, other, depth + 1) for one, other in zip(left.items, right.items, strict=True)
    )


def _equal_maps(ctx: Context, left: GoMap, right: GoMap, depth: int) -> bool:
    if left.is_nil != right.is_nil:
        return False
    return left.entries is right.entries or _equal_fields(ctx, left.entries, right.entries, depth)


def _equal_fields(ctx: Context, left: dict[Any, Any], right: dict[Any, Any], depth: int) -> bool:
    return len(left) == len(right) and all(
        key in right and deep_equal(ctx, value, right[key], depth + 1) for key, value in left.items()
    )


class Seen:
    """Values seen before, up to deep equality; plain ones are found by hash, lists and maps one by one."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._plain: set[tuple[str, Any]] = set()
        self._others: list[Any] = []

    def __contains__(self, value: Any) -> bool:
        """Return whether an equal value was added."""
        self._ctx.step()
        plain = _plain(value)
        if plain is not None:
            # NaN equals nothing, but a set would find the same object by identity.
            return value == value and plain in self._plain  # noqa: PLR0124 - only NaN differs from itself
        return any(deep_equal(self._ctx, value, other) for other in self._others)

    def add(self, value: Any) -> None:
        """Remember a value."""
        plain = _plain(value)
        if plain is None:
            self._others.append(value)
        else:
            self._plain.add(plain)


def _plain(value: Any) -> tuple[str, Any] | None:
    """Return a key that only equal plain values share, ``None`` for values that are compared part by part."""
    if value is None or isinstance(value, (bytes, bool, int, float)):
        return str(type_of(value)), value
    return None
