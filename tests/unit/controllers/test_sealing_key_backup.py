"""The backup of sealing keys on a cluster in memory: what is in it, for whom, and when it is written."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import cache

import pytest

from secrets_operator.controllers.sealing_key_backup import KEY, NAME, SealingKeyBackup
from secrets_operator.fetching.blocking import Blocking
from secrets_operator.flow import Again, Done
from secrets_operator.kube.errors import Forbidden
from secrets_operator.reporting.sealing_key_metrics import BackupTimes
from secrets_operator.resources.labels import SEALING_KEY_LABEL
from secrets_operator.sealing.key_backups import key_secrets_in, opened_backup
from secrets_operator.sealing.key_generation import GeneratedKey, generate_key
from secrets_operator.sealing.key_secrets import key_secret_manifest
from secrets_operator.settings import Settings
from tests.builders import NOW
from tests.hand_clock import HandClock
from tests.memory_cluster import MemoryCluster
from tests.sealing_data import more_values, other_pair, small_key

PLACE = ("ConfigMap", "operator", NAME)
RECIPIENT: str = more_values()["certificate_pem"]


@cache
def third_pair() -> GeneratedKey:
    return generate_key(bits=1024, ttl=timedelta(days=1), now=NOW, common_name="", random=os.urandom)


class World:
    """An operator on a cluster in memory that has one sealing key."""

    def __init__(self) -> None:
        self.cluster, self.blocking, self.clock = MemoryCluster(), Blocking(1), HandClock()
        self.put("key-1", other_pair())
        self.backup = self.to(RECIPIENT)

    def to(self, certificate: str) -> SealingKeyBackup:
        settings = Settings(namespace="operator", sealing_key_backup_certificate=certificate)
        return SealingKeyBackup(self.cluster.client, settings=settings, clock=self.clock, blocking=self.blocking)

    def put(self, name: str, pair: GeneratedKey, *, state: str = "active") -> None:
        secret = key_secret_manifest(pair, namespace="operator", prefix="sealed-secrets-key")
        meta = {"name": name, "namespace": "operator", "creationTimestamp": "2026-01-01T00:00:00Z", "uid": name}
        if state:
            meta["labels"] = {SEALING_KEY_LABEL: state}  # type: ignore[assignment] # metadata is what it is
        self.cluster.objects["Secret", "operator", name] = {**secret, "metadata": meta}

    @property
    def data(self) -> dict[str, str]:
        found: dict[str, str] = self.cluster.objects[PLACE]["data"]
        return found

    @property
    def writes(self) -> int:
        return self.cluster.calls["apply ConfigMap"]

    def names(self) -> list[str]:
        """Return the names of the Secrets in the backup, which its recipient opens."""
        plain = opened_backup(self.data["backup.json"].encode(), [small_key()])
        return sorted(secret["metadata"]["name"] for secret in key_secrets_in(plain, legacy_name="sealed-secrets-key"))


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    yield made
    made.blocking.close()


async def test_all_keys_are_in_it_and_what_is_none_is_not(world: World) -> None:
    world.put("retired", third_pair(), state="compromised")
    world.put("bad", other_pair())
    world.cluster.objects["Secret", "operator", "bad"]["data"]["tls.key"] = "bm8="
    assert isinstance(await world.backup.reconcile(KEY), Again)
    assert world.names() == ["key-1", "retired"]
    assert world.data["recipient"] == small_key().fingerprint
    assert len(world.data["keys"].split("\n")) == 2


async def test_a_key_that_counts_by_its_name_is_in_it(world: World) -> None:
    world.put("sealed-secrets-key", third_pair(), state="")
    await world.backup.reconcile(KEY)
    assert world.names() == ["key-1", "sealed-secrets-key"]


async def test_it_is_known_since_when_it_is_there_and_when_it_was_last_seen_complete(world: World) -> None:
    assert world.backup.times() == BackupTimes()
    await world.backup.reconcile(KEY)
    made = world.clock.now()
    world.clock.pass_by(3600)
    await world.backup.reconcile(KEY)
    assert world.backup.times() == BackupTimes(made, made + timedelta(hours=1))
    world.put("key-2", third_pair())
    world.clock.pass_by(60)
    world.cluster.failures["apply ConfigMap"] = [Forbidden("no right to patch", code=403)]
    with pytest.raises(Forbidden):
        await world.backup.reconcile(KEY)
    assert world.backup.times() == BackupTimes(made, made + timedelta(hours=1))
    await world.backup.reconcile(KEY)
    assert world.backup.times() == BackupTimes(world.clock.now(), world.clock.now())


async def test_where_none_is_kept_or_can_be_it_is_not_complete(world: World) -> None:
    assert world.to("").times() is None
    useless = world.to(other_pair().certificate_pem.decode())
    await useless.reconcile(KEY)
    assert useless.times() == BackupTimes()


async def test_nothing_of_a_private_key_is_readable(world: World) -> None:
    await world.backup.reconcile(KEY)
    private = world.cluster.objects["Secret", "operator", "key-1"]["data"]["tls.key"]
    assert private not in str(world.data)
    assert "PRIVATE" not in str(world.data)


async def test_it_is_written_when_a_key_comes_and_otherwise_not(world: World) -> None:
    for _ in range(3):
        await world.backup.reconcile(KEY)
    assert world.writes == 1
    world.put("key-2", third_pair())
    for _ in range(3):
        await world.backup.reconcile(KEY)
    assert (world.writes, world.names()) == (2, ["key-1", "key-2"])


@pytest.mark.parametrize("member", ["backup.json", "keys", "recipient"])
async def test_it_is_put_right_when_somebody_changes_it(world: World, member: str) -> None:
    await world.backup.reconcile(KEY)
    world.data[member] += "x"
    await world.backup.reconcile(KEY)
    assert (world.writes, world.names()) == (2, ["key-1"])


async def test_another_recipient_gets_one_of_its_own(world: World) -> None:
    await world.backup.reconcile(KEY)
    await world.to(third_pair().certificate_pem.decode()).reconcile(KEY)
    assert world.writes == 2
    assert world.data["recipient"] != small_key().fingerprint


async def test_a_recipient_among_the_keys_gets_nothing(world: World) -> None:
    """Whoever lost the keys could not open it."""
    await world.to(other_pair().certificate_pem.decode()).reconcile(KEY)
    assert world.writes == 0


async def test_without_a_recipient_nothing_is_read_or_written(world: World) -> None:
    assert await world.to("").reconcile(KEY) == Done()
    assert not world.cluster.calls


async def test_what_the_api_server_forbids_is_raised_and_tried_again(world: World) -> None:
    world.cluster.failures["apply ConfigMap"] = [Forbidden("no right to patch", code=403)]
    with pytest.raises(Forbidden):
        await world.backup.reconcile(KEY)
    await world.backup.reconcile(KEY)
    assert world.names() == ["key-1"]
