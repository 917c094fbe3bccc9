"""``range`` as a closure: over lists, maps in the order of their keys, and integers.

In: the compiled pipeline, the slots of its variables and the blocks. Out: one closure that runs the loop.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeAlias

from secrets_operator.rendering.gotemplate.frame import NO_VALUE, Evaluate, Execute, Frame, Site
from secrets_operator.rendering.gotemplate.values import ByteSlice, GoList, GoMap, Uint8, is_integer, type_of

GO_ON: Final = 0
BREAK: Final = 1
CONTINUE: Final = 2

Entries: TypeAlias = Iterable[tuple[Any, Any]]


def compile_range(
    pipeline: Evaluate, slots: list[int | None], blocks: tuple[Execute, Execute | None], site: Site
) -> Execute:
    """Return the closure of a loop; with one variable it gets the element, with two index and element."""
    block, otherwise = blocks
    index_slot = slots[0] if len(slots) > 1 else None
    element_slot = slots[-1] if slots else None

    def execute(frame: Frame, dot: Any) -> int:
        empty = True
        variables = frame.variables
        for index, element in _entries(frame, pipeline(frame, dot), len(slots), site):
            empty = False
            if index_slot is not None:
                variables[index_slot] = index
            if element_slot is not None:
                variables[element_slot] = element
            frame.ctx.step()
            if block(frame, element) == BREAK:
                break
        if empty and otherwise is not None:
            return otherwise(frame, dot)
        return GO_ON

    return execute


def _entries(frame: Frame, value: Any, variables: int, site: Site) -> Entries:
    """Return index and element of all that a value holds."""
    if isinstance(value, GoList):
        return enumerate(value.items)
    if isinstance(value, GoMap):
        frame.ctx.step(len(value.entries))
        frame.ctx.charge(64 * len(value.entries))
        return value.sorted_entries()
    if value is NO_VALUE or value is None:
        return ()
    if isinstance(value, ByteSlice):
        return ((index, Uint8(byte)) for index, byte in enumerate(value.data))
    if is_integer(value):
        if variables > 1:
            raise site.error("can't use an integer to iterate over more than one variable")
        return _count(value)
    hint = "range takes lists, maps and integers; splitList makes a list of a string"
    raise site.error(f"range can't iterate over a value of type {type_of(value)}", hint)


def _count(limit: int) -> Iterator[tuple[Any, Any]]:
    """Count up to an integer in its own type, where there is no index."""
    make = type(limit)
    return ((NO_VALUE, number if make is int else make(number)) for number in range(limit))
