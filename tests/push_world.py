"""A controller of PushSecrets with two stores, a source and a cluster in memory; remote sides fail on demand."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from secrets_operator.applying.secrets import Secrets
from secrets_operator.controllers.deps import Deps
from secrets_operator.controllers.generator_state_records import GeneratorStateRecords
from secrets_operator.controllers.push_secret_parts import PushCaches, PushTools, push_secrets, store_finalizers
from secrets_operator.controllers.push_secret_stores import StoreCache
from secrets_operator.controllers.template_rendering import TemplateRendering
from secrets_operator.errors import Retryable
from secrets_operator.fetching.blocking import Blocking
from secrets_operator.fetching.generation import Generation
from secrets_operator.fetching.host import Outside
from secrets_operator.fetching.referents import Referents
from secrets_operator.fetching.sessions import Sessions
from secrets_operator.flow import Key, Object, Outcome, Retry, SecretBytes
from secrets_operator.planning.generator_states import kept
from secrets_operator.provider import Absent, Capabilities, Failed, Found, Host, Problem, Reference, Rejected
from secrets_operator.provider.discovery import Generators, Providers
from secrets_operator.provider.fake import FakeSession
from secrets_operator.provider.push_contract import (
    DeleteAnswer,
    Deleted,
    PresenceAnswer,
    Present,
    Push,
    PushAnswer,
    Pushed,
    Pushing,
    RemoteEntry,
)
from secrets_operator.provider.pushed_values import value_of
from secrets_operator.reporting.events import Events
from secrets_operator.reporting.metrics import Metrics
from secrets_operator.reporting.status import Statuses
from secrets_operator.settings import Settings
from tests.builders import DIGESTER, metadata, push_secret, store
from tests.counting_generator import CountingGenerator
from tests.hand_clock import HandClock
from tests.memory_cluster import MemoryCluster
from tests.shared_reading import shared

KEY = Key("PushSecret", "team", "app")


def entry(place: str, key: str = "") -> dict[str, Any]:
    """Return an entry of ``data``: a key of the source, or all of it, and its place as ``key`` or ``key/property``."""
    remote_key, _, member = place.partition("/")
    remote = {"remoteKey": remote_key, **({"property": member} if member else {})}
    return {"match": {**({"secretKey": key} if key else {}), "remoteRef": remote}}


class RemoteSession(FakeSession):
    """A session on one remote side."""

    def __init__(self, remote: Remote) -> None:
        super().__init__({}, 0)
        self._remote = remote
        self.pushing: Pushing | None = Pushing(self.push, self.exists, self.delete)

    async def fetch(self, references: Sequence[Reference]) -> Sequence[Any]:
        held = {place.remote_key: value for place, value in self._remote.held.items()}
        return [Found(SecretBytes(held[one.key].encode())) if one.key in held else Absent() for one in references]

    async def push(self, what: Push) -> PushAnswer:
        self._remote.pushed.append(what)
        trouble = self._remote.trouble.get(what.remote.remote_key)
        if trouble is not None:
            return trouble
        value = value_of(what).reveal().decode()
        changed = self._remote.held.get(what.remote) != value
        self._remote.held[what.remote] = value
        return Pushed(changed)

    async def exists(self, remote: RemoteEntry) -> PresenceAnswer:
        return self._remote.trouble.get(remote.remote_key) or (Present() if remote in self._remote.held else Absent())

    async def delete(self, remote: RemoteEntry) -> DeleteAnswer:
        if remote.remote_key == self._remote.hangs:
            self._remote.hung.set()
            await asyncio.Event().wait()
        self._remote.deleted.append(remote)
        trouble = self._remote.trouble.get(remote.remote_key)
        return trouble or Deleted(changed=self._remote.held.pop(remote, None) is not None)


class Remote:
    """A provider whose stores share one remote side; by remote key it fails as told."""

    name = "remote"
    capabilities = Capabilities.READ_WRITE

    def __init__(self) -> None:
        self.held: dict[RemoteEntry, str] = {}
        self.trouble: dict[str, Failed | Rejected] = {}
        self.hangs = ""
        """The remote key whose deletion is never answered."""

        self.hung = asyncio.Event()

        self.pushed: list[Push] = []
        self.deleted: list[RemoteEntry] = []

    def problems(self, spec: Mapping[str, Any], *, store_kind: str) -> Sequence[Problem]:  # noqa: ARG002 any will do
        return []

    async def open(self, spec: Mapping[str, Any], host: Host) -> RemoteSession:  # noqa: ARG002 any will do
        return RemoteSession(self)

    def content(self) -> dict[str, str]:
        """Return what is held, by ``key`` or ``key/property``."""
        return {
            f"{place.remote_key}/{place.property}" if place.property else place.remote_key: value
            for place, value in self.held.items()
        }


class Followed:
    """Notes which sources are followed."""

    def __init__(self) -> None:
        self.seen: dict[Key, tuple[str, str]] = {}

    def follow(self, key: Key, name: str, seen: str) -> None:
        self.seen[key] = (name, seen)

    def forget(self, key: Key) -> None:
        self.seen.pop(key, None)


class PushWorld:
    """Remote sides ``one`` and ``two``, each with a store of its name; PushSecret ``app`` of Secret ``source``."""

    def __init__(self, *, label_selector: str = "", **spec: Any) -> None:
        self.cluster, self.clock, self.followed = MemoryCluster(), HandClock(), Followed()
        self.one, self.two = Remote(), Remote()
        self.one.name, self.two.name = "one", "two"
        self.settings = Settings(label_selector=label_selector)
        self.blocking = Blocking(1)
        self.counting = CountingGenerator()
        self.marks = count(1)
        self.denial = ""
        self.cluster.put(store("one", spec={"provider": {"one": {}}}))
        self.cluster.put(store("two", spec={"provider": {"two": {}}}))
        self.source(password="first", user="me")
        self.apply(**spec)
        self.start()

    def start(self) -> None:
        """Start the controller, anew after the first time: it remembers nothing."""
        client = self.cluster.client
        outside = Outside(Referents(client), self.blocking, Metrics("1"))
        providers = Providers.from_mapping({"one": self.one, "two": self.two})
        self.sessions = Sessions(providers, outside, shared(self.clock.monotonic), denial=self.speaks_against, limit=1)
        generators = Generators.from_mapping({"Password": self.counting})
        deps = Deps(
            settings=self.settings,
            clock=self.clock,
            secrets=Secrets(client, cached=lambda *_: None, digester=DIGESTER),
            statuses=Statuses(client),
            events=Events(client, self.clock),
            metrics=Metrics("1"),
            digester=DIGESTER,
            claimed=lambda _: None,
        )
        caches = PushCaches(
            lambda namespace, name: self.found(Key("PushSecret", namespace, name)),
            lambda: self.all("PushSecret"),
            StoreCache(self.found, self.all),
            self.found,
        )
        generation = Generation(generators, outside, clock=self.clock, entropy=bytes, limit=1)
        records = GeneratorStateRecords(
            client,
            self.settings,
            generation,
            states_of=lambda _: map(kept, self.all("GeneratorState")),
            clock=self.clock,
            entropy=lambda size: next(self.marks).to_bytes(size),
        )
        templates = TemplateRendering(Referents(client), self.blocking, self.clock)
        tools = PushTools(client, self.sessions, templates, generation, records, self.followed)
        self.controller = push_secrets(deps, tools, caches, store_finalizers(deps, client, caches))

    async def speaks_against(self, _store: Object, _namespace: str) -> str:
        return self.denial

    async def close(self) -> None:
        await self.sessions.close()
        self.blocking.close()

    def found(self, key: Key) -> Object | None:
        return self.cluster.objects.get((key.kind, key.namespace, key.name))

    def all(self, kind: str) -> list[Object]:
        return [made for (known, *_), made in self.cluster.objects.items() if known == kind]

    def source(self, name: str = "source", *, labels: Mapping[str, str] | None = None, **data: str) -> None:
        """Apply a source."""
        known = self.cluster.objects.get(("Secret", "team", name))
        version = str(int(known["metadata"]["resourceVersion"]) + 1) if known else "1"
        encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
        meta = metadata(name, "team", resourceVersion=version, labels=dict(labels or {}))
        self.cluster.put({"kind": "Secret", "metadata": meta, "type": "Opaque", "data": encoded})

    def apply(self, name: str = "app", **spec: Any) -> None:
        """Apply a PushSecret to store ``one`` unless it says otherwise; what the operator wrote stays."""
        complete = {"secretStoreRefs": [{"name": "one"}], "selector": {"secret": {"name": "source"}}, "data": []}
        known = self.cluster.objects.get(("PushSecret", "team", name))
        made = push_secret(name, spec=complete | spec)
        if known is not None:
            generation = known["metadata"]["generation"] + 1
            made["metadata"] = {**known["metadata"], "generation": generation}
            made["status"] = known.get("status", {})
        self.cluster.put(made)

    def deadlines(self) -> list[str | None]:
        """Return the deadlines of all GeneratorStates, in the order in which they were made."""
        states = sorted(self.all("GeneratorState"), key=lambda one: one["metadata"]["name"])
        return [one["spec"].get("garbageCollectionDeadline") for one in states]

    def delete(self, kind: str, name: str) -> None:
        """Delete as the API server does what has a finalizer: it is to go."""
        self.cluster.objects[kind, "team", name]["metadata"]["deletionTimestamp"] = "2026-03-01T12:00:00Z"

    async def reconcile(self, name: str = "app") -> Outcome:
        """Run once as the workers would."""
        try:
            return await self.controller.reconcile(KEY._replace(name=name))
        except Retryable as error:
            return Retry(type(error).__name__, error.after)

    def finalizers(self, kind: str, name: str) -> list[str]:
        found: list[str] = self.cluster.objects[kind, "team", name]["metadata"].get("finalizers") or []
        return found

    def status(self) -> Object:
        found: Object = self.cluster.objects["PushSecret", "team", "app"].get("status") or {}
        return found

    def said(self) -> tuple[str, str]:
        """Return reason and message of the condition."""
        (found,) = self.status().get("conditions") or [{"reason": "", "message": ""}]
        return found["reason"], found["message"]

    def recorded(self) -> dict[str, list[str]]:
        return {name: sorted(entries) for name, entries in self.status().get("syncedPushSecrets", {}).items()}
