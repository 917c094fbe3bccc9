"""Reconciles ClusterExternalSecrets: one ExternalSecret in every selected namespace, and none elsewhere.

Deleting one needs nothing from here: its ExternalSecrets name it as their owner, so the garbage collector takes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import structlog

from secrets_operator.applying.child_resources import ChildResources
from secrets_operator.controllers.deps import API_TROUBLE, Deps, Lookup
from secrets_operator.errors import OperatorError
from secrets_operator.flow import Again, Done, Key, Never, Object, Outcome, Retry
from secrets_operator.kube.errors import Conflict
from secrets_operator.kube.resources import CLUSTER_EXTERNAL_SECRETS
from secrets_operator.planning.child_resources import Child, DesiredChild
from secrets_operator.planning.cluster_external_secret import (
    ALREADY_EXISTS,
    UNKNOWN_NAMESPACE,
    Plan,
    Unusable,
    Wanted,
    child_name,
    plan,
    status,
    wanted,
)
from secrets_operator.planning.namespaces import Namespace
from secrets_operator.reporting.metrics import Stage

log = structlog.get_logger(__name__)


class ClusterExternalSecrets:
    """The controller. Remembers nothing: the caches and the status say all."""

    def __init__(
        self,
        deps: Deps,
        *,
        resources: Lookup,
        namespaces: Callable[[], Iterable[Namespace]],
        existing: Callable[[Key, str], Iterable[Child]],
        children: ChildResources,
    ) -> None:
        """Let ``existing`` return the children of a key, and every ExternalSecret of the name they are to have."""
        self._deps = deps
        self._resources = resources
        self._namespaces = namespaces
        self._existing = existing
        self._children = children

    async def reconcile(self, key: Key) -> Outcome:
        """Bring the ExternalSecrets of one ClusterExternalSecret in line with it."""
        resource = self._resources(key.namespace, key.name)
        if resource is None or "deletionTimestamp" in resource["metadata"]:
            return Done()
        want = wanted(resource)
        if isinstance(want, Unusable):
            provisioned = (resource.get("status") or {}).get("provisionedNamespaces") or ()
            await self._report(resource, provisioned, {UNKNOWN_NAMESPACE: want.message})
            return Never(want.message)
        todo = plan(want, self._namespaces(), self._existing(key, want.template.name))
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
                results[desired.namespace] = "external secret has changed meanwhile"
        failed = {namespace: message for namespace, message in results.items() if message}
        for live in todo.delete:
            if live.namespace not in failed:
                await self._children.delete(live)
                log.info("external secret deleted", namespace=live.namespace, external_secret=live.name)
        if behind:
            return Retry("an ExternalSecret has changed meanwhile")
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
            log.info("external secret written", namespace=desired.namespace, external_secret=desired.name)
        return "" if wrote else ALREADY_EXISTS

    async def _report(self, resource: Object, provisioned: Iterable[str], failed: Mapping[str, str]) -> None:
        previous = resource.get("status") or {}
        following = status(previous, child=child_name(resource), provisioned=provisioned, failed=failed)
        if following is not None:
            with self._deps.metrics.timed(CLUSTER_EXTERNAL_SECRETS.kind, Stage.REPORT):
                await self._deps.statuses.write(CLUSTER_EXTERNAL_SECRETS, resource, following)


def _outcome(want: Wanted, failed: Mapping[str, str]) -> Outcome:
    # What has the name of a child is watched and brings the key back when it goes; whatever else may be granted or
    # mended without a word.
    unannounced = [message for message in failed.values() if message != ALREADY_EXISTS]
    if unannounced:
        return Retry(unannounced[0])
    return Done() if want.recheck_in is None else Again(want.recheck_in)
