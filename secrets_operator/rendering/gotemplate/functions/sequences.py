"""Sprig's until, untilStep and seq: numbers in a row, counted and charged before they exist.

In: ints. Out: lists of ints, and for ``seq`` their text.
"""

from __future__ import annotations

from secrets_operator.rendering.gotemplate.function import Function
from secrets_operator.rendering.gotemplate.functions.casts import wrapped
from secrets_operator.rendering.gotemplate.gotypes import INT
from secrets_operator.rendering.gotemplate.limits import Context
from secrets_operator.rendering.gotemplate.values import GoList

_INT_IN_LIST = 40


def _numbers(ctx: Context, start: int, stop: int, step: int) -> range:
    """Return the numbers from start on before stop; none when the step leads the other way or nowhere."""
    if step == 0 or (stop < start) != (step < 0):
        return range(0)
    count = -((start - stop) // step)
    ctx.charge(_INT_IN_LIST * count)
    ctx.step(count)
    return range(start, stop, step)


def _until(ctx: Context, count: int) -> GoList:
    return _until_step(ctx, 0, count, -1 if count < 0 else 1)


def _until_step(ctx: Context, start: int, stop: int, step: int) -> GoList:
    return GoList(_numbers(ctx, start, stop, step), INT)


def _seq(ctx: Context, *params: int) -> bytes:
    """Return the numbers END (from 1), START END, or START STEP END, both ends included, as a text."""
    if not 1 <= len(params) <= 3:
        return b""
    start, end = (1 if len(params) == 1 else params[0]), params[-1]
    direction = -1 if end < start else 1
    step = params[1] if len(params) == 3 else direction
    if step > 0 > direction:
        return b""
    numbers = _numbers(ctx, start, wrapped(end + direction), step)
    return b" ".join([b"%d" % number for number in numbers])


FUNCTIONS: tuple[Function, ...] = (
    Function("until", (INT,), _until),
    Function("untilStep", (INT, INT, INT), _until_step),
    Function("seq", (INT,), _seq, variadic=True),
)
