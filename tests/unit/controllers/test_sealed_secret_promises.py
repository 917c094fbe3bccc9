"""The SealedSecret controller on a cluster in memory: what is written, what is not, and what is decrypted."""

import asyncio
import base64
from collections.abc import AsyncIterator
from copy import deepcopy
from datetime import timedelta

import pytest

from secrets_operator.applying.secrets import Secrets
from secrets_operator.controllers.deps import Deps
from secrets_operator.controllers.sealed_secret import SealedSecrets
from secrets_operator.controllers.template_rendering import TemplateRendering
from secrets_operator.controllers.unsealing import Unsealer
from secrets_operator.errors import Retryable
from secrets_operator.fetching.blocking import Blocking
from secrets_operator.fetching.referents import Referents
from secrets_operator.flow import Done, Key, Object, Outcome, Retry
from secrets_operator.kube.errors import ApiError, Forbidden, Invalid, Unreachable
from secrets_operator.reporting.events import Events
from secrets_operator.reporting.metrics import Metrics
from secrets_operator.reporting.status import Statuses
from secrets_operator.sealing.keyring import Keyring, SealingKey
from secrets_operator.settings import Settings
from tests.builders import DIGESTER
from tests.exported_metrics import live
from tests.hand_clock import HandClock
from tests.memory_cluster import MemoryCluster
from tests.sealing_data import other_key, sealed_secret, small_key

KEY = Key("SealedSecret", "team", "app")
PLACE = ("SealedSecret", "team", "app")
SECRET = ("Secret", "team", "app")
RANDOM = {"data": {"token": "{{ randAlphaNum 20 }}"}}


class World:
    """One controller and one resource; private-key operations are counted."""

    def __init__(self, *, settings: Settings | None = None) -> None:
        self.cluster, self.clock = MemoryCluster(sealed_secret({"password": "first"})), HandClock()
        self.settings = settings or Settings()
        self.operations = 0
        self.metrics = Metrics("1")
        self.metrics.watch(live())
        self.followed: list[str] = []
        self.keys: tuple[SealingKey, ...] = (small_key(),)
        self.blocking = Blocking(2)
        self.controller = self.started()

    def started(self) -> SealedSecrets:
        """Return the controller of a new process."""
        client = self.cluster.client
        deps = Deps(
            settings=self.settings,
            clock=self.clock,
            secrets=Secrets(client, cached=lambda *_: None, digester=DIGESTER),
            statuses=Statuses(client),
            events=Events(client, self.clock),
            metrics=self.metrics,
            digester=DIGESTER,
            claimed=lambda _: None,
        )
        unsealer = Unsealer(
            lambda: Keyring(self.keys, operated=self.operated),
            decrypting=self.blocking,
            templates=TemplateRendering(Referents(client), self.blocking, self.clock),
            accept_legacy=self.settings.accept_legacy_data,
        )
        return SealedSecrets(
            deps,
            resources=lambda namespace, name: self.cluster.objects.get(("SealedSecret", namespace, name)),
            unsealer=unsealer,
            obstacles=self,
            fingerprints=lambda: frozenset(key.fingerprint for key in self.keys),
        )

    def follow(self, key: Key, _namespace: str, name: str, _seen: str) -> None:
        self.followed.append(f"{key} waits for {name}")

    def forget(self, key: Key) -> None:
        self.followed.append(f"{key} waits for nothing")

    def operated(self) -> None:
        self.operations += 1

    def holds(self, resource: Object, *, generation: int = 2) -> None:
        """Replace the SealedSecret by another version of it."""
        resource["metadata"]["generation"] = generation
        status = self.cluster.objects.get(PLACE, {}).get("status")
        self.cluster.put({**resource, **({"status": status} if status else {})})

    async def reconcile(self) -> Outcome:
        """Run once as the workers would."""
        try:
            return await self.controller.reconcile(KEY)
        except Retryable as error:
            return Retry(type(error).__name__, error.after)

    async def quiet(self) -> tuple[Outcome, int, dict[str, int]]:
        """Run once; return the outcome, the private-key operations, and the calls that wrote something."""
        self.cluster.calls.clear()
        self.operations = 0
        outcome = await self.reconcile()
        writes = {call: count for call, count in self.cluster.calls.items() if not call.startswith("get")}
        return outcome, self.operations, writes

    def values(self) -> dict[str, bytes] | None:
        """Return what the Secret holds; None when there is none."""
        found = self.cluster.objects.get(SECRET)
        return None if found is None else {key: base64.b64decode(text) for key, text in found["data"].items()}

    def condition(self) -> tuple[str, str, str]:
        """Return status, reason and message of the condition."""
        found = self.cluster.objects[PLACE]["status"]["conditions"][0]
        return found["status"], found["reason"], found["message"]

    async def counted(self) -> dict[str, float]:
        """Return the failures that Sealed Secrets would count, by reason."""
        name = "sealed_secrets_controller_unseal_errors_total"
        scrape = self.metrics.take()
        samples = await asyncio.to_thread(lambda: [one for family in scrape.collect() for one in family.samples])
        return {one.labels["reason"]: one.value for one in samples if one.name == name}

    def failing(self, call: str, error: ApiError) -> None:
        self.cluster.failures[call] = [error]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    yield made
    made.blocking.close()


NOTHING: dict[str, int] = {}
SYNCED = ("True", "Unsealed", "")


async def test_a_new_one_becomes_its_secret_with_a_status_and_an_event(world: World) -> None:
    assert await world.quiet() == (Done(), 1, {"apply Secret": 1, "apply SealedSecret/status": 1, "create Event": 1})
    assert world.values() == {"password": b"first"}
    assert world.condition() == SYNCED
    assert world.cluster.events() == [("Unsealed", "SealedSecret unsealed successfully")]


async def test_a_restart_decrypts_nothing_and_writes_nothing(world: World) -> None:
    await world.reconcile()
    world.controller = world.started()
    assert await world.quiet() == (Done(), 0, NOTHING)


async def test_keys_that_are_added_bring_no_work_to_what_is_in_order(world: World) -> None:
    await world.reconcile()
    world.keys = (small_key(), other_key())
    assert await world.quiet() == (Done(), 0, NOTHING)


async def test_a_key_that_goes_leaves_the_secret_and_is_told_of_until_it_comes_back(world: World) -> None:
    await world.reconcile()
    world.keys = (other_key(),)
    assert await world.quiet() == (Done(), 0, {"apply SealedSecret/status": 1})
    assert world.values() == {"password": b"first"}
    assert world.condition() == SYNCED
    warning = world.cluster.objects[PLACE]["status"]["conditions"][1]
    assert (warning["type"], warning["status"], warning["reason"]) == ("Openable", "False", "KeyNotActive")
    assert f"{small_key().fingerprint} (password)" in warning["message"]
    assert await world.quiet() == (Done(), 0, NOTHING)
    world.keys = (small_key(),)
    assert await world.quiet() == (Done(), 0, {"apply SealedSecret/status": 1})
    assert len(world.cluster.objects[PLACE]["status"]["conditions"]) == 1


async def test_sealing_again_under_an_active_key_ends_the_warning(world: World) -> None:
    await world.reconcile()
    world.keys = (other_key(),)
    await world.reconcile()
    world.holds(sealed_secret({"password": "first"}, key=other_key()))
    await world.reconcile()
    assert world.condition() == SYNCED
    assert len(world.cluster.objects[PLACE]["status"]["conditions"]) == 1


async def test_a_lost_status_is_written_again_without_decrypting(world: World) -> None:
    await world.reconcile()
    del world.cluster.objects[PLACE]["status"]
    assert await world.quiet() == (Done(), 0, {"apply SealedSecret/status": 1})


async def test_the_key_of_each_item_is_tried_first_after_a_restart(world: World) -> None:
    items = {f"k{number}": "v" for number in range(6)}
    world.keys = (small_key(), other_key())
    both = sealed_secret(items, key=other_key())
    both["spec"]["encryptedData"]["old"] = sealed_secret({"old": "v"})["spec"]["encryptedData"]["old"]
    world.holds(both)
    await world.reconcile()
    world.controller = world.started()
    world.cluster.objects[SECRET]["data"]["k1"] = base64.b64encode(b"edited").decode()
    outcome, operations, _ = await world.quiet()
    assert (outcome, operations) == (Done(), 7)
    assert world.values() == {**dict.fromkeys(items, b"v"), "old": b"v"}


async def test_an_edited_value_is_healed_and_named(world: World) -> None:
    await world.reconcile()
    world.cluster.objects[SECRET]["data"]["password"] = base64.b64encode(b"edited").decode()
    assert await world.reconcile() == Done()
    assert world.values() == {"password": b"first"}
    assert world.cluster.events()[-1][0] == "DriftHealed"


async def test_templates_that_print_something_else_each_time_are_rendered_once(world: World) -> None:
    world.holds(sealed_secret({"password": "p"}, template=RANDOM))
    await world.reconcile()
    first = world.values()
    assert first is not None
    assert len(first["token"]) == 20
    world.controller = world.started()
    assert await world.quiet() == (Done(), 0, NOTHING)
    assert world.values() == first


async def test_without_a_key_the_secret_stays_and_trying_again_costs_nothing(world: World) -> None:
    await world.reconcile()
    world.holds(sealed_secret({"password": "second"}, key=other_key()))
    assert isinstance(await world.reconcile(), Retry)
    assert world.condition()[:2] == ("False", "NoKey")
    assert world.values() == {"password": b"first"}
    outcome, operations, writes = await world.quiet()
    assert isinstance(outcome, Retry)
    assert (operations, writes) == (0, NOTHING)


async def test_the_key_that_was_missing_brings_it_back(world: World) -> None:
    world.holds(sealed_secret({"password": "second"}, key=other_key()))
    await world.reconcile()
    world.keys = (small_key(), other_key())
    assert await world.reconcile() == Done()
    assert world.values() == {"password": b"second"}
    assert world.condition() == SYNCED


async def test_items_and_templates_that_fail_are_named_together_and_nothing_is_written(world: World) -> None:
    broken = sealed_secret({"good": "v"}, template={"data": {"url": "{{ .good"}})
    broken["spec"]["encryptedData"]["bad"] = "%%%"
    world.holds(broken)
    await world.reconcile()
    status, reason, message = world.condition()
    assert (status, reason) == ("False", "BadBase64")
    assert "(bad)" in message
    assert "(url)" in message
    assert world.values() is None


async def test_a_template_that_fails_leaves_the_secret(world: World) -> None:
    await world.reconcile()
    world.holds(sealed_secret({"password": "p"}, template={"data": {"url": "{{ fail `no` }}"}}))
    assert isinstance(await world.reconcile(), Retry)
    assert world.condition()[:2] == ("False", "TemplateError")
    assert world.values() == {"password": b"first"}


async def test_somebodys_secret_is_left_and_taken_when_it_goes(world: World) -> None:
    world.cluster.put({"kind": "Secret", "metadata": {"name": "app", "namespace": "team"}, "data": {"theirs": "eA=="}})
    assert isinstance(await world.reconcile(), Retry)
    says = 'failed update: Resource "app" already exists and is not managed by SealedSecret'
    assert world.condition() == ("False", "NotOwned", says)
    assert (world.values(), world.operations) == ({"theirs": b"x"}, 0)
    assert world.followed == ["SealedSecret/team/app waits for app"]
    del world.cluster.objects[SECRET]
    assert await world.reconcile() == Done()
    assert world.values() == {"password": b"first"}


async def test_an_immutable_secret_is_not_sent_to_be_refused_and_is_made_anew_when_it_goes(world: World) -> None:
    world.holds(sealed_secret({"password": "first"}, template={"immutable": True}))
    await world.reconcile()
    world.holds(sealed_secret({"password": "second"}, template={"immutable": True}), generation=3)
    outcome, operations, writes = await world.quiet()
    assert isinstance(outcome, Retry)
    assert (operations, writes) == (1, {"apply SealedSecret/status": 1, "create Event": 1})
    assert world.condition()[:2] == ("False", "Immutable")
    assert world.cluster.events()[-1][0] == "ErrUpdateFailed"
    del world.cluster.objects[SECRET]
    assert await world.reconcile() == Done()
    assert world.values() == {"password": b"second"}


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        pytest.param(Invalid("data: too long", code=422), "ApiError", id="the API server finds it invalid"),
        pytest.param(Forbidden("no right to patch", code=403), "ApiError", id="a permission is missing"),
        pytest.param(Unreachable("no answer"), "", id="it does not answer: nobody's fault, nothing reported"),
    ],
)
async def test_a_failed_write_counts_as_an_update_error(world: World, error: ApiError, reason: str) -> None:
    world.failing("apply Secret", error)
    await world.reconcile()
    assert await world.counted() == {"update": 1}, reason


async def test_failures_count_by_the_reasons_of_sealed_secrets(world: World) -> None:
    assert await world.counted() == {}
    world.failing("get Secret", Unreachable("no answer"))
    await world.reconcile()
    world.failing("apply SealedSecret/status", Unreachable("no answer"))
    await world.reconcile()
    world.holds(sealed_secret({"password": "second"}, key=other_key()))
    await world.reconcile()
    await world.reconcile()
    assert await world.counted() == {"fetch": 1, "status": 1, "unseal": 2}


async def test_a_secret_of_somebody_else_counts_as_unmanaged(world: World) -> None:
    world.cluster.put({"kind": "Secret", "metadata": {"namespace": "team", "name": "app"}, "type": "Opaque"})
    await world.reconcile()
    assert await world.counted() == {"unmanaged": 1}


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        pytest.param(Invalid("data: too long", code=422), "ApiError", id="the API server finds it invalid"),
        pytest.param(Forbidden("no right to patch", code=403), "ApiError", id="a permission is missing"),
        pytest.param(Unreachable("no answer"), "", id="it does not answer: nobody's fault, nothing reported"),
    ],
)
async def test_a_write_that_is_refused_is_tried_again(world: World, error: ApiError, reason: str) -> None:
    world.failing("apply Secret", error)
    assert isinstance(await world.reconcile(), Retry)
    assert bool(reason) is ("status" in world.cluster.objects[PLACE])
    if reason:
        assert world.condition()[:2] == ("False", reason)
    assert await world.reconcile() == Done()
    assert world.values() == {"password": b"first"}


async def test_a_failure_is_announced_once(world: World) -> None:
    world.keys = ()
    for _ in range(3):
        await world.reconcile()
        world.clock.pass_by(timedelta(hours=1).total_seconds())
    assert [reason for reason, _ in world.cluster.events()] == ["ErrUnsealFailed"]


async def test_statuses_can_be_turned_off(world: World) -> None:
    world.settings = Settings(update_status=False)
    world.controller = world.started()
    await world.reconcile()
    assert "status" not in world.cluster.objects[PLACE]
    assert world.values() == {"password": b"first"}


async def test_a_resource_of_another_form_is_reported_and_nothing_is_written(world: World) -> None:
    odd = deepcopy(sealed_secret({}))
    odd["spec"] = {}
    world.holds(odd)
    await world.reconcile()
    assert world.condition()[:2] == ("False", "InvalidSpec")
    assert world.values() is None
