"""Draws numbers, items and orders from a source of random bytes, each possibility as likely as every other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from secrets_operator.provider import Entropy

T = TypeVar("T")


class Drawing:
    """Randomness that comes from ``entropy`` alone."""

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy

    def below(self, limit: int) -> int:
        """Return a number from 0 up to ``limit``, without it."""
        size = (limit.bit_length() + 7) // 8
        # A remainder would favour small numbers: what lies beyond the last whole multiple is drawn again.
        fair = 256**size - 256**size % limit
        while True:
            number = int.from_bytes(self._entropy(size))
            if number < fair:
                return number % limit

    def some(self, items: Sequence[T], count: int) -> list[T]:
        """Return ``count`` items, each drawn from all."""
        return [items[self.below(len(items))] for _ in range(count)]

    def distinct(self, items: Sequence[T], count: int) -> list[T]:
        """Return ``count`` different places of ``items``, in a random order."""
        return self.shuffled(items)[:count]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """Return all items in a random order (Fisher and Yates)."""
        mixed = list(items)
        for last in range(len(mixed) - 1, 0, -1):
            other = self.below(last + 1)
            mixed[last], mixed[other] = mixed[other], mixed[last]
        return mixed
