"""From a change to the ClusterExternalSecrets it concerns: their own, a Namespace's, an ExternalSecret's.

A namespace that starts or stops matching is acted on at once, and so is a child that somebody edits or deletes. Which
ExternalSecrets are whose children is kept here, for the controller to read.
"""

from __future__ import annotations

from collections.abc import Iterable

from secrets_operator.flow import Key, Lane, Object
from secrets_operator.planning.cluster_external_secret import child_name
from secrets_operator.planning.namespaces import Namespace
from secrets_operator.planning.secret_state import controller_of
from secrets_operator.queueing.workqueue import WorkQueue
from secrets_operator.resources.names import CLUSTER_EXTERNAL_SECRET, EXTERNAL_SECRET
from secrets_operator.watching.cache import Change
from secrets_operator.watching.dependents import NAMESPACE, Dependents
from secrets_operator.watching.handlers import concerns_us

_EVERY_NAMESPACE = Key(NAMESPACE, "", "")


class FanOut:
    """Queues keys of ClusterExternalSecrets, and of ExternalSecrets whose store looks at their namespace."""

    def __init__(self, queue: WorkQueue, dependents: Dependents) -> None:
        self._queue = queue
        self._dependents = dependents
        self._children = Dependents()

    def children(self, parent: Key) -> tuple[Key, ...]:
        """Return the ExternalSecrets that a ClusterExternalSecret controls."""
        return self._children.of(parent)

    def cluster_external_secret(self, change: Change[Object]) -> None:
        """A ClusterExternalSecret came, changed or went."""
        key = Key(CLUSTER_EXTERNAL_SECRET.kind, "", change.name)
        if change.new is None:
            self._dependents.drop(key)
            self._queue.add(key)
        elif concerns_us(change):
            self._dependents.file(key, [_of_name(child_name(change.new)), _EVERY_NAMESPACE])
            self._queue.add(key)

    def external_secret(self, change: Change[Object]) -> None:
        """An ExternalSecret came, changed or went: it may be a child, or be in the way of one."""
        key = Key(EXTERNAL_SECRET.kind, change.namespace, change.name)
        before, after = _parent(change.old), _parent(change.new)
        if after is None:
            self._children.drop(key)
        elif before != after:
            self._children.file(key, [after])
        if concerns_us(change) or before != after:
            # The name tells whose way it was in, or still is.
            concerned = {key for key in (before, after) if key} | set(self._dependents.of(_of_name(change.name)))
            self._add_all(sorted(concerned), Lane.DRIFT)

    def namespace(self, change: Change[Namespace]) -> None:
        """A Namespace came, changed or went; only its labels, and whether it is on its way out, are kept of it."""
        if change.old == change.new:
            return
        self._add_all(self._dependents.of(_EVERY_NAMESPACE), Lane.CHANGED)
        if change.old is not None:
            self._add_all(self._dependents.of(Key(NAMESPACE, "", change.name)), Lane.CHANGED)

    def _add_all(self, keys: Iterable[Key], lane: Lane) -> None:
        for key in keys:
            self._queue.add(key, lane)


def _of_name(name: str) -> Key:
    """Return the key that stands for the ExternalSecrets of that name in all namespaces."""
    return Key(EXTERNAL_SECRET.kind, "", name)


def _parent(resource: Object | None) -> Key | None:
    controller = controller_of(resource["metadata"].get("ownerReferences") or ()) if resource is not None else None
    if controller is None or (controller.group, controller.kind) != (
        CLUSTER_EXTERNAL_SECRET.group,
        CLUSTER_EXTERNAL_SECRET.kind,
    ):
        return None
    return Key(controller.kind, "", controller.name)
