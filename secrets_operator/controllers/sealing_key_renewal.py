"""Makes a sealing key when there is none and when the newest is old enough; tells of key Secrets that hold none.

It is looked at again when the key Secrets change, when a key is due, and once an hour, since clocks are put right.
"""

from __future__ import annotations

import structlog

from secrets_operator.clock import Clock
from secrets_operator.controllers.sealing_keys import SealingKeys
from secrets_operator.errors import Terminal
from secrets_operator.flow import Again, Done, Key, Object, Outcome, Retry
from secrets_operator.kube.resources import SECRETS
from secrets_operator.reporting.event_queue import Emitter
from secrets_operator.reporting.events import WARNING, Event
from secrets_operator.sealing.stored_keys import StoredKey

log = structlog.get_logger(__name__)

KEY = Key("SealingKeys", "", "renewal")
"""What is queued to have the keys looked at."""
_LONGEST_PAUSE_SECONDS = 3600.0
# By then the watch has brought a new key, and this has been queued again.
_AFTER_RENEWAL_SECONDS = 5.0


class SealingKeyRenewal:
    """The controller of the sealing keys as a whole."""

    def __init__(self, keys: SealingKeys, *, namespace: str, clock: Clock, events: Emitter) -> None:
        self._keys = keys
        self._namespace = namespace
        self._clock = clock
        self._events = events
        self._told: set[tuple[str, str]] = set()

    async def reconcile(self, _key: Key) -> Outcome:
        """Report bad key Secrets that are new, and make a key if one is due; raises what the API server answers."""
        await self._tell_of_unusable()
        due = self._keys.next_renewal
        if due is None:
            return Done()
        wait = (due - self._clock.now()).total_seconds()
        if wait > 0:
            return Again(min(wait, _LONGEST_PAUSE_SECONDS))
        try:
            await self._keys.renew()
        except Terminal as error:
            # What is there goes on, a key may still be put there by hand, and a right may still be granted.
            log.error("no sealing key could be made", error=str(error))  # noqa: TRY400 - no traceback: it is refused
            return Retry(str(error))
        return Again(_AFTER_RENEWAL_SECONDS)

    async def _tell_of_unusable(self) -> None:
        """Say once of each key Secret what is wrong with it; it is told again when that changes."""
        faulty = {(stored.uid, stored.fault): stored for stored in self._keys.stored if stored.fault}
        for stored in [faulty[fault] for fault in faulty if fault not in self._told]:
            log.warning("a sealing key was skipped", secret=stored.secret_name, error=stored.fault)
            await self._events.emit(self._secret(stored), Event("SealingKeySkipped", stored.fault, WARNING))
        self._told = set(faulty)

    def _secret(self, stored: StoredKey) -> Object:
        metadata = {"name": stored.secret_name, "namespace": self._namespace, "uid": stored.uid}
        return {"apiVersion": SECRETS.api_version, "kind": SECRETS.kind, "metadata": metadata}
