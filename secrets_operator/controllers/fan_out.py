"""Reconciles ClusterExternalSecrets and ClusterPushSecrets: one child in every selected namespace, and none elsewhere.

Deleting one needs nothing from here: its children name it as their owner, so the garbage collector takes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import structlog

from secrets_operator.applying.child_resources import ChildResources
from secrets_operator.controllers.deps import API_TROUBLE, Deps, Lookup
from secrets_operator.errors import OperatorError
from secrets_operator.flow import Again, Done, Key, Never, Object, Outcome, Retry
from secrets_operator.kube.errors import Conflict
from secrets_operator.kube.resources import Resource
from secrets_operator.planning.child_resources import Child, DesiredChild
from secrets_operator.planning.fan_out import UNKNOWN_NAMESPACE, Plan, Unusable, Wanted, plan, status, wanted
from secrets_operator.planning.fan_out_kinds import FanOutKind
from secrets_operator.planning.namespaces import Namespace
from secrets_operator.reporting.events import WARNING, Event
from secrets_operator.reporting.metrics import Stage

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Caches:
    """What is known of the cluster."""

    parents: Lookup
    namespaces: Callable[[], Iterable[Namespace]]
    existing: Callable[[Key, str], Iterable[Child]]
    """The children of a key, and whatever else of their kind has the name they are to have."""


class FanOuts:
    """The controller of one kind of parent. Remembers nothing: the caches and the status say all."""

    def __init__(
        self, deps: Deps, kind: FanOutKind, *, parents: Resource, caches: Caches, children: ChildResources
    ) -> None:
        self._deps = deps
        self._kind = kind
        self._parents = parents
        self._caches = caches
        self._children = children

    async def reconcile(self, key: Key) -> Outcome:
        """Bring the children of one parent in line with it."""
        resource = self._caches.parents(key.namespace, key.name)
        if resource is None or "deletionTimestamp" in resource["metadata"]:
            return Done()
        want = wanted(self._kind, resource)
        if isinstance(want, Unusable):
            reason = self._kind.unusable_reason
            provisioned = (resource.get("status") or {}).get("provisionedNamespaces") or ()
            if await self._report(resource, provisioned, {UNKNOWN_NAMESPACE: want.message}) and reason:
                await self._deps.events.emit(resource, Event(reason, want.message, WARNING))
            return Never(want.message)
        todo = plan(want, self._caches.namespaces(), self._caches.existing(key, want.template.name))
        return await self._carry_out(resource, want, todo)

    async def _carry_out(self, resource: Object, want: Wanted, todo: Plan) -> Outcome:
        results: dict[str, str] = {}
        behind = False
        for desired in todo.write:
            try:
                results[desired.namespace] = await self._write(desired)
            except Conflict:
                # Its cache is behind the cluster. The other namespaces need not wait until it has caught up.
                behind = True
                results[desired.namespace] = f"{self._kind.noun} has changed meanwhile"
        failed = {namespace: message for namespace, message in results.items() if message}
        for live in todo.delete:
            if live.namespace not in failed:
                await self._children.delete(live)
                log.info("child deleted", kind=self._kind.child.kind, namespace=live.namespace, name=live.name)
        if behind:
            return Retry(f"a child of kind {self._kind.child.kind} has changed meanwhile")
        await self._report(resource, [*todo.settled, *(results.keys() - failed.keys())], {**todo.failed, **failed})
        return _outcome(want, failed)

    async def _write(self, desired: DesiredChild) -> str:
        """Write one child and return what is in its way, if anything. Raises trouble with the API server."""
        try:
            wrote = await self._children.apply(desired)
        except API_TROUBLE:
            raise
        except OperatorError as error:
            return str(error)
        if wrote:
            log.info("child written", kind=self._kind.child.kind, namespace=desired.namespace, name=desired.name)
        return "" if wrote else self._kind.already_exists

    async def _report(self, resource: Object, provisioned: Iterable[str], failed: Mapping[str, str]) -> bool:
        """Return whether there was anything new to say."""
        previous = resource.get("status") or {}
        child = self._kind.child_name(resource)
        following = status(self._kind, previous, child=child, provisioned=provisioned, failed=failed)
        if following is None:
            return False
        with self._deps.metrics.timed(self._kind.parent.kind, Stage.REPORT):
            await self._deps.statuses.write(self._parents, resource, following)
        return True


def _outcome(want: Wanted, failed: Mapping[str, str]) -> Outcome:
    # What has the name of a child is watched and brings the key back when it goes; whatever else may be granted or
    # mended without a word.
    unannounced = [message for message in failed.values() if message != want.kind.already_exists]
    if unannounced:
        return Retry(unannounced[0])
    return Done() if want.recheck_in is None else Again(want.recheck_in)
