"""Single Secrets are watched by name, and whoever follows one is woken when it is another than was seen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import cast

import pytest

from secrets_operator.fetching.referents import Referent
from secrets_operator.flow import Key, Object
from secrets_operator.provider import StoreIdentity
from secrets_operator.watching.cache import Change
from secrets_operator.watching.credential_watches import CredentialWatches
from secrets_operator.watching.push_sources import SourceWatches
from secrets_operator.watching.reflector import Reflector, Selection
from secrets_operator.watching.secret_watches import SecretWatches

SEALED, PUSHED = Key("SealedSecret", "team", "app"), Key("PushSecret", "team", "push")
STORE = StoreIdentity("SecretStore", "store", "team")
CLUSTER = StoreIdentity("ClusterSecretStore", "shared", "team")
GENERATOR = StoreIdentity("VaultDynamicSecret", "store", "team")
STORE_KEY, CLUSTER_KEY = Key("SecretStore", "team", "store"), Key("ClusterSecretStore", "", "shared")
MOST = 3


class Hosted:
    """Watches under way: what each selects, and whom they woke."""

    def __init__(self) -> None:
        self.running: dict[str, Callable[[Change[str]], None]] = {}
        self.woken: list[tuple[Key, str]] = []
        self.watches = SecretWatches(self.make, lambda *who: self.woken.append(who), most=MOST)
        self.credentials = CredentialWatches(self.watches, ("team", "more"))

    def make(self, selection: Selection, on_change: Callable[[Change[str]], None]) -> Reflector[str]:
        assert selection.resource.kind == "Secret"
        assert selection.namespace == "team"
        name = selection.field_selector.removeprefix("metadata.name=")

        class Watching:
            async def run(_self) -> None:  # noqa: N805 - the outer one is Hosted
                self.running[name] = on_change
                try:
                    await asyncio.Event().wait()
                finally:
                    del self.running[name]

        return cast("Reflector[str]", Watching())

    async def watched(self) -> list[str]:
        """Return the names of the Secrets that are watched, once everything has settled."""
        for _ in range(3):
            await asyncio.sleep(0)
        return sorted(self.running)

    async def moves(self, version: str | None, *, name: str = "login") -> None:
        await self.watched()
        self.running[name](Change("team", name, None, version))


@pytest.fixture
async def hosted() -> AsyncIterator[Hosted]:
    made = Hosted()
    task = asyncio.create_task(made.watches.run())
    await made.watched()
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_only_who_has_seen_another_version_is_woken_and_once(hosted: Hosted) -> None:
    hosted.watches.follow(SEALED, "team", "login", "1")
    hosted.watches.follow(PUSHED, "team", "login", "2")
    assert await hosted.watched() == ["login"]
    await hosted.moves("2")
    await hosted.moves("2")
    assert hosted.woken == [(SEALED, "team")]


async def test_a_secret_that_comes_and_one_that_goes_are_news(hosted: Hosted) -> None:
    hosted.watches.follow(PUSHED, "team", "login", "")
    await hosted.moves("1")
    await hosted.moves(None)
    assert hosted.woken == [(PUSHED, "team")] * 2


async def test_who_follows_another_secret_follows_the_former_no_more(hosted: Hosted) -> None:
    hosted.watches.follow(PUSHED, "team", "one", "1")
    hosted.watches.follow(PUSHED, "team", "two", "1")
    assert await hosted.watched() == ["two"]
    hosted.watches.follow_also(PUSHED, "team", "three", "1")
    assert await hosted.watched() == ["three", "two"]


async def test_a_watch_ends_with_the_last_who_needs_it(hosted: Hosted) -> None:
    hosted.watches.follow(SEALED, "team", "login", "1")
    hosted.watches.follow(PUSHED, "team", "login", "1")
    hosted.watches.forget(SEALED)
    assert await hosted.watched() == ["login"]
    hosted.watches.forget(PUSHED)
    assert await hosted.watched() == []
    hosted.watches.forget(PUSHED)


async def test_what_was_followed_before_the_watches_are_hosted_is_watched_then() -> None:
    made = Hosted()
    made.watches.follow(SEALED, "team", "login", "1")
    assert await made.watched() == []
    task = asyncio.create_task(made.watches.run())
    assert await made.watched() == ["login"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_there_are_only_so_many_watches(hosted: Hosted) -> None:
    for number in range(MOST + 1):
        hosted.watches.follow_also(STORE_KEY, "team", str(number), "1")
    assert len(hosted.watches) == MOST
    hosted.watches.forget(STORE_KEY)
    hosted.watches.follow(SEALED, "team", "login", "1")
    assert await hosted.watched() == ["login"]


async def test_a_source_that_the_operator_writes_needs_no_watch_of_its_own(hosted: Hosted) -> None:
    sources = SourceWatches(hosted.watches, is_watched=lambda _, name: name == "ours")
    sources.follow(PUSHED, "theirs", "1")
    assert await hosted.watched() == ["theirs"]
    sources.follow(PUSHED, "ours", "1")
    assert await hosted.watched() == []
    sources.follow(PUSHED, "theirs", "1")
    sources.forget(PUSHED)
    assert await hosted.watched() == []


@pytest.mark.parametrize(
    ("asker", "found", "watched"),
    [
        pytest.param(STORE, Referent("Secret", "team", "login", "1"), ["login"], id="what a store logs in with"),
        pytest.param(CLUSTER, Referent("Secret", "team", "login", "1"), ["login"], id="or a cluster store"),
        pytest.param(GENERATOR, Referent("Secret", "team", "login", "1"), [], id="a generator reads anew each time"),
        pytest.param(STORE, Referent("ServiceAccount", "team", "login", "1"), [], id="accounts may not be watched"),
        pytest.param(CLUSTER, Referent("Secret", "elsewhere", "login", "1"), [], id="nor what is elsewhere"),
    ],
)
async def test_credentials_of_stores_are_watched(
    hosted: Hosted, asker: StoreIdentity, found: Referent, watched: list[str]
) -> None:
    hosted.credentials.read(asker, found)
    assert await hosted.watched() == watched


async def test_a_store_is_woken_by_each_of_its_credentials(hosted: Hosted) -> None:
    for asker in (STORE, CLUSTER):
        for name in ("login", "ca"):
            hosted.credentials.read(asker, Referent("Secret", "team", name, "1"))
    await hosted.moves("2", name="ca")
    hosted.credentials.read(STORE, Referent("Secret", "team", "ca", "2"))
    await hosted.moves("2", name="ca")
    assert hosted.woken == [(STORE_KEY, "team"), (CLUSTER_KEY, "team")]


def store(spec: str, *, status: str = "") -> Object:
    return {"spec": {"provider": spec}, "status": status}


@pytest.mark.parametrize(
    ("old", "new", "ends"),
    [
        pytest.param(store("a"), None, True, id="a deleted store needs no watch"),
        pytest.param(store("a"), store("b"), True, id="an edited one may log in with another Secret"),
        pytest.param(store("a"), store("a", status="new"), False, id="its status says nothing"),
    ],
)
async def test_the_watches_of_a_store_follow_its_spec(
    hosted: Hosted, old: Object, new: Object | None, ends: bool
) -> None:
    hosted.credentials.read(STORE, Referent("Secret", "team", "login", "1"))
    hosted.credentials.of_stores("SecretStore")(Change("team", "store", old, new))
    assert await hosted.watched() == ([] if ends else ["login"])
