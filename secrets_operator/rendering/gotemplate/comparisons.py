"""``eq ne lt le gt ge``: comparisons of basic kinds, by text/template's rules.

In: values. Out: booleans, or FunctionError for kinds that cannot be compared. No message shows a value.
"""

from __future__ import annotations

from typing import Any, Final

from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.gotypes import COMPLEX_KINDS, FLOAT_KINDS, INTEGER_KINDS, UNSIGNED_KINDS
from secrets_operator.rendering.gotemplate.limits import Context
from secrets_operator.rendering.gotemplate.values import ByteSlice, GoList, GoMap, GoStruct, kind_of, type_of

_UNCOMPARABLE: Final = "invalid type for comparison"
_ORDERED: Final = frozenset({"int", "uint", "float", "string"})


def equal(ctx: Context, first: Any, *others: Any) -> bool:
    """Say whether the first value equals any of the others; raise FunctionError where kinds differ."""
    if not others:
        raise FunctionError("missing argument for comparison")
    ctx.step(len(others) * _weight(first))
    return any(_same(first, other) for other in others)


def not_equal(ctx: Context, first: Any, second: Any) -> bool:
    """Say whether two values differ."""
    return not equal(ctx, first, second)


def less(ctx: Context, first: Any, second: Any) -> bool:
    """Say whether the first value is the lesser."""
    ctx.step(_weight(first))
    one, other = _basic_kind(first), _basic_kind(second)
    if not one or not other:
        raise FunctionError(_UNCOMPARABLE, hint="lt, le, gt and ge compare numbers and strings")
    if one != other and {one, other} != {"int", "uint"}:
        raise _incompatible(first, second)
    if one not in _ORDERED:
        raise FunctionError(_UNCOMPARABLE, hint="lt, le, gt and ge compare numbers and strings")
    return bool(first < second)


def less_or_equal(ctx: Context, first: Any, second: Any) -> bool:
    """Say whether the first value is the lesser or equal."""
    return less(ctx, first, second) or equal(ctx, first, second)


def greater(ctx: Context, first: Any, second: Any) -> bool:
    """Say whether the first value is neither the lesser nor equal."""
    return not less_or_equal(ctx, first, second)


def greater_or_equal(ctx: Context, first: Any, second: Any) -> bool:
    """Say whether the first value is not the lesser."""
    return not less(ctx, first, second)


def _weight(value: Any) -> int:
    """Return the work of comparing a value: long strings take longer."""
    return 1 + (len(value) >> 12) if isinstance(value, bytes) else 1


def _basic_kind(value: Any) -> str:
    kind = kind_of(value)
    if kind in {"bool", "string"}:
        return kind
    if kind in INTEGER_KINDS:
        return "int"
    if kind in UNSIGNED_KINDS:
        return "uint"
    if kind in FLOAT_KINDS:
        return "float"
    return "complex" if kind in COMPLEX_KINDS else ""


def _same(first: Any, second: Any) -> bool:
    one, other = _basic_kind(first), _basic_kind(second)
    if one != other:
        if {one, other} == {"int", "uint"}:
            return bool(first == second)
        if first is None or second is None:
            return False
        raise _incompatible(first, second)
    return bool(first == second) if one else _same_composite(first, second)


def _same_composite(first: Any, second: Any) -> bool:
    kinds = {kind_of(first), kind_of(second)}
    if len(kinds) > 1 and "invalid" not in kinds:
        raise FunctionError(f"non-comparable types {type_of(first)} and {type_of(second)}")
    if _is_nil(first) or _is_nil(second):
        return _is_nil(first) and _is_nil(second)
    if isinstance(second, (GoList, GoMap, ByteSlice)):
        raise FunctionError(f"non-comparable type {type_of(second)}", hint="deepEqual compares lists and maps")
    if isinstance(first, GoStruct) and isinstance(second, GoStruct) and first.go_type.kind != "ptr":
        return first.go_type == second.go_type and first.fields == second.fields
    return bool(first == second)


def _is_nil(value: Any) -> bool:
    return value is None or getattr(value, "is_nil", False)


def _incompatible(first: Any, second: Any) -> FunctionError:
    return FunctionError(
        f"incompatible types for comparison: {type_of(first)} and {type_of(second)}",
        hint="both sides must be of one kind; int, float64 and toString convert",
    )
