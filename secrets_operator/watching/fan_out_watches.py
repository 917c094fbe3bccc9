"""Watches namespaces and the cluster-wide resources that make others in them, and gives these their controllers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from secrets_operator.applying.child_resources import ChildResources
from secrets_operator.controllers.deps import Deps
from secrets_operator.controllers.fan_out import Caches, FanOuts
from secrets_operator.flow import Key, Object, Outcome
from secrets_operator.kube.client import Client
from secrets_operator.kube.resources import (
    CLUSTER_EXTERNAL_SECRETS,
    CLUSTER_PUSH_SECRETS,
    EXTERNAL_SECRETS,
    NAMESPACES,
    PUSH_SECRETS,
    Resource,
)
from secrets_operator.planning.fan_out_kinds import EXTERNAL_SECRETS_EVERYWHERE, PUSH_SECRETS_EVERYWHERE, FanOutKind
from secrets_operator.planning.namespaces import Namespace, namespace
from secrets_operator.settings import Settings
from secrets_operator.watching.collections import Collection
from secrets_operator.watching.fan_out import FanOut
from secrets_operator.watching.reflector import Selection
from secrets_operator.watching.reflectors import Reflectors


@dataclass(frozen=True, slots=True)
class _Served:
    """Where the API server has the parents and the children of a kind; ``optional`` says that it may not."""

    kind: FanOutKind
    parents: Resource
    children: Resource
    optional: bool = False


_SERVED: Final = (
    _Served(EXTERNAL_SECRETS_EVERYWHERE, CLUSTER_EXTERNAL_SECRETS, EXTERNAL_SECRETS),
    _Served(PUSH_SECRETS_EVERYWHERE, CLUSTER_PUSH_SECRETS, PUSH_SECRETS, optional=True),
)


class FanOutWatches:
    """See the module's docstring."""

    def __init__(self, reflectors: Reflectors, settings: Settings, fan_out: FanOut) -> None:
        everywhere = not settings.watch_namespaces and settings.external_secrets
        found = [reflectors.of(Selection(NAMESPACES), namespace, fan_out.namespace)] if everywhere else []
        self.namespaces: Collection[Namespace] = Collection(NAMESPACES.kind, found)
        self.parents: dict[str, Collection[Object]] = {
            one.parents.kind: reflectors.resources(one.parents, fan_out.parent(one.kind), optional=one.optional)
            for one in _SERVED
        }
        self._fan_out = fan_out

    def controllers(
        self, deps: Deps, client: Client, children: Mapping[str, Collection[Object]]
    ) -> dict[str, Callable[[Key], Awaitable[Outcome]]]:
        """Return by kind what reconciles the parents; ``children`` are all objects of the kinds they make, by kind."""
        return {one.parents.kind: self._controller(one, deps, client, children).reconcile for one in _SERVED}

    def _controller(
        self, one: _Served, deps: Deps, client: Client, children: Mapping[str, Collection[Object]]
    ) -> FanOuts:
        existing = self._fan_out.existing(one.kind, children[one.children.kind], self.namespaces)
        return FanOuts(
            deps,
            one.kind,
            parents=one.parents,
            caches=Caches(self.parents[one.parents.kind].get, self.namespaces.values, existing),
            children=ChildResources(client, kind=one.children, parents=one.parents),
        )
