"""The renewal of sealing keys on a cluster in memory: when one is made, of what form, and what is reported."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from secrets_operator.controllers.sealing_key_renewal import KEY, SealingKeyRenewal
from secrets_operator.controllers.sealing_keys import SealingKeys
from secrets_operator.fetching.blocking import Blocking
from secrets_operator.flow import Again, Done, Object, Outcome
from secrets_operator.kube.errors import Forbidden
from secrets_operator.reporting.events import Events
from secrets_operator.settings import Settings
from tests.hand_clock import HandClock
from tests.memory_cluster import MemoryCluster

LABEL = "sealedsecrets.bitnami.com/sealed-secrets-key"
SETTINGS = Settings(
    namespace="operator",
    sealing_key_bits=2048,
    sealing_key_renew_period=timedelta(days=30),
    sealing_key_labels=(("team", "platform"), (LABEL, "compromised")),
    sealing_key_annotations=(("note", "a=b"),),
    sealing_key_common_name="sealing",
)


class World:
    """One replica on a cluster in memory, whose caches are as fresh as the test says."""

    def __init__(self) -> None:
        self.cluster, self.clock, self.blocking = MemoryCluster(), HandClock(), Blocking(1)
        self.starts()

    def starts(self, settings: Settings = SETTINGS) -> None:
        client = self.cluster.client
        self.keys = SealingKeys(
            client, settings=settings, clock=self.clock, blocking=self.blocking, operated=lambda: None
        )
        self.renewal = SealingKeyRenewal(
            self.keys, namespace="operator", clock=self.clock, events=Events(client, self.clock)
        )
        self.sees()

    def secrets(self) -> list[Object]:
        return [made for (kind, *_), made in self.cluster.objects.items() if kind == "Secret"]

    def sees(self) -> None:
        """The watch has brought everything."""
        for number, secret in enumerate(self.secrets()):
            secret["metadata"].setdefault("uid", f"uid-{number}")
            secret["metadata"].setdefault("creationTimestamp", f"2026-01-01T00:00:{number:02}Z")
        self.keys.load(map(self.keys.project, self.secrets()))

    async def reconcile(self) -> Outcome:
        outcome = await self.renewal.reconcile(KEY)
        self.sees()
        return outcome


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    yield made
    made.blocking.close()


async def test_the_first_key_is_made_at_once_and_the_next_after_the_period(world: World) -> None:
    await world.reconcile()
    (first,) = world.secrets()
    assert first["metadata"]["labels"] == {"team": "platform", LABEL: "active"}
    assert first["metadata"]["annotations"] == {"note": "a=b"}
    assert await world.reconcile() == Again(3600.0)
    world.clock.pass_by(timedelta(days=30).total_seconds() - 60)
    assert await world.reconcile() == Again(60.0)
    assert len(world.secrets()) == 1
    world.clock.pass_by(60)
    before = world.keys.certificate()
    await world.reconcile()
    assert len(world.secrets()) == 2
    assert world.keys.certificate() != before
    assert len(world.keys.keyring) == 2, "old keys stay"
    newest = world.keys.keyring.newest
    assert newest is not None
    assert newest.certificate is not None
    assert newest.certificate.subject.rfc4514_string() == "CN=sealing"


async def test_without_a_period_nothing_is_renewed(world: World) -> None:
    world.starts(replace(SETTINGS, sealing_key_renew_period=timedelta(0)))
    await world.reconcile()
    world.clock.pass_by(timedelta(days=4000).total_seconds())
    assert await world.reconcile() == Done()
    assert len(world.secrets()) == 1


async def test_a_key_older_than_the_cutoff_is_followed_once(world: World) -> None:
    await world.reconcile()
    world.clock.pass_by(3600)
    world.starts(replace(SETTINGS, sealing_key_cutoff=world.clock.now()))
    await world.reconcile()
    assert len(world.secrets()) == 2
    world.clock.pass_by(1)
    await world.reconcile()
    assert len(world.secrets()) == 2


async def test_what_another_replica_made_meanwhile_is_not_made_again(world: World) -> None:
    await world.renewal.reconcile(KEY)
    world.cluster.calls.clear()
    assert isinstance(await world.renewal.reconcile(KEY), Again), "this replica's cache has not seen the key yet"
    assert len(world.secrets()) == 1
    assert "create Secret" not in world.cluster.calls


async def test_a_refusal_is_raised_and_tried_again(world: World) -> None:
    world.cluster.failures["create Secret"] = [Forbidden("no", code=403)]
    with pytest.raises(Forbidden):
        await world.reconcile()
    await world.reconcile()
    assert len(world.secrets()) == 1


async def test_a_bad_key_secret_is_reported_once_and_skipped(world: World) -> None:
    await world.reconcile()
    bad = {"kind": "Secret", "metadata": {"name": "bad", "namespace": "operator", "labels": {LABEL: "active"}}}
    world.cluster.put(bad)
    world.sees()
    await world.reconcile()
    await world.reconcile()
    assert world.cluster.events() == [("SealingKeySkipped", "data[tls.key]: the sealing key Secret bad has no tls.key")]
    assert len(world.keys.keyring) == 1
    assert [stored.secret_name for stored in world.keys.stored if stored.fault] == ["bad"]
