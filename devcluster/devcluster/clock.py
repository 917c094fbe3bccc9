"""The wall clock, as a parameter: the only place that reads it, and the formats of Kubernetes timestamps."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], float]
"""Returns seconds since the epoch."""

wall_clock: Clock = time.time


def timestamp(seconds: float) -> str:
    """Return RFC 3339 in whole seconds, the form of `metav1.Time`."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def precise_timestamp(seconds: float) -> str:
    """Return RFC 3339 in microseconds, the form of `metav1.MicroTime`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
