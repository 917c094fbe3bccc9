"""How long to wait after the n-th failure in a row. Pure: the caller brings the dice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential backoff from ``base`` to ``cap`` seconds; jitter takes up to half of each wait away.

    The defaults are those of External Secrets Operator: 1 s doubling to 7 minutes.
    """

    base: float = 1.0
    cap: float = 420.0

    def delay(self, failures: int, chance: float) -> float:
        """Return the wait in seconds after ``failures`` (>= 1) failures; ``chance`` is drawn from [0, 1)."""
        # 2**63 already exceeds every cap; a larger exponent would overflow a float after weeks of failures.
        exponent = min(failures - 1, 63)
        return min(self.cap, self.base * float(2**exponent)) * (1.0 - 0.5 * chance)
