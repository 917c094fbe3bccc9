"""What is deleted at the stores of a PushSecret, when, and what stays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from secrets_operator.flow import Again, Done, Retry
from secrets_operator.provider import Failed
from tests.push_world import PushWorld, entry

BOTH = [{"name": "one"}, {"name": "two"}]
FINALIZER = "pushsecret.externalsecrets.io/finalizer"
STORE_FINALIZER = "secretstore.externalsecrets.io/finalizer"
A, B = entry("a", "password"), entry("b", "user")


@pytest.fixture
async def world() -> AsyncIterator[PushWorld]:
    world = PushWorld(data=[A, B])
    yield world
    await world.close()


async def test_an_entry_that_goes_stays_at_the_store_unless_it_is_to_be_deleted(world: PushWorld) -> None:
    await world.reconcile()
    world.apply(data=[B])
    await world.reconcile()
    assert world.one.content() == {"a": "first", "b": "me"}
    assert world.recorded() == {"SecretStore/one": ["b"]}
    world.apply(data=[A, B], deletionPolicy="Delete")
    await world.reconcile()
    assert world.finalizers("PushSecret", "app") == [FINALIZER]
    assert world.finalizers("SecretStore", "one") == [STORE_FINALIZER]
    world.apply(data=[B], deletionPolicy="Delete")
    await world.reconcile()
    assert world.one.content() == {"b": "me"}
    assert world.recorded() == {"SecretStore/one": ["b"]}


async def test_nothing_is_deleted_before_everything_is_pushed(world: PushWorld) -> None:
    world.apply(data=[A], deletionPolicy="Delete")
    await world.reconcile()
    world.apply(data=[B], deletionPolicy="Delete")
    world.one.trouble["b"] = Failed("down")
    await world.reconcile()
    assert world.one.content() == {"a": "first"}
    assert world.recorded() == {"SecretStore/one": ["a"]}
    world.one.trouble.clear()
    await world.reconcile()
    assert world.one.content() == {"b": "me"}


async def test_a_store_that_is_named_no_more_is_cleaned_up(world: PushWorld) -> None:
    world.apply(data=[A], deletionPolicy="Delete", secretStoreRefs=BOTH)
    await world.reconcile()
    world.apply(data=[A], deletionPolicy="Delete", secretStoreRefs=BOTH[1:])
    await world.reconcile()
    assert (world.one.content(), world.two.content()) == ({}, {"a": "first"})


async def test_two_stores_that_are_one_on_the_remote_side_do_not_delete_each_others(world: PushWorld) -> None:
    world.two.held = world.one.held
    world.apply(data=[A], deletionPolicy="Delete")
    await world.reconcile()
    world.apply(data=[A], deletionPolicy="Delete", secretStoreRefs=BOTH[1:])
    await world.reconcile()
    assert world.two.content() == {"a": "first"}


async def test_what_another_push_secret_has_at_the_same_place_stays(world: PushWorld) -> None:
    world.apply(data=[A, B], deletionPolicy="Delete")
    await world.reconcile()
    world.apply("other", data=[A])
    world.apply(data=[B], deletionPolicy="Delete")
    await world.reconcile()
    assert world.one.content() == {"a": "first", "b": "me"}
    world.delete("PushSecret", "app")
    await world.reconcile()
    assert world.one.content() == {"a": "first"}


@pytest.mark.parametrize("policy", ["Delete", "None"])
async def test_a_push_secret_that_is_deleted_goes_when_its_entries_are_gone(world: PushWorld, policy: str) -> None:
    world.apply(data=[A, B], deletionPolicy="Delete")
    await world.reconcile()
    world.one.trouble["b"] = Failed("down")
    world.delete("PushSecret", "app")
    assert isinstance(await world.reconcile(), Retry)
    assert world.one.content() == {"b": "me"}
    assert world.said() == ("Errored", "could not push to provider: SecretStore/one: deleting b: down")
    assert world.finalizers("PushSecret", "app") == [FINALIZER]
    world.cluster.objects["PushSecret", "team", "app"]["spec"]["deletionPolicy"] = policy
    if policy == "Delete":
        world.one.trouble.clear()
    assert await world.reconcile() == Done()
    assert world.one.content() == ({} if policy == "Delete" else {"b": "me"})
    assert world.finalizers("PushSecret", "app") == []


async def test_a_deletion_that_is_broken_off_goes_on_where_it_was(world: PushWorld) -> None:
    world.apply(data=[A, B], deletionPolicy="Delete")
    await world.reconcile()
    world.delete("PushSecret", "app")
    world.one.hangs = "b"
    run = asyncio.create_task(world.reconcile())
    await world.one.hung.wait()
    run.cancel()
    await asyncio.wait({run})
    world.one.hangs = ""
    assert await world.reconcile() == Done()
    assert [one.remote_key for one in world.one.deleted] == ["a", "b"]
    assert world.finalizers("PushSecret", "app") == []


async def test_a_store_that_is_gone_is_named_and_what_was_pushed_to_it_stays_recorded(world: PushWorld) -> None:
    world.apply(data=[A], deletionPolicy="Delete", secretStoreRefs=BOTH)
    await world.reconcile()
    del world.cluster.objects["SecretStore", "team", "two"]
    world.apply(data=[A], deletionPolicy="Delete", secretStoreRefs=BOTH[:1])
    await world.reconcile()
    assert "SecretStore/two: is gone" in world.said()[1]
    assert world.recorded() == {"SecretStore/one": ["a"], "SecretStore/two": ["a"]}


async def test_nothing_more_is_pushed_to_a_store_on_its_way_out_and_nothing_is_deleted_from_it(
    world: PushWorld,
) -> None:
    world.apply(data=[A], deletionPolicy="Delete", secretStoreRefs=BOTH)
    await world.reconcile()
    world.delete("SecretStore", "two")
    world.source(password="second")
    await world.reconcile()
    assert (world.one.content(), world.two.content()) == ({"a": "second"}, {"a": "first"})
    assert world.recorded() == {"SecretStore/one": ["a"], "SecretStore/two": ["a"]}


async def test_a_missing_source_deletes_nothing_until_it_stays_away(world: PushWorld) -> None:
    world.apply(data=[A], deletionPolicy="Delete")
    await world.reconcile()
    gone = world.cluster.objects.pop(("Secret", "team", "source"))
    assert await world.reconcile() == Again(30.0)
    assert world.one.content() == {"a": "first"}
    world.clock.pass_by(29)
    await world.reconcile()
    world.cluster.put(gone)
    await world.reconcile()
    assert (world.said()[0], world.one.content()) == ("Synced", {"a": "first"})

    del world.cluster.objects["Secret", "team", "source"]
    await world.reconcile()
    world.clock.pass_by(31)
    assert isinstance(await world.reconcile(), Again)
    assert (world.said()[0], world.one.content(), world.recorded()) == ("SourceDeleted", {}, {})
    assert isinstance(await world.reconcile(), Again)
    assert world.said()[0] == "SourceDeleted"
    world.cluster.put(gone)
    await world.reconcile()
    assert (world.said()[0], world.one.content()) == ("Synced", {"a": "first"})
