"""After any fault of the API server the cache equals the server, nothing is lost and nothing is told twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.reflected_world import World, change_the_world, synced_world, until
from tests.stub_api_server import ABORT, answer, never, status


async def gone_in_the_stream(world: World) -> None:
    world.server.send(b'{"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired"}}')
    world.server.end()
    change_the_world(world)
    world.server.compact()


async def gone_on_the_request(world: World) -> None:
    world.server.end()
    world.server.script("watch", answer(410))
    change_the_world(world)
    world.server.compact()


async def error_500_in_the_stream(world: World) -> None:
    world.server.send(b'{"type": "ERROR", "object": {"kind": "Status", "code": 500, "reason": "InternalError"}}')
    world.server.end()
    change_the_world(world)


async def unavailable_for_a_while(world: World) -> None:
    world.server.script("any", *[answer(503)] * 3)
    world.server.end()
    change_the_world(world)


async def expired_continue(world: World) -> None:
    async def expire(request: Any) -> Any:
        world.server.compact()
        return await answer(410, status(410, "Expired"))(request)

    async def first_page(request: Any) -> Any:
        world.server.script("list", expire)
        return await world.server._list(request)

    world.server.script("list", first_page)
    world.server.end()
    change_the_world(world)
    world.server.compact()


async def normal_close(world: World) -> None:
    world.server.end()
    change_the_world(world)


async def closed_at_once_several_times(world: World) -> None:
    world.server.script("watch", *[answer(200, b"")] * 3)
    world.server.end()
    change_the_world(world)


async def aborted_connection(world: World) -> None:
    world.server.end(ABORT)
    change_the_world(world)


async def server_down_and_back(world: World) -> None:
    await world.server.stop()
    change_the_world(world)
    await asyncio.sleep(0.5)
    await world.server.start()


async def server_down_and_back_without_history(world: World) -> None:
    await world.server.stop()
    change_the_world(world)
    world.server.compact()
    await asyncio.sleep(0.5)
    await world.server.start()


async def stalled_stream(world: World) -> None:
    world.server.stall()
    change_the_world(world)


async def hung_request(world: World) -> None:
    world.server.script("watch", never)
    world.server.end()
    change_the_world(world)


async def truncated_line_then_abort(world: World) -> None:
    world.server.send(b'{"type": "MODIFIED", "object": {"metadata": {"name": "o1", "reso', newline=b"")
    world.server.end(ABORT)
    change_the_world(world)


async def truncated_line_then_close(world: World) -> None:
    world.server.send(b'{"type": "MODIFIED", "object": {"metadata": {"name": "o1", "reso', newline=b"")
    world.server.end()
    change_the_world(world)


async def truncated_line_in_the_middle(world: World) -> None:
    world.server.send(b'{"type": "MODIFIED", "object": {"metadata": {"name": "o1", "reso')
    change_the_world(world)


async def event_of_another_shape(world: World) -> None:
    world.server.send(b'{"type": "MODIFIED", "object": "o1"}')
    world.server.end()
    change_the_world(world)


async def rotated_token(world: World) -> None:
    world.server.end()
    world.rotate("second")
    change_the_world(world)


async def token_rotated_late(world: World) -> None:
    world.server.token = "second"
    world.server.end()
    change_the_world(world)
    seen = len(world.server.seen)
    await until(lambda: len(world.server.seen) >= seen + 2)
    world.rotate("second")


async def unauthorized_blip(world: World) -> None:
    world.server.script("any", *[answer(401)] * 3)
    world.server.end()
    change_the_world(world)


async def forbidden_for_a_while(world: World) -> None:
    world.server.script("any", *[answer(403, status(403, "Forbidden"))] * 3)
    world.server.end()
    change_the_world(world)


async def too_many_requests(world: World) -> None:
    world.server.script("watch", answer(429, headers={"Retry-After": "1"}))
    world.server.end()
    change_the_world(world)


async def page_of_a_proxy(world: World) -> None:
    world.server.script("any", answer(200, b"<html>please log in</html>\n"), answer(302, b""), answer(404, b"no\n"))
    world.server.end()
    change_the_world(world)


async def restored_backup(world: World) -> None:
    change_the_world(world)
    await until(world.in_step)
    world.server.end()
    world.server.restore(10)
    world.server.put("after the restore", data="0")


async def kind_not_served_for_a_while(world: World) -> None:
    world.server.script("any", *[answer(404, b"404 page not found\n")] * 3)
    world.server.end()
    change_the_world(world)


FAULTS: list[Callable[[World], Awaitable[None]]] = [
    gone_in_the_stream,
    gone_on_the_request,
    error_500_in_the_stream,
    unavailable_for_a_while,
    expired_continue,
    normal_close,
    closed_at_once_several_times,
    aborted_connection,
    server_down_and_back,
    server_down_and_back_without_history,
    stalled_stream,
    hung_request,
    truncated_line_then_abort,
    truncated_line_then_close,
    truncated_line_in_the_middle,
    event_of_another_shape,
    rotated_token,
    token_rotated_late,
    unauthorized_blip,
    forbidden_for_a_while,
    too_many_requests,
    page_of_a_proxy,
    restored_backup,
    kind_not_served_for_a_while,
]


@pytest.mark.parametrize("fault", [pytest.param(fault, id=fault.__name__.replace("_", " ")) for fault in FAULTS])
async def test_after_the_fault_the_cache_equals_the_server(
    fault: Callable[[World], Awaitable[None]], tmp_path: Path
) -> None:
    async with synced_world(tmp_path / "token") as world:
        await fault(world)
        await until(world.in_step)

        assert sorted(world.told("deleted")) == ["o11", "o3"]
        assert world.told("added").count("new") == 1
        assert "o5" in world.told("changed")
        if fault is not restored_backup:
            assert world.told("changed") == ["o5"], "objects that did not change were told again"

        for index in range(10):
            world.server.put(f"later{index}", data="0")
        await until(world.in_step)
        assert [name for name in world.told("added") if name.startswith("later")] == [f"later{n}" for n in range(10)]
        assert world.cache.skipped == 0
