"""Emits Kubernetes Events for things that happened; never for things that merely are so.

The same event of the same object is emitted once per quiet period, so that a failure retried for hours does not bury
what else happened. Losing an event loses nothing but a line in ``kubectl describe``: errors are logged, not raised.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import structlog

from secrets_operator.clock import Clock
from secrets_operator.errors import OperatorError
from secrets_operator.flow import Object
from secrets_operator.kube.client import Client
from secrets_operator.kube.resources import EVENTS
from secrets_operator.planning.conditions import one_line
from secrets_operator.planning.refresh import format_time

log = structlog.get_logger(__name__)

NORMAL, WARNING = "Normal", "Warning"
# As External Secrets Operator and Sealed Secrets name themselves in events.
_COMPONENTS = {
    "ExternalSecret": "external-secrets",
    "PushSecret": "pushsecret",
    "SecretStore": "secret-store",
    "ClusterSecretStore": "cluster-secret-store",
    "SealedSecret": "sealed-secrets",
}
_QUIET_SECONDS = 600.0
_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a resource."""

    reason: str
    message: str
    type: str = NORMAL
    repeats: bool = False
    """A repeatable event is emitted every time: each occurrence is news (a Secret was written)."""


class Events:
    """Emits events, each in the name of the component that users of its kind know."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._emitted: OrderedDict[tuple[str, Event], float] = OrderedDict()

    async def emit(self, target: Object, event: Event) -> None:
        """Emit ``event`` about ``target``."""
        if not event.repeats and self._is_repeated(target, event):
            return
        metadata = target["metadata"]
        namespace = metadata.get("namespace") or "default"
        now = format_time(self._clock.now())
        body: Object = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"generateName": f"{metadata['name'][:200]}.", "namespace": namespace},
            "involvedObject": {
                "apiVersion": target["apiVersion"],
                "kind": target["kind"],
                "name": metadata["name"],
                "namespace": metadata.get("namespace", ""),
                "uid": metadata.get("uid", ""),
                "resourceVersion": metadata.get("resourceVersion", ""),
            },
            "type": event.type,
            "reason": event.reason,
            "message": one_line(event.message),
            "source": {"component": _COMPONENTS.get(target["kind"], "secrets-operator")},
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        }
        try:
            await self._client.create(EVENTS, namespace, body)
        except OperatorError as error:
            log.warning("an event was lost", reason=event.reason, error=str(error))

    def _is_repeated(self, target: Object, event: Event) -> bool:
        now = self._clock.monotonic()
        key = (target["metadata"].get("uid", ""), event)
        last = self._emitted.get(key)
        if last is not None and now - last < _QUIET_SECONDS:
            return True
        self._emitted[key] = now
        self._emitted.move_to_end(key)
        while len(self._emitted) > _REMEMBERED:
            self._emitted.popitem(last=False)
        return False
