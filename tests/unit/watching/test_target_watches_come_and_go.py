"""A kind that spec.target.manifest names is watched while a resource writes it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import pytest

from secrets_operator.flow import Key
from secrets_operator.kube.resources import CONFIG_MAPS, Resource
from secrets_operator.planning.secret_state import SecretState
from secrets_operator.watching.reflector import Reflector
from secrets_operator.watching.target_watches import TargetWatches

WIDGETS = Resource("example.test", "v1", "widgets", "Widget")
FIRST, SECOND = Key("ExternalSecret", "team", "first"), Key("ExternalSecret", "team", "second")
SEEN = SecretState("app", "team")


class Watching:
    """Stands for a reflector: knows one object, and whether it runs."""

    def __init__(self, resource: Resource) -> None:
        self.resource = resource
        self.running = False

    async def run(self) -> None:
        self.running = True
        try:
            await asyncio.Event().wait()
        finally:
            self.running = False

    def get(self, _namespace: str, name: str) -> SecretState | None:
        return SEEN if name == SEEN.name else None

    def values(self) -> list[SecretState]:
        return [SEEN]


class Hosted:
    """Target watches under way, and what was started."""

    def __init__(self) -> None:
        self.started: list[Watching] = []
        self.watches = TargetWatches(self.start)

    def start(self, resource: Resource) -> list[Reflector[SecretState]]:
        self.started.append(Watching(resource))
        return [cast("Reflector[SecretState]", self.started[-1])]

    async def running(self) -> list[str]:
        """Return the kinds that are watched, once everything has settled."""
        for _ in range(3):
            await asyncio.sleep(0)
        return [one.resource.kind for one in self.started if one.running]


@pytest.fixture
async def hosted() -> AsyncIterator[Hosted]:
    made = Hosted()
    running = asyncio.create_task(made.watches.run())
    await asyncio.sleep(0)
    yield made
    running.cancel()
    await asyncio.wait({running})
    assert await made.running() == []


async def test_the_first_user_starts_the_watch_and_the_last_ends_it(hosted: Hosted) -> None:
    assert await hosted.running() == []
    hosted.watches.use(FIRST, WIDGETS)
    hosted.watches.use(SECOND, WIDGETS)
    assert await hosted.running() == ["Widget"]
    hosted.watches.release(FIRST)
    assert await hosted.running() == ["Widget"]
    hosted.watches.release(SECOND)
    assert await hosted.running() == []


async def test_using_it_again_starts_nothing(hosted: Hosted) -> None:
    hosted.watches.use(FIRST, WIDGETS)
    hosted.watches.use(FIRST, WIDGETS)
    assert len(hosted.started) == 1


async def test_a_resource_that_turns_to_another_kind_leaves_the_former(hosted: Hosted) -> None:
    hosted.watches.use(FIRST, WIDGETS)
    hosted.watches.use(FIRST, CONFIG_MAPS)
    assert await hosted.running() == ["ConfigMap"]


async def test_a_kind_that_is_used_again_is_watched_again(hosted: Hosted) -> None:
    hosted.watches.use(FIRST, WIDGETS)
    hosted.watches.release(FIRST)
    hosted.watches.use(FIRST, WIDGETS)
    assert (await hosted.running(), len(hosted.started)) == (["Widget"], 2)


async def test_who_never_used_any_has_nothing_to_release(hosted: Hosted) -> None:
    hosted.watches.release(FIRST)
    assert await hosted.running() == []


async def test_only_watched_kinds_are_known(hosted: Hosted) -> None:
    assert hosted.watches.get(WIDGETS, "team", "app") is None
    assert list(hosted.watches.of(WIDGETS)) == []
    hosted.watches.use(FIRST, WIDGETS)
    assert hosted.watches.get(WIDGETS, "team", "app") == SEEN
    assert list(hosted.watches.of(WIDGETS)) == [SEEN]
