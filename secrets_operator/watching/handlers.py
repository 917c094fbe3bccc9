"""From a change to keys: what has to be reconciled because of it, and how urgently.

Status writes of our own and periodic relists bring no work; a store that turns ready brings its dependents; a Secret
that is no longer what we applied brings its owner at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from secrets_operator.flow import Key, Lane, Object
from secrets_operator.planning.conditions import find
from secrets_operator.planning.generic_targets import target_kind
from secrets_operator.planning.marks import (
    SEALED_SECRET_MARKS,
    external_secret_manager,
    external_secret_marks,
    sealed_secret_manager,
)
from secrets_operator.planning.sealed_secret import says_synced
from secrets_operator.planning.secret_state import Digester, SecretState
from secrets_operator.planning.secret_writes import marks_are_watched
from secrets_operator.planning.targets import secret_is_intact
from secrets_operator.queueing.workqueue import WorkQueue
from secrets_operator.resources.names import CLUSTER_GENERATOR, PUSH_SECRET
from secrets_operator.watching.cache import Change
from secrets_operator.watching.dependents import NAMESPACE, SECRET, Dependents

EXTERNAL_SECRET, SEALED_SECRET = "ExternalSecret", "SealedSecret"


class Handlers:
    """Queues keys. One method per watched kind, called for every real change of it."""

    def __init__(self, queue: WorkQueue, dependents: Dependents, digester: Digester) -> None:
        self._queue = queue
        self._dependents = dependents
        self._digester = digester
        self._policies: dict[Key, str] = {}

    def external_secret(self, change: Change[Object]) -> None:
        """An ExternalSecret came, changed or went."""
        key = Key(EXTERNAL_SECRET, change.namespace, change.name)
        if change.new is None:
            self._dependents.drop(key)
            self._policies.pop(key, None)
            self._queue.add(key)
            return
        if concerns_us(change):
            self._dependents.file(key, _dependencies(key, change.new["spec"]))
            self._policies[key] = (change.new["spec"].get("target") or {}).get("creationPolicy") or "Owner"
            self._queue.add(key)

    def sealed_secret(self, change: Change[Object]) -> None:
        """A SealedSecret came, changed or went."""
        key = Key(SEALED_SECRET, change.namespace, change.name)
        if change.new is None:
            self._dependents.drop(key)
            self._queue.add(key)
            return
        if concerns_us(change):
            self._dependents.file(key, [Key(SECRET, key.namespace, key.name)])
            # At a start thousands come that are in order: what is new must not stand behind them.
            is_known = change.old is None and says_synced(change.new)
            self._queue.add(key, Lane.REFRESH if is_known else Lane.CHANGED)

    def store(self, kind: str) -> Callable[[Change[Object]], None]:
        """Return the handler of one kind of store."""

        def handle(change: Change[Object]) -> None:
            key = Key(kind, change.namespace, change.name)
            if change.new is None or concerns_us(change):
                self._queue.add(key)
                # Those that choose stores by their labels.
                self._add_all(self._dependents.of(key._replace(name="")), Lane.STORE)
            if change.new is None or change.old is None or _readiness(change.old) != _readiness(change.new):
                self._add_all(self._dependents.of(key), Lane.STORE)

        return handle

    def circuit_changed(self, store: Key) -> None:
        """The breaker of a store opened or closed: its condition is to say so, and what waits for it may go on."""
        self._queue.add(store)
        self._add_all(self._dependents.of(store), Lane.STORE)

    def credential_changed(self, store: Key) -> None:
        """A store has another credential: what it reads may be something else."""
        self._add_all(self._dependents.of(store), Lane.STORE)

    def secret_moved(self, key: Key, namespace: str) -> None:
        """A Secret in a namespace that ``key`` follows was made, changed or deleted.

        Where each consumer of a cluster store has a credential of its own, the store says nothing of it, so those who
        use it there look too.
        """
        self._queue.add(key)
        if not key.namespace:
            self._add_all([one for one in self._dependents.of(key) if one.namespace == namespace], Lane.STORE)

    def generator(self, kind: str) -> Callable[[Change[Object]], None]:
        """Return the handler of one kind of generator: one that came or was edited brings what uses it."""

        def handle(change: Change[Object]) -> None:
            if change.new is not None and (change.old is None or change.old.get("spec") != change.new.get("spec")):
                self._add_all(self._dependents.of(Key(kind, change.namespace, change.name)), Lane.STORE)

        return handle

    def secret(self, change: Change[SecretState]) -> None:
        """A Secret we wrote was changed or deleted, by us or by somebody else."""
        self.target(Key(SECRET, change.namespace, change.name), change.new, is_first=change.old is None)

    def target(self, target: Key, state: SecretState | None, *, is_first: bool = False) -> None:
        """An object we wrote is now in this state; ``target`` has its kind as :func:`_dependencies` names it.

        ``is_first`` says that it was not seen before. Whether the Secret of a SealedSecret is as it should be takes the
        template to tell, so whenever it changes its owner looks, at no cost.
        """
        for key in self._dependents.of(target):
            if key.kind == PUSH_SECRET.kind:
                self._queue.add(key, Lane.STORE)  # it is what is pushed
                continue
            looks_anyway = key.kind == SEALED_SECRET and not is_first
            if looks_anyway or not self._is_intact(key, state):
                self._queue.add(key, Lane.DRIFT)

    def sealing_keys(self, sealed: Iterable[Object]) -> None:
        """The sealing keys changed: every SealedSecret is looked at, first those that could not be opened so far."""
        for resource in sealed:
            metadata = resource["metadata"]
            lane = Lane.REFRESH if says_synced(resource) else Lane.CHANGED
            self._queue.add(Key(SEALED_SECRET, metadata["namespace"], metadata["name"]), lane)

    def _is_intact(self, key: Key, state: SecretState | None) -> bool:
        if key.kind == SEALED_SECRET:
            return secret_is_intact(state, sealed_secret_manager(key.name), SEALED_SECRET_MARKS, self._digester)
        policy = self._policies.get(key, "Owner")
        if not marks_are_watched(policy):
            return True
        marks = external_secret_marks(policy, key.name)
        return secret_is_intact(state, external_secret_manager(key.name), marks, self._digester)

    def _add_all(self, keys: Iterable[Key], lane: Lane) -> None:
        for key in keys:
            self._queue.add(key, lane)


def concerns_us(change: Change[Object]) -> bool:
    """Tell whether a resource is new or changed in anything but its status."""
    if change.old is None or change.new is None:
        return True
    old, new = change.old["metadata"], change.new["metadata"]
    return any(
        old.get(member) != new.get(member)
        for member in ("uid", "generation", "labels", "annotations", "deletionTimestamp")
    )


def _dependencies(key: Key, spec: dict[str, Any]) -> list[Key]:
    target = Key(str(target_kind(spec).group_kind), key.namespace, (spec.get("target") or {}).get("name") or key.name)
    stores = dict.fromkeys(_store(reference, key.namespace) for reference in _references(spec) if reference.get("name"))
    # The conditions of a cluster store look at the labels of the namespace.
    namespaces = [Key(NAMESPACE, "", key.namespace)] if any(not store.namespace for store in stores) else []
    return [target, *stores, *_generators(spec, key.namespace), *namespaces]


def _references(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield spec.get("secretStoreRef") or {}
    for entry in (*(spec.get("data") or ()), *(spec.get("dataFrom") or ())):
        yield (entry.get("sourceRef") or {}).get("storeRef") or {}


def _generators(spec: dict[str, Any], namespace: str) -> Iterator[Key]:
    for entry in spec.get("dataFrom") or ():
        reference = (entry.get("sourceRef") or {}).get("generatorRef")
        if reference:
            kind = reference["kind"]
            yield Key(kind, "" if kind == CLUSTER_GENERATOR.kind else namespace, reference["name"])


def _store(reference: dict[str, Any], namespace: str) -> Key:
    kind = reference.get("kind") or "SecretStore"
    return Key(kind, "" if kind == "ClusterSecretStore" else namespace, reference["name"])


def _readiness(store: Object) -> tuple[object, ...]:
    condition = find((store.get("status") or {}).get("conditions") or (), "Ready") or {}
    metadata = store["metadata"]
    return metadata.get("uid"), metadata.get("generation"), condition.get("status")
