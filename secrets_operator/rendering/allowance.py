"""Bounds the work of rewriting keys: a hundred operations could otherwise double the data a hundred times."""

from __future__ import annotations

from typing import Final

from secrets_operator.errors import InvalidSpec

# A Secret holds at most 1 MiB, so this is ten passes over the largest there is; about a second at the worst.
MOST_WORK: Final = 10_000_000
# What an operation on nothing costs, in bytes of work.
STEP: Final = 8


class Allowance:
    """Work that is left for one resource."""

    def __init__(self, work: int = MOST_WORK) -> None:
        self._left = work

    def spend(self, size: int, *, field: str) -> None:
        """Take a step on ``size`` bytes; raise InvalidSpec naming ``field`` when the allowance is used up."""
        self._left -= STEP + size
        if self._left < 0:
            message = "the keys grow too large or are too many to be rewritten: use fewer operations or shorter targets"
            raise InvalidSpec(message, field=field)
