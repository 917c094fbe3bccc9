"""How old may a value be that somebody else read? Pure: times are arguments, in seconds of one monotonic clock.

A changed resource, a changed store and a repair accept only what was read after they asked. A periodic refresh accepts
what is young against its own interval: a thousand resources that share fifty keys then cost fifty reads and not a
thousand, and none is behind by more than a tenth of its interval, or a minute, than it would be otherwise. A resource
synced for the first time accepts what was read a moment before it was created, which a storm of new resources needs,
and asks again soon after, because its creator may have written the value in that very moment.
"""

from __future__ import annotations

from dataclasses import dataclass

from secrets_operator.flow import Lane

LONGEST_SECONDS = 60.0
_FRACTION = 0.1
_SURELY = 0.8
FIRST_SYNC_SECONDS = 5.0
CONFIRM_SECONDS = 5.0
"""How soon after a first sync with a value that was read before the resource asked it is read again."""


@dataclass(frozen=True, slots=True)
class Request:
    """Why and since when a resource is being reconciled."""

    lane: Lane
    asked: float
    now: float


def readable_from(due: float, interval: float) -> float:
    """Return the time from which on the values of a periodic refresh that is ``due`` may be read as well.

    Not all the time that it accepts: its turn may come late.
    """
    return due - min(interval * _FRACTION, LONGEST_SECONDS) * _SURELY


def oldest_acceptable(request: Request, *, is_first: bool, interval: float, not_before: float = 0.0) -> float:
    """Return the time before which nothing may have been read.

    ``interval`` is that of the periodic refresh in seconds, 0 for a resource that is not refreshed; ``is_first`` says
    that it was never synced; nothing read before ``not_before`` will do in any case.
    """
    if interval > 0 and is_first:
        accepted = request.asked - FIRST_SYNC_SECONDS
    elif interval > 0 and request.lane is Lane.REFRESH:
        accepted = request.now - min(interval * _FRACTION, LONGEST_SECONDS)
    else:
        accepted = request.asked
    return max(accepted, not_before)
