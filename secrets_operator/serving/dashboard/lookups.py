"""What the caches do not hold, asked of the API server when somebody looks: recent Events, and consumers.

Nothing is watched for it. An answer is kept for some seconds, few questions are under way at once, and the visitor
must be allowed to list what is shown: the operator's rights are not lent out. What cannot be looked up is said.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from secrets_operator.clock import Clock
from secrets_operator.errors import OperatorError
from secrets_operator.flow import Key, Object
from secrets_operator.kube.client import Client
from secrets_operator.kube.errors import Forbidden
from secrets_operator.kube.resources import DAEMON_SETS, DEPLOYMENTS, EVENTS, PODS, STATEFUL_SETS, Resource
from secrets_operator.planning.refresh import parse_time
from secrets_operator.serving.dashboard.access import Viewer
from secrets_operator.serving.dashboard.chains import Item, Stage
from secrets_operator.serving.dashboard.consumers import workload

T = TypeVar("T")

_WORKLOADS = (DEPLOYMENTS, STATEFUL_SETS, DAEMON_SETS, PODS)
_PAGE = 500
_MOST_EVENTS = 50
_AT_ONCE = 4
_SECONDS = 5.0
_KEPT_SECONDS = 3.0
_MOST_KEPT = 64


@dataclass(frozen=True, slots=True)
class EventLine:
    """An Event as the page shows it."""

    at: datetime | None
    type: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Events:
    """The newest Events about a resource, and why there may be none."""

    lines: tuple[EventLine, ...] = ()
    note: str = ""


class _Question(NamedTuple):
    resource: Resource
    namespace: str
    selector: str = ""


class Lookups:
    """Asks the API server, at most a few things at once."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._kept: OrderedDict[_Question, tuple[float, tuple[list[Any], str]]] = OrderedDict()

    async def events(self, key: Key, viewer: Viewer) -> Events:
        """Return the newest Events about a resource."""
        namespace = key.namespace or "default"
        if not await viewer.may_list(EVENTS, namespace):
            return Events(note=f"you may not list Events in namespace {namespace}")
        selector = f"involvedObject.kind={key.kind},involvedObject.name={key.name}"
        found, note = await self._found(_Question(EVENTS, namespace, selector), _line)
        lines = sorted(found, key=lambda line: line.at.timestamp() if line.at else 0.0, reverse=True)
        return Events(tuple(lines[:_MOST_EVENTS]), note)

    async def consumers(self, namespace: str, secret: str, viewer: Viewer) -> Stage:
        """Return who uses a Secret, as the last stage of its way."""
        answers = await asyncio.gather(*(self._workloads(kind, namespace, secret, viewer) for kind in _WORKLOADS))
        items = tuple(item for some, _ in answers for item in some)
        notes = list(dict.fromkeys(note for _, note in answers if note))
        if not items and not notes:
            notes = ["no workload of this namespace names the Secret"]
        return Stage("Consumers", items, "; ".join(notes))

    async def _workloads(self, kind: Resource, namespace: str, secret: str, viewer: Viewer) -> tuple[list[Item], str]:
        if not await viewer.may_list(kind, namespace):
            return [], f"you may not list {kind.plural}"
        found, note = await self._found(_Question(kind, namespace), workload)
        users = [one for one in found if secret in one.secrets]
        return [Item(one.name, f"{kind.kind}, {', '.join(one.secrets[secret])}") for one in users], note

    async def _found(self, question: _Question, project: Callable[[Object], T]) -> tuple[list[T], str]:
        """Return what there is, and why that may not be all."""
        kept = self._kept.get(question)
        if kept is None or self._clock.monotonic() - kept[0] >= _KEPT_SECONDS:
            kept = (self._clock.monotonic(), await self._asked(question, project))
            self._kept[question] = kept
            self._kept.move_to_end(question)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        found: tuple[list[T], str] = kept[1]
        return found

    async def _asked(self, question: _Question, project: Callable[[Object], T]) -> tuple[list[T], str]:
        kind = question.resource
        try:
            async with self._slots, asyncio.timeout(_SECONDS):
                answer = await self._client.list(
                    kind, question.namespace, field_selector=question.selector, limit=_PAGE
                )
        except Forbidden:
            return [], f"not looked up: the operator may not list {kind.plural}"
        except (OperatorError, TimeoutError):
            return [], f"not looked up: the API server does not answer for {kind.plural}"
        more = (answer.get("metadata") or {}).get("continue")
        note = f"only the first {_PAGE} {kind.plural} were looked at" if more else ""
        return [project(item) for item in answer["items"]], note


def _line(event: Object) -> EventLine:
    at = event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp")
    return EventLine(
        parse_time(at), str(event.get("type", "")), str(event.get("reason", "")), str(event.get("message", ""))
    )
