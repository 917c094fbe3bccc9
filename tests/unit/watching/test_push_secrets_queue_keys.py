"""Which change of a PushSecret, or of what it depends on, queues which keys."""

from __future__ import annotations

from typing import Any

import pytest

from secrets_operator.flow import Key, Lane, Object
from secrets_operator.planning.secret_state import SecretState
from secrets_operator.queueing.workqueue import WorkQueue
from secrets_operator.watching.cache import Change
from secrets_operator.watching.dependents import Dependents
from secrets_operator.watching.handlers import Handlers
from secrets_operator.watching.push_secrets import PushSecretChanges
from tests.builders import DIGESTER, push_secret, store

APP = Key("PushSecret", "team", "app")
STORE, OTHER = Key("SecretStore", "team", "store"), Key("SecretStore", "team", "other")
BY_LABELS = {"secretStoreRefs": [{"labelSelector": {"matchLabels": {"a": "b"}}}]}
DELETES = {"deletionPolicy": "Delete"}
PUSHED: Object = {"syncedPushSecrets": {"SecretStore/other": {"a": {}}}}


class World:
    """Handlers with their queue and index, and the two stores of the namespace."""

    def __init__(self) -> None:
        self.queue = WorkQueue(now=lambda: 0.0, group_of=lambda _: "")
        dependents = Dependents()
        self.handlers = Handlers(self.queue, dependents, DIGESTER)
        stores = [store(), store("other"), store("far", "elsewhere")]
        self.changes = PushSecretChanges(
            self.queue, dependents, stores=lambda kind: [one for one in stores if one["kind"] == kind]
        )

    async def queued(self) -> dict[Key, Lane]:
        claims = [await self.queue.get() for _ in range(self.queue.depth().total())]
        for claim in claims:
            self.queue.done(claim)
        return {claim.key: claim.lane for claim in claims}

    async def has(self, resource: Object) -> None:
        self.changes.push_secret(Change("team", "app", None, resource))
        await self.queued()


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(None, push_secret(spec=DELETES), {APP: Lane.CHANGED}, id="it came"),
        pytest.param(push_secret(), None, {APP: Lane.CHANGED}, id="it went"),
        pytest.param(push_secret(), push_secret(generation=2), {APP: Lane.CHANGED}, id="its spec changed"),
        pytest.param(push_secret(), push_secret(status=PUSHED), {}, id="its status changed"),
        pytest.param(
            push_secret(spec=DELETES), None, {APP: Lane.CHANGED, STORE: Lane.STORE}, id="it went, and needs no store"
        ),
        pytest.param(
            push_secret(spec=DELETES),
            push_secret(generation=2),
            {APP: Lane.CHANGED, STORE: Lane.STORE},
            id="it deletes no more",
        ),
        pytest.param(
            push_secret(spec=DELETES, status=PUSHED),
            push_secret(spec=DELETES, status={}),
            {OTHER: Lane.STORE},
            id="what it had pushed is deleted -> the store may go",
        ),
        pytest.param(
            push_secret(spec=DELETES | BY_LABELS),
            None,
            {APP: Lane.CHANGED, STORE: Lane.STORE, OTHER: Lane.STORE},
            id="it went, and chose stores by labels -> all of its namespace",
        ),
    ],
)
async def test_a_push_secret_changes(world: World, old: Any, new: Any, expected: dict[Key, Lane]) -> None:
    world.changes.push_secret(Change("team", "app", old, new))
    assert await world.queued() == expected


async def test_a_store_brings_what_is_pushed_to_it(world: World) -> None:
    await world.has(push_secret())
    world.handlers.store("SecretStore")(Change("team", "store", store(), store(generation=2)))
    assert await world.queued() == {STORE: Lane.CHANGED, APP: Lane.STORE}


@pytest.mark.parametrize(
    ("namespace", "brings"),
    [
        pytest.param("team", True, id="a store of the namespace gets labels -> who chooses by labels looks"),
        pytest.param("elsewhere", False, id="a store elsewhere -> nobody"),
    ],
)
async def test_labels_of_stores(world: World, namespace: str, *, brings: bool) -> None:
    await world.has(push_secret(spec=BY_LABELS))
    old, new = store("new", namespace), store("new", namespace, labels={"a": "b"})
    world.handlers.store("SecretStore")(Change(namespace, "new", old, new))
    assert (APP in await world.queued()) is brings


async def test_a_source_that_the_operator_writes_brings_who_pushes_it(world: World) -> None:
    await world.has(push_secret(spec={"selector": {"secret": {"name": "source"}}}))
    state = SecretState("source", "team")
    world.handlers.secret(Change("team", "source", state, state))
    assert await world.queued() == {APP: Lane.STORE}


async def test_a_generator_that_is_edited_brings_who_pushes_what_it_makes(world: World) -> None:
    await world.has(push_secret(spec={"selector": {"generatorRef": {"kind": "Password", "name": "strong"}}}))
    world.handlers.generator("Password")(Change("team", "strong", {"spec": {"length": 1}}, {"spec": {"length": 2}}))
    assert await world.queued() == {APP: Lane.STORE}
