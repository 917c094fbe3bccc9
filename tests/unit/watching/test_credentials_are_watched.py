"""The Secrets that stores log in with are watched by name, and whoever has read another version is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import cast

import pytest

from secrets_operator.fetching.referents import Referent
from secrets_operator.flow import Key, Object
from secrets_operator.provider import StoreIdentity
from secrets_operator.watching import credential_watches
from secrets_operator.watching.cache import Change
from secrets_operator.watching.credential_watches import CredentialWatches
from secrets_operator.watching.reflector import Reflector, Selection

STORE = StoreIdentity("SecretStore", "store", "team")
OTHER = StoreIdentity("SecretStore", "other", "team")
CLUSTER = StoreIdentity("ClusterSecretStore", "shared", "team")
GENERATOR = StoreIdentity("VaultDynamicSecret", "store", "team")
STORE_KEY = Key("SecretStore", "team", "store")


def login(version: str = "1", *, namespace: str = "team", name: str = "login", kind: str = "Secret") -> Referent:
    return Referent(kind, namespace, name, version)


class Hosted:
    """Watches under way: what each selects, and whom they told."""

    def __init__(self) -> None:
        self.running: dict[str, Callable[[Change[str]], None]] = {}
        self.told: list[tuple[str, str]] = []
        self.watches = CredentialWatches(self.make, self.tell, ("team", "more"))

    def make(self, selection: Selection, on_change: Callable[[Change[str]], None]) -> Reflector[str]:
        assert selection.resource.kind == "Secret"
        place = f"{selection.namespace} {selection.field_selector}"

        class Watching:
            async def run(_self) -> None:  # noqa: N805 - the outer one is Hosted
                self.running[place] = on_change
                try:
                    await asyncio.Event().wait()
                finally:
                    del self.running[place]

        return cast("Reflector[str]", Watching())

    def tell(self, store: Key, namespace: str) -> None:
        self.told.append((str(store), namespace))

    async def settled(self) -> list[str]:
        for _ in range(3):
            await asyncio.sleep(0)
        return sorted(self.running)

    async def moves(self, version: str | None, *, name: str = "login") -> None:
        await self.settled()
        self.running[f"team metadata.name={name}"](Change("team", name, None, version))


@pytest.fixture
async def hosted() -> AsyncIterator[Hosted]:
    made = Hosted()
    task = asyncio.create_task(made.watches.run())
    await made.settled()
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_each_secret_is_watched_once_by_its_name(hosted: Hosted) -> None:
    for asker in (STORE, OTHER, CLUSTER):
        hosted.watches.read(asker, login())
    hosted.watches.read(STORE, login(name="ca"))
    assert await hosted.settled() == ["team metadata.name=ca", "team metadata.name=login"]


@pytest.mark.parametrize(
    ("asker", "found"),
    [
        pytest.param(GENERATOR, login(), id="what a generator reads is read anew each time"),
        pytest.param(STORE, login(kind="ServiceAccount"), id="accounts are read with each token"),
        pytest.param(STORE, login(kind="ConfigMap"), id="the operator may not watch ConfigMaps"),
        pytest.param(CLUSTER, login(namespace="elsewhere"), id="nothing is watched in a namespace that is not"),
    ],
)
async def test_other_objects_are_not_watched(hosted: Hosted, asker: StoreIdentity, found: Referent) -> None:
    hosted.watches.read(asker, found)
    assert await hosted.settled() == []


async def test_only_stores_that_have_read_another_version_are_told(hosted: Hosted) -> None:
    hosted.watches.read(STORE, login("1"))
    hosted.watches.read(CLUSTER, login("2"))
    await hosted.moves("2")
    assert hosted.told == [("SecretStore/team/store", "team")]
    await hosted.moves("2")
    assert len(hosted.told) == 1, "it was told already"


async def test_a_secret_that_was_missing_and_one_that_is_deleted_are_news(hosted: Hosted) -> None:
    hosted.watches.read(STORE, login(""))
    await hosted.moves("1")
    hosted.watches.read(STORE, login("1"))
    await hosted.moves(None)
    assert len(hosted.told) == 2


def store(spec: str, *, status: str = "") -> Object:
    return {"spec": {"provider": spec}, "status": status}


@pytest.mark.parametrize(
    ("old", "new", "ends"),
    [
        pytest.param(store("a"), None, True, id="a deleted store needs its watch no more"),
        pytest.param(store("a"), store("b"), True, id="an edited one may log in with another Secret"),
        pytest.param(store("a"), store("a", status="new"), False, id="its status says nothing"),
    ],
)
async def test_a_watch_ends_with_the_last_store_that_needs_it(
    hosted: Hosted, old: Object, new: Object | None, ends: bool
) -> None:
    hosted.watches.read(STORE, login())
    hosted.watches.read(OTHER, login(name="shared"))
    hosted.watches.read(STORE, login(name="shared"))
    await hosted.settled()
    hosted.watches.of_stores("SecretStore")(Change("team", "store", old, new))
    both = ["team metadata.name=login", "team metadata.name=shared"]
    assert await hosted.settled() == (both[1:] if ends else both)


async def test_what_was_read_before_the_watches_are_hosted_is_watched_then() -> None:
    made = Hosted()
    made.watches.read(STORE, login())
    assert await made.settled() == []
    task = asyncio.create_task(made.watches.run())
    assert await made.settled() == ["team metadata.name=login"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_there_are_only_so_many_watches(hosted: Hosted) -> None:
    most = credential_watches.MOST_WATCHES
    for number in range(most + 1):
        hosted.watches.read(STORE, login(name=str(number)))
    assert len(hosted.watches) == most
    hosted.watches.release(STORE_KEY)
    hosted.watches.read(STORE, login(name=str(most)))
    assert await hosted.settled() == [f"team metadata.name={most}"]
