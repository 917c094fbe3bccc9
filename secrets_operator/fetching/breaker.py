"""A circuit breaker for one store: a provider that fails again and again is left alone for a while.

Closed, every call goes through. After some failures in a row it opens: calls are answered at once with the last
failure, and the workers are free for other stores. After a pause it is half open: one call goes through as a trial.
Its success closes the breaker, its failure opens it for twice as long.

    closed --failures in a row--> open --pause over--> half open --success--> closed
                                    ^----------failure-----------'
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from secrets_operator.errors import Retryable

# How soon to look again while somebody else makes the trial.
_TRIAL_SECONDS = 1.0


class State(IntEnum):
    """What a breaker does with the next call; the numbers are those of the metric."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


@dataclass(frozen=True, slots=True)
class Limits:
    """When a breaker opens, and for how many seconds."""

    failures: int = 5
    pause: float = 5.0
    longest_pause: float = 120.0


class Breaker:
    """See the module's docstring. Told of every call; calls nothing itself."""

    def __init__(
        self, *, now: Callable[[], float], limits: Limits | None = None, changed: Callable[[], None] = lambda: None
    ) -> None:
        """Read monotonic seconds from ``now``; call ``changed`` when the breaker opens and when it closes."""
        self._now = now
        self._limits = limits or Limits()
        self._changed = changed
        self._failures = 0
        self._pause = self._limits.pause
        self._until: float | None = None
        self._on_trial = False
        self.reason = ""
        """The last failure before it opened; kept until it closes."""

    @property
    def state(self) -> State:
        """What becomes of the next call."""
        if self._until is None:
            return State.CLOSED
        return State.OPEN if self.remaining else State.HALF_OPEN

    @property
    def remaining(self) -> float:
        """The seconds until a trial is let through; 0 unless the breaker is open."""
        return max(0.0, self._until - self._now()) if self._until is not None else 0.0

    @property
    def message(self) -> str:
        """Why calls do not go through, in one line for the store itself."""
        return f"the store is left alone for a while after {self._limits.failures} failures in a row: {self.reason}"

    def admit(self) -> None:
        """Let a call through, or raise Retryable with the seconds to wait; how the call ended must be told.

        The error says what the last call failed with, so that whoever reports it says the same all along.
        """
        self.check()
        if self.state is State.HALF_OPEN:
            if self._on_trial:
                raise Retryable(self.reason, after=_TRIAL_SECONDS)
            self._on_trial = True

    def check(self) -> None:
        """Raise Retryable with the seconds to wait while the breaker is open."""
        if self.state is State.OPEN:
            raise Retryable(self.reason, after=self.remaining)

    def succeeded(self) -> None:
        """A call was answered."""
        self._failures = 0
        self._pause = self._limits.pause
        self._on_trial = False
        if self._until is not None:
            self._until, self.reason = None, ""
            self._changed()

    def failed(self, reason: str, after: float | None = None) -> None:
        """A call was not answered; ``after`` is the wait in seconds that the other side asked for."""
        self._failures += 1
        state, self._on_trial = self.state, False
        if state is State.OPEN or (state is State.CLOSED and self._failures < self._limits.failures):
            return
        if state is State.HALF_OPEN:
            self._pause = min(self._pause * 2, self._limits.longest_pause)
        self.reason = reason
        self._until = self._now() + max(self._pause, after or 0.0)
        self._changed()

    def abandoned(self) -> None:
        """A call ended without a word: its caller gave up. If it was the trial, somebody else is to make it."""
        self._on_trial = False
