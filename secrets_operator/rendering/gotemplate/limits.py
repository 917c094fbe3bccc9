"""The bounds of one render and the account that keeps to them.

In: ``Limits`` and, as parameters, the wall clock, the randomness and the CPU clock. Out: ``Context``, the first
argument of every function. Whoever allocates or loops says so first: ``charge(bytes)``, ``step(n)``, ``expensive()``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from secrets_operator.rendering.gotemplate.errors import LimitError

_STEPS_BETWEEN_CLOCK_READINGS = 256
_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one template may use; the defaults are generous for a Secret and harmless for the process."""

    steps: int = 1_000_000
    """Nodes evaluated, loop turns, and elements that functions walk."""
    cpu_seconds: float = 0.8
    """CPU time of one render, without that of operations bounded by ``expensive_operations``."""
    allocated_bytes: int = 64 * _MEBIBYTE
    """Sum of everything ever allocated in one render; nothing is given back."""
    output_bytes: int = 4 * _MEBIBYTE
    depth: int = 64
    """Templates that call templates."""
    value_depth: int = 100
    """Nesting of lists, maps and documents that are printed, compared, copied, parsed or written."""
    expensive_operations: int = 16
    """Budget for password hashes and key generation: see ``Context.expensive``."""


@dataclass(frozen=True, slots=True)
class CompileLimits:
    """How large a template may be."""

    source_bytes: int = _MEBIBYTE
    nodes: int = 20_000
    nesting: int = 60
    """Blocks and parentheses within one another."""


class Context:
    """The account of one render; the CPU deadline runs from its creation.

    ``clock`` gives Unix time in nanoseconds, ``entropy(n)`` n random bytes, ``cpu_clock`` CPU seconds used so far.
    """

    __slots__ = ("_check_at", "_cpu_clock", "_deadline", "_entropy", "_now", "allocated", "expended", "limits", "steps")

    def __init__(
        self,
        *,
        clock: Callable[[], int],
        entropy: Callable[[int], bytes],
        cpu_clock: Callable[[], float],
        limits: Limits | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self._now = clock
        self._entropy = entropy
        self._cpu_clock = cpu_clock
        self._deadline = cpu_clock() + self.limits.cpu_seconds
        self._check_at = min(_STEPS_BETWEEN_CLOCK_READINGS, self.limits.steps + 1)
        self.steps = 0
        self.allocated = 0
        self.expended = 0

    def now(self) -> int:
        """Return the wall clock's time in nanoseconds since 1970 (UTC)."""
        return self._now()

    def random(self, n: int) -> bytes:
        """Return n random bytes, charged to the account."""
        self.charge(n)
        return self._entropy(n)

    def step(self, n: int = 1) -> None:
        """Count n units of work; raise LimitError past the limit of steps or of CPU time (read every 256 steps)."""
        self.steps += n
        if self.steps >= self._check_at:
            self._check()

    def charge(self, n_bytes: int) -> None:
        """Count bytes about to be allocated; raise LimitError before the memory is taken. Large ones count as work."""
        self.allocated += n_bytes
        if self.allocated > self.limits.allocated_bytes:
            bound = self.limits.allocated_bytes
            raise LimitError(f"the template needs more than {bound} bytes of memory")
        if n_bytes > 4096:
            self.step(n_bytes >> 12)

    def check_depth(self, depth: int) -> None:
        """Raise LimitError when values nest deeper than allowed (a map that holds itself nests for ever)."""
        if depth > self.limits.value_depth:
            raise LimitError(f"values nest deeper than {self.limits.value_depth} levels")

    @contextmanager
    def expensive(self, cost: int = 1) -> Iterator[None]:
        """Run one operation that is slow by design (key generation, password hash) outside the CPU deadline.

        ``cost`` is about its duration in units of 50 ms; the sum of a render is bounded by ``expensive_operations``.
        """
        self.expended += cost
        if self.expended > self.limits.expensive_operations:
            raise LimitError("the template generates more keys or password hashes than one render may")
        self._check()
        started = self._cpu_clock()
        try:
            yield
        finally:
            self._deadline += self._cpu_clock() - started

    def _check(self) -> None:
        if self.steps > self.limits.steps:
            raise LimitError(f"the template takes more than {self.limits.steps} steps")
        if self._cpu_clock() > self._deadline:
            raise LimitError(f"the template takes more than {self.limits.cpu_seconds:g} s of CPU time")
        self._check_at = min(self.steps + _STEPS_BETWEEN_CLOCK_READINGS, self.limits.steps + 1)
