"""Whether this process may change the cluster: always, or while it holds its lease as one replica of several.

Measured by the monotonic clock at each write, so that a process which was stopped, or cut off from the API server,
finds the fence closed before anything else of it has noticed.
"""

from __future__ import annotations

import math
from collections.abc import Callable


class Fence:
    """Open until the moment it was last given."""

    def __init__(self, now: Callable[[], float]) -> None:
        """Read monotonic seconds from ``now``; the fence is open until it is told otherwise."""
        self._now = now
        self.until = math.inf

    @property
    def is_open(self) -> bool:
        """Whether writes may pass now."""
        return self._now() < self.until

    def open_until(self, moment: float) -> None:
        """Let writes pass until ``moment``, in monotonic seconds."""
        self.until = moment

    def close(self) -> None:
        """Let no write pass until it is opened again."""
        self.until = -math.inf
