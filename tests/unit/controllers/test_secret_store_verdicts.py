"""The controller of stores: what it says about one, and what it keeps to itself."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from secrets_operator.applying.finalizers import Finalizers
from secrets_operator.applying.secrets import Secrets
from secrets_operator.controllers.deps import Deps
from secrets_operator.controllers.secret_store import SecretStores
from secrets_operator.controllers.store_finalizers import StoreFinalizers
from secrets_operator.errors import Refused, Retryable, Unsure
from secrets_operator.fetching.blocking import Blocking
from secrets_operator.fetching.breaker import Breaker
from secrets_operator.fetching.host import Outside
from secrets_operator.fetching.referents import Referents
from secrets_operator.fetching.sessions import Sessions
from secrets_operator.flow import Again, Done, Key, Never, Object, Outcome, Retry
from secrets_operator.kube.errors import Forbidden, ServerError
from secrets_operator.provider.discovery import Providers
from secrets_operator.reporting.events import Events
from secrets_operator.reporting.metrics import Metrics
from secrets_operator.reporting.status import Statuses
from secrets_operator.resources.labels import SECRET_STORE_FINALIZER
from secrets_operator.settings import Settings
from tests.builders import DIGESTER, push_secret, store
from tests.hand_clock import HandClock
from tests.memory_cluster import MemoryCluster
from tests.scripted_provider import ScriptedProvider, everybody_may
from tests.shared_reading import shared

KEY = Key("SecretStore", "team", "store")


class World:
    """The controller of SecretStores with one store."""

    def __init__(self, *, owns: Callable[[Key], bool] = lambda _: True) -> None:
        self.cluster, self.provider, self.blocking = MemoryCluster(), ScriptedProvider(), Blocking(1)
        self.clock = clock = HandClock()
        client = self.cluster.client
        providers = Providers.from_mapping({"scripted": self.provider})
        outside = Outside(Referents(client), self.blocking, Metrics("1"))
        self.sessions = Sessions(providers, outside, shared(clock.monotonic), denial=everybody_may, limit=1)
        deps = Deps(
            settings=Settings(),
            clock=clock,
            secrets=Secrets(client, cached=lambda *_: None, digester=DIGESTER),
            statuses=Statuses(client),
            events=Events(client, clock),
            metrics=Metrics("1"),
            digester=DIGESTER,
            claimed=lambda _: None,
            owns=owns,
        )
        self.push_secrets: list[Object] = []
        self.controller = SecretStores(
            deps,
            kind="SecretStore",
            resources=self.found,
            providers=providers,
            sessions=self.sessions,
            finalizers=StoreFinalizers(Finalizers(client), lambda: self.push_secrets, sees_all=lambda _: self.sees_all),
        )
        self.sees_all = True

    def found(self, namespace: str, name: str) -> Object | None:
        return self.cluster.objects.get(("SecretStore", namespace, name))

    def has(self, *, provider: Object | None = None, **spec: Any) -> None:
        """Apply the store."""
        self.cluster.put(store(spec={"provider": provider or {"scripted": {}}, **spec}, ready=None))

    def breaker(self) -> Breaker:
        found = self.found("team", "store")
        assert found is not None
        return self.sessions.breaker(found)

    async def close(self) -> None:
        await self.sessions.close()
        self.blocking.close()

    async def reconcile(self) -> Outcome:
        return await self.controller.reconcile(KEY)

    def verdict(self) -> tuple[str, str, str]:
        """Return status, reason and message of the Ready condition."""
        status = self.cluster.objects["SecretStore", "team", "store"]["status"]
        (found,) = status.get("conditions") or [{"status": "", "reason": "", "message": ""}]
        return found["status"], found["reason"], found["message"]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    made.has()
    yield made
    await made.close()


async def test_a_valid_store_is_reported_once_and_checked_again_after_the_setting(world: World) -> None:
    outcomes = [await world.reconcile() for _ in range(3)]
    assert (outcomes, world.verdict()) == ([Again(300.0)] * 3, ("True", "Valid", "store validated"))
    assert world.cluster.objects["SecretStore", "team", "store"]["status"]["capabilities"] == "ReadOnly"
    assert (world.provider.validated, world.cluster.calls["apply SecretStore/status"]) == (3, 1)
    assert world.cluster.events() == [("Valid", "store validated")]


async def test_a_store_may_say_how_often_it_is_checked(world: World) -> None:
    world.has(refreshInterval="30s")
    assert await world.reconcile() == Again(30.0)


@pytest.mark.parametrize(
    ("spec", "outcome", "message"),
    [
        pytest.param(
            {"provider": {"scripted": {"region": "moon"}}},
            Never,
            "spec.provider.scripted.region: is not known to a SecretStore",
            id="a field its provider refuses",
        ),
        pytest.param({"unheardOf": {}}, Never, "not supported yet: spec.unheardOf", id="a field without effect"),
        pytest.param(
            {"retrySettings": {"maxRetries": -1}},
            Never,
            "spec.retrySettings.maxRetries: must not be negative",
            id="a field that cannot be read",
        ),
        pytest.param(
            {"refreshInterval": "-1m"},
            Never,
            "spec.refreshInterval: must not be negative",
            id="an interval that is none, until it is mended",
        ),
        pytest.param(
            {"provider": {"nowhere": {}}},
            Retry,
            "provider nowhere is not installed: install the plug-in that offers it beside the operator",
            id="a provider that is not installed",
        ),
        *(
            pytest.param(
                {"provider": {name: {}}},
                Retry,
                f"provider {name} is not installed: pip install secrets-operator-{name}",
                id=f"{name}, which is one of ours",
            )
            for name in ("aws", "kubernetes", "vault", "webhook")
        ),
    ],
)
async def test_what_is_wrong_is_told(world: World, spec: Object, outcome: type[Outcome], message: str) -> None:
    world.has(**spec)
    assert isinstance(await world.reconcile(), outcome)
    assert world.verdict() == ("False", "InvalidProviderConfig", message)
    assert world.cluster.events() == [("InvalidProviderConfig", message)]


async def test_an_interval_that_is_none_is_told_by_one_replica_and_troubles_no_other() -> None:
    world = World(owns=lambda _: False)
    world.has(refreshInterval="5 minutes")
    assert (await world.reconcile(), world.verdict()) == (Again(300.0), ("", "", ""))
    await world.close()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(Refused("denied"), Retry("denied"), id="turned down -> told, and tried again"),
        pytest.param(
            Retryable("sealed", after=7), Retry("sealed", 7), id="no answer -> told, tried again when asked to"
        ),
    ],
)
async def test_a_failed_validation(world: World, error: Refused | Retryable, expected: Retry) -> None:
    world.provider.validation_error = error
    assert (await world.reconcile(), world.verdict()) == (expected, ("False", "InvalidProviderConfig", error.message))


async def test_a_store_that_cannot_be_checked_is_used_and_looked_at_again_in_its_time(world: World) -> None:
    world.provider.validation_error = Unsure("nobody can tell")
    outcomes = [await world.reconcile() for _ in range(2)]
    assert (outcomes, world.verdict()) == ([Again(300.0)] * 2, ("True", "ValidationUnknown", "nobody can tell"))
    assert "capabilities" not in world.cluster.objects["SecretStore", "team", "store"]["status"]
    (event,) = [kept for key, kept in world.cluster.objects.items() if key[0] == "Event"]
    assert (event["reason"], event["type"]) == ("ValidationUnknown", "Warning")


async def test_a_store_that_cannot_be_checked_any_more_keeps_its_capabilities(world: World) -> None:
    await world.reconcile()
    world.provider.validation_error = Unsure("nobody can tell")
    await world.reconcile()
    status = world.cluster.objects["SecretStore", "team", "store"]["status"]
    assert (status["capabilities"], world.verdict()[1]) == ("ReadOnly", "ValidationUnknown")


async def test_trouble_of_the_api_server_is_no_verdict_on_the_store(world: World) -> None:
    world.has(provider={"scripted": {"auth": {"name": "credential", "key": "token"}}})
    world.cluster.failures["get Secret"] = [ServerError("x", code=500)]
    with pytest.raises(ServerError):
        await world.reconcile()
    assert (world.verdict(), world.cluster.events()) == (("", "", ""), [])


@pytest.mark.parametrize(
    "act",
    [
        pytest.param("delete", id="a deleted store gives its session back"),
        pytest.param("hand over", id="a store of another class gives its session back"),
    ],
)
async def test_a_store_that_is_ours_no_more(world: World, act: str) -> None:
    await world.reconcile()
    if act == "delete":
        del world.cluster.objects["SecretStore", "team", "store"]
    else:
        world.has(controller="other")
    assert await world.reconcile() == Done()
    await world.sessions.close()
    assert [session.closed for session in world.provider.sessions] == [1]
    assert world.provider.validated == 1


def circuit(world: World) -> tuple[str, str, str]:
    """Return status, reason and message of the condition CircuitOpen, and hold Ready against what it was."""
    conditions = world.cluster.objects["SecretStore", "team", "store"]["status"]["conditions"]
    ready, found = conditions
    assert (ready["type"], ready["status"], found["type"]) == ("Ready", "True", "CircuitOpen")
    return found["status"], found["reason"], found["message"]


async def test_the_circuit_breaker_shows_on_a_condition_of_its_own(world: World) -> None:
    await world.reconcile()
    breaker = world.breaker()
    for _ in range(5):
        breaker.failed("no route to host")
    validated = world.provider.validated
    assert await world.reconcile() == Again(5.0)
    why = "the store is left alone for a while after 5 failures in a row: no route to host"
    assert circuit(world) == ("True", "Open", why)
    assert world.provider.validated == validated, "an open store is not asked"
    world.clock.pass_by(5)
    await world.reconcile()
    assert circuit(world) == ("True", "HalfOpen", why)
    breaker.succeeded()
    await world.reconcile()
    assert circuit(world) == ("False", "Closed", "the store answers")


async def test_an_edited_store_starts_with_a_closed_breaker(world: World) -> None:
    await world.reconcile()
    for _ in range(5):
        world.breaker().failed("no route to host")
    world.cluster.put(store(spec={"provider": {"scripted": {"edited": True}}}, ready=None, generation=2))
    await world.reconcile()
    assert world.verdict()[:2] == ("True", "Valid")


async def test_a_store_is_checked_though_its_finalizer_cannot_be_written(world: World) -> None:
    world.has()
    world.push_secrets = [push_secret(spec={"deletionPolicy": "Delete"})]
    world.cluster.failures["patch SecretStore"] = [Forbidden("no right", code=403)]
    await world.reconcile()
    assert world.verdict()[1] == "Valid"
    await world.reconcile()
    assert world.cluster.objects["SecretStore", "team", "store"]["metadata"]["finalizers"] == [SECRET_STORE_FINALIZER]


async def test_a_store_that_waits_to_go_is_tried_again_soon(world: World) -> None:
    world.has()
    metadata = world.cluster.objects["SecretStore", "team", "store"]["metadata"]
    metadata |= {"finalizers": [SECRET_STORE_FINALIZER], "deletionTimestamp": "2026-03-01T12:00:00Z"}
    world.cluster.failures["patch SecretStore"] = [Forbidden("no right", code=403)]
    with pytest.raises(Forbidden):
        await world.reconcile()
    await world.reconcile()
    assert metadata["finalizers"] == [SECRET_STORE_FINALIZER]
    assert world.cluster.objects["SecretStore", "team", "store"]["metadata"]["finalizers"] == []
