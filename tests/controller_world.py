"""One ExternalSecret controller with a store, a resource, a cluster in memory and a scripted provider."""

from __future__ import annotations

import base64

from secrets_operator.applying.manifests import Manifests
from secrets_operator.applying.secrets import Secrets
from secrets_operator.controllers.deps import Deps
from secrets_operator.controllers.external_secret import ExternalSecrets
from secrets_operator.controllers.external_secret_sync import Sources
from secrets_operator.controllers.generating import Generating
from secrets_operator.controllers.generator_state_records import GeneratorStateRecords
from secrets_operator.controllers.targets import Targets
from secrets_operator.controllers.template_rendering import TemplateRendering
from secrets_operator.errors import Retryable
from secrets_operator.fetching.blocking import Blocking
from secrets_operator.fetching.generation import Generation
from secrets_operator.fetching.host import Outside
from secrets_operator.fetching.referents import Referents
from secrets_operator.fetching.sessions import Sessions
from secrets_operator.flow import Key, Object, Outcome, Retry
from secrets_operator.kube.errors import ApiError
from secrets_operator.planning.generator_states import Kept, kept
from secrets_operator.planning.secret_state import SecretState
from secrets_operator.provider import Entropy
from secrets_operator.provider.discovery import Generators, Providers
from secrets_operator.queueing.workqueue import Claim
from secrets_operator.reporting.events import Events
from secrets_operator.reporting.metrics import Metrics
from secrets_operator.reporting.status import Statuses
from secrets_operator.settings import Settings
from secrets_operator.watching.target_watches import TargetWatches
from tests.builders import DIGESTER, external_secret, store
from tests.counting_generator import CountingGenerator
from tests.hand_clock import HandClock
from tests.memory_cluster import MemoryCluster
from tests.scripted_provider import ScriptedProvider
from tests.shared_reading import shared

KEY = Key("ExternalSecret", "team", "app")
STORE = store(spec={"provider": {"scripted": {}}})


class World:
    """One controller, one store, one resource."""

    def __init__(self, cluster: MemoryCluster | None = None, *, kept_bytes: int = 0) -> None:
        self.claim: Claim | None = None
        self.cluster = cluster or MemoryCluster(external_secret())
        self.clock, self.provider = HandClock(), ScriptedProvider()
        self.provider.holds(db="first")
        self.store: Object | None = STORE
        self.stores: dict[Key, Object] = {}
        self.denial = ""
        self.settings = Settings()
        self.blocking = Blocking(1)
        self.generators: dict[Key, Object] = {}
        self.cached: SecretState | None = None
        self.counting = CountingGenerator()
        self.entropy: Entropy = bytes
        self.start(kept_bytes)

    def start(self, kept_bytes: int = 0) -> None:
        """Start the controller, anew after the first time: it remembers nothing."""
        client = self.cluster.client
        outside = Outside(Referents(client), self.blocking, Metrics("1"))
        self.sessions = Sessions(
            Providers.from_mapping({"scripted": self.provider}),
            outside,
            shared(self.clock.monotonic, most_bytes=kept_bytes),
            denial=self.speaks_against,
            limit=1,
        )
        self.watches = TargetWatches(lambda _: [])
        generators = Generators.from_mapping({"Password": self.counting})
        generation = Generation(generators, outside, clock=self.clock, entropy=bytes, limit=1)
        self.deps = deps = Deps(
            settings=self.settings,
            clock=self.clock,
            secrets=Secrets(client, cached=lambda *_: self.cached, digester=DIGESTER),
            statuses=Statuses(client),
            events=Events(client, self.clock),
            metrics=Metrics("1"),
            digester=DIGESTER,
            claimed=lambda _: self.claim,
        )
        self.controller = ExternalSecrets(
            deps,
            resources=lambda namespace, name: self.cluster.objects.get(("ExternalSecret", namespace, name)),
            stores=lambda key: self.stores.get(key, self.store),
            sources=Sources(
                self.sessions,
                TemplateRendering(Referents(client), self.blocking, self.clock),
                Generating(deps, generation, self._records(generation), lookup=self.generators.get),
            ),
            targets=Targets(deps, Manifests(client, cached=self.watches.get, digester=DIGESTER), self.watches),
        )

    def _records(self, generation: Generation) -> GeneratorStateRecords:
        return GeneratorStateRecords(
            self.cluster.client,
            self.settings,
            generation,
            states_of=lambda _: self.states(),
            clock=self.clock,
            entropy=self.entropy,
        )

    def states(self) -> list[Kept]:
        """Return the GeneratorStates that there are."""
        return [kept(found) for (kind, *_), found in self.cluster.objects.items() if kind == "GeneratorState"]

    async def speaks_against(self, _store: Object, _namespace: str) -> str:
        return self.denial

    async def reconcile(self) -> Outcome:
        """Run once as the workers would."""
        try:
            return await self.controller.reconcile(KEY)
        except Retryable as error:
            return Retry(type(error).__name__, error.after)

    def refresh_comes_due(self) -> None:
        self.clock.pass_by(2 * 3600)

    def value(self) -> str:
        """Return what the Secret holds under ``password``."""
        return base64.b64decode(self.cluster.objects["Secret", "team", "app"]["data"]["password"]).decode()

    def condition(self) -> tuple[str, str]:
        """Return status and message of the Ready condition."""
        status = self.cluster.objects["ExternalSecret", "team", "app"].get("status") or {}
        conditions = status.get("conditions") or [{"status": "", "message": ""}]
        return conditions[0]["status"], conditions[0]["message"]

    def writes(self) -> dict[str, int]:
        """Return the calls that wrote something, by verb and kind."""
        return {call: count for call, count in self.cluster.calls.items() if not call.startswith("get")}

    def failing(self, call: str, error: ApiError) -> None:
        self.cluster.failures[call] = [error]
