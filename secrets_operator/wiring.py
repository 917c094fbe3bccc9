"""Builds the watches, the queue, the controllers and the workers of one operator, and connects them.

No behaviour of its own: every object here is given its collaborators and nothing else.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Container, Iterator, Mapping
from itertools import chain
from typing import Any, NoReturn, TypeVar

from secrets_operator.applying.manifests import Manifests
from secrets_operator.applying.secrets import Secrets
from secrets_operator.clock import Clock
from secrets_operator.controllers.admission import Admission, Judges
from secrets_operator.controllers.deps import Deps
from secrets_operator.controllers.external_secret import ExternalSecrets
from secrets_operator.controllers.external_secret_sync import Sources
from secrets_operator.controllers.generating import Generating
from secrets_operator.controllers.push_secret_parts import PushCaches, PushTools, push_secrets, store_finalizers
from secrets_operator.controllers.push_secret_stores import StoreCache
from secrets_operator.controllers.sealed_secret import SealedSecrets
from secrets_operator.controllers.sealing_key_backup import SealingKeyBackup
from secrets_operator.controllers.sealing_keys import SealingKeys
from secrets_operator.controllers.secret_store import SecretStores
from secrets_operator.controllers.targets import Targets
from secrets_operator.controllers.template_rendering import TemplateRendering
from secrets_operator.controllers.unsealing import Unsealer
from secrets_operator.fetching.batching import Ahead
from secrets_operator.fetching.blocking import Pools
from secrets_operator.fetching.generation import Generation
from secrets_operator.fetching.host import Outside
from secrets_operator.fetching.namespace_access import NamespaceAccess
from secrets_operator.fetching.read_pools import Shared
from secrets_operator.fetching.referents import Referents
from secrets_operator.fetching.sessions import Sessions
from secrets_operator.fetching.store_guards import StoreGuards
from secrets_operator.fetching.value_cache import ValueCache
from secrets_operator.flow import Key, Object, Outcome
from secrets_operator.kube.client import Client
from secrets_operator.kube.resources import (
    CLUSTER_SECRET_STORES,
    EXTERNAL_SECRETS,
    PUSH_SECRETS,
    SEALED_SECRETS,
    SECRET_STORES,
    Resource,
)
from secrets_operator.kube.resources import generators as generator_resource
from secrets_operator.planning.fan_out_kinds import EXTERNAL_SECRETS_EVERYWHERE, PUSH_SECRETS_EVERYWHERE
from secrets_operator.planning.freshness import LONGEST_SECONDS
from secrets_operator.planning.generators import NAMESPACED_KINDS
from secrets_operator.planning.secret_state import Digester, SecretState
from secrets_operator.provider.discovery import Generators, Providers
from secrets_operator.queueing.workers import Pace, Workers
from secrets_operator.queueing.workqueue import WorkQueue, limits_of
from secrets_operator.reporting.event_queue import EventQueue
from secrets_operator.reporting.events import Events
from secrets_operator.reporting.metrics import Metrics
from secrets_operator.reporting.snapshot import Live
from secrets_operator.reporting.status import Statuses
from secrets_operator.resources.names import CLUSTER_GENERATOR
from secrets_operator.sealing.stored_keys import StoredKey
from secrets_operator.settings import GroupKind, Settings
from secrets_operator.watching.cache import Change
from secrets_operator.watching.collections import Collection, Collections
from secrets_operator.watching.credential_watches import CredentialWatches
from secrets_operator.watching.dependents import Dependents
from secrets_operator.watching.fan_out import FanOut
from secrets_operator.watching.fan_out_watches import FanOutWatches
from secrets_operator.watching.generator_states import GeneratorStateWatch
from secrets_operator.watching.handlers import Handlers
from secrets_operator.watching.inventory import Inventory
from secrets_operator.watching.membership import Membership
from secrets_operator.watching.onlookers import Onlooker, nobody
from secrets_operator.watching.push_secrets import PushSecretChanges
from secrets_operator.watching.push_sources import SourceWatches
from secrets_operator.watching.reflector import Reflector
from secrets_operator.watching.reflectors import Reflectors
from secrets_operator.watching.sealing_keys import KEY_WORK, SealingKeyChanges, key_controllers, key_secrets
from secrets_operator.watching.secret_watches import SecretWatches
from secrets_operator.watching.shares import Actions, HandOver, Shares
from secrets_operator.watching.target_watches import TargetWatches

T = TypeVar("T")

# How many waiting resources are asked what they are going to read whenever a call goes out to their stores.
READS_AHEAD = 500


class Wiring:
    """What :mod:`secrets_operator.runtime` starts and stops."""

    def __init__(  # noqa: PLR0913 - the composition root hands over what it built; nothing else calls this
        self,
        settings: Settings,
        *,
        client: Client,
        clock: Clock,
        metrics: Metrics,
        keys: SealingKeys,
        providers: Providers,
        generators: Generators,
        pools: Pools,
        digester: Digester,
        shares: Shares,
        onlooker: Onlooker = nobody,
    ) -> None:
        self._settings, self._client, self._clock = settings, client, clock
        self._keys, self._pools, self._metrics = keys, pools, metrics
        self._shares, self._digester = shares, digester
        self._reflectors = Reflectors(client, settings, clock=clock, chance=random.random, onlooker=onlooker)
        self.shown = self._reflectors.shown
        dependents = Dependents()
        self._queue = WorkQueue(
            now=clock.monotonic,
            accepts=shares.accepts,
            group_of=dependents.group_of,
            limits=limits_of(concurrency=settings.concurrency, of_one_store=settings.store_concurrency),
        )
        self._handlers = Handlers(self._queue, dependents, digester)
        self._guards = StoreGuards(
            now=clock.monotonic,
            calls_per_second=settings.store_calls_per_second,
            changed=self._handlers.circuit_changed,
        )
        self._values = ValueCache(settings.value_cache_bytes, now=clock.monotonic)
        self.secret_watches = SecretWatches(self._reflectors.versions, self._handlers.secret_moved)
        self._credentials = CredentialWatches(self.secret_watches, settings.watch_namespaces)
        outside = Outside(Referents(client, on_read=self._credentials.read), pools.providers, metrics)
        self.sessions = self._make_sessions(providers, outside)
        fan_out = FanOut(self._queue, dependents)
        self._push_changes = PushSecretChanges(self._queue, dependents, stores=self._all_stores)
        self.sealing_keys = self._sealing_key_changes()
        self._everywhere = FanOutWatches(self._reflectors, settings, fan_out)
        self._watch_all(generators, fan_out)
        self._templates = TemplateRendering(Referents(client), pools.rendering, clock)
        self.targets = TargetWatches(self._target_reflectors)
        self._manifests = Manifests(client, cached=self.targets.get, digester=digester)
        self.events = EventQueue(Events(client, clock))
        deps = self._deps(metrics)
        self._reconcilers = self._controllers(deps, providers, self._generation(generators, outside))
        self.admission = self._admission(providers)
        self.workers = Workers(
            self._queue,
            self._reconcile,
            pace=Pace(concurrency=settings.concurrency, deadline=settings.reconcile_deadline.total_seconds()),
            chance=random.random,
            observer=metrics,
        )
        metrics.watch(self._live())

    def _sealing_key_changes(self) -> SealingKeyChanges:
        return SealingKeyChanges(
            self._keys,
            self._queue,
            self._handlers,
            stored=lambda: self._key_secrets.values(),  # noqa: PLW0108 - the collections are made later
            sealed=lambda: self._sealed_secrets.values(),  # noqa: PLW0108 - the same
            secret=lambda *place: self.secrets.get(*place),  # noqa: PLW0108 - the same
        )

    def _make_sessions(self, providers: Providers, outside: Outside) -> Sessions:
        access = NamespaceAccess(self._client, cached=lambda name: self._everywhere.namespaces.get("", name))
        return Sessions(
            providers,
            outside,
            Shared(
                self._guards,
                self._values,
                self._reads_ahead,
                self._reads_soon,
                credential_changed=self._handlers.credential_changed,
            ),
            denial=access.denial,
            limit=self._settings.store_concurrency,
        )

    def _deps(self, metrics: Metrics) -> Deps:
        return Deps(
            settings=self._settings,
            clock=self._clock,
            secrets=Secrets(self._client, cached=self.secrets.get, digester=self._digester),
            statuses=Statuses(self._client),
            events=self.events,
            metrics=metrics,
            digester=self._digester,
            claimed=self._queue.claimed,
            owns=self._shares.owns,
        )

    def _live(self) -> Live:
        return Live(
            self._queue,
            now=self._clock.now,
            resources=self.inventory.owned(),
            sources=self._sources,
            members=lambda: self._shares.members,
            refreshes={
                EXTERNAL_SECRETS.kind: self._reading.refreshes,
                PUSH_SECRETS.kind: self._pushing.refreshes,
            },
            circuits=self.sessions.circuits,
            cached_bytes=lambda: self._values.size,
            sealing_keys=self.sealing_keys.use.numbers if self._settings.sealed_secrets else None,
            key_backup=self._key_backup.times,
        )

    def _watch_all(self, generators: Generators, fan_out: FanOut) -> None:
        handlers = self._handlers
        self._external_secrets = self._reflectors.resources(
            EXTERNAL_SECRETS, handlers.external_secret, fan_out.child(EXTERNAL_SECRETS_EVERYWHERE)
        )
        self._push_secrets = self._reflectors.resources(
            PUSH_SECRETS, self._push_changes.push_secret, fan_out.child(PUSH_SECRETS_EVERYWHERE), optional=True
        )
        self._secret_stores, self._cluster_stores = (
            self._reflectors.resources(kind, self._credentials.of_stores(kind.kind), handlers.store(kind.kind))
            for kind in (SECRET_STORES, CLUSTER_SECRET_STORES)
        )
        self._sealed_secrets = self._reflectors.resources(
            SEALED_SECRETS, self.sealing_keys.noticed(handlers.sealed_secret)
        )
        self._watch_generators(generators)
        noticed = self.sealing_keys.noticed(handlers.secret)
        self.secrets: Collection[SecretState] = self._reflectors.secrets(self._digester, noticed)
        self._key_secrets: Collection[StoredKey] = Collection(
            "sealing keys",
            [
                self._reflectors.of(selection, self._keys.project, self.sealing_keys.key_secret)
                for selection in key_secrets(self._settings)
            ],
        )
        worked_on = (
            self._external_secrets,
            *self._everywhere.parents.values(),
            self._secret_stores,
            self._cluster_stores,
            self._sealed_secrets,
            self._push_secrets,
        )
        rest = (self._generator_states.collection,)
        more: list[Collection[Any]] = [
            self._everywhere.namespaces,
            self.secrets,
            self._key_secrets,
            *self._generators.values(),
            *rest,
        ]
        self.collections = Collections((*worked_on, *more))
        singletons = KEY_WORK if self._settings.sealed_secrets else ()
        interval = self._settings.store_refresh_interval
        self.inventory = Inventory(worked_on, self._shares, singletons=singletons, store_interval=interval, rest=rest)

    def _watch_generators(self, installed: Generators) -> None:
        # Those that nobody can use are not worth a watch each.
        kinds = [generator_resource(kind) for kind in installed.names() if kind in NAMESPACED_KINDS]
        kinds.append(generator_resource(CLUSTER_GENERATOR.kind, namespaced=False))
        self._generators = {
            kind.kind: self._reflectors.resources(kind, self._handlers.generator(kind.kind), optional=True)
            for kind in kinds
        }
        self._generator_states = GeneratorStateWatch(self._reflectors, self._settings, self._queue)

    def _generation(self, installed: Generators, outside: Outside) -> Generation:
        limit = self._settings.store_concurrency
        return Generation(installed, outside, clock=self._clock, entropy=secrets.token_bytes, limit=limit)

    def _all_stores(self, kind: str) -> Iterator[Object]:
        return (self._cluster_stores if kind == CLUSTER_SECRET_STORES.kind else self._secret_stores).values()

    def _generator(self, key: Key) -> Object | None:
        collection = self._generators.get(key.kind)
        return collection.get(key.namespace, key.name) if collection is not None else None

    def _target_reflectors(self, resource: Resource) -> list[Reflector[SecretState]]:
        kind = GroupKind(resource.group, resource.kind)

        def changed(change: Change[SecretState]) -> None:
            objects, state = self._manifests.known(resource), change.new
            if state is not None and objects is not None:
                state = objects.as_meant(state)
            self._handlers.target(Key(str(kind), change.namespace, change.name), state)

        return self._reflectors.targets(resource, self._digester, changed)

    def _controllers(self, deps: Deps, providers: Providers, generation: Generation) -> dict[str, Callable[[Key], Any]]:
        self._key_backup = SealingKeyBackup(
            self._client, settings=self._settings, clock=self._clock, blocking=self._pools.rendering
        )
        records = self._generator_states.records(deps, self._client, generation)
        generating = Generating(deps, generation, records, lookup=self._generator)
        pushes = PushCaches(
            self._push_secrets.get,
            self._push_secrets.values,
            StoreCache(self._store, self._all_stores),
            self._generator,
        )
        finalizers = store_finalizers(deps, self._client, pushes)
        followed = SourceWatches(self.secret_watches, is_watched=lambda *place: self.secrets.get(*place) is not None)
        tools = PushTools(self._client, self.sessions, self._templates, generation, records, followed)
        self._pushing = push_secrets(deps, tools, pushes, finalizers)
        stores = {SECRET_STORES.kind: self._secret_stores, CLUSTER_SECRET_STORES.kind: self._cluster_stores}
        external_secrets = self._reading = ExternalSecrets(
            deps,
            resources=self._external_secrets.get,
            stores=self._store,
            sources=Sources(self.sessions, self._templates, generating),
            targets=Targets(deps, self._manifests, self.targets),
        )
        sealed_secrets = self._sealing = SealedSecrets(
            deps,
            resources=self._sealed_secrets.get,
            unsealer=self._unsealer(),
            fingerprints=self._keys.fingerprints,
            obstacles=self.secret_watches,
        )
        return {
            EXTERNAL_SECRETS.kind: external_secrets.reconcile,
            **self._everywhere.controllers(
                deps,
                self._client,
                {EXTERNAL_SECRETS.kind: self._external_secrets, PUSH_SECRETS.kind: self._push_secrets},
            ),
            **self._generator_states.controller(deps, self._client, generation),
            SEALED_SECRETS.kind: sealed_secrets.reconcile,
            PUSH_SECRETS.kind: self._pushing.reconcile,
            **key_controllers(deps, self._client, self._keys, self._key_backup),
            **{
                kind: SecretStores(
                    deps,
                    kind=kind,
                    resources=collection.get,
                    providers=providers,
                    sessions=self.sessions,
                    finalizers=finalizers,
                ).reconcile
                for kind, collection in stores.items()
            },
        }

    def _unsealer(self) -> Unsealer:
        accept_legacy, templates = self._settings.accept_legacy_data, self._templates
        keyring, decrypting = (lambda: self._keys.keyring), self._pools.decrypting
        return Unsealer(keyring, decrypting=decrypting, templates=templates, accept_legacy=accept_legacy)

    def _admission(self, providers: Providers) -> Admission:
        judges = Judges(self._source, self.sessions.denial, providers, self._templates, self._unsealer())
        return Admission(self._settings, judges, blocking=self._pools.rendering)

    def _source(self, key: Key) -> Object | None:
        return self._generator(key) if key.kind in self._generators else self._store(key)

    def _sources(self) -> Iterator[Object]:
        every = (self._secret_stores, self._cluster_stores, *self._generators.values())
        return chain.from_iterable(collection.values() for collection in every)

    def _store(self, key: Key) -> Object | None:
        stores = self._cluster_stores if key.kind == CLUSTER_SECRET_STORES.kind else self._secret_stores
        return stores.get(key.namespace, key.name)

    def _reads_ahead(self, stores: Mapping[str, Key], seen: Container[int]) -> Iterator[Ahead]:
        waiting = self._queue.waiting(stores, READS_AHEAD, seen=seen)
        of_stores = ((self._open_store(stores[name]), one) for name, one in waiting)
        return self._reading.reads_ahead((store, one) for store, one in of_stores if store is not None)

    def _reads_soon(self, stores: Mapping[str, Key]) -> Iterator[Ahead]:
        due = ((self._open_store(stores[name]), key, at) for name, key, at in self._queue.soon(stores, LONGEST_SECONDS))
        return self._reading.reads_soon((store, key, at) for store, key, at in due if store is not None)

    def _open_store(self, key: Key) -> Object | None:
        """Return a store that all may use; whether conditions let a namespace in is decided when its turn comes."""
        store = self._store(key)
        return None if store is None or store["spec"].get("conditions") else store

    async def share(self, membership: Membership) -> NoReturn:
        """Act on what comes and goes with the members, until cancelled."""
        margin = self._settings.replicas.retry_period
        actions = Actions(self._reading.take_over, self._forget, self._metrics.handed_over)
        await HandOver(membership, self._queue, self._clock, margin=margin).run(self.inventory.held, actions)

    def _forget(self, key: Key) -> None:
        if key.kind == EXTERNAL_SECRETS.kind:
            self._reading.forget(key)
        elif key.kind == SEALED_SECRETS.kind:
            self._sealing.forget(key)
        elif key.kind == PUSH_SECRETS.kind:
            self._pushing.forget(key)

    async def _reconcile(self, key: Key) -> Outcome:
        outcome: Outcome = await self._reconcilers[key.kind](key)
        if self._shares.lost(key):
            self._forget(key)
        return outcome
