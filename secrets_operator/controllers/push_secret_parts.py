"""Puts the controller of PushSecrets together from what the operator has; no behaviour of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from secrets_operator.applying.finalizers import Finalizers
from secrets_operator.controllers.deps import Deps, Lookup
from secrets_operator.controllers.generator_state_records import GeneratorStateRecords
from secrets_operator.controllers.push_secret import Follow, Parts, PushSecrets
from secrets_operator.controllers.push_secret_deletion import PushDeletion
from secrets_operator.controllers.push_secret_sources import PushSources
from secrets_operator.controllers.push_secret_stores import PushStores, StoreCache
from secrets_operator.controllers.push_secret_sync import PushSync
from secrets_operator.controllers.store_finalizers import StoreFinalizers
from secrets_operator.controllers.template_rendering import TemplateRendering
from secrets_operator.fetching.generation import Generation
from secrets_operator.fetching.referents import Referents
from secrets_operator.fetching.sessions import Sessions
from secrets_operator.flow import Key, Object
from secrets_operator.kube.client import Client


@dataclass(frozen=True, slots=True)
class PushCaches:
    """The resources as cached."""

    get: Lookup
    all: Callable[[], Iterable[Object]]
    stores: StoreCache
    generators: Callable[[Key], Object | None]

    def others(self, key: Key) -> Iterable[Object]:
        """Yield all PushSecrets but one that are not being deleted."""
        mine = (key.namespace, key.name)
        for resource in self.all():
            metadata = resource["metadata"]
            if "deletionTimestamp" not in metadata and (metadata["namespace"], metadata["name"]) != mine:
                yield resource


@dataclass(frozen=True, slots=True)
class PushTools:
    """What the controller shares with others."""

    client: Client
    sessions: Sessions
    templates: TemplateRendering
    generation: Generation
    records: GeneratorStateRecords
    follow: Follow


def store_finalizers(deps: Deps, client: Client, caches: PushCaches) -> StoreFinalizers:
    """Return what keeps the finalizer on stores; it takes none off that PushSecrets may need which it does not see."""
    settings = deps.settings
    return StoreFinalizers(
        Finalizers(client),
        caches.all,
        sees_all=lambda store: (
            settings.push_secrets
            and not settings.label_selector
            and bool(store["metadata"].get("namespace") or not settings.watch_namespaces)
        ),
    )


def push_secrets(deps: Deps, tools: PushTools, caches: PushCaches, held: StoreFinalizers) -> PushSecrets:
    """Return the controller."""
    stores = PushStores(deps, caches.stores, tools.sessions)
    sources = PushSources(
        deps, Referents(tools.client), tools.templates, tools.generation, tools.records, generators=caches.generators
    )
    parts = Parts(
        stores=stores,
        sources=sources,
        sync=PushSync(tools.sessions, sources, tools.templates),
        deletion=PushDeletion(stores, tools.sessions, others=caches.others),
        finalizers=Finalizers(tools.client),
        store_finalizers=held,
        follow=tools.follow,
    )
    return PushSecrets(deps, parts, resources=caches.get)
