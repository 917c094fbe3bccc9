"""Sprig's integers and floats: casts, arithmetic that wraps at 64 bits, extremes, rounding.

In: values of any type, cast leniently. Out: int, int64 and float64. Neighbours: ``casts``; ``decimals`` has addf...
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from typing import Any

from secrets_operator.rendering.gotemplate.errors import FunctionError
from secrets_operator.rendering.gotemplate.formatting.printf import sprint
from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.functions.casts import decimal_int, to_float, to_int, wrapped
from secrets_operator.rendering.gotemplate.gotypes import ANY, FLOAT64, INT, STRING
from secrets_operator.rendering.gotemplate.limits import Context
from secrets_operator.rendering.gotemplate.values import Int64


def _int64(ctx: Context, value: Any) -> Int64:
    return Int64(to_int(ctx, value))


def _atoi(ctx: Context, text: bytes) -> int:
    """Read a decimal number; 0 for what is none, and the nearest bound for one out of range."""
    ctx.step(1 + (len(text) >> 8))
    return decimal_int(text)[0]


def _to_decimal(ctx: Context, value: Any) -> Int64:
    """Read the value's text as an octal number, as for file modes; 0 for anything else."""
    text = sprint(ctx, (value,))
    ctx.step(1 + (len(text) >> 8))
    number, exact = decimal_int(text, 8)
    return Int64(number if exact else 0)


def _add(ctx: Context, *values: Any) -> Int64:
    return Int64(wrapped(sum(to_int(ctx, value) for value in values)))


def _add1(ctx: Context, value: Any) -> Int64:
    return _add(ctx, value, 1)


def _sub(ctx: Context, left: Any, right: Any) -> Int64:
    return Int64(wrapped(to_int(ctx, left) - to_int(ctx, right)))


def _mul(ctx: Context, *values: Any) -> Int64:
    return Int64(reduce(lambda product, value: wrapped(product * to_int(ctx, value)), values, 1))


def _div(ctx: Context, left: Any, right: Any) -> Int64:
    quotient, _ = _divided(to_int(ctx, left), to_int(ctx, right))
    return Int64(wrapped(quotient))


def _mod(ctx: Context, left: Any, right: Any) -> Int64:
    _, remainder = _divided(to_int(ctx, left), to_int(ctx, right))
    return Int64(remainder)


def _divided(dividend: int, divisor: int) -> tuple[int, int]:
    """Divide towards zero; the remainder has the sign of the dividend."""
    if divisor == 0:
        raise FunctionError("integer divide by zero")
    quotient, remainder = divmod(abs(dividend), abs(divisor))
    return (
        -quotient if (dividend < 0) != (divisor < 0) else quotient,
        -remainder if dividend < 0 else remainder,
    )


def _max(ctx: Context, *values: Any) -> Int64:
    return Int64(max(to_int(ctx, value) for value in values))


def _min(ctx: Context, *values: Any) -> Int64:
    return Int64(min(to_int(ctx, value) for value in values))


def _maxf(ctx: Context, *values: Any) -> float:
    return reduce(_larger, [to_float(ctx, value) for value in values])


def _minf(ctx: Context, *values: Any) -> float:
    return -reduce(_larger, [-to_float(ctx, value) for value in values])


def _larger(left: float, right: float) -> float:
    """Return what math.Max does: infinity beats NaN, NaN beats numbers, and 0 beats -0."""
    if math.inf in {left, right}:
        return math.inf
    if math.isnan(left) or math.isnan(right):
        return math.nan
    if left == right == 0:
        return right if math.copysign(1, left) < 0 else left
    return max(left, right)


def _whole(round_to: Callable[[float], int]) -> Callable[[Context, Any], float]:
    """Make math.Floor or math.Ceil, which keep infinities, NaN and the sign of zero."""

    def call(ctx: Context, value: Any) -> float:
        return _rounded_to(round_to, to_float(ctx, value))

    return call


def _rounded_to(round_to: Callable[[float], int], number: float) -> float:
    return math.copysign(float(round_to(number)), number) if math.isfinite(number) else number


def _round(ctx: Context, value: Any, places: int, *threshold: float) -> float:
    """Round up from a fraction of `threshold` (0.5) of a unit in the last place on, else down, also below zero."""
    power = _power_of_ten(places)
    scaled = power * to_float(ctx, value)
    fraction = math.modf(scaled)[0] if math.isfinite(scaled) else math.nan
    up = fraction >= (threshold[0] if threshold else 0.5)
    return _quotient(_rounded_to(math.ceil if up else math.floor, scaled), power)


def _power_of_ten(exponent: int) -> float:
    try:
        return float(10.0**exponent)
    except OverflowError:
        return math.inf


def _quotient(dividend: float, divisor: float) -> float:
    if divisor != 0:
        return dividend / divisor
    return math.nan if dividend == 0 or math.isnan(dividend) else math.copysign(math.inf, dividend)


FUNCTIONS: tuple[Function, ...] = (
    Function("int", (ANY,), to_int),
    Function("int64", (ANY,), _int64),
    Function("float64", (ANY,), to_float),
    Function("atoi", (STRING,), _atoi),
    Function("toDecimal", (ANY,), _to_decimal),
    Function("add", (ANY,), _add, variadic=True),
    Function("add1", (ANY,), _add1),
    Function("sub", (ANY, ANY), _sub),
    Function("mul", (ANY, ANY), _mul, variadic=True),
    Function("div", (ANY, ANY), _div),
    Function("mod", (ANY, ANY), _mod),
    Function("max", (ANY, ANY), _max, variadic=True),
    Function("biggest", (ANY, ANY), _max, variadic=True),
    Function("min", (ANY, ANY), _min, variadic=True),
    Function("maxf", (ANY, ANY), _maxf, variadic=True),
    Function("minf", (ANY, ANY), _minf, variadic=True),
    Function("ceil", (ANY,), _whole(math.ceil)),
    Function("floor", (ANY,), _whole(math.floor)),
    Function("round", (ANY, INT, FLOAT64), _round, variadic=True),
)
