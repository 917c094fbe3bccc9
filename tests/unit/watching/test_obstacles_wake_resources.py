"""A resource is woken when the Secret in its way changes or goes, whatever the watch goes through meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import pytest

from secrets_operator.flow import Key, Object
from secrets_operator.kube.errors import Gone
from secrets_operator.kube.resources import SECRETS
from secrets_operator.planning.secret_state import SecretState
from secrets_operator.watching.obstacles import Obstacles

KEY, OTHER = Key("SealedSecret", "team", "app"), Key("SealedSecret", "team", "other")
SECRET = SecretState("app", "team", resource_version="7")
CHANGED = {"type": "MODIFIED", "object": {}}
BOOKMARK = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "9"}}}


class World:
    """Watches that say what they are told to; one that is told nothing more stays open."""

    def __init__(self) -> None:
        self.scripts: list[list[Object | Exception]] = []
        self.asked: list[tuple[str, str]] = []
        self.woken: list[Key] = []
        self.closed = 0
        self.obstacles = Obstacles(self, self.woken.append, most=1)

    async def list(self, *_: Any, **__: Any) -> Object:
        raise NotImplementedError

    async def watch(self, resource: Any, namespace: str = "", **options: Any) -> AsyncGenerator[Object, None]:
        assert resource is SECRETS
        self.asked.append((f"{namespace} {options['field_selector']}", options["resource_version"]))
        try:
            if not self.scripts:
                await asyncio.Event().wait()
            for said in self.scripts.pop(0):
                if isinstance(said, Exception):
                    raise said
                yield said
        finally:
            self.closed += 1

    async def settle(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    yield made
    await made.obstacles.close()


async def test_a_change_wakes_the_resource_once(world: World) -> None:
    world.scripts = [[CHANGED, CHANGED]]
    world.obstacles.follow(KEY, SECRET)
    await world.settle()
    assert world.woken == [KEY]
    assert world.asked == [("team metadata.name=app", "7")]


async def test_a_watch_that_ends_goes_on_where_it_was(world: World) -> None:
    world.scripts = [[BOOKMARK], [CHANGED]]
    world.obstacles.follow(KEY, SECRET)
    await world.settle()
    assert [version for _, version in world.asked] == ["7", "9"]
    assert world.woken == [KEY]


async def test_a_watch_that_breaks_is_left_to_the_next_retry_which_follows_again(world: World) -> None:
    world.scripts = [[Gone("too old", code=410)]]
    world.obstacles.follow(KEY, SECRET)
    await world.settle()
    assert world.woken == []
    world.scripts = [[CHANGED]]
    world.obstacles.follow(KEY, SECRET)
    await world.settle()
    assert world.woken == [KEY]


async def test_one_resource_has_one_watch_and_there_are_not_too_many(world: World) -> None:
    for key in (KEY, KEY, OTHER):
        world.obstacles.follow(key, SECRET)
    await world.settle()
    assert len(world.asked) == 1


async def test_what_is_forgotten_is_not_watched_and_may_be_followed_again(world: World) -> None:
    world.obstacles.follow(KEY, SECRET)
    await world.settle()
    world.obstacles.forget(KEY)
    world.obstacles.follow(KEY, SECRET)
    await world.settle()
    world.obstacles.follow(KEY, SECRET)
    await world.settle()
    assert (len(world.asked), world.closed) == (2, 1)


async def test_a_secret_that_nobody_read_is_not_followed(world: World) -> None:
    world.obstacles.follow(KEY, SecretState("app", "team"))
    await world.settle()
    assert world.asked == []
