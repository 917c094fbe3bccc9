"""When a reflector tries again, and when it stops trusting the place where it wants to resume. Pure.

In: how each attempt ended. Out: seconds to wait, and whether to list anew.
"""

from __future__ import annotations

from dataclasses import dataclass

from secrets_operator.errors import OperatorError, Retryable
from secrets_operator.kube.errors import ApiError, Forbidden, Gone, TooManyRequests, Unauthorized
from secrets_operator.queueing.backoff import Backoff

# Seconds. An attempt that lived longer has done its work, so its end is no reason to back off: otherwise the pauses
# between healthy watches would grow, and with them the time in which nothing is seen.
LIVED = 1.0
BACKOFF = Backoff(base=0.2, cap=30.0)
# What a Retry-After can ask for at most; a confused proxy must not stop the watching for an hour.
LONGEST_PAUSE = 60.0
# Watches that the API server turned down in a row before its knowledge of the resourceVersion is doubted.
DOUBTFUL_AFTER = 3


@dataclass(frozen=True, slots=True)
class Ended:
    """An attempt: what ended it (None: the API server, in good order) and how long its watch lived in seconds."""

    fault: OperatorError | None
    lived: float = 0.0
    watched: bool = False


class Pacing:
    """Counts what one reflector's attempts come to."""

    def __init__(self) -> None:
        self._short = 0
        self._refused = 0

    def pause(self, ended: Ended, chance: float) -> float:
        """Return the seconds to wait after an attempt; ``chance`` is drawn from [0, 1)."""
        self._short = 1 if ended.lived >= LIVED else self._short + 1
        asked = ended.fault.after if isinstance(ended.fault, Retryable) else None
        return max(BACKOFF.delay(self._short, chance), min(asked or 0.0, LONGEST_PAUSE))

    def must_list(self, ended: Ended) -> bool:
        """Return whether the next attempt has to list.

        After a 410, and when several watches in a row were answered with an error that may well be about their
        resourceVersion: a restored etcd knows none of the newer ones and need not say 410.
        """
        self._refused = self._refused + 1 if ended.watched and _may_be_about_the_version(ended.fault) else 0
        if isinstance(ended.fault, Gone) or self._refused >= DOUBTFUL_AFTER:
            self._refused = 0
            return True
        return False


def _may_be_about_the_version(fault: OperatorError | None) -> bool:
    answered = isinstance(fault, ApiError) and fault.code >= 400
    return answered and not isinstance(fault, Forbidden | Unauthorized | TooManyRequests)
