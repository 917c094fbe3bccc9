"""From a change to the ClusterExternalSecrets and ClusterPushSecrets it concerns: their own, a Namespace's, a child's.

A namespace that starts or stops matching is acted on at once, and so is a child that somebody edits or deletes. Which
objects are whose children is kept here, for the controller to read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from secrets_operator.flow import Key, Lane, Object
from secrets_operator.planning.child_resources import Child, child
from secrets_operator.planning.fan_out_kinds import FanOutKind
from secrets_operator.planning.namespaces import Namespace
from secrets_operator.planning.secret_state import controller_of
from secrets_operator.queueing.workqueue import WorkQueue
from secrets_operator.watching.cache import Change
from secrets_operator.watching.collections import Collection
from secrets_operator.watching.dependents import NAMESPACE, Dependents
from secrets_operator.watching.handlers import concerns_us

_EVERY_NAMESPACE = Key(NAMESPACE, "", "")


class FanOut:
    """Queues keys of parents, and of ExternalSecrets whose store looks at their namespace."""

    def __init__(self, queue: WorkQueue, dependents: Dependents) -> None:
        self._queue = queue
        self._dependents = dependents
        self._children = Dependents()

    def children(self, parent: Key) -> tuple[Key, ...]:
        """Return the objects that a parent controls."""
        return self._children.of(parent)

    def existing(
        self, kind: FanOutKind, found: Collection[Object], namespaces: Collection[Namespace]
    ) -> Callable[[Key, str], Iterator[Child]]:
        """Return what yields the children of a parent, and whatever else ``found`` has of the name they are to have."""

        def existing(parent: Key, name: str) -> Iterator[Child]:
            places = {(one.namespace, one.name) for one in self.children(parent) if one.kind == kind.child.kind}
            places |= {(one.name, name) for one in namespaces.values()}
            return (child(resource) for place in places if (resource := found.get(*place)) is not None)

        return existing

    def parent(self, kind: FanOutKind) -> Callable[[Change[Object]], None]:
        """Return the handler of one kind of parent: one came, changed or went."""

        def handle(change: Change[Object]) -> None:
            key = Key(kind.parent.kind, "", change.name)
            if change.new is None:
                self._dependents.drop(key)
                self._queue.add(key)
            elif concerns_us(change):
                self._dependents.file(key, [_of_name(kind, kind.child_name(change.new)), _EVERY_NAMESPACE])
                self._queue.add(key)

        return handle

    def child(self, kind: FanOutKind) -> Callable[[Change[Object]], None]:
        """Return the handler of the kind of its children: what came, changed or went may be in the way of one."""

        def handle(change: Change[Object]) -> None:
            key = Key(kind.child.kind, change.namespace, change.name)
            before, after = _parent(kind, change.old), _parent(kind, change.new)
            if after is None:
                self._children.drop(key)
            elif before != after:
                self._children.file(key, [after])
            if concerns_us(change) or before != after:
                # The name tells whose way it was in, or still is.
                concerned = {key for key in (before, after) if key}
                concerned |= set(self._dependents.of(_of_name(kind, change.name)))
                self._add_all(sorted(concerned), Lane.DRIFT)

        return handle

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


def _of_name(kind: FanOutKind, name: str) -> Key:
    """Return the key that stands for what has that name, of the kind of the children, in all namespaces."""
    return Key(kind.child.kind, "", name)


def _parent(kind: FanOutKind, resource: Object | None) -> Key | None:
    controller = controller_of(resource["metadata"].get("ownerReferences") or ()) if resource is not None else None
    if controller is None or (controller.group, controller.kind) != (kind.parent.group, kind.parent.kind):
        return None
    return Key(controller.kind, "", controller.name)
