"""The state of the operator at one moment, taken on the event loop so that a thread can print it.

Taking it copies lists of references and counts what waits, no more: the loop goes on at once. Whoever reads it may take
as long as there are resources. Objects of the caches are replaced, never changed, so they can be read from a thread.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple, Protocol

from secrets_operator.flow import Key, Lane, Object
from secrets_operator.planning.conditions import main_status
from secrets_operator.planning.controller_classes import is_of_another, is_of_class
from secrets_operator.queueing.workqueue import WorkQueue
from secrets_operator.reporting.run_tallies import RunTallies, Tally
from secrets_operator.reporting.sealing_key_metrics import BackupTimes, KeyNumbers
from secrets_operator.settings import Settings


class Refreshes(NamedTuple):
    """When values were read or pushed, and when they are to be again; None where that is not known."""

    last: datetime | None
    due: datetime | None


class Resources(Protocol):
    """The resources of one kind as they are: :class:`secrets_operator.watching.collections.Collection`."""

    def get(self, namespace: str, name: str) -> Object | None:
        """Return one, or None."""
        ...

    def values(self) -> Iterator[Object]:
        """Yield all."""
        ...


@dataclass(frozen=True, slots=True)
class Live:
    """Where the state is read at each scrape."""

    queue: WorkQueue
    now: Callable[[], datetime]
    resources: Mapping[str, Resources]
    """By kind."""

    sources: Callable[[], Iterable[Object]]
    """All stores and generators, no matter whose."""

    refreshes: Mapping[str, Callable[[Key], Refreshes | None]]
    """Of the kinds that have any, by kind; may be called from any thread."""

    circuits: Callable[[], Iterable[tuple[Key, int]]]
    """The state of the breaker of each store: 0 closed, 1 half open, 2 open."""

    cached_bytes: Callable[[], int]
    sealing_keys: Callable[[], KeyNumbers] | None
    key_backup: Callable[[], BackupTimes | None] = lambda: None
    """None where none is kept."""

    members: Callable[[], int] = lambda: 1
    """How many replicas share the work; 0 while this one may not take part."""

    def exists(self, key: Key) -> bool:
        """Tell whether ``key`` names a resource of one of the kinds."""
        resources = self.resources.get(key.kind)
        return resources is not None and resources.get(key.namespace, key.name) is not None


class ResourceState(NamedTuple):
    """One resource, and what is remembered of its runs."""

    resource: Object
    key: Key
    ready: str
    """The status of its main condition: ``True``, ``False`` or ``Unknown``, also where there is none yet."""

    tally: Tally | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """See the module's docstring."""

    now: datetime
    depth: Mapping[Lane, int]
    oldest: Mapping[Lane, float]
    running: int
    resources: Mapping[str, Sequence[Object]]
    sources: Sequence[Object]
    circuits: Sequence[tuple[Key, int]]
    cached_bytes: int
    sealing_keys: KeyNumbers | None
    refreshes: Mapping[str, Callable[[Key], Refreshes | None]]
    tallies: RunTallies
    settings: Settings
    members: int = 1
    key_backup: BackupTimes | None = None

    def ours(self) -> Snapshot:
        """Return it without the resources of other controller classes, whose states and alerts are others' affair."""
        ours = self.settings.controller_class
        foreign = {key_of(source) for source in self.sources if not is_of_class(source, ours)}
        if not foreign:
            return self
        resources = {
            kind: [one for one in found if not is_of_another(one, foreign)] for kind, found in self.resources.items()
        }
        return replace(self, resources=resources)

    def counts(self) -> dict[str, Counter[str]]:
        """Return by kind how many resources are in which state."""
        return {kind: Counter(map(main_status, resources)) for kind, resources in self.resources.items()}

    def states(self, kind: str) -> Sequence[ResourceState]:
        """Return the resources of a kind that have series of their own: those that are not ready first."""
        most = self.settings.metrics_per_resource
        if not most:
            return []
        rated = [(main_status(resource), resource) for resource in self.resources.get(kind, ())]
        if len(rated) > most:
            # "False" and "Unknown" are what alerts are about. The order among equals is that of the cache.
            rated.sort(key=lambda one: one[0] == "True")
        return [self._state(ready, resource) for ready, resource in rated[:most]]

    def omitted(self, kind: str) -> int:
        """Return how many resources of a kind have no series of their own."""
        return max(0, len(self.resources.get(kind, ())) - self.settings.metrics_per_resource)

    def _state(self, ready: str, resource: Object) -> ResourceState:
        key = key_of(resource)
        return ResourceState(resource, key, ready, self.tallies.get(key))


def take(live: Live, tallies: RunTallies, settings: Settings) -> Snapshot:
    """Take the state of the moment; call it on the event loop."""
    return Snapshot(
        now=live.now(),
        depth=live.queue.depth(),
        oldest=live.queue.oldest(),
        running=live.queue.running,
        resources={kind: list(resources.values()) for kind, resources in live.resources.items()},
        sources=list(live.sources()),
        circuits=list(live.circuits()),
        cached_bytes=live.cached_bytes(),
        sealing_keys=live.sealing_keys() if live.sealing_keys is not None else None,
        refreshes=live.refreshes,
        tallies=tallies,
        settings=settings,
        members=live.members(),
        key_backup=live.key_backup(),
    )


def conditions_of(resource: Object) -> Iterator[Mapping[str, str]]:
    """Yield the conditions of a resource, in the order of their types."""
    yield from sorted((resource.get("status") or {}).get("conditions") or (), key=itemgetter("type"))


def key_of(resource: Object) -> Key:
    """Return the key of a resource."""
    metadata = resource["metadata"]
    return Key(resource["kind"], metadata.get("namespace", ""), metadata["name"])
