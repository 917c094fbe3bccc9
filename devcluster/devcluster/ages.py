"""Times as tables show them: how long ago, in the one or two largest units that matter."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

_MINUTE, _HOUR, _DAY, _YEAR = 60, 3600, 86400, 365 * 86400
# Below the limit (seconds) the age has a large unit, and the small one when it is below the second limit.
_STEPS = (
    (10 * _MINUTE, 10 * _MINUTE, (_MINUTE, "m"), (1, "s")),
    (3 * _HOUR, 0, (_MINUTE, "m"), (1, "s")),
    (8 * _HOUR, 8 * _HOUR, (_HOUR, "h"), (_MINUTE, "m")),
    (2 * _DAY, 0, (_HOUR, "h"), (_MINUTE, "m")),
    (8 * _DAY, 8 * _DAY, (_DAY, "d"), (_HOUR, "h")),
    (2 * _YEAR, 0, (_DAY, "d"), (_HOUR, "h")),
    (8 * _YEAR, 8 * _YEAR, (_YEAR, "y"), (_DAY, "d")),
)


def human_duration(seconds: float) -> str:
    """Return a duration as ``kubectl get`` shows it (``42s``, ``5m3s``, ``3h20m``, ``2d``)."""
    whole = int(seconds)
    if whole < -1:
        return "<invalid>"
    if whole < 2 * _MINUTE:
        return f"{max(whole, 0)}s"
    for limit, detailed_below, (large, large_name), (small, small_name) in _STEPS:
        if whole < limit:
            rest = whole % large // small if whole < detailed_below else 0
            return f"{whole // large}{large_name}" + (f"{rest}{small_name}" if rest else "")
    return f"{whole // _YEAR}y"


def age(time: Any, now: datetime) -> str:
    """Return how long ago an RFC 3339 time is, ``<unknown>`` without one and ``<invalid>`` for anything else."""
    if not time:
        return "<unknown>"
    try:
        then = datetime.fromisoformat(str(time))
    except ValueError:
        return "<invalid>"
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return human_duration((now - then).total_seconds())
