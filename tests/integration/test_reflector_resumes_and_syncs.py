"""How the reflector syncs, resumes, tolerates silence and isolates the failure of one object."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs

from secrets_operator.clock import SystemClock
from secrets_operator.watching.cache import Change
from tests.reflected_world import OBJECTS, change_the_world, client_of, projected, reflector_of, synced_world, until
from tests.stub_api_server import StubApiServer, answer, status


async def test_a_healthy_stream_is_not_listed_again(tmp_path: Path) -> None:
    async with synced_world(tmp_path / "token") as world:
        lists = world.server.count("list")
        for _ in range(3):
            world.server.end()
            await until(lambda: world.server.watches == 1)
        change_the_world(world)
        await until(world.in_step)
        assert world.server.count("list") == lists


async def test_bookmarks_keep_a_quiet_stream_alive_and_move_the_place_to_resume(tmp_path: Path) -> None:
    async with synced_world(tmp_path / "token") as world:
        watches = world.server.count("watch")
        # Twice the tolerated silence, bridged by bookmarks only.
        for _ in range(8):
            world.server.bookmark()
            await asyncio.sleep(0.1)
        assert world.server.count("watch") == watches
        # What came before the bookmark may be forgotten; the resumed watch does not ask for it.
        world.server.compact()
        world.server.bookmark()
        heard = world.cache.last_heard
        await until(lambda: world.cache.last_heard > heard)
        lists = world.server.count("list")
        world.server.end()
        await until(lambda: world.server.watches == 1)
        change_the_world(world)
        await until(world.in_step)
        assert world.server.count("list") == lists


async def test_silence_reconnects_and_shows_in_last_heard(tmp_path: Path) -> None:
    async with synced_world(tmp_path / "token") as world:
        heard = world.cache.last_heard
        world.server.stall()
        await until(lambda: world.cache.fault is not None)
        assert world.cache.last_heard == heard
        await until(lambda: world.server.watches == 1)
        world.server.bookmark()
        await until(lambda: world.cache.fault is None)
        assert world.cache.last_heard > heard


async def test_what_the_server_asks_to_wait_is_waited(tmp_path: Path) -> None:
    async with synced_world(tmp_path / "token") as world:
        clock = SystemClock()
        world.server.script("watch", answer(429, headers={"Retry-After": "1"}))
        watches = world.server.count("watch")
        world.server.end()
        await until(lambda: world.server.count("watch") == watches + 1)
        turned_down = clock.monotonic()
        await until(lambda: world.server.count("watch") == watches + 2)
        assert clock.monotonic() - turned_down >= 0.99


async def test_the_cache_is_not_synced_before_the_last_page(tmp_path: Path) -> None:
    """The first pages alone would make the rest look deleted."""
    held = asyncio.Event()

    async def hold(request: Any) -> Any:
        await held.wait()
        return await server._list(request)

    async def first_page(request: Any) -> Any:
        server.script("list", hold)
        return await server._list(request)

    (tmp_path / "token").write_text("t")
    async with StubApiServer(page_cap=7) as server:
        for index in range(OBJECTS):
            server.put(f"o{index}", data="0")
        server.script("list", first_page)
        async with client_of(server, tmp_path / "token") as client, asyncio.TaskGroup() as tasks:
            reflector = reflector_of(client, lambda _: None)
            running = tasks.create_task(reflector.run())
            await until(lambda: len(reflector) == 7)
            assert not reflector.synced.is_set()
            held.set()
            await asyncio.wait_for(reflector.synced.wait(), 5)
            assert len(reflector) == OBJECTS
            running.cancel()


async def test_a_list_that_expires_between_two_pages_is_taken_in_one_piece_next_time(tmp_path: Path) -> None:
    """Otherwise a collection that takes longer to page through than history is kept would never sync."""
    async with synced_world(tmp_path / "token") as world:
        expired = len(world.server.seen)
        world.server.script("list", world.server._list, answer(410, status(410, "Expired")))
        world.server.compact()
        world.server.end()
        change_the_world(world)
        await until(world.in_step)
        lists = [seen.query.get("limit") for seen in world.server.seen[expired:] if seen.verb == "list"]
        assert lists[:2] == ["500", "500"]
        assert lists[2] is None


async def test_one_object_that_fails_is_counted_and_stops_nobody(tmp_path: Path) -> None:
    changes: list[Change[str]] = []

    def project(subject: dict[str, Any]) -> str:
        if subject["data"] == "cannot be projected":
            raise ValueError(subject["data"])
        return projected(subject)

    def on_change(change: Change[str]) -> None:
        changes.append(change)
        if change.name == "refused":
            raise KeyError(change.new)

    (tmp_path / "token").write_text("t")
    async with StubApiServer() as server:
        server.put("first", data="1")
        server.put("broken", data="cannot be projected")
        with capture_logs() as logs:
            async with client_of(server, tmp_path / "token") as client, asyncio.TaskGroup() as tasks:
                reflector = reflector_of(client, on_change, project=project)
                running = tasks.create_task(reflector.run())
                await asyncio.wait_for(reflector.synced.wait(), 5)
                await until(lambda: server.watches == 1)
                server.put("refused", data="hunter2")
                server.put("last", data="1")
                await until(lambda: reflector.get("default", "last") is not None)
                server.delete("refused")
                server.put("broken", data="whole")
                await until(lambda: reflector.get("default", "broken") is not None)
                running.cancel()

    assert reflector.skipped == 3
    assert [change.name for change in changes] == ["first", "refused", "last", "refused", "broken"]
    failures = [entry for entry in logs if entry["event"] == "watch.object_failed"]
    assert [entry["name"] for entry in failures] == ["broken", "refused", "refused"]
    assert [entry["error"] for entry in failures] == ["ValueError", "KeyError", "KeyError"]
    assert "hunter2" not in str(logs)
    assert "cannot be projected" not in str(logs)


async def test_a_reflector_of_one_namespace_asks_for_that_namespace_only(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t")
    async with StubApiServer() as server:
        server.put("a", "team-a", data="1")
        async with client_of(server, tmp_path / "token") as client, asyncio.TaskGroup() as tasks:
            reflector = reflector_of(client, lambda _: None, namespace="team-a")
            running = tasks.create_task(reflector.run())
            await until(lambda: server.watches == 1)
            running.cancel()
    assert {seen.path for seen in server.seen} == {"/api/v1/namespaces/team-a/configmaps"}
