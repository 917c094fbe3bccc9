"""What the controllers share: handed to each at construction, never looked up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from secrets_operator.applying.secrets import Secrets
from secrets_operator.clock import Clock
from secrets_operator.flow import Key, Object
from secrets_operator.kube.errors import Conflict, Fenced, Gone, ServerError, TooManyRequests, Unauthorized, Unreachable
from secrets_operator.planning.secret_state import Digester
from secrets_operator.queueing.workqueue import Claim
from secrets_operator.reporting.event_queue import Emitter
from secrets_operator.reporting.metrics import Metrics
from secrets_operator.reporting.status import Statuses
from secrets_operator.settings import Settings

# Trouble with the API server itself is not the resource's: it is retried in silence, and could not be written anyway.
API_TROUBLE = (Conflict, Fenced, Gone, ServerError, TooManyRequests, Unauthorized, Unreachable)

Lookup = Callable[[str, str], Object | None]
"""(namespace, name) -> the resource as cached, or None."""


Claimed = Callable[[Key], Claim | None]
"""The claim under which a key is being reconciled: why, and since when."""


@dataclass(frozen=True, slots=True)
class Deps:
    """The collaborators of a controller."""

    settings: Settings
    clock: Clock
    secrets: Secrets
    statuses: Statuses
    events: Emitter
    metrics: Metrics
    digester: Digester
    claimed: Claimed
    owns: Callable[[Key], bool] = lambda _: True
    """Whether it is this replica that works on a key; for most kinds, no other key ever gets to a controller."""
