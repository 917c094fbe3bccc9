"""Sprig's add1f, addf, subf, mulf and divf: floats calculated in decimal, as shopspring/decimal 1.4 does.

In: values of any type, cast leniently to floats. Out: float64. A float enters as the shortest decimal that means it, so
0.1 + 0.2 is 0.3; a quotient has 16 decimal places.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.formatting.floats import float_text
from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.functions.casts import to_float
from secrets_operator.rendering.gotemplate.gotypes import ANY
from secrets_operator.rendering.gotemplate.limits import Context

_DIVISION_PLACES = 16
_FLOAT_RANGE = 400
"""No float64 has a decimal exponent beyond this."""
_DIGITS_PER_BIT = 0.30103


@dataclass(frozen=True, slots=True)
class _Decimal:
    """The number coefficient x 10^exponent."""

    coefficient: int
    exponent: int


_Operation = Callable[[Context, _Decimal, _Decimal], _Decimal]


def _from_float(number: float) -> _Decimal:
    if not math.isfinite(number):
        raise FunctionError(f"Cannot create a Decimal from {float_text(number)}")
    mantissa, _, exponent = repr(number).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = fraction.rstrip("0")
    return _Decimal(int(whole + fraction), int(exponent or 0) - len(fraction))


def _to_float(ctx: Context, number: _Decimal) -> float:
    """Return the nearest float64, infinity beyond them all."""
    magnitude = abs(number.coefficient).bit_length() * _DIGITS_PER_BIT + number.exponent
    sign = -1.0 if number.coefficient < 0 else 1.0
    if number.coefficient == 0 or magnitude < -_FLOAT_RANGE:
        return 0.0 if number.coefficient == 0 else 0.0 * sign
    if magnitude > _FLOAT_RANGE:
        return math.inf * sign
    try:
        if number.exponent >= 0:
            return float(number.coefficient * _ten_to(ctx, number.exponent))
        return number.coefficient / _ten_to(ctx, -number.exponent)
    except OverflowError:
        return math.inf * sign


def _ten_to(ctx: Context, exponent: int) -> int:
    """Return a power of ten; its cost grows faster than its length."""
    ctx.charge(exponent)
    ctx.step((exponent >> 10) ** 2)
    return int(10**exponent)


def _sum(ctx: Context, left: _Decimal, right: _Decimal) -> _Decimal:
    if left.exponent < right.exponent:
        left, right = right, left
    scaled = left.coefficient * _ten_to(ctx, left.exponent - right.exponent)
    return _Decimal(scaled + right.coefficient, right.exponent)


def _difference(ctx: Context, left: _Decimal, right: _Decimal) -> _Decimal:
    return _sum(ctx, left, _Decimal(-right.coefficient, right.exponent))


def _product(_ctx: Context, left: _Decimal, right: _Decimal) -> _Decimal:
    return _Decimal(left.coefficient * right.coefficient, left.exponent + right.exponent)


def _quotient(ctx: Context, left: _Decimal, right: _Decimal) -> _Decimal:
    """Divide to 16 places, half away from zero."""
    if right.coefficient == 0:
        raise FunctionError("decimal division by 0")
    shift = left.exponent - right.exponent + _DIVISION_PLACES
    dividend = abs(left.coefficient) * _ten_to(ctx, max(shift, 0))
    divisor = abs(right.coefficient) * _ten_to(ctx, max(-shift, 0))
    quotient, remainder = divmod(dividend, divisor)
    quotient += 2 * remainder >= divisor
    negative = (left.coefficient < 0) != (right.coefficient < 0)
    return _Decimal(-quotient if negative else quotient, -_DIVISION_PLACES)


def _folded(operation: _Operation, *constants: float) -> Callable[..., float]:
    """Make a function that applies an operation to its arguments from left to right, `constants` coming last."""

    def call(ctx: Context, *values: Any) -> float:
        numbers = [_from_float(to_float(ctx, value)) for value in (*values, *constants)]
        if not numbers:
            return 0.0

        def apply(left: _Decimal, right: _Decimal) -> _Decimal:
            bits = left.coefficient.bit_length()
            ctx.charge(bits >> 3)
            ctx.step(1 + (bits >> 9))
            return operation(ctx, left, right)

        return _to_float(ctx, reduce(apply, numbers))

    return call


FUNCTIONS: tuple[Function, ...] = (
    Function("add1f", (ANY,), _folded(_sum, 1.0)),
    Function("addf", (ANY,), _folded(_sum), variadic=True),
    Function("subf", (ANY, ANY), _folded(_difference), variadic=True),
    Function("mulf", (ANY, ANY), _folded(_product), variadic=True),
    Function("divf", (ANY, ANY), _folded(_quotient), variadic=True),
)
